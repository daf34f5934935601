"""Turn what the user wrote into a fresh host array of the holder's shape and dtype.

The array never shares memory with its source. Rounding to the holder's float precision is
allowed; a changed integer, an overflow to infinity and a dropped imaginary part raise. A Python
integer is exact in a longdouble, which nobody chooses but for its digits, or raises.
"""

import functools
import math
import operator
import reprlib
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
    source = _castable(as_numbers(value, dtype, name), dtype)
    if shape is not None:
        require_shape(source.shape, tuple(shape), name)
    fresh = allocate(source.shape, dtype)
    if source.dtype.kind == "f" and dtype.kind == "f" and not is_ml_dtype(dtype):
        _round(source, fresh, name)
    else:
        check_fits(source, dtype, name)
        with np.errstate(all="ignore"):
            np.copyto(fresh, source if dtype.kind in "cO" else source.real, casting="unsafe")
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
        source = without_mask(value, name)
    else:
        if value is None or isinstance(value, (str, bytes, dict, set)):
            raise _unsupported(value, dtype, name)
        if isinstance(value, (list, tuple)):
            _require_no_mask(value, name)
        try:
            source = np.asarray(value)
            if source.dtype.kind in "fc" and isinstance(value, (list, tuple)) and _is_finer(dtype):
                source = np.array(value, dtype=object)
        except (ValueError, TypeError, NotImplementedError) as error:
            # TensorFlow raises NotImplementedError for a list with a symbolic tensor.
            raise _unsupported(value, dtype, name) from error
    if source.dtype == object:
        return _from_objects(source, dtype, name)
    if not is_number(source.dtype):
        raise _unsupported(value, dtype, name)
    return source


_LONG = (np.longdouble, np.clongdouble)


def _is_finer(dtype: np.dtype) -> bool:
    """Whether `dtype` holds integers that np.asarray([2**63, -1]), a float64 array, has lost."""
    return dtype.kind in "iuO" or dtype.type in _LONG


def without_mask(x: np.ndarray, name: str) -> np.ndarray:
    """`x` as a plain array over the same memory, unless some of its elements are masked."""
    if is_masked(x):
        raise UnsupportedValueError(
            f"{name}: expected numbers, received an array with masked elements.",
            "a masked element has no value; what lies under the mask is not meant to be seen.",
            "say what is to stand there: value.filled(0).",
        )
    return np.asarray(x)


def is_masked(x: Any) -> bool:
    """Whether `x` is an array of which some element is masked."""
    # The mask of a structured array is structured too, and has no `any`.
    return isinstance(x, np.ma.MaskedArray) and any(np.ma.getmaskarray(x).tobytes())


def _require_no_mask(values: list | tuple, name: str) -> None:
    """Raise if nested lists hold masked arrays, whose data `np.asarray` would take."""
    waiting, seen = [values], set()
    while waiting:
        part = waiting.pop()
        kinds = set(map(type, part))
        if id(part) in seen or not any(issubclass(kind, _MAY_BE_MASKED) for kind in kinds):
            continue
        seen.add(id(part))  # a list may hold itself
        for value in part:
            if isinstance(value, (list, tuple)):
                waiting.append(value)
            elif is_masked(value):
                without_mask(value, name)


_MAY_BE_MASKED = (list, tuple, np.ma.MaskedArray)


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


def _castable(source: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """`source` in a dtype that holds its numbers and from which NumPy casts to `dtype`."""
    if not is_ml_dtype(source.dtype) or source.dtype == dtype:
        return source
    if kind_of(source.dtype) == "i":
        return source.astype(np.int16)
    return source.astype(np.float32) if is_ml_dtype(dtype) else source


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
    # ml_dtypes calls casts safe that wrap, saturate or lose NaN.
    safe = have in "bi" or want not in "bi"
    safe &= not is_ml_dtype(dtype)
    if dtype in (source.dtype, np.dtype(object)) or (
        safe and np.can_cast(source.dtype, dtype, "safe")
    ):
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
            changed = _loses_magnitude(source.real, result.real)
            if have == "c":
                changed |= _loses_magnitude(source.imag, result.imag)
            reason = f"it would become {result[changed][0]}" if np.any(changed) else ""
    if np.any(changed):
        raise _lossy(source, changed, dtype, name, reason)


def _loses_magnitude(source: np.ndarray, result: np.ndarray) -> np.ndarray:
    """Where `result`, a float dtype's form of `source`, is more than rounded."""
    changed = np.isnan(source) != np.isnan(result)
    if _saturates(result.dtype):
        limits = ml_dtypes.finfo(result.dtype)
        largest = float(limits.max)
        # From here on the next number above the largest, were there one, would be nearer.
        step = 2.0 ** (math.frexp(largest)[1] - 1 - limits.nmant)
        return changed | (np.abs(source.astype(np.float64)) >= largest + step / 2)
    return changed | (np.isinf(source) != np.isinf(result))


def _saturates(dtype: np.dtype) -> bool:
    """Whether what is too large for `dtype` becomes its largest number."""
    if not is_ml_dtype(dtype):
        return False
    with np.errstate(all="ignore"):
        return bool(np.isfinite(np.array(np.inf).astype(dtype)))


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
    if not all(map(_is_scalar, values)):
        raise _unsupported(source if source.ndim else source[()], dtype, name)
    if dtype.kind == "O":
        return source

    def refuse_unless(fits: list[bool], reason: str) -> None:
        if not all(fits):
            raise _lossy(source, ~np.array(fits).reshape(source.shape), dtype, name, reason)

    if dtype.kind != "c":
        refuse_unless([v.imag == 0 for v in values], "its imaginary part would be lost")
        values = [v.real for v in values]
    if kind_of(dtype) == "i":
        low, high = integer_bounds(dtype)
        refuse_unless([low <= v <= high and v == int(v) for v in values], "its value would change")
        return np.array([int(v) for v in values], dtype).reshape(source.shape)
    wide = np.result_type(dtype if dtype.kind in "fc" else np.float64, np.float64)
    part = wide.type().real.dtype
    fits = [_fits_float(v.real, part) and _fits_float(v.imag, part) for v in values]
    refuse_unless(fits, "it would overflow")
    if wide.type in _LONG:
        whole = [not isinstance(v, int) or int(part.type(v)) == v for v in values]
        refuse_unless(whole, "digits of it would be lost")
    exact = np.array([part.type(v.real) for v in values], wide)
    if wide.kind == "c":
        exact.imag = [part.type(v.imag) for v in values]
    return exact.reshape(source.shape)


def _is_scalar(value: Any) -> bool:
    if isinstance(value, np.generic):
        return is_number(value.dtype)
    return isinstance(value, (bool, int, float, complex))


def _fits_float(number: Any, wide: np.dtype) -> bool:
    """Whether a real number stays finite, or infinite, as the float dtype `wide`."""
    try:
        with np.errstate(all="ignore"):
            became_infinite = np.isinf(wide.type(number))
    except (OverflowError, ValueError):  # ValueError: more digits than Python puts into a string
        return False
    return not became_infinite or (not isinstance(number, int) and bool(np.isinf(number)))


def require_shape(got: tuple, expected: tuple, name: str) -> None:
    """Raise ShapeMismatchError, with what to write instead, if the shapes differ."""
    if got != expected:
        raise _shape_mismatch(got, expected, name)


def _shape_mismatch(got: tuple, expected: tuple, name: str) -> ShapeMismatchError:
    mend = "pass an array of the variable's shape"
    try:
        if np.broadcast_shapes(got, expected) == expected:
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
    shown = _shown(value, reprlib.repr)  # also of what has no end, or fails
    return UnsupportedValueError(
        f"{name}: expected numbers for a variable of dtype {dtype.name}, "
        f"received {type(value).__name__}: {shown}.",
        "strings, None, ragged lists and objects have no numeric array.",
        "pass a number, a rectangular list of numbers or a NumPy array.",
    )


def _shown(value: Any, show: Callable[[Any], str]) -> str:
    try:
        text = show(value)
    except ValueError:
        return "an integer of more digits than Python shows"
    return text if len(text) <= 60 else text[:57] + "..."


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
        f"received {_shown(first, str)}{spot} ({source.dtype.name}); {reason}.",
        "kompat rounds floats to the variable's precision, but never changes a number silently.",
        f"round, clip or cast it yourself, as np.asarray(value).astype({dtype.name!r}), "
        "or make the variable wider.",
    )
