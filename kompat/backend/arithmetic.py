"""Arithmetic on each element."""

from typing import Any

import keras

from kompat import engines
from kompat.backend.operands import explained, floating, is_floating, operand, tensor
from kompat.engines.dtypes import dtype_name

__all__ = [
    "abs",
    "clip",
    "cos",
    "exp",
    "log",
    "maximum",
    "minimum",
    "pow",
    "round",
    "sign",
    "sin",
    "sqrt",
    "square",
    "stop_gradient",
]

_exact = engines.current.exact
_absolute = _exact(keras.ops.absolute)
_cos = _exact(keras.ops.cos)
_exp = _exact(keras.ops.exp)
_less = _exact(keras.ops.less)
_log = _exact(keras.ops.log)
_maximum = explained("maximum", _exact(keras.ops.maximum))
_minimum = explained("minimum", _exact(keras.ops.minimum))
_power = explained("pow", _exact(keras.ops.power))
_round = explained("round", _exact(keras.ops.round))
_sign = explained("sign", _exact(keras.ops.sign))
_sin = _exact(keras.ops.sin)
_sqrt = _exact(keras.ops.sqrt)
_square = engines.current.fused(_exact(keras.ops.square))
_stop_gradient = _exact(keras.ops.stop_gradient)
_where = _exact(keras.ops.where)


def abs(x: Any) -> Any:
    """The absolute value.

    Args:
        x: a tensor, variable, array or number.

    Returns:
        A tensor of the shape and dtype of `x`.

    Example:

    >>> K.eval(K.abs(K.constant([-1., 2.])))
    array([1., 2.], dtype=float32)
    """
    return _absolute(operand(x))


def cos(x: Any) -> Any:
    """The cosine of an angle in radians.

    Args:
        x: a tensor, variable, array or number.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> K.eval(K.cos(K.constant([0.])))
    array([1.], dtype=float32)
    """
    return _cos(floating(x))


def exp(x: Any) -> Any:
    """The exponential.

    Args:
        x: a tensor, variable, array or number.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> K.eval(K.exp(K.constant([0.])))
    array([1.], dtype=float32)
    """
    return _exp(floating(x))


def log(x: Any) -> Any:
    """The natural logarithm.

    Args:
        x: a tensor, variable, array or number.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> K.eval(K.log(K.constant([1.])))
    array([0.], dtype=float32)
    """
    return _log(floating(x))


def round(x: Any) -> Any:
    """Round to the nearest integer; a half goes to the even one.

    Args:
        x: a tensor, variable, array or number.

    Returns:
        A tensor of the shape and dtype of `x`.

    Raises:
        TypeError: `x` is boolean, where the engine does not take these.

    Example:

    >>> K.eval(K.round(K.constant([0.5, 1.5])))
    array([0., 2.], dtype=float32)
    """
    return _round(operand(x))


def sign(x: Any) -> Any:
    """The sign: -1, 0 or 1.

    Args:
        x: a tensor, variable, array or number.

    Returns:
        A tensor of the shape and dtype of `x`.

    Raises:
        TypeError: `x` is boolean, where the engine does not take these.

    Example:

    >>> K.eval(K.sign(K.constant([-3., 0.])))
    array([-1.,  0.], dtype=float32)
    """
    return _sign(operand(x))


def sin(x: Any) -> Any:
    """The sine of an angle in radians.

    Args:
        x: a tensor, variable, array or number.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> K.eval(K.sin(K.constant([0.])))
    array([0.], dtype=float32)
    """
    return _sin(floating(x))


def square(x: Any) -> Any:
    """The square.

    Args:
        x: a tensor, variable, array or number.

    Returns:
        A tensor of the shape and dtype of `x`.

    Example:

    >>> K.eval(K.square(K.constant([3.])))
    array([9.], dtype=float32)
    """
    return _square(operand(x))


def sqrt(x: Any) -> Any:
    """The square root; that of a negative number is 0.

    Args:
        x: a tensor, variable, array or number.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> K.eval(K.sqrt(K.constant([4., -1.])))
    array([2., 0.], dtype=float32)
    """
    x = tensor(floating(x))
    # Not maximum: JAX multiplies the infinite slope of sqrt at 0 by that of maximum, to NaN.
    return _sqrt(_where(_less(x, 0), 0, x))


def pow(x: Any, a: Any) -> Any:
    """Raise each element to a power.

    Args:
        x: a tensor, variable, array or number.
        a: the exponent, a number or what broadcasts against `x`.

    Returns:
        A tensor.

    Raises:
        ValueError: `x` is integer and `a` a negative integer.

    Example:

    >>> K.eval(K.pow(K.constant([2., 3.]), 2))
    array([4., 9.], dtype=float32)
    """
    if isinstance(a, int) and a < 0 and not is_floating(operand(x)):
        raise ValueError(
            f"pow expects exponents of integers to be 0 or more, received {a}; "
            "cast the integers to floats."
        )
    return _power(operand(x, like=a), operand(a, like=x))


def clip(x: Any, min_value: Any, max_value: Any) -> Any:
    """Limit each element to an interval.

    Args:
        x: a tensor, variable, array or number.
        min_value: the lower bound; None for no bound.
        max_value: the upper bound; None for no bound. Where it is below `min_value`, that counts.

    Returns:
        A tensor of the shape and dtype of `x`.

    Raises:
        TypeError: `x` is integer and a bound is not.

    Example:

    >>> K.eval(K.clip(K.constant([-2., 0.5, 2.]), 0., 1.))
    array([0. , 0.5, 1. ], dtype=float32)
    """
    x = operand(x)
    low = -float("inf") if min_value is None else min_value
    high = float("inf") if max_value is None else max_value
    if not is_floating(x):
        for bound in (low, high):
            if isinstance(bound, float) or dtype_name(x) == "bool":
                raise TypeError(
                    f"clip expects integer bounds for a tensor of integers, received {bound!r} "
                    f"for one of dtype {dtype_name(x)}."
                )
    return _maximum(_minimum(x, operand(high, like=x)), operand(low, like=x))


def maximum(x: Any, y: Any) -> Any:
    """The larger of two, element by element.

    Args:
        x: a tensor, variable, array or number.
        y: the same, of a shape that broadcasts against `x`.

    Returns:
        A tensor.

    Example:

    >>> K.eval(K.maximum(K.constant([1., 5.]), K.constant([3., 2.])))
    array([3., 5.], dtype=float32)
    """
    return _maximum(operand(x, like=y), operand(y, like=x))


def minimum(x: Any, y: Any) -> Any:
    """The smaller of two, element by element.

    Args:
        x: a tensor, variable, array or number.
        y: the same, of a shape that broadcasts against `x`.

    Returns:
        A tensor.

    Example:

    >>> K.eval(K.minimum(K.constant([1., 5.]), K.constant([3., 2.])))
    array([1., 2.], dtype=float32)
    """
    return _minimum(operand(x, like=y), operand(y, like=x))


def stop_gradient(variables: Any) -> Any:
    """Tensors of the same value, through which no gradient flows.

    Args:
        variables: a tensor or variable, or a list of them.

    Returns:
        A tensor, or a list of them.

    Example:

    >>> K.eval(K.stop_gradient(K.constant([1.])))
    array([1.], dtype=float32)
    """
    if isinstance(variables, (list, tuple)):
        return [stop_gradient(v) for v in variables]
    return _stop_gradient(tensor(variables))
