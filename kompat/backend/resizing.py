"""Enlarge images and volumes by whole factors."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import keras
import numpy as np

from kompat.backend.operands import apply, data_format_of, operand, require_ranks
from kompat.backend.shaping import repeat_elements

__all__ = ["resize_images", "resize_volumes"]


def resize_images(
    x: Any,
    height_factor: int,
    width_factor: int,
    data_format: str,
    interpolation: str = "nearest",
) -> Any:
    """Enlarge images.

    Args:
        x: a tensor of rank 4.
        height_factor: by how much the rows are multiplied.
        width_factor: by how much the columns are multiplied.
        data_format: "channels_last" or "channels_first".
        interpolation: "nearest", "bilinear", "bicubic", "area", "gaussian", "lanczos3",
            "lanczos5" or "mitchellcubic", as `tf.image.resize` computes them: with the centres of
            the pixels aligned, without smoothing.

    Returns:
        A tensor: of the dtype of `x` for "nearest", else float32.

    Raises:
        ValueError: `x` is not of rank 4, or `data_format` or `interpolation` is unknown.

    Example:

    >>> K.eval(K.resize_images(K.constant([[[[1.], [2.]]]]), 1, 2, "channels_last"))[0, 0, :, 0]
    array([1., 1., 2., 2.], dtype=float32)
    """
    x = operand(x)
    axes = _spatial_axes(x, 2, data_format)
    if interpolation not in ("nearest", "area", *_KERNELS):
        raise ValueError(
            f"expected interpolation to be one of nearest, area, {', '.join(_KERNELS)}, received "
            f"{interpolation!r}."
        )
    factors = height_factor, width_factor
    if interpolation in ("nearest", "area"):
        x = x if interpolation == "nearest" else keras.ops.cast(x, "float32")
        return _repeated(x, factors, axes)
    x = keras.ops.cast(x, "float32")
    for factor, axis in zip(factors, axes):
        x = _interpolated(x, factor, axis, interpolation)
    return x


def resize_volumes(
    x: Any, depth_factor: int, height_factor: int, width_factor: int, data_format: str
) -> Any:
    """Enlarge volumes by repeating their elements.

    Args:
        x: a tensor of rank 5.
        depth_factor: by how much the first dimension is multiplied.
        height_factor: by how much the second is.
        width_factor: by how much the third is.
        data_format: "channels_last" or "channels_first".

    Returns:
        A tensor of the dtype of `x`.

    Raises:
        ValueError: `x` is not of rank 5, or `data_format` is unknown.

    Example:

    >>> K.int_shape(K.resize_volumes(K.zeros((1, 2, 2, 2, 3)), 2, 2, 1, "channels_last"))
    (1, 4, 4, 2, 3)
    """
    x = operand(x)
    axes = _spatial_axes(x, 3, data_format)
    return _repeated(x, (depth_factor, height_factor, width_factor), axes)


def _spatial_axes(x: Any, dimensions: int, data_format: str) -> range:
    require_ranks("resizing", x=(x, dimensions + 2))
    first = 1 if data_format_of(data_format) == "channels_last" else 2
    return range(first, first + dimensions)


def _repeated(x: Any, factors: tuple[int, ...], axes: range) -> Any:
    for factor, axis in zip(factors, axes):
        x = repeat_elements(x, factor, axis)
    return x


def _interpolated(x: Any, factor: int, axis: int, interpolation: str) -> Any:
    """Multiply the size of an axis; each new element is a weighted mean of old ones."""

    def compute(x: Any) -> Any:
        weights = _weights(keras.ops.shape(x)[axis], factor, interpolation)
        moved = keras.ops.tensordot(x, weights, axes=[[axis], [0]])
        return keras.ops.moveaxis(moved, -1, axis)

    if x.shape[axis] is not None:
        return compute(x)
    return apply(lambda tensors: compute(*tensors), lambda shape: shape, x)


@lru_cache(maxsize=128)
def _weights(size: int, factor: int, interpolation: str) -> np.ndarray:
    """Of shape (size, size * factor): how much each old element counts in each new one."""
    new = (np.arange(size * factor) + 0.5) / factor - 0.5
    weights = _KERNELS[interpolation](np.abs(new[None, :] - np.arange(size)[:, None]))
    return (weights / weights.sum(axis=0)).astype("float32")


def _triangle(x: np.ndarray) -> np.ndarray:
    return np.maximum(1 - x, 0)


def _cubic(b: float, c: float) -> Callable[[np.ndarray], np.ndarray]:
    """Mitchell and Netravali's family, "Reconstruction filters in computer graphics" (1988)."""
    inner = np.array([12 - 9 * b - 6 * c, -18 + 12 * b + 6 * c, 0, 6 - 2 * b]) / 6
    outer = np.array([-b - 6 * c, 6 * b + 30 * c, -12 * b - 48 * c, 8 * b + 24 * c]) / 6

    def kernel(x: np.ndarray) -> np.ndarray:
        return np.where(x < 1, np.polyval(inner, x), np.where(x < 2, np.polyval(outer, x), 0))

    return kernel


def _lanczos(radius: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: np.where(x < radius, np.sinc(x) * np.sinc(x / radius), 0)


def _gaussian(x: np.ndarray) -> np.ndarray:
    """Of standard deviation 1/2, cut at three of them."""
    return np.where(x < 1.5, np.exp(-2 * x * x), 0)


_KERNELS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "bilinear": _triangle,
    "bicubic": _cubic(0, 0.5),
    "gaussian": _gaussian,
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
    "mitchellcubic": _cubic(1 / 3, 1 / 3),
}
