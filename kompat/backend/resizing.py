"""Enlarge images and volumes by whole factors."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import keras
import numpy as np

from kompat import engines
from kompat.backend.operands import apply, cast_like, data_format_of, operand, require_ranks
from kompat.backend.shaping import repeat_elements
from kompat.engines.dtypes import dtype_name

__all__ = ["resize_images", "resize_volumes"]

Kernel = Callable[[Any, Any], Any]
"""The weights at distances, computed by NumPy or, for a size that is not known, by `keras.ops`."""

_matmul = engines.current.exact(keras.ops.matmul)
_swapaxes = engines.current.exact(keras.ops.swapaxes)


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
        A tensor: of the dtype of `x` for "nearest", else float32, or float64 for float64.

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
        x = x if interpolation == "nearest" else _at_least_single(x)
        return _repeated(x, factors, axes)
    x = _at_least_single(x)
    for factor, axis in zip(factors, axes):
        x = _interpolated(x, factor, axis, interpolation)
    return x


def _at_least_single(x: Any) -> Any:
    return x if dtype_name(x) == "float64" else cast_like(x, "float32")


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
        size = keras.ops.shape(x)[axis]
        of_size = _known_weights if isinstance(size, int) else _weights
        weights = cast_like(of_size(size, factor, interpolation), dtype_name(x))
        return _swapaxes(_matmul(_swapaxes(x, axis, -1), weights), axis, -1)

    if x.shape[axis] is None and isinstance(x, keras.KerasTensor):
        return apply(
            lambda tensors: compute(*tensors), lambda shape: _longer(shape, axis, factor), x
        )
    return compute(x)


def _longer(shape: tuple[int | None, ...], axis: int, factor: int) -> tuple[int | None, ...]:
    return tuple(n and n * factor if i == axis else n for i, n in enumerate(shape))


@lru_cache(maxsize=128)
def _known_weights(size: int, factor: int, interpolation: str) -> np.ndarray:
    return _weights(size, factor, interpolation, np)


def _weights(size: Any, factor: int, interpolation: str, xp: Any = keras.ops) -> Any:
    """Of shape (size, size * factor): how much each old element counts in each new one."""
    old = xp.arange(size, dtype="float64")
    new = (xp.arange(size * factor, dtype="float64") + 0.5) / factor - 0.5
    weights = _KERNELS[interpolation](xp, xp.abs(new[None, :] - old[:, None]))
    return weights / xp.sum(weights, axis=0)


def _triangle(xp: Any, x: Any) -> Any:
    return xp.maximum(1 - x, 0)


def _cubic(b: float, c: float) -> Kernel:
    """Mitchell and Netravali's family, "Reconstruction filters in computer graphics" (1988)."""
    inner = np.array([12 - 9 * b - 6 * c, -18 + 12 * b + 6 * c, 0, 6 - 2 * b]) / 6
    outer = np.array([-b - 6 * c, 6 * b + 30 * c, -12 * b - 48 * c, 8 * b + 24 * c]) / 6

    def kernel(xp: Any, x: Any) -> Any:
        return xp.where(x < 1, _polynomial(inner, x), xp.where(x < 2, _polynomial(outer, x), 0))

    return kernel


def _polynomial(coefficients: np.ndarray, x: Any) -> Any:
    """The value at `x`, with the highest power first."""
    value, *others = coefficients.tolist()
    for coefficient in others:
        value = value * x + coefficient
    return value


def _lanczos(radius: int) -> Kernel:
    return lambda xp, x: xp.where(x < radius, _sinc(xp, x) * _sinc(xp, x / radius), 0)


def _sinc(xp: Any, x: Any) -> Any:
    angle = xp.where(x == 0, 1e-20, np.pi * x)
    return xp.sin(angle) / angle


def _gaussian(xp: Any, x: Any) -> Any:
    """Of standard deviation 1/2, cut at three of them."""
    return xp.where(x < 1.5, xp.exp(-2 * x * x), 0)


_KERNELS: dict[str, Kernel] = {
    "bilinear": _triangle,
    "bicubic": _cubic(0, 0.5),
    "gaussian": _gaussian,
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
    "mitchellcubic": _cubic(1 / 3, 1 / 3),
}
