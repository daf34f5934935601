"""Convolution: windows that move over the spatial axes of a batch.

Everything is computed with the channels last; `padding="same"` is TensorFlow's on every engine:
the odd pixel goes to the end.
"""

from typing import Any

import keras

from kompat import engines
from kompat.backend.operands import operand
from kompat.backend.windows import Shape, Windows

__all__ = ["conv1d", "conv2d", "conv3d"]

_pad = engines.current.exact(keras.ops.pad)


def _conv(windows: Windows, x: Any, kernel: Any) -> Any:
    def shape(x: Shape, kernel: Shape) -> Shape:
        batch, spatial, channels = windows.split(x)
        window, inputs, filters = windows.split_kernel(kernel)
        if channels is not None and inputs is not None:
            groups, rest = divmod(channels, inputs or 1)
            if rest or (filters is not None and filters % max(groups, 1)):
                raise ValueError(
                    f"{windows.function} expects a tensor with the channels of the kernel, or a "
                    f"multiple of them that divides its filters, received shapes {x} and {kernel}."
                )
        return windows.join(batch, windows.positions(spatial, window), filters)

    def compute(x: Any, kernel: Any) -> Any:
        padding = windows.padding
        if padding == "causal":
            before = windows.dilation[0] * (keras.ops.shape(kernel)[0] - 1)
            x, padding = _pad(x, ((0, 0), (before, 0), (0, 0))), "valid"
        return engines.current.convolve(x, kernel, windows.strides, padding, windows.dilation)

    return windows.apply(compute, shape, operand(x, like=kernel), operand(kernel, like=x))


def conv1d(
    x: Any,
    kernel: Any,
    strides: int = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int = 1,
) -> Any:
    """Convolution over one axis.

    Args:
        x: a tensor, variable or array of shape (batch, steps, channels), or (batch, channels,
            steps) with "channels_first".
        kernel: the same of shape (window, channels, filters). Where its channels are fewer, they
            and the filters stand for groups of channels.
        strides: by how many steps windows move.
        padding: "valid" for no padding; "same" to have steps / strides results; "causal" for the
            same with padding at the front only, so that no result sees what comes later.
        data_format: "channels_last" or "channels_first"; `K.image_data_format()` by default.
        dilation_rate: the distance of the steps in a window.

    Returns:
        A tensor of the dtype of `x`, with filters in place of channels.

    Raises:
        ValueError: an argument has no such value, shapes do not fit, or both strides and
            dilation_rate are larger than 1.

    Example:

    >>> x, kernel = K.constant([[[1.], [2.], [4.]]]), K.constant([[[1.]], [[10.]]])
    >>> K.eval(K.conv1d(x, kernel))[0, :, 0]
    array([21., 42.], dtype=float32)
    """
    paddings = ("valid", "same", "causal")
    return _conv(
        Windows("conv1d", 1, strides, padding, data_format, dilation_rate, paddings), x, kernel
    )


def conv2d(
    x: Any,
    kernel: Any,
    strides: tuple[int, int] = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: tuple[int, int] = (1, 1),
) -> Any:
    """Convolution over two axes.

    Args:
        x: a tensor, variable or array of shape (batch, rows, columns, channels), or (batch,
            channels, rows, columns) with "channels_first".
        kernel: the same of shape (rows, columns, channels, filters). Where its channels are
            fewer, they and the filters stand for groups of channels.
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

    >>> K.int_shape(K.conv2d(K.ones((1, 8, 8, 3)), K.ones((3, 3, 3, 16))))
    (1, 6, 6, 16)
    """
    return _conv(Windows("conv2d", 2, strides, padding, data_format, dilation_rate), x, kernel)


def conv3d(
    x: Any,
    kernel: Any,
    strides: tuple[int, int, int] = (1, 1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: tuple[int, int, int] = (1, 1, 1),
) -> Any:
    """Convolution over three axes.

    Args:
        x: a tensor, variable or array of shape (batch, depth, rows, columns, channels), or
            (batch, channels, depth, rows, columns) with "channels_first".
        kernel: the same of shape (depth, rows, columns, channels, filters).
        strides: by how much windows move along each axis.
        padding: "valid" for no padding, or "same" to have size / strides results.
        data_format: "channels_last" or "channels_first"; `K.image_data_format()` by default.
        dilation_rate: the distance of the voxels in a window along each axis.

    Returns:
        A tensor of the dtype of `x`, with filters in place of channels.

    Raises:
        ValueError: an argument has no such value, shapes do not fit, or both strides and
            dilation_rate are larger than 1.

    Example:

    >>> K.int_shape(K.conv3d(K.ones((1, 4, 4, 4, 2)), K.ones((2, 2, 2, 2, 5))))
    (1, 3, 3, 3, 5)
    """
    return _conv(Windows("conv3d", 3, strides, padding, data_format, dilation_rate), x, kernel)
