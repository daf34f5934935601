"""What a graph may write to a variable: what `set_value` would take, and nothing else.

What shapes, dtypes and constants tell is refused when the graph is made. What only values tell is
computed beside them: a run that is told "it does not fit" raises, and writes nothing.
"""

from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np

from kompat import engines
from kompat.engines.dtypes import dtype_name
from kompat.errors import LossyWriteError, ShapeMismatchError
from kompat.graph.phase import PhaseNumber
from kompat.graph.unranked import is_unranked
from kompat.keras_private import slot as keras_slot
from kompat.values.adapter import as_host
from kompat.values.conversion import (
    has_infinity,
    integer_bounds,
    is_unwrapped,
    kind_of,
    may_change,
    overflow_bound,
)

__all__ = ["set_update_checks", "update_checks"]

YES = np.True_
_exact = engines.current.exact
_absolute, _floor, _isfinite = map(
    _exact, (keras.ops.absolute, keras.ops.floor, keras.ops.isfinite)
)
_all, _equal, _isnan = map(_exact, (keras.ops.all, keras.ops.equal, keras.ops.isnan))
_less, _at_least = map(_exact, (keras.ops.less, keras.ops.greater_equal))
_both, _either = keras.ops.logical_and, keras.ops.logical_or


class _Setting:
    checks = True


def update_checks() -> bool:
    """Whether graphs check in each run what they write to variables, as they do at first.

    Example:

    >>> import kompat
    >>> kompat.update_checks()
    True
    """
    return _Setting.checks


def set_update_checks(checks: bool) -> None:
    """Say whether graphs are to check in each run what they write to variables.

    Checked are updates whose dtype the variable's cannot hold in any case, and sums of integers:
    a fraction, an overflow or a wrapped sum raises, and nothing is written. What shapes and dtypes
    tell is checked in any case, when the graph is made.

    Args:
        checks: a boolean. It holds for programs that are compiled from now on.

    Raises:
        TypeError: it is no boolean.

    Example:

    >>> import kompat
    >>> kompat.set_update_checks(False)
    >>> v, x = K.variable(100, dtype="int8"), K.placeholder((), dtype="int8")
    >>> _ = K.function([x], [], updates=[K.update_add(v, x)])([100])
    >>> K.get_value(v)
    np.int8(-56)
    >>> kompat.set_update_checks(True)
    """
    if not isinstance(checks, bool):
        raise TypeError(f"set_update_checks: expected a boolean, received {checks!r:.60}.")
    _Setting.checks = checks


def checked(variable: keras.Variable, value: Any, broadcasts: bool = False) -> Any:
    """`value`, to be written to `variable` when a graph runs; a constant as an array of its own.

    Args:
        broadcasts: whether it is an operand, which may be smaller than the variable.

    Raises:
        ShapeMismatchError, LossyWriteError, UnsupportedValueError: as `set_value`.
    """
    name = f"variable {variable.path!r}"
    if not isinstance(value, (keras.KerasTensor, keras.Variable, PhaseNumber)):
        shape = None if broadcasts else tuple(variable.shape)
        value = as_host(value, shape, keras_slot.dtype(variable), name)
    if not is_unranked(value):
        require_shape(variable, getattr(value, "shape", ()), broadcasts)
    return value


def require_shape(variable: keras.Variable, got: Iterable[Any], broadcasts: bool = False) -> None:
    """Raise ShapeMismatchError if a value of shape `got` cannot be written to `variable`."""
    shape, got = tuple(variable.shape), tuple(got)
    padded = (1,) * (len(shape) - len(got)) + got if broadcasts else got
    if len(shape) == len(padded) and all(
        b is None or a == b or (broadcasts and b == 1) for a, b in zip(shape, padded)
    ):
        return
    raise ShapeMismatchError(
        f"variable {variable.path!r}: expected an update of shape {shape}, "
        f"received one of shape {got}.",
        "a variable keeps its shape, and a value is never broadcast silently.",
        "reshape the new value; to fill the variable, K.ones_like(variable) * value.",
    )


def cast(state: Any, variable: keras.Variable, value: Any) -> Any:
    """`value` in the dtype of `variable`; whether that changes it is noted in the run's `state`."""
    have, dtype = np.dtype(dtype_of(value)), keras_slot.dtype(variable)
    if may_change(have, dtype):
        if _Setting.checks:
            state.note_fit(variable, fits(value, dtype))
        if kind_of(have) == "c" != kind_of(dtype):
            value = keras.ops.real(value)
    with np.errstate(all="ignore"):
        return keras.ops.cast(value, dtype.name)


def combined(
    state: Any, variable: keras.Variable, combine: Callable[[Any, Any], Any], old: Any, operand: Any
) -> Any:
    """`combine(old, operand)`; whether an integer wrapped is noted in the run's `state`."""
    with np.errstate(all="ignore"):
        new = combine(old, operand)
    if _Setting.checks and kind_of(keras_slot.dtype(variable)) == "i":
        old, operand, now = map(engines.current.comparable, (old, operand, new))
        state.note_fit(variable, _all(is_unwrapped(combine, old, operand, now, _at_least, _equal)))
    return new


def dtype_of(value: Any) -> str:
    """The dtype of a tensor, an array or a number."""
    return dtype_name(value if hasattr(value, "dtype") else np.asarray(value))


def fits(value: Any, dtype: np.dtype) -> Any:
    """Whether all elements of a tensor keep their values as `dtype`: a tensor, one boolean."""
    if not hasattr(value, "dtype"):
        value = np.asarray(value)
    have = np.dtype(dtype_name(value))
    with np.errstate(all="ignore"):
        if kind_of(have) == "c":
            real = _fit_of_real(keras.ops.real(value), dtype)
            imaginary = keras.ops.imag(value)
            if kind_of(dtype) == "c":
                return _both(real, _fit_of_real(imaginary, dtype))
            return _both(real, _all(_equal(imaginary, 0)))
        return _fit_of_real(value, dtype)


def _fit_of_real(value: Any, dtype: np.dtype) -> Any:
    have, kind = np.dtype(dtype_name(value)), kind_of(dtype)
    if kind_of(have) == "f" and have.itemsize < 4:
        value = keras.ops.cast(value, "float32")  # which holds the bounds
    if kind == "b":
        return _all(_either(_equal(value, 0), _equal(value, 1)))
    if kind != "i":
        part = np.zeros((), dtype).real.dtype if kind == "c" else dtype
        return _all(_does_not_overflow(value, part))
    low, high = integer_bounds(dtype)
    if kind_of(have) == "f":
        inside = _both(_at_least(value, _like(value, low)), _less(value, _like(value, high + 1)))
        return _all(_both(inside, _equal(value, _floor(value))))
    return _all(_is_between(value, have, low, high))


def _is_between(value: Any, have: np.dtype, low: int, high: int) -> Any:
    """Whether integers of dtype `have` lie between bounds, of which those count that it exceeds."""
    value = engines.current.comparable(value)
    have_low, have_high = integer_bounds(have)
    inside = _at_least(value, _like(value, max(low, have_low)))
    return _both(inside, _at_least(_like(value, high), value)) if have_high > high else inside


def _like(value: Any, bound: float) -> Any:
    """A bound in the dtype of `value`: of a Python number TensorFlow would make 32 bits."""
    return engines.current.place(np.asarray(bound, dtype_name(value)))


def _does_not_overflow(value: Any, dtype: np.dtype) -> Any:
    value = engines.current.comparable(value)
    below = _less(_absolute(value), _like(value, overflow_bound(dtype)))
    unchanged = keras.ops.logical_not(_isfinite(value)) if has_infinity(dtype) else _isnan(value)
    return _either(below, unchanged)


def require_fits(variables: Iterable[keras.Variable], flags: Iterable[Any]) -> None:
    """Raise LossyWriteError for the first variable whose new value does not fit it."""
    for variable, flag in zip(variables, flags):
        if not bool(flag):
            raise LossyWriteError(
                f"variable {variable.path!r}: expected a value that dtype {variable.dtype} can "
                "hold, received one that it would change; nothing was written.",
                "an update of a graph is refused where set_value refuses its value: a fraction or "
                "an overflow in integers, an infinity that was none.",
                f"round, clip or cast it in the graph, K.cast(value, {variable.dtype!r}), "
                "or make the variable wider.",
            )
