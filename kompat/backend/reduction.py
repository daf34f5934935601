"""Reductions along axes."""

import builtins
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np

from kompat import engines
from kompat.backend.axes import Axis, axes_in, axis_in
from kompat.backend.operands import apply, cast_like, floating, is_floating, operand, tensor
from kompat.engines.dtypes import dtype_name
from kompat.graph.unranked import is_unranked

__all__ = [
    "all",
    "any",
    "argmax",
    "argmin",
    "cumprod",
    "cumsum",
    "max",
    "mean",
    "min",
    "prod",
    "std",
    "sum",
    "var",
]


_exact = engines.current.exact
_fused = partial(engines.current.fused, static=("axis", "keepdims"))
_all = _exact(keras.ops.all)
_absolute = _exact(keras.ops.absolute)
_any = _exact(keras.ops.any)
_argmax = _exact(keras.ops.argmax)
_argmin = _exact(keras.ops.argmin)
_cumprod = _exact(keras.ops.cumprod)
_cumsum = _exact(keras.ops.cumsum)
_floor_divide = _exact(keras.ops.floor_divide)
_max = _exact(keras.ops.max)
_mean = _fused(_exact(keras.ops.mean))
_min = _exact(keras.ops.min)
_multiply = _exact(keras.ops.multiply)
_prod = _exact(keras.ops.prod)
_sign = _exact(keras.ops.sign)
_sqrt = _exact(keras.ops.sqrt)
_sum = _fused(_exact(keras.ops.sum))
_var = _exact(keras.ops.var)


def _reduce(function: Callable, x: Any, axis: Axis, keepdims: bool) -> Any:
    """Reduce `x` in its own dtype: an int8 sum stays int8, as in tf.keras."""
    if axis is None and not is_unranked(x):
        axes = tuple(range(len(x.shape)))  # Keras on PyTorch drops `keepdims` without axes
    else:
        axes = axes_in(x, axis)
    result = function(x, axis=axes, keepdims=keepdims)
    return result if result.dtype is x.dtype else cast_like(result, dtype_name(x))


def _extremum(function: Callable, sign: int, x: Any, axis: Axis, keepdims: bool) -> Any:
    """The maximum or minimum; of no elements the first value that any element would replace."""
    if is_unranked(x):
        return _reduce(function, x, axis, keepdims)
    axes = axes_in(x, axis)
    if isinstance(x, keras.KerasTensor) and None in [x.shape[i] for i in _taken(x.shape, axes)]:
        return apply(
            lambda tensors: _extremum(function, sign, tensors[0], axis, keepdims),
            lambda shape: tuple(_reduced_shape(shape, axes, keepdims)),
            x,
        )
    if 0 not in x.shape:
        return _reduce(function, x, axis, keepdims)
    none = np.full(_reduced_shape(x.shape, axes, keepdims), _bound(x, sign))
    return tensor(none.astype(dtype_name(x)))


def _taken(shape: Any, axes: Any) -> Any:
    return range(len(shape)) if axes is None else [axes] if isinstance(axes, int) else axes


def _reduced_shape(shape: Any, axes: Any, keepdims: bool) -> list[Any]:
    taken = _taken(shape, axes)
    sizes = [1 if axis in taken else size for axis, size in enumerate(shape)]
    return sizes if keepdims else [size for axis, size in enumerate(sizes) if axis not in taken]


def _bound(x: Any, sign: int) -> Any:
    """The largest value of a dtype for the sign 1, the smallest for -1."""
    dtype = dtype_name(x)
    if "int" not in dtype:
        return sign > 0 if dtype == "bool" else sign * math.inf
    return np.iinfo(dtype).max if sign > 0 else np.iinfo(dtype).min


def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The sum.

    Args:
        x: a tensor, variable, array or number.
        axis: an integer, or a list of them; None for all.
        keepdims: whether the reduced axes stay, with size 1.

    Returns:
        A tensor of the dtype of `x`.

    Raises:
        ValueError: an axis is out of range or doubled.

    Example:

    >>> K.eval(K.sum(K.constant([[1., 2.], [3., 4.]]), axis=0))
    array([4., 6.], dtype=float32)
    """
    return _reduce(_sum, operand(x), axis, keepdims)


def prod(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The product.

    Args:
        x: a tensor, variable, array or number.
        axis: an integer, or a list of them; None for all.
        keepdims: whether the reduced axes stay, with size 1.

    Returns:
        A tensor of the dtype of `x`.

    Raises:
        ValueError: an axis is out of range or doubled.

    Example:

    >>> K.eval(K.prod(K.constant([[1., 2.], [3., 4.]]), axis=0))
    array([3., 8.], dtype=float32)
    """
    return _reduce(_prod, operand(x), axis, keepdims)


def max(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The maximum.

    Args:
        x: a tensor, variable, array or number.
        axis: an integer, or a list of them; None for all.
        keepdims: whether the reduced axes stay, with size 1.

    Returns:
        A tensor of the dtype of `x`; of no elements -inf, of integers the smallest.

    Raises:
        ValueError: an axis is out of range or doubled.

    Example:

    >>> K.eval(K.max(K.constant([[1., 2.], [3., 4.]]), axis=0))
    array([3., 4.], dtype=float32)
    """
    return _extremum(_max, -1, operand(x), axis, keepdims)


def min(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The minimum.

    Args:
        x: a tensor, variable, array or number.
        axis: an integer, or a list of them; None for all.
        keepdims: whether the reduced axes stay, with size 1.

    Returns:
        A tensor of the dtype of `x`; of no elements inf, of integers the largest.

    Raises:
        ValueError: an axis is out of range or doubled.

    Example:

    >>> K.eval(K.min(K.constant([[1., 2.], [3., 4.]]), axis=0))
    array([1., 2.], dtype=float32)
    """
    return _extremum(_min, 1, operand(x), axis, keepdims)


def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The mean.

    Args:
        x: a tensor, variable, array or number.
        axis: an integer, or a list of them; None for all.
        keepdims: whether the reduced axes stay, with size 1.

    Returns:
        A tensor; booleans give `K.floatx()`, integers are divided as integers, towards zero.

    Raises:
        ValueError: an axis is out of range or doubled.

    Example:

    >>> K.eval(K.mean(K.constant([[1., 2.], [3., 4.]]), axis=0))
    array([2., 3.], dtype=float32)
    """
    x = operand(x)
    if is_floating(x) or dtype_name(x) == "bool":
        return _reduce(_mean, floating(x), axis, keepdims)
    total = sum(x, axis, keepdims)
    count = math.prod(tuple(x.shape)) // builtins.max(math.prod(tuple(total.shape)), 1)
    return cast_like(
        _multiply(_sign(total), _floor_divide(_absolute(total), count)), dtype_name(total)
    )


def var(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The variance, around the mean and over all elements (not one fewer).

    Args:
        x: a tensor, variable, array or number.
        axis: an integer, or a list of them; None for all.
        keepdims: whether the reduced axes stay, with size 1.

    Returns:
        A tensor of the dtype of `x`; integers and booleans give `K.floatx()`.

    Raises:
        ValueError: an axis is out of range or doubled.

    Example:

    >>> K.eval(K.var(K.constant([[1., 2.], [3., 4.]]), axis=0))
    array([1., 1.], dtype=float32)
    """
    return _reduce(_var, floating(x), axis, keepdims)


def std(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The standard deviation: the square root of `var`.

    Args:
        x: a tensor, variable, array or number.
        axis: an integer, or a list of them; None for all.
        keepdims: whether the reduced axes stay, with size 1.

    Returns:
        A tensor of the dtype of `x`; integers and booleans give `K.floatx()`.

    Raises:
        ValueError: an axis is out of range or doubled.

    Example:

    >>> K.eval(K.std(K.constant([[1., 2.], [3., 4.]]), axis=0))
    array([1., 1.], dtype=float32)
    """
    return _sqrt(var(x, axis, keepdims))


def any(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether any element is not zero.

    Args:
        x: a tensor, variable, array or number.
        axis: an integer, or a list of them; None for all.
        keepdims: whether the reduced axes stay, with size 1.

    Returns:
        A tensor of booleans.

    Raises:
        ValueError: an axis is out of range or doubled.

    Example:

    >>> K.eval(K.any(K.constant([[0., 1.], [0., 0.]]), axis=1))
    array([ True, False])
    """
    x = cast_like(tensor(x), "bool")
    return _any(x, axis=axes_in(x, axis), keepdims=keepdims)


def all(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether no element is zero.

    Args:
        x: a tensor, variable, array or number.
        axis: an integer, or a list of them; None for all.
        keepdims: whether the reduced axes stay, with size 1.

    Returns:
        A tensor of booleans.

    Raises:
        ValueError: an axis is out of range or doubled.

    Example:

    >>> K.eval(K.all(K.constant([[0., 1.], [1., 1.]]), axis=1))
    array([False,  True])
    """
    x = cast_like(tensor(x), "bool")
    return _all(x, axis=axes_in(x, axis), keepdims=keepdims)


def argmax(x: Any, axis: int = -1) -> Any:
    """The index of the first largest element along an axis.

    Args:
        x: a tensor, variable, array or number.
        axis: an integer.

    Returns:
        A tensor of int64, or of int32 on an engine whose default integers are those (JAX).

    Raises:
        ValueError: the axis is out of range, or has no elements.

    Example:

    >>> K.eval(K.argmax(K.constant([3., 9., 1.]))).item()
    1
    """
    x, axis = tensor(x), 0 if axis is None else axis
    return _argmax(x, axis=_filled_axis("argmax", x, axis))


def argmin(x: Any, axis: int = -1) -> Any:
    """The index of the first smallest element along an axis.

    Args:
        x: a tensor, variable, array or number.
        axis: an integer.

    Returns:
        A tensor of int64, or of int32 on an engine whose default integers are those (JAX).

    Raises:
        ValueError: the axis is out of range, or has no elements.

    Example:

    >>> K.eval(K.argmin(K.constant([3., 9., 1.]))).item()
    2
    """
    x, axis = tensor(x), 0 if axis is None else axis
    return _argmin(x, axis=_filled_axis("argmin", x, axis))


def _filled_axis(name: str, x: Any, axis: Any) -> int:
    axis = axis_in(x, axis)
    if x.shape[axis] == 0:
        raise ValueError(
            f"{name} expects an element along axis {axis}, received shape {tuple(x.shape)}."
        )
    return axis


def cumsum(x: Any, axis: int = 0) -> Any:
    """The cumulative sum along an axis.

    Args:
        x: a tensor, variable or array.
        axis: an integer.

    Returns:
        A tensor of the shape and dtype of `x`.

    Raises:
        ValueError: the axis is out of range.

    Example:

    >>> K.eval(K.cumsum(K.constant([1., 2.])))
    array([1., 3.], dtype=float32)
    """
    x = operand(x)
    return cast_like(_cumsum(x, axis=axis_in(x, axis)), dtype_name(x))


def cumprod(x: Any, axis: int = 0) -> Any:
    """The cumulative product along an axis.

    Args:
        x: a tensor, variable or array.
        axis: an integer.

    Returns:
        A tensor of the shape and dtype of `x`.

    Raises:
        ValueError: the axis is out of range.

    Example:

    >>> K.eval(K.cumprod(K.constant([1., 2.])))
    array([1., 2.], dtype=float32)
    """
    x = operand(x)
    return cast_like(_cumprod(x, axis=axis_in(x, axis)), dtype_name(x))
