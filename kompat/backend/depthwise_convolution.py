"""Convolution of each channel by itself, and with a second kernel that mixes the channels."""

from typing import Any

import keras

from kompat import engines
from kompat.backend.operands import operand
from kompat.backend.windows import Shape, Windows
from kompat.graph.shapes import differ

__all__ = ["depthwise_conv2d", "separable_conv2d"]

_matmul = engines.current.exact(keras.ops.matmul)
_reshape = engines.current.exact(keras.ops.reshape)


def _depthwise(windows: Windows, x: Any, *kernels: Any) -> Any:
    """A convolution of each channel by itself; then, given a second kernel, one that mixes them."""

    def shape(x: Shape, kernel: Shape, *pointwise: Shape) -> Shape:
        batch, spatial, channels = windows.split(x)
        window, inputs, multiplier = windows.split_kernel(kernel)
        if differ(channels, inputs):
            raise ValueError(
                f"{windows.function} expects a kernel for as many channels as x has, received "
                f"shapes {kernel} and {x}."
            )
        filters = None if inputs is None or multiplier is None else inputs * multiplier
        for mixing in pointwise:
            window_of_one, inputs, mixed = windows.split_kernel(mixing)
            if not {*window_of_one} <= {1, None} or filters not in (None, inputs):
                raise ValueError(
                    f"{windows.function} expects a pointwise kernel with windows of size 1 for "
                    f"{filters} channels, received shape {mixing}."
                )
            filters = mixed
        return windows.join(batch, windows.positions(spatial, window), filters)

    def compute(x: Any, kernel: Any, *pointwise: Any) -> Any:
        *window, channels, multiplier = keras.ops.shape(kernel)
        kernel = _reshape(kernel, (*window, 1, channels * multiplier))
        x = engines.current.convolve(x, kernel, windows.strides, windows.padding, windows.dilation)
        for mixing in pointwise:
            x = _matmul(x, _reshape(mixing, keras.ops.shape(mixing)[-2:]))
        return x

    kernels = tuple(operand(kernel, like=x) for kernel in kernels)
    return windows.apply(compute, shape, operand(x, like=kernels[0]), *kernels)


def depthwise_conv2d(
    x: Any,
    depthwise_kernel: Any,
    strides: tuple[int, int] = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: tuple[int, int] = (1, 1),
) -> Any:
    """Convolution over two axes of each channel by itself.

    Args:
        x: a tensor, variable or array of shape (batch, rows, columns, channels), or (batch,
            channels, rows, columns) with "channels_first".
        depthwise_kernel: the same of shape (rows, columns, channels, multiplier).
        strides: by how much windows move along each axis.
        padding: "valid" for no padding, or "same" to have size / strides results.
        data_format: "channels_last" or "channels_first"; `K.image_data_format()` by default.
        dilation_rate: the distance of the pixels in a window along each axis.

    Returns:
        A tensor of the dtype of `x` with channels * multiplier channels, those of the first input
        channel first.

    Raises:
        ValueError: an argument has no such value, shapes do not fit, or both strides and
            dilation_rate are larger than 1.

    Example:

    >>> K.int_shape(K.depthwise_conv2d(K.ones((1, 8, 8, 3)), K.ones((3, 3, 3, 2))))
    (1, 6, 6, 6)
    """
    windows = Windows("depthwise_conv2d", 2, strides, padding, data_format, dilation_rate)
    return _depthwise(windows, x, depthwise_kernel)


def separable_conv1d(
    x: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: int = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int = 1,
) -> Any:
    """Convolution over one axis of each channel by itself, then a mixing of the channels.

    Args:
        x: a tensor, variable or array of shape (batch, steps, channels), or (batch, channels,
            steps) with "channels_first".
        depthwise_kernel: the same of shape (window, channels, multiplier).
        pointwise_kernel: the same of shape (1, channels * multiplier, filters).
        strides: by how many steps windows move.
        padding: "valid" for no padding, or "same" to have steps / strides results.
        data_format: "channels_last" or "channels_first"; `K.image_data_format()` by default.
        dilation_rate: the distance of the steps in a window.

    Returns:
        A tensor of the dtype of `x`, with filters in place of channels.

    Raises:
        ValueError: an argument has no such value, shapes do not fit, or both strides and
            dilation_rate are larger than 1.

    Example:

    >>> x, deep, point = K.ones((1, 8, 3)), K.ones((3, 3, 2)), K.ones((1, 6, 4))
    >>> K.int_shape(K.separable_conv1d(x, deep, point))
    (1, 6, 4)
    """
    windows = Windows("separable_conv1d", 1, strides, padding, data_format, dilation_rate)
    return _depthwise(windows, x, depthwise_kernel, pointwise_kernel)


def separable_conv2d(
    x: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: tuple[int, int] = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: tuple[int, int] = (1, 1),
) -> Any:
    """Convolution over two axes of each channel by itself, then a mixing of the channels.

    Args:
        x: a tensor, variable or array of shape (batch, rows, columns, channels), or (batch,
            channels, rows, columns) with "channels_first".
        depthwise_kernel: the same of shape (rows, columns, channels, multiplier).
        pointwise_kernel: the same of shape (1, 1, channels * multiplier, filters).
        strides: by how much windows move along each axis.
        padding: "valid" for no padding, or "same" to have size / strides results.
        data_format: "channels_last" or "channels_first"; `K.image_data_format()` by default.
        dilation_rate: the distance of the pixels in a window along each axis.

    Returns:
        A tensor of the dtype of `x`, with filters in place of channels.

    Raises:
        ValueError: an argument has no such value, shapes do not fit, or both strides and
            dilation_rate are larger than 1.

    Example:

    >>> x, deep, point = K.ones((1, 8, 8, 3)), K.ones((3, 3, 3, 2)), K.ones((1, 1, 6, 4))
    >>> K.int_shape(K.separable_conv2d(x, deep, point))
    (1, 6, 6, 4)
    """
    windows = Windows("separable_conv2d", 2, strides, padding, data_format, dilation_rate)
    return _depthwise(windows, x, depthwise_kernel, pointwise_kernel)
