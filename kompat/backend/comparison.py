"""Comparison of each element."""

from typing import Any

import keras

from kompat import engines
from kompat.backend.operands import explained, operand

__all__ = ["equal", "greater", "greater_equal", "less", "less_equal", "not_equal"]

_exact = engines.current.exact
_equal = explained("equal", _exact(keras.ops.equal), booleans=True)
_greater = explained("greater", _exact(keras.ops.greater))
_greater_equal = explained("greater_equal", _exact(keras.ops.greater_equal))
_less = explained("less", _exact(keras.ops.less))
_less_equal = explained("less_equal", _exact(keras.ops.less_equal))
_not_equal = explained("not_equal", _exact(keras.ops.not_equal), booleans=True)


def equal(x: Any, y: Any) -> Any:
    """Whether `x` equals `y`, element by element.

    Args:
        x: a tensor, variable, array or number.
        y: the same, of a shape that broadcasts against `x`.

    Returns:
        A tensor of booleans.

    Example:

    >>> K.eval(K.equal(K.constant([1., 2.]), K.constant([1., 3.])))
    array([ True, False])
    """
    return _equal(operand(x, like=y), operand(y, like=x))


def not_equal(x: Any, y: Any) -> Any:
    """Whether `x` differs from `y`, element by element.

    Args:
        x: a tensor, variable, array or number.
        y: the same, of a shape that broadcasts against `x`.

    Returns:
        A tensor of booleans.

    Example:

    >>> K.eval(K.not_equal(K.constant([1., 2.]), K.constant([1., 3.])))
    array([False,  True])
    """
    return _not_equal(operand(x, like=y), operand(y, like=x))


def greater(x: Any, y: Any) -> Any:
    """Whether `x` is greater than `y`, element by element.

    Args:
        x: a tensor, variable, array or number.
        y: the same, of a shape that broadcasts against `x`.

    Returns:
        A tensor of booleans.

    Example:

    >>> K.eval(K.greater(K.constant([1., 2.]), K.constant([1., 3.])))
    array([False, False])
    """
    return _greater(operand(x, like=y), operand(y, like=x))


def greater_equal(x: Any, y: Any) -> Any:
    """Whether `x` is at least `y`, element by element.

    Args:
        x: a tensor, variable, array or number.
        y: the same, of a shape that broadcasts against `x`.

    Returns:
        A tensor of booleans.

    Example:

    >>> K.eval(K.greater_equal(K.constant([1., 2.]), K.constant([1., 3.])))
    array([ True, False])
    """
    return _greater_equal(operand(x, like=y), operand(y, like=x))


def less(x: Any, y: Any) -> Any:
    """Whether `x` is less than `y`, element by element.

    Args:
        x: a tensor, variable, array or number.
        y: the same, of a shape that broadcasts against `x`.

    Returns:
        A tensor of booleans.

    Example:

    >>> K.eval(K.less(K.constant([1., 2.]), K.constant([1., 3.])))
    array([False,  True])
    """
    return _less(operand(x, like=y), operand(y, like=x))


def less_equal(x: Any, y: Any) -> Any:
    """Whether `x` is at most `y`, element by element.

    Args:
        x: a tensor, variable, array or number.
        y: the same, of a shape that broadcasts against `x`.

    Returns:
        A tensor of booleans.

    Example:

    >>> K.eval(K.less_equal(K.constant([1., 2.]), K.constant([1., 3.])))
    array([ True,  True])
    """
    return _less_equal(operand(x, like=y), operand(y, like=x))
