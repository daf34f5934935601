"""How windows move over the spatial axes of a batch: what convolution and pooling check alike."""

import operator
from collections.abc import Callable
from functools import partial
from typing import Any

import keras

from kompat import engines
from kompat.backend.operands import apply, cast_like, data_format_of, is_floating
from kompat.engines.dtypes import dtype_name

Shape = tuple[int | None, ...]
Sizes = int | tuple[int, ...] | list[int] | None

_transpose = engines.current.exact(keras.ops.transpose)


class Windows:
    """How windows move over the `rank` spatial axes of tensors.

    Args:
        function: the name of the function of K, for messages.
        rank: the number of spatial axes.
        strides: by how much they move; None for 1.
        padding: one of `paddings`.
        data_format: "channels_last" or "channels_first", None for the default.
        dilation_rate: the distance of the elements in a window; None for 1.
        paddings: what the function accepts.

    Raises:
        ValueError: an argument has no such value.
        TypeError: a size is no integer.
    """

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

    def split_kernel(self, kernel: Shape) -> tuple[Shape, int | None, int | None]:
        """The sizes of a kernel: window, and its last two axes."""
        if len(kernel) != self.rank + 2:
            raise ValueError(
                f"{self.function} expects a kernel of rank {self.rank + 2}, received shape "
                f"{kernel}."
            )
        return kernel[:-2], kernel[-2], kernel[-1]

    def join(self, batch: Any, spatial: Any, channels: Any) -> tuple:
        """The shape that has these sizes."""
        return (batch, channels, *spatial) if self.first else (batch, *spatial, channels)

    def positions(self, spatial: Shape, window: Shape) -> Shape:
        """How many positions windows have along each axis.

        Raises:
            ValueError: no window fits.
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

    def apply(
        self, compute: Callable, shape: Callable, *operands: Any, extra: tuple[Any, ...] = ()
    ) -> Any:
        """Compute on tensors with channels last; integers in float64, where they are exact."""
        if any(dtype_name(x) == "bool" for x in operands if hasattr(x, "dtype")):
            raise TypeError(f"{self.function} expects numbers, received booleans.")
        return apply(partial(self._in_floats, compute), shape, *operands, extra=extra)

    def _in_floats(self, compute: Callable, tensors: list[Any], *extra: Any) -> Any:
        dtype = dtype_name(tensors[0])
        x, *others = (
            tensors if is_floating(tensors[0]) else [cast_like(t, "float64") for t in tensors]
        )
        return cast_like(self._as_given(compute(self._channels_last(x), *others, *extra)), dtype)

    def _channels_last(self, x: Any) -> Any:
        return _transpose(x, (0, *range(2, self.rank + 2), 1)) if self.first else x

    def _as_given(self, x: Any) -> Any:
        return _transpose(x, (0, self.rank + 1, *range(1, self.rank + 1))) if self.first else x
