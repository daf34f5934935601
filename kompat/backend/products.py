"""Products of tensors, and the bias that is added to them."""

import math
from typing import Any

import keras

from kompat import engines
from kompat.backend.operands import apply, cast_like, data_format_of, operand
from kompat.engines.dtypes import dtype_name
from kompat.graph.shapes import differ

__all__ = ["batch_dot", "bias_add", "dot"]

Shape = tuple[int | None, ...]

_exact = engines.current.exact
_add = _exact(keras.ops.add)
_matmul = engines.current.fused(_exact(keras.ops.matmul))
_moveaxis = _exact(keras.ops.moveaxis)
_multiply = _exact(keras.ops.multiply)
_reshape = _exact(keras.ops.reshape)
_sum = _exact(keras.ops.sum)
_swapaxes = _exact(keras.ops.swapaxes)
_transpose = _exact(keras.ops.transpose)


def dot(x: Any, y: Any) -> Any:
    """The product over the last axis of `x` and the second last of `y`, or its only one.

    Args:
        x: a tensor, variable or array of rank 1 or more.
        y: the same.

    Returns:
        A tensor of shape `x.shape[:-1] + y.shape[:-2] + y.shape[-1:]`.

    Raises:
        ValueError: the axes differ in size, or an operand is a scalar.

    Example:

    >>> K.eval(K.dot(K.constant([[1., 2.]]), K.constant([[3.], [4.]])))
    array([[11.]], dtype=float32)
    """
    return apply(_dot, _dot_shape, operand(x, like=y), operand(y, like=x))


def _dot_shape(x: Shape, y: Shape) -> Shape:
    if not x or not y:
        raise ValueError(f"dot expects tensors of rank 1 or more, received shapes {x} and {y}.")
    if differ(x[-1], y[-2:][0]):
        raise ValueError(
            f"dot expects the last axis of x to have the size of the "
            f"{'second last' if len(y) > 1 else 'only'} axis of y, received shapes {x} and {y}."
        )
    return x[:-1] + y[:-2] + y[1:][-1:]


def _dot(operands: list[Any]) -> Any:
    x, y = operands
    if len(y.shape) < 3:
        return _product(x, y)
    x_shape, y_shape = keras.ops.shape(x), keras.ops.shape(y)
    rest = (*y_shape[:-2], y_shape[-1])
    y = _reshape(_moveaxis(y, -2, 0), (y_shape[-2], math.prod(rest)))
    return _reshape(_product(x, y), (*x_shape[:-1], *rest))


def _product(x: Any, y: Any) -> Any:
    """The product of matrices in their own dtype: Keras's of int8 is int32."""
    product = _matmul(x, y)
    return cast_like(product, "int8") if dtype_name(x) == "int8" else product


def batch_dot(x: Any, y: Any, axes: Any = None, *, legacy: bool = False) -> Any:
    """The product over one axis of each operand, sample by sample.

    Args:
        x: a tensor, variable or array of shape (batch, ...), of rank 2 or more.
        y: the same, with the same batch size.
        axes: the axis of `x` and the axis of `y`, or one integer for both. By default the last of
            `x` and the second last of `y`, or the last where `y` has rank 2.
        legacy: whether the product is that of Keras before 2.2.5. Then the operand of lower rank
            gets axes of size 1 at its end, all axes but the last two are those of samples, and
            the added ones are removed from the result.

    Returns:
        A tensor of shape (batch, other axes of `x`, other axes of `y`); (batch, 1) if there are
        none.

    Raises:
        ValueError: an axis is 0 or out of range, the axes differ in size, or the batches do.
        TypeError: an axis is no integer.

    Example:

    >>> x, y = K.ones((8, 5, 3)), K.ones((8, 5, 3, 2))
    >>> K.int_shape(K.batch_dot(x, y, axes=(2, 2)))
    (8, 5, 5, 2)
    >>> K.int_shape(K.batch_dot(x, y, axes=(2, 2), legacy=True))
    (8, 5, 2)
    """
    x, y = operand(x, like=y), operand(y, like=x)
    ranks = len(x.shape), len(y.shape)
    if min(ranks) < 2:
        raise ValueError(
            f"batch_dot expects tensors of rank 2 or more, received shapes {tuple(x.shape)} and "
            f"{tuple(y.shape)}. Add the missing axis with K.expand_dims."
        )
    product = (_LegacyBatchDot if legacy else _BatchDot)(*ranks, axes)
    return apply(product.compute, product.shape, x, y)


class _BatchDot:
    """The product of `batch_dot` for given ranks and axes."""

    def __init__(self, x_rank: int, y_rank: int, axes: Any):
        if axes is None:
            axes = (x_rank - 1, y_rank - 1 if y_rank == 2 else y_rank - 2)
        self.axes = _pair_of_axes(axes, x_rank, y_rank)
        if 0 in self.axes:
            raise ValueError(
                f"batch_dot expects axes other than 0, which is that of the samples, received "
                f"{axes!r}. Add an axis for the batch with K.expand_dims where there is none."
            )

    def shape(self, x: Shape, y: Shape) -> Shape:
        (i, j), batch = self.axes, x[0] if y[0] is None else y[0]
        if differ(x[0], y[0]):
            raise ValueError(
                f"batch_dot expects equal numbers of samples, received shapes {x} and {y}."
            )
        if differ(x[i], y[j]):
            raise ValueError(
                f"batch_dot expects axis {i} of x and axis {j} of y to have one size, received "
                f"shapes {x} and {y}. Keras before 2.2.5 took the axes otherwise: "
                "K.batch_dot(x, y, axes, legacy=True) is its product."
            )
        return (batch, *(x[1:i] + x[i + 1 :] + y[1:j] + y[j + 1 :] or (1,)))

    def compute(self, operands: list[Any]) -> Any:
        (x, y), (i, j) = operands, self.axes
        x, y = _moveaxis(x, i, -1), _moveaxis(y, j, 1)
        (batch, *x_rest, size), (_, _, *y_rest) = keras.ops.shape(x), keras.ops.shape(y)
        x = _reshape(x, (batch, math.prod(x_rest), size))
        y = _reshape(y, (batch, size, math.prod(y_rest)))
        return _reshape(_product(x, y), (batch, *(x_rest + y_rest or (1,))))


class _LegacyBatchDot:
    """The product of `batch_dot` as it was before Keras 2.2.5."""

    def __init__(self, x_rank: int, y_rank: int, axes: Any):
        if abs(x_rank - y_rank) > 1:
            raise ValueError(
                f"batch_dot(legacy=True) expects ranks that differ by 1 at most, received "
                f"{x_rank} and {y_rank}."
            )
        self.rank = max(x_rank, y_rank)
        self.axes = _pair_of_axes(
            (x_rank - 1, y_rank - 2) if axes is None else axes, x_rank, y_rank
        )
        # The axis of the result that comes from the one added to x, or to y.
        self.added = {1: self.rank - 1, -1: self.rank - 2, 0: None}[x_rank - y_rank]

    def shape(self, x: Shape, y: Shape) -> Shape:
        x, y = self._pad(x), self._pad(y)
        i, j = self.axes
        if self.rank == 2:
            return (_broadcast(x if i == j else x[::-1], y)[1 - j], 1)
        x_rows, x_size = x[-2:] if i == self.rank - 1 else x[:-3:-1]
        y_columns, y_size = y[-2:] if j == self.rank - 1 else y[:-3:-1]
        if differ(x_size, y_size):
            raise ValueError(
                f"batch_dot(legacy=True) expects axis {i} of x and axis {j} of y to have one size, "
                f"received shapes {x} and {y}."
            )
        return self._without_added((*_broadcast(x[:-2], y[:-2]), x_rows, y_columns))

    def compute(self, operands: list[Any]) -> Any:
        (x, y), (i, j) = operands, self.axes
        if self.rank == 2:
            product = _sum(_multiply(x if i == j else _transpose(x), y), axis=j, keepdims=True)
            return _reshape(product, (-1, 1))
        x = _reshape(x, self._pad(tuple(keras.ops.shape(x))))
        y = _reshape(y, self._pad(tuple(keras.ops.shape(y))))
        x = x if i == self.rank - 1 else _swapaxes(x, -1, -2)
        y = _swapaxes(y, -1, -2) if j == self.rank - 1 else y
        product = _product(x, y)
        return _reshape(product, self._without_added(tuple(keras.ops.shape(product))))

    def _pad(self, shape: tuple) -> tuple:
        return shape + (1,) * (self.rank - len(shape))

    def _without_added(self, shape: tuple) -> tuple:
        return tuple(n for axis, n in enumerate(shape) if axis != self.added)


def _pair_of_axes(axes: Any, x_rank: int, y_rank: int) -> tuple[int, int]:
    """The axes of `batch_dot`, counted from the front."""
    pair = (axes, axes) if hasattr(axes, "__index__") else tuple(axes)
    if len(pair) != 2 or any(isinstance(axis, (list, tuple)) for axis in pair):
        raise ValueError(
            f"batch_dot expects axes to be None, an integer or two, received {axes!r}."
        )
    for axis, rank in zip(pair, (x_rank, y_rank)):
        if not hasattr(axis, "__index__"):
            raise TypeError(f"batch_dot expects integer axes, received {axes!r}.")
        if not -rank <= axis < rank:
            raise ValueError(
                f"batch_dot expects axes within ranks {x_rank} and {y_rank}, received {axes!r}."
            )
    return pair[0] % x_rank, pair[1] % y_rank


def bias_add(x: Any, bias: Any, data_format: str | None = None) -> Any:
    """Add a bias to each sample.

    Args:
        x: a tensor, variable or array of rank 2 or more.
        bias: a tensor, variable or array of one number per channel, or of one per element of a
            sample. Its channels come last, whatever the data format.
        data_format: "channels_last" or "channels_first"; `K.image_data_format()` by default.

    Returns:
        A tensor of the shape of `x`.

    Raises:
        ValueError: the data format is unknown, or the bias does not fit.

    Example:

    >>> K.eval(K.bias_add(K.constant([[1., 2.]]), K.constant([10., 20.])))
    array([[11., 22.]], dtype=float32)
    """
    first = data_format_of(data_format) == "channels_first"

    def shape(x: Shape, bias: Shape) -> Shape:
        if len(x) < 2 or len(bias) not in (1, len(x) - 1):
            raise ValueError(
                f"bias_add expects a bias of rank 1 or of one less than that of x, which is 2 or "
                f"more, received shapes {x} and {bias}."
            )
        if len(bias) == 1 and differ(x[1 if first else -1], bias[0]):
            raise ValueError(
                f"bias_add expects one number per channel, received a bias of {bias[0]} for a "
                f"tensor of shape {x} with {'channels_first' if first else 'channels_last'}."
            )
        return _broadcast(x, _of_sample(bias, len(x)))

    def compute(operands: list[Any]) -> Any:
        x, bias = operands
        sizes = tuple(keras.ops.shape(bias))
        return _add(x, _reshape(bias, _of_sample(sizes, len(x.shape))))

    def _of_sample(sizes: tuple, rank: int) -> tuple:
        """The shape of the bias that broadcasts against samples."""
        if not first:
            return sizes
        spatial = sizes[:-1] or (1,) * (rank - 2)
        return (sizes[-1], *spatial)

    return apply(compute, shape, operand(x, like=bias), operand(bias, like=x))


def _broadcast(x: Shape, y: Shape) -> Shape:
    """The shape of an elementwise result of `x` and `y`, as far as it is known.

    Raises:
        ValueError: they do not broadcast.
    """
    rank = max(len(x), len(y))
    pairs = zip((1,) * (rank - len(x)) + x, (1,) * (rank - len(y)) + y)
    result: list[int | None] = []
    for a, b in pairs:
        if 1 not in (a, b) and differ(a, b):
            raise ValueError(f"expected shapes that broadcast, received {x} and {y}.")
        known = [n for n in (a, b) if n not in (1, None)]
        result.append(known[0] if known else (1 if a == b == 1 else None))
    return tuple(result)
