"""Transposed convolution: from the results of a convolution to its input."""

import operator
from typing import Any

import keras

from kompat import engines, mode
from kompat.backend.operands import operand
from kompat.backend.windows import Shape, Windows
from kompat.graph.shapes import differ

__all__ = ["conv2d_transpose"]


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
