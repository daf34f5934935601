"""Convolution: windows that move over the spatial axes of a batch.

Everything is computed with the channels last; `padding="same"` is TensorFlow's on every engine:
the odd pixel goes to the end.
"""

import operator
from typing import Any

import keras

from kompat import engines, mode
from kompat.backend.operands import operand
from kompat.backend.windows import Shape, Windows
from kompat.graph.shapes import differ

__all__ = [
    "conv1d",
    "conv2d",
    "conv2d_transpose",
    "conv3d",
    "depthwise_conv2d",
    "separable_conv2d",
]

_exact = engines.current.exact
_matmul = _exact(keras.ops.matmul)
_pad = _exact(keras.ops.pad)
_reshape = _exact(keras.ops.reshape)


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


def _conv_transpose(windows: Windows, x: Any, kernel: Any, output_shape: Any) -> Any:
    wanted = _sizes_of(windows, output_shape)

    def shape(x: Shape, kernel: Shape, *wanted: Any) -> Shape:
        batch, spatial, channels = windows.split(x)
        result = windows.split(tuple(map(_known_size, wanted)))
        window, filters, inputs = windows.split_kernel(kernel)
        for what, expected, received in (
            ("channels in x", inputs, channels),
            ("samples in output_shape", batch, result[0]),
            ("channels in output_shape", filters, result[2]),
            *(
                (f"positions along axis {axis} of x", *sizes)
                for axis, sizes in enumerate(zip(windows.positions(result[1], window), spatial))
            ),
        ):
            if differ(expected, received):
                raise ValueError(
                    f"{windows.function} expects {expected} {what}, received {received}, for x of "
                    f"shape {x}, a kernel of shape {kernel} and output_shape {wanted}."
                )
        return windows.join(batch if result[0] is None else result[0], result[1], filters)

    def compute(x: Any, kernel: Any, *wanted: Any) -> Any:
        spatial = wanted[2:] if windows.first else wanted[1:-1]
        sizes = tuple(n if _known_size(n) is None else operator.index(n) for n in spatial)
        return engines.current.convolve_transposed(
            x, kernel, sizes, windows.strides, windows.padding, windows.dilation
        )

    return windows.apply(
        compute, shape, operand(x, like=kernel), operand(kernel, like=x), extra=wanted
    )


def _sizes_of(windows: Windows, output_shape: Any) -> tuple:
    """The sizes in an output shape: numbers, scalar tensors, and None for the batch."""
    count = len(output_shape) if isinstance(output_shape, (tuple, list)) else output_shape.shape[0]
    if count not in (None, windows.rank + 2):
        raise ValueError(
            f"{windows.function} expects an output_shape of {windows.rank + 2} sizes, received "
            f"{output_shape!r}."
        )
    sizes = tuple(output_shape[i] for i in range(windows.rank + 2))
    if any(n is None for n in sizes[1:]):
        raise ValueError(
            f"{windows.function} expects an output_shape in which only the batch is None, received "
            f"{output_shape!r}."
        )
    return sizes


def _known_size(n: Any) -> int | None:
    """A size, if it is known before the program runs."""
    if n is None or isinstance(n, keras.KerasTensor) or mode.is_traced(n):
        return None
    return operator.index(n)


def conv2d_transpose(
    x: Any,
    kernel: Any,
    output_shape: Any,
    strides: tuple[int, int] = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: tuple[int, int] = (1, 1),
) -> Any:
    """The transpose of a convolution over two axes, which is that convolution's gradient.

    Args:
        x: a tensor, variable or array of shape (batch, rows, columns, channels), or (batch,
            channels, rows, columns) with "channels_first".
        kernel: the same of shape (rows, columns, filters, channels).
        output_shape: the shape of the result, of which the convolution gives the shape of `x`.
            Sizes may be symbolic, and that of the batch None.
        strides: by how much the results of neighbours in `x` are apart along each axis.
        padding: "valid" or "same", that of the convolution.
        data_format: "channels_last" or "channels_first"; `K.image_data_format()` by default.
        dilation_rate: the distance of the pixels in a window along each axis.

    Returns:
        A tensor of the dtype of `x` and of `output_shape`.

    Raises:
        ValueError: an argument has no such value, shapes do not fit, or both strides and
            dilation_rate are larger than 1.

    Example:

    >>> x, kernel = K.ones((1, 4, 4, 3)), K.ones((3, 3, 8, 3))
    >>> K.int_shape(K.conv2d_transpose(x, kernel, (1, 8, 8, 8), strides=(2, 2), padding="same"))
    (1, 8, 8, 8)
    """
    windows = Windows("conv2d_transpose", 2, strides, padding, data_format, dilation_rate)
    return _conv_transpose(windows, x, kernel, output_shape)


def conv3d_transpose(
    x: Any,
    kernel: Any,
    output_shape: Any,
    strides: tuple[int, int, int] = (1, 1, 1),
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """The transpose of a convolution over three axes, which is that convolution's gradient.

    Args:
        x: a tensor, variable or array of shape (batch, depth, rows, columns, channels), or
            (batch, channels, depth, rows, columns) with "channels_first".
        kernel: the same of shape (depth, rows, columns, filters, channels).
        output_shape: as for `conv2d_transpose`.
        strides: by how much the results of neighbours in `x` are apart along each axis.
        padding: "valid" or "same", that of the convolution.
        data_format: "channels_last" or "channels_first"; `K.image_data_format()` by default.

    Returns:
        A tensor of the dtype of `x` and of `output_shape`.

    Raises:
        ValueError: an argument has no such value, or shapes do not fit.

    Example:

    >>> x, kernel = K.ones((1, 2, 2, 2, 3)), K.ones((2, 2, 2, 5, 3))
    >>> K.int_shape(K.conv3d_transpose(x, kernel, (1, 3, 3, 3, 5)))
    (1, 3, 3, 3, 5)
    """
    windows = Windows("conv3d_transpose", 3, strides, padding, data_format)
    return _conv_transpose(windows, x, kernel, output_shape)


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
