"""Pad sequences, images and volumes with zeros."""

from typing import Any

import keras

from kompat import engines
from kompat.backend.operands import data_format_of, operand, require_ranks
from kompat.backend.shaping import is_negative

__all__ = ["spatial_2d_padding", "spatial_3d_padding", "temporal_padding"]

_pad = engines.current.exact(keras.ops.pad)


def temporal_padding(x: Any, padding: tuple[int, int] = (1, 1)) -> Any:
    """Pad the middle axis with zeros.

    Args:
        x: a tensor of shape ``(batch, time, features)``.
        padding: how many steps before and after.

    Returns:
        A tensor.

    Raises:
        ValueError: `x` is not of rank 3, or `padding` is no pair.

    Example:

    >>> K.int_shape(K.temporal_padding(K.zeros((2, 3, 4)), (1, 2)))
    (2, 6, 4)
    """
    return _padded(x, (padding,), "channels_last")


def spatial_2d_padding(
    x: Any,
    padding: tuple[tuple[int, int], tuple[int, int]] = ((1, 1), (1, 1)),
    data_format: str | None = None,
) -> Any:
    """Pad the rows and columns of images with zeros.

    Args:
        x: a tensor of rank 4.
        padding: how many before and after, for rows and for columns.
        data_format: "channels_last" or "channels_first"; `K.image_data_format()` by default.

    Returns:
        A tensor.

    Raises:
        ValueError: `x` is not of rank 4, `padding` is no two pairs, or `data_format` is unknown.

    Example:

    >>> K.int_shape(K.spatial_2d_padding(K.zeros((1, 4, 4, 3)), ((1, 1), (2, 0))))
    (1, 6, 6, 3)
    """
    return _padded(x, padding, data_format_of(data_format), 2)


def spatial_3d_padding(
    x: Any,
    padding: tuple[tuple[int, int], tuple[int, int], tuple[int, int]] = ((1, 1), (1, 1), (1, 1)),
    data_format: str | None = None,
) -> Any:
    """Pad the three dimensions of volumes with zeros.

    Args:
        x: a tensor of rank 5.
        padding: how many before and after, for each dimension.
        data_format: "channels_last" or "channels_first"; `K.image_data_format()` by default.

    Returns:
        A tensor.

    Raises:
        ValueError: `x` is not of rank 5, `padding` is no three pairs, or `data_format` is unknown.

    Example:

    >>> K.int_shape(K.spatial_3d_padding(K.zeros((1, 2, 2, 2, 3))))
    (1, 4, 4, 4, 3)
    """
    return _padded(x, padding, data_format_of(data_format), 3)


def _padded(x: Any, padding: Any, data_format: str, dimensions: int = 1) -> Any:
    x = operand(x)
    require_ranks("padding", x=(x, dimensions + 2))
    pairs = tuple(map(tuple, padding)) if all(hasattr(p, "__len__") for p in padding) else ()
    numbers = [n for pair in pairs for n in pair]
    if len(pairs) != dimensions or len(numbers) != 2 * dimensions or is_negative(numbers):
        raise ValueError(
            f"expected padding of {dimensions} pairs of numbers, 0 or more, received {padding!r}."
        )
    around = ((0, 0), *pairs, (0, 0))
    if data_format == "channels_first":
        around = ((0, 0), (0, 0), *pairs)
    return _pad(x, around)
