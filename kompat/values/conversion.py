"""Turn what the user wrote into a fresh host array of the holder's shape and dtype.

The array never shares memory with its source. Rounding to the holder's float precision is
allowed; a changed integer, an overflow to infinity and a dropped imaginary part raise.
"""

import functools
import math
import operator
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np

from kompat.errors import LossyWriteError, ShapeMismatchError, UnsupportedValueError

Allocator = Callable[[tuple[int, ...], np.dtype], np.ndarray]


def to_host(
    value: Any,
    shape: tuple[int, ...] | None,
    dtype: np.dtype,
    name: str,
    allocate: Allocator = np.empty,
) -> np.ndarray:
    """Return `value` as a fresh C-contiguous array of exactly `shape` and `dtype`.

    A `shape` of None takes any shape.

    Raises:
        UnsupportedValueError: `value` is not an array of numbers.
        ShapeMismatchError: its shape is not `shape`, even if it would broadcast.
        LossyWriteError: `dtype` cannot hold it.
    """
    source = _castable(as_numbers(value, dtype, name))
    if shape is not None and source.shape != tuple(shape):
        raise _shape_mismatch(source.shape, tuple(shape), name)
    fresh = allocate(source.shape, dtype)
    if source.dtype.kind == "f" and dtype.kind == "f" and not is_ml_dtype(dtype):
        _round(source, fresh, name)
    else:
        check_fits(source, dtype, name)
        with np.errstate(all="ignore"):
            np.copyto(fresh, source.real if dtype.kind != "c" else source, casting="unsafe")
    return fresh


def _round(source: np.ndarray, fresh: np.ndarray, name: str) -> None:
    """Copy floats to floats in one pass: the processor's flag tells of an overflow."""
    try:
        with np.errstate(all="ignore", over="raise"):
            np.copyto(fresh, source, casting="unsafe")
    except FloatingPointError:
        check_fits(source, fresh.dtype, name)


def as_numbers(value: Any, dtype: np.dtype, name: str) -> np.ndarray:
    """View `value` (an array, a number or nested lists of them) as a NumPy array."""
    if isinstance(value, np.ndarray):
        source = value
    else:
        if value is None or isinstance(value, (str, bytes, dict, set)):
            raise _unsupported(value, dtype, name)
        try:
            source = np.asarray(value)
        except (ValueError, TypeError, NotImplementedError) as error:
            # TensorFlow raises NotImplementedError for a list with a symbolic tensor.
            raise _unsupported(value, dtype, name) from error
        if source.dtype.kind == "f" and dtype.kind in "iu" and isinstance(value, (list, tuple)):
            # np.asarray([2**63, -1]) goes through float64 and loses digits: keep Python's integers.
            source = np.array(value, dtype=object)
            return _from_objects(source, dtype, name)
    if source.dtype == object:
        return _from_objects(source, dtype, name)
    if not is_number(source.dtype):
        raise _unsupported(value, dtype, name)
    return source


def is_number(dtype: np.dtype) -> bool:
    """Whether arrays of `dtype` hold numbers or booleans."""
    return dtype.kind in "biufc" or is_ml_dtype(dtype)


def is_ml_dtype(dtype: np.dtype) -> bool:
    """Whether `dtype` is one that ml_dtypes adds to NumPy: bfloat16, float8_*, int4, ..."""
    return dtype.type.__module__ == "ml_dtypes"


def kind_of(dtype: np.dtype) -> str:
    """ "b" bool, "i" integer, "f" float or "c" complex, ml_dtypes' kinds included."""
    if is_ml_dtype(dtype):
        return "i" if "int" in dtype.name else "f"
    return "i" if dtype.kind == "u" else dtype.kind


def _castable(source: np.ndarray) -> np.ndarray:
    """`source` in a dtype from which NumPy casts to every other: ml_dtypes' integers lack some."""
    if is_ml_dtype(source.dtype) and kind_of(source.dtype) == "i":
        return source.astype(np.int16)
    return source


@functools.cache
def may_change(have: np.dtype, want: np.dtype) -> bool:
    """Whether some value of dtype `have` would change as `want` by more than rounding."""
    if have == want:
        return False
    kinds = kind_of(have), kind_of(want)
    if kinds[0] == "b":
        return False
    if kinds == ("i", "i"):
        (low, high), (have_low, have_high) = integer_bounds(want), integer_bounds(have)
        return have_low < low or have_high > high
    if kinds[1] in "bi" or (kinds[0] == "c" and kinds[1] != "c"):
        return True
    largest = integer_bounds(have)[1] if kinds[0] == "i" else _largest(have)
    return largest > _largest(want) or (kinds[0] != "i" and has_infinity(have) > has_infinity(want))


def has_infinity(dtype: np.dtype) -> bool:
    """Whether a float dtype has infinities: some of ml_dtypes' have none."""
    with np.errstate(all="ignore"):
        return bool(np.isinf(np.array(np.inf, np.float64).astype(dtype).astype(np.complex128)))


def _largest(dtype: np.dtype) -> float:
    return float(ml_dtypes.finfo(dtype).max)


def integer_bounds(dtype: np.dtype) -> tuple[int, int]:
    """The smallest and the largest integer of a dtype; of booleans 0 and 1."""
    if dtype.kind == "b":
        return 0, 1
    limits = ml_dtypes.iinfo(dtype) if is_ml_dtype(dtype) else np.iinfo(dtype)
    return int(limits.min), int(limits.max)


def overflow_bound(dtype: np.dtype) -> float:
    """The smallest number that rounds to infinity in a float dtype."""
    info = ml_dtypes.finfo(dtype)
    return float(info.max) + float(info.max) * float(info.eps) / (4 - 2 * float(info.eps))


def is_unwrapped(
    operation: Callable[[Any, Any], Any],
    old: Any,
    operand: Any,
    new: Any,
    at_least: Callable[[Any, Any], Any] = operator.ge,
    equal: Callable[[Any, Any], Any] = operator.eq,
) -> Any:
    """Where `new`, the sum or difference of integers of one dtype, lies on the right side of `old`.

    Args:
        operation: `operator.add` or `operator.sub`.
        at_least, equal: compare what `old` and the others are.
    """
    has_grown = at_least(new, old) if operation is operator.add else at_least(old, new)
    return equal(at_least(operand, operand * 0), has_grown)


def accumulated(
    operation: Callable[[Any, Any], Any], old: Any, operand: Any, name: str
) -> np.ndarray | np.generic:
    """The sum or difference of a host value and an operand.

    Raises:
        LossyWriteError: an integer would wrap.
    """
    is_whole = kind_of(old.dtype) == "i" and np.asarray(operand).dtype.kind in "iu"
    if is_whole and not hasattr(operand, "dtype"):
        operand = np.asarray(operand)
    with np.errstate(over="ignore"):
        new: np.ndarray | np.generic = operation(old, operand)
    if is_whole:
        require_unwrapped(operation, old, operand, new, name)
    return new


def require_unwrapped(
    operation: Callable[[Any, Any], Any], old: Any, operand: Any, new: Any, name: str
) -> None:
    """Raise LossyWriteError if an integer wrapped in the sum or difference of arrays, `new`."""
    if not np.all(is_unwrapped(operation, old, operand, new)):
        # Python's integers have no bounds.
        exact = operation(np.asarray(old).astype(object), np.asarray(operand).astype(object))
        to_host(exact, None, new.dtype, name)


def check_fits(source: np.ndarray, dtype: np.dtype, name: str) -> None:
    """Raise LossyWriteError if writing `source` as `dtype` would change it beyond rounding."""
    have, want = kind_of(source.dtype), kind_of(dtype)
    # ml_dtypes calls its casts from float8 to int4 safe; they wrap.
    safe = have in "bi" or want not in "bi"
    if source.dtype == dtype or (safe and np.can_cast(source.dtype, dtype, "safe")):
        return
    if have == "c" and want != "c":
        if np.any(source.imag):
            raise _lossy(source, source.imag != 0, dtype, name, "its imaginary part would be lost")
        source = source.real
    with np.errstate(all="ignore"):
        result = source.astype(dtype)
        if want in "bi":
            changed = result.astype(source.dtype) != source
            if kind_of(source.dtype) == "f" or want == "i":
                changed |= _out_of_range(source, dtype)
            reason = "its value would change"
        else:
            # Of ml_dtypes' floats, some have no infinity.
            changed = (np.isfinite(source) != np.isfinite(result)) | (
                np.isinf(source) != np.isinf(result)
            )
            reason = "it would overflow"
    if np.any(changed):
        raise _lossy(source, changed, dtype, name, reason)


def _out_of_range(source: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Where `source` lies outside the integers of `dtype`, NaN included.

    The round trip alone misses wrapped values: int64(-1) -> uint64 -> int64 is -1 again, and
    float64(2**63) survives a saturating cast to int64.
    """
    if dtype.kind == "b":
        return np.zeros(source.shape, bool)
    low, high = integer_bounds(dtype)
    if kind_of(source.dtype) == "f":
        # high itself may not be a float: compare with the power of two above it, in a precision
        # that holds both.
        wide = source.astype(np.result_type(source.dtype, np.float64))
        return ~((wide >= float(low)) & (wide < float(high + 1)))
    have_low, have_high = integer_bounds(source.dtype)
    outside = np.zeros(source.shape, bool)
    if have_low < low:
        outside |= source < low
    if have_high > high:
        outside |= source > high
    return outside


def _from_objects(source: np.ndarray, dtype: np.dtype, name: str) -> np.ndarray:
    """Python numbers that NumPy would not infer exactly, exactly, or an error."""
    values = source.ravel().tolist()
    if not all(isinstance(v, (bool, int, float, np.number)) for v in values):
        raise _unsupported(source if source.ndim else source[()], dtype, name)
    if kind_of(dtype) == "i":
        low, high = integer_bounds(dtype)
        fits = [low <= v <= high and v == int(v) for v in values]
        reason, exact_dtype = "its value would change", dtype
    else:
        fits = [isinstance(v, float) or _is_finite_float(v) for v in values]
        reason, exact_dtype = "it would overflow", np.dtype(np.float64)
    if not all(fits):
        raise _lossy(source, ~np.array(fits).reshape(source.shape), dtype, name, reason)
    number: type = int if kind_of(exact_dtype) == "i" else float
    return np.array([number(v) for v in values], dtype=exact_dtype).reshape(source.shape)


def _is_finite_float(number: Any) -> bool:
    try:
        return math.isfinite(float(number))
    except OverflowError:
        return False


def _shape_mismatch(got: tuple, expected: tuple, name: str) -> ShapeMismatchError:
    mend = "pass an array of the variable's shape"
    try:
        if got != expected and np.broadcast_shapes(got, expected) == expected:
            mend = f"to fill the variable, write np.broadcast_to(value, {expected})"
    except ValueError:
        if np.prod(got, dtype=int) == np.prod(expected, dtype=int):
            mend = f"if the elements are in the right order, write value.reshape({expected})"
    return ShapeMismatchError(
        f"{name}: expected a value of shape {expected}, received one of shape {got}.",
        "a variable keeps its shape, and a value is never broadcast silently.",
        mend + ".",
    )


def _unsupported(value: Any, dtype: np.dtype, name: str) -> UnsupportedValueError:
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return UnsupportedValueError(
        f"{name}: expected numbers for a variable of dtype {dtype.name}, "
        f"received {type(value).__name__}: {shown}.",
        "strings, None, ragged lists and objects have no numeric array.",
        "pass a number, a rectangular list of numbers or a NumPy array.",
    )


def _lossy(
    source: np.ndarray, where: np.ndarray, dtype: np.dtype, name: str, reason: str
) -> LossyWriteError:
    first = np.asarray(source)[where].ravel()[0]
    spot = ""
    if np.ndim(where):
        index = ", ".join(str(i[0]) for i in np.nonzero(where))
        spot = f" at index [{index}]"
    return LossyWriteError(
        f"{name}: expected a value that dtype {dtype.name} can hold, "
        f"received {first}{spot} ({source.dtype.name}); {reason}.",
        "kompat rounds floats to the variable's precision, but never changes a number silently.",
        f"round, clip or cast it yourself, as np.asarray(value).astype({dtype.name!r}), "
        "or make the variable wider.",
    )
