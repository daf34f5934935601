"""Functions of Keras 1 on images."""

import os
import re
from typing import Any

import numpy as np


def list_pictures(directory: str, ext: str = "jpg|jpeg|bmp|png") -> list[str]:
    """The paths of all pictures in a folder and those below, by their extensions."""
    return [
        os.path.join(folder, file)
        for folder, _, files in os.walk(directory)
        for file in files
        if re.match(rf"[\w]+\.(?:{ext})", file)
    ]


def apply_transform(
    x: np.ndarray,
    transform_matrix: np.ndarray,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
) -> np.ndarray:
    """An image whose points are moved by a 3x3 matrix of homogeneous coordinates; needs SciPy."""
    from scipy import ndimage

    moved: list[Any] = [
        ndimage.affine_transform(
            channel,
            transform_matrix[:2, :2],
            transform_matrix[:2, 2],
            order=0,
            mode=fill_mode,
            cval=cval,
        )
        for channel in np.moveaxis(x, channel_axis, 0)
    ]
    return np.moveaxis(np.stack(moved), 0, channel_axis)
