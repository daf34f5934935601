"""Convolution and pooling: windows that move over the spatial axes of a batch.

Everything is computed with the channels last; `padding="same"` is TensorFlow's on every engine:
the odd pixel goes to the end.
"""

import itertools
import math
import operator
from collections.abc import Callable
from typing import Any

import keras

from kompat import engines, mode
from kompat.backend.operands import (
    apply,
    cast_like,
    data_format_of,
    floating,
    is_floating,
    operand,
)
from kompat.engines.width import dtype_name

__all__ = [
    "conv1d",
    "conv2d",
    "conv2d_transpose",
    "conv3d",
    "depthwise_conv2d",
    "local_conv1d",
    "local_conv2d",
    "pool2d",
    "pool3d",
    "separable_conv2d",
]

Shape = tuple[int | None, ...]
Sizes = int | tuple[int, ...] | list[int] | None

_exact = engines.current.exact
_matmul = _exact(keras.ops.matmul)
_pad = _exact(keras.ops.pad)
_reshape = _exact(keras.ops.reshape)
_stack = _exact(keras.ops.stack)
_transpose = _exact(keras.ops.transpose)


class _Windows:
    """How windows move over the `rank` spatial axes of tensors: what the functions check alike."""

    def __init__(
        self,
        function: str,
        rank: int,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        paddings: tuple[str, ...] = ("valid", "same"),
    ):
        self.function, self.rank = function, rank
        self.first = data_format_of(data_format) == "channels_first"
        self.strides = self.sizes("strides", 1 if strides is None else strides)
        self.dilation = self.sizes("dilation_rate", 1 if dilation_rate is None else dilation_rate)
        self.padding = padding
        if padding not in paddings:
            raise ValueError(
                f"{function} expects padding to be one of {', '.join(map(repr, paddings))}, "
                f"received {padding!r}."
            )
        if max(self.strides) > 1 and max(self.dilation) > 1:
            raise ValueError(
                f"{function} expects strides of 1 where dilation_rate is larger than 1, received "
                f"strides {strides!r} with dilation_rate {dilation_rate!r}."
            )

    def sizes(self, name: str, value: Any) -> tuple[int, ...]:
        """One positive integer per spatial axis."""
        several = value if isinstance(value, (tuple, list)) else (value,)
        if not all(hasattr(n, "__index__") for n in several):
            raise TypeError(f"{self.function} expects {name} of integers, received {value!r}.")
        sizes = tuple(map(operator.index, several))
        sizes *= self.rank if len(sizes) == 1 else 1
        if len(sizes) != self.rank or min(sizes) < 1:
            raise ValueError(
                f"{self.function} expects {name} to be {self.rank} positive integers, received "
                f"{value!r}."
            )
        return sizes

    def split(self, x: Shape) -> tuple[int | None, Shape, int | None]:
        """The sizes of a tensor: batch, spatial axes, channels."""
        if len(x) != self.rank + 2:
            raise ValueError(
                f"{self.function} expects a tensor of rank {self.rank + 2}, received shape {x}."
            )
        return (x[0], x[2:], x[1]) if self.first else (x[0], x[1:-1], x[-1])

    def join(self, batch: Any, spatial: Any, channels: Any) -> tuple:
        """The shape that has these sizes."""
        return (batch, channels, *spatial) if self.first else (batch, *spatial, channels)

    def positions(self, spatial: Shape, window: Shape) -> Shape:
        """How many positions windows have along each axis.

        Raises:
            ValueError: none.
        """
        return tuple(map(self._positions, spatial, window, self.strides, self.dilation))

    def _positions(
        self, size: int | None, window: int | None, stride: int, dilation: int
    ) -> int | None:
        if size is None or (window is None and self.padding == "valid"):
            return None
        if self.padding != "valid" or window is None:
            return -(-size // stride)
        extent = (window - 1) * dilation + 1
        if extent > size:
            raise ValueError(
                f"{self.function} expects windows that fit, received one of size {extent} for an "
                f"axis of size {size} with padding='valid'."
            )
        return (size - extent) // stride + 1

    def channels_last(self, x: Any) -> Any:
        """`x` with its channels last."""
        return _transpose(x, (0, *range(2, self.rank + 2), 1)) if self.first else x

    def as_given(self, x: Any) -> Any:
        """The same back: `x` in the data format of the call."""
        return _transpose(x, (0, self.rank + 1, *range(1, self.rank + 1))) if self.first else x

    def apply(self, compute: Callable, shape: Callable, *operands: Any, extra: tuple = ()) -> Any:
        """Compute on tensors with channels last; integers in float64, where they are exact."""

        def in_floats(x: Any, *others: Any) -> Any:
            dtype = dtype_name(x)
            if dtype == "bool":
                raise TypeError(f"{self.function} expects numbers, received booleans.")
            if is_floating(x):
                return self.as_given(compute(self.channels_last(x), *others))
            tensors, rest = others[: len(operands) - 1], others[len(operands) - 1 :]
            x, *tensors = [cast_like(t, "float64") for t in (x, *tensors)]
            return cast_like(self.as_given(compute(self.channels_last(x), *tensors, *rest)), dtype)

        return apply(in_floats, shape, *operands, extra=extra)


def _conv(windows: _Windows, x: Any, kernel: Any) -> Any:
    def shape(x: Shape, kernel: Shape) -> Shape:
        batch, spatial, channels = windows.split(x)
        window, inputs, filters = _split_kernel(windows, kernel)
        if None not in (channels, inputs) and channels % inputs:
            raise ValueError(
                f"{windows.function} expects a tensor whose channels are a multiple of the "
                f"kernel's, received {channels} and {inputs} in shapes {x} and {kernel}."
            )
        return windows.join(batch, windows.positions(spatial, window), filters)

    def compute(x: Any, kernel: Any) -> Any:
        padding = windows.padding
        if padding == "causal":
            before = windows.dilation[0] * (keras.ops.shape(kernel)[0] - 1)
            x, padding = _pad(x, ((0, 0), (before, 0), (0, 0))), "valid"
        return engines.current.convolve(x, kernel, windows.strides, padding, windows.dilation)

    return windows.apply(compute, shape, operand(x, like=kernel), operand(kernel, like=x))


def _split_kernel(windows: _Windows, kernel: Shape) -> tuple[Shape, int | None, int | None]:
    """The sizes of a kernel: window, and its last two axes."""
    if len(kernel) != windows.rank + 2:
        raise ValueError(
            f"{windows.function} expects a kernel of rank {windows.rank + 2}, received shape "
            f"{kernel}."
        )
    return kernel[:-2], kernel[-2], kernel[-1]


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
        _Windows("conv1d", 1, strides, padding, data_format, dilation_rate, paddings), x, kernel
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
    return _conv(_Windows("conv2d", 2, strides, padding, data_format, dilation_rate), x, kernel)


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
    return _conv(_Windows("conv3d", 3, strides, padding, data_format, dilation_rate), x, kernel)


def _conv_transpose(windows: _Windows, x: Any, kernel: Any, output_shape: Any) -> Any:
    wanted = _sizes_of(windows, output_shape)

    def shape(x: Shape, kernel: Shape, *wanted: Any) -> Shape:
        batch, spatial, channels = windows.split(x)
        result = windows.split(tuple(map(_known_size, wanted)))
        window, filters, inputs = _split_kernel(windows, kernel)
        for what, expected, received in (
            ("channels in x", inputs, channels),
            ("samples in output_shape", batch, result[0]),
            ("channels in output_shape", filters, result[2]),
            *(
                (f"positions along axis {axis} of x", *sizes)
                for axis, sizes in enumerate(zip(windows.positions(result[1], window), spatial))
            ),
        ):
            if None not in (expected, received) and expected != received:
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


def _sizes_of(windows: _Windows, output_shape: Any) -> tuple:
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
    windows = _Windows("conv2d_transpose", 2, strides, padding, data_format, dilation_rate)
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
    windows = _Windows("conv3d_transpose", 3, strides, padding, data_format)
    return _conv_transpose(windows, x, kernel, output_shape)


def _depthwise(windows: _Windows, x: Any, *kernels: Any) -> Any:
    """A convolution of each channel by itself; then, given a second kernel, one that mixes them."""

    def shape(x: Shape, kernel: Shape, *pointwise: Shape) -> Shape:
        batch, spatial, channels = windows.split(x)
        window, inputs, multiplier = _split_kernel(windows, kernel)
        if None not in (channels, inputs) and channels != inputs:
            raise ValueError(
                f"{windows.function} expects a kernel for as many channels as x has, received "
                f"shapes {kernel} and {x}."
            )
        filters = None if None in (inputs, multiplier) else inputs * multiplier
        for mixing in pointwise:
            window_of_one, inputs, mixed = _split_kernel(windows, mixing)
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
    windows = _Windows("depthwise_conv2d", 2, strides, padding, data_format, dilation_rate)
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
    windows = _Windows("separable_conv1d", 1, strides, padding, data_format, dilation_rate)
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
    windows = _Windows("separable_conv2d", 2, strides, padding, data_format, dilation_rate)
    return _depthwise(windows, x, depthwise_kernel, pointwise_kernel)


def _local_conv(
    windows: _Windows, inputs: Any, kernel: Any, window: tuple[int, ...], positions: Any
) -> Any:
    """A convolution with a kernel of its own at each of `positions`, which may be None for all."""

    def shape(x: Shape, kernel: Shape) -> Shape:
        batch, spatial, channels = windows.split(x)
        fitting = windows.positions(spatial, window)
        result = positions if windows.rank > 1 else kernel[:1]
        features = None if channels is None else math.prod(window) * channels
        if len(kernel) != 3 or (kernel[1] not in (None, features) and features is not None):
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
    windows = _Windows("local_conv1d", 1, strides, data_format=data_format)
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
    windows = _Windows("local_conv2d", 2, strides, data_format=data_format)
    window = windows.sizes("kernel_size", kernel_size)
    positions = windows.sizes("output_shape", output_shape)
    return _local_conv(windows, inputs, kernel, window, positions)


def _pool(windows: _Windows, x: Any, pool_size: Any, pool_mode: str) -> Any:
    window = windows.sizes("pool_size", pool_size)
    if pool_mode not in ("max", "avg"):
        raise ValueError(
            f"{windows.function} expects pool_mode to be 'max' or 'avg', received {pool_mode!r}."
        )

    def shape(x: Shape) -> Shape:
        batch, spatial, channels = windows.split(x)
        return windows.join(batch, windows.positions(spatial, window), channels)

    def compute(x: Any) -> Any:
        pool = engines.current.max_pool if pool_mode == "max" else engines.current.average_pool
        return pool(x, window, windows.strides, windows.padding)

    return windows.apply(compute, shape, operand(x) if pool_mode == "max" else floating(x))


def pool2d(
    x: Any,
    pool_size: tuple[int, int],
    strides: tuple[int, int] = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    pool_mode: str = "max",
) -> Any:
    """The maximum or the average of each window over two axes.

    Args:
        x: a tensor, variable or array of shape (batch, rows, columns, channels), or (batch,
            channels, rows, columns) with "channels_first".
        pool_size: the rows and columns of a window.
        strides: by how much windows move along each axis; None for `pool_size`.
        padding: "valid" for no padding; "same" to have size / strides results, where what was
            added does not count.
        data_format: "channels_last" or "channels_first"; `K.image_data_format()` by default.
        pool_mode: "max" or "avg".

    Returns:
        A tensor of the dtype of `x`; the average of integers is in `K.floatx()`.

    Raises:
        ValueError: an argument has no such value, or shapes do not fit.

    Example:

    >>> x = K.constant(np.arange(4.).reshape(1, 2, 2, 1))
    >>> K.eval(K.pool2d(x, (2, 2), pool_mode="avg"))[0, 0, 0]
    array([1.5], dtype=float32)
    """
    strides = pool_size if strides is None else strides
    return _pool(_Windows("pool2d", 2, strides, padding, data_format), x, pool_size, pool_mode)


def pool3d(
    x: Any,
    pool_size: tuple[int, int, int],
    strides: tuple[int, int, int] = (1, 1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    pool_mode: str = "max",
) -> Any:
    """The maximum or the average of each window over three axes.

    Args:
        x: a tensor, variable or array of shape (batch, depth, rows, columns, channels), or
            (batch, channels, depth, rows, columns) with "channels_first".
        pool_size: the sizes of a window.
        strides: by how much windows move along each axis; None for `pool_size`.
        padding: "valid" for no padding; "same" to have size / strides results, where what was
            added does not count.
        data_format: "channels_last" or "channels_first"; `K.image_data_format()` by default.
        pool_mode: "max" or "avg".

    Returns:
        A tensor of the dtype of `x`; the average of integers is in `K.floatx()`.

    Raises:
        ValueError: an argument has no such value, or shapes do not fit.

    Example:

    >>> K.int_shape(K.pool3d(K.ones((1, 4, 4, 4, 2)), (2, 2, 2), strides=(2, 2, 2)))
    (1, 2, 2, 2, 2)
    """
    strides = pool_size if strides is None else strides
    return _pool(_Windows("pool3d", 3, strides, padding, data_format), x, pool_size, pool_mode)
