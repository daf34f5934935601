"""Convolution with a kernel of its own at each position."""

import itertools
import math
from typing import Any

import keras

from kompat import engines
from kompat.backend.operands import operand
from kompat.backend.windows import Shape, Windows
from kompat.graph.shapes import differ

__all__ = ["local_conv", "local_conv1d", "local_conv2d"]

_exact = engines.current.exact
_matmul = _exact(keras.ops.matmul)
_reshape = _exact(keras.ops.reshape)
_stack = _exact(keras.ops.stack)
_transpose = _exact(keras.ops.transpose)


def _local_conv(
    windows: Windows, inputs: Any, kernel: Any, window: tuple[int, ...], positions: Any
) -> Any:
    """A convolution with a kernel of its own at each of `positions`, which may be None for all."""

    def shape(x: Shape, kernel: Shape) -> Shape:
        batch, spatial, channels = windows.split(x)
        fitting = windows.positions(spatial, window)
        result = positions if windows.rank > 1 else kernel[:1]
        features = None if channels is None else math.prod(window) * channels
        if len(kernel) != 3 or differ(kernel[1], features):
            raise ValueError(
                f"{windows.function} expects a kernel of shape (positions, {features}, filters) "
                f"for an input of shape {x}, received shape {kernel}."
            )
        if None not in result and kernel[0] not in (None, math.prod(result)):
            raise ValueError(
                f"{windows.function} expects a kernel for each position of {result}, received "
                f"shape {kernel}."
            )
        for wanted, most in zip(result, fitting):
            if None not in (wanted, most) and wanted > most:
                raise ValueError(
                    f"{windows.function} expects at most {most} positions along an axis for an "
                    f"input of shape {x}, received {result}."
                )
        return windows.join(batch, result, kernel[-1])

    def compute(x: Any, kernel: Any) -> Any:
        result = positions if windows.rank > 1 else keras.ops.shape(kernel)[:1]
        batch, channels = keras.ops.shape(x)[0], x.shape[-1]
        parts = [
            x[(slice(None), *map(_strided, offset, result, windows.strides))]
            for offset in itertools.product(*map(range, window))
        ]
        # The features of a position: (window, channels), or (channels, window) where those of
        # the input come in this order too.
        features = _stack(parts, -1 if windows.first else -2)
        features = _reshape(features, (batch, math.prod(result), len(parts) * channels))
        products = _matmul(_transpose(features, (1, 0, 2)), kernel)
        return _reshape(_transpose(products, (1, 0, 2)), (batch, *result, products.shape[-1]))

    return windows.apply(compute, shape, operand(inputs, like=kernel), operand(kernel, like=inputs))


def _strided(offset: int, count: int, stride: int) -> slice:
    """`count` elements from `offset` on, `stride` apart."""
    return slice(offset, offset + stride * (count - 1) + 1, stride)


def local_conv1d(
    inputs: Any,
    kernel: Any,
    kernel_size: tuple[int],
    strides: tuple[int],
    data_format: str | None = None,
) -> Any:
    """Convolution over one axis with a kernel of its own at each position.

    Args:
        inputs: a tensor, variable or array of shape (batch, steps, channels), or (batch,
            channels, steps) with "channels_first".
        kernel: the same of shape (positions, window * channels, filters), the features in the
            order of the data format.
        kernel_size: the size of the window.
        strides: by how many steps windows move.
        data_format: "channels_last" or "channels_first"; `K.image_data_format()` by default.

    Returns:
        A tensor of the dtype of `inputs` and of shape (batch, positions, filters), or (batch,
        filters, positions).

    Raises:
        ValueError: an argument has no such value, or shapes do not fit.

    Example:

    >>> K.int_shape(K.local_conv1d(K.ones((1, 8, 3)), K.ones((6, 9, 4)), (3,), (1,)))
    (1, 6, 4)
    """
    windows = Windows("local_conv1d", 1, strides, data_format=data_format)
    return _local_conv(windows, inputs, kernel, windows.sizes("kernel_size", kernel_size), None)


def local_conv2d(
    inputs: Any,
    kernel: Any,
    kernel_size: tuple[int, int],
    strides: tuple[int, int],
    output_shape: tuple[int, int],
    data_format: str | None = None,
) -> Any:
    """Convolution over two axes with a kernel of its own at each position.

    Args:
        inputs: a tensor, variable or array of shape (batch, rows, columns, channels), or (batch,
            channels, rows, columns) with "channels_first".
        kernel: the same of shape (positions, rows * columns * channels, filters), the features
            in the order of the data format.
        kernel_size: the rows and columns of a window.
        strides: by how much windows move along each axis.
        output_shape: how many positions there are along each axis.
        data_format: "channels_last" or "channels_first"; `K.image_data_format()` by default.

    Returns:
        A tensor of the dtype of `inputs` and of shape (batch, *output_shape, filters), or
        (batch, filters, *output_shape).

    Raises:
        ValueError: an argument has no such value, or shapes do not fit.

    Example:

    >>> x, kernel = K.ones((1, 8, 8, 3)), K.ones((36, 27, 4))
    >>> K.int_shape(K.local_conv2d(x, kernel, (3, 3), (1, 1), (6, 6)))
    (1, 6, 6, 4)
    """
    windows = Windows("local_conv2d", 2, strides, data_format=data_format)
    window = windows.sizes("kernel_size", kernel_size)
    positions = windows.sizes("output_shape", output_shape)
    return _local_conv(windows, inputs, kernel, window, positions)


def local_conv(
    inputs: Any,
    kernel: Any,
    kernel_size: tuple[int, ...],
    strides: tuple[int, ...],
    output_shape: tuple[int, ...],
    data_format: str | None = None,
) -> Any:
    """`local_conv1d` or `local_conv2d`, whichever `kernel_size` is for.

    Args:
        inputs, kernel, kernel_size, strides, data_format: as for these two.
        output_shape: how many positions there are along each axis.

    Raises:
        ValueError: `kernel_size` has neither one element nor two, or as these two.

    Example:

    >>> K.int_shape(K.local_conv(K.ones((1, 8, 3)), K.ones((6, 9, 4)), (3,), (1,), (6,)))
    (1, 6, 4)
    """
    if len(kernel_size) not in (1, 2):
        raise ValueError(
            f"local_conv: expected a kernel_size of 1 or 2 axes, received {kernel_size}."
        )
    windows = Windows("local_conv", len(kernel_size), strides, data_format=data_format)
    window = windows.sizes("kernel_size", kernel_size)
    positions = windows.sizes("output_shape", output_shape)
    return _local_conv(windows, inputs, kernel, window, positions)
