"""Properties of `to_host`, for every pair of dtypes, against Python's exact numbers and NumPy."""

import math
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import array_shapes

from kompat.errors import LossyWriteError, ShapeMismatchError, UnsupportedValueError
from kompat.values.conversion import to_host

pytestmark = pytest.mark.one_engine("numpy")

INTEGERS = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64, 4)]
FLOATS = ["float16", "bfloat16", "float32", "float64", "float8_e4m3fn", "float8_e5m2"]
PARTS = {"complex64": "float32", "complex128": "float64"}
DTYPES = ["bool", *INTEGERS, *FLOATS, *PARTS]

each_source = pytest.mark.parametrize("source", DTYPES)
each_target = pytest.mark.parametrize("target", DTYPES)


def property_of(examples: int):
    return settings(max_examples=examples, derandomize=True, database=None)


def dtype_of(name: str) -> np.dtype:
    return np.dtype(getattr(ml_dtypes, name, name))


def limits(name: str) -> tuple[int, int]:
    if name == "bool":
        return 0, 1
    info = ml_dtypes.iinfo(dtype_of(name)) if name.endswith("int4") else np.iinfo(name)
    return int(info.min), int(info.max)


def python(number: Any) -> bool | int | float | complex:
    """The same number, exactly."""
    name = np.asarray(number).dtype.name
    kinds = {"bool": bool, **dict.fromkeys(INTEGERS, int), **dict.fromkeys(PARTS, complex)}
    return kinds.get(name, float)(number)


def rounded(number: bool | int | float, target: str) -> float | None:
    """A real number as NumPy rounds it to a float dtype; None where that is another number."""
    try:
        exact = np.float64(number) if isinstance(number, float) else np.asarray(number)
        exact = exact if exact.dtype != object else np.float64(number)
    except OverflowError:
        return None
    with np.errstate(all="ignore"):
        result = float(exact.astype(dtype_of(target)))
    return result if math.isfinite(result) or repr(result) == repr(float(exact)) else None


def kept(number: bool | int | float | complex, target: str) -> Any:
    """What a variable of dtype `target` makes of a Python number; None where it must refuse it."""
    if target in PARTS:
        parts = [rounded(part, PARTS[target]) for part in (number.real, number.imag)]
        return None if None in parts else complex(*parts)
    if isinstance(number, complex):
        return kept(number.real, target) if number.imag == 0 else None
    if target in FLOATS:
        return rounded(number, target)
    low, high = limits(target)
    return int(number) if low <= number <= high and Fraction(number).denominator == 1 else None


def check(value: Any, numbers: list, shape: tuple[int, ...], target: str) -> np.ndarray | None:
    """Convert `value`, whose elements are `numbers`, and compare with what must come out."""
    expected = [kept(number, target) for number in numbers]
    if None in expected:
        with pytest.raises(LossyWriteError, match=f"'x'(.|\n)*{target}"):
            to_host(value, shape, dtype_of(target), "'x'")
        return None
    result = to_host(value, shape, dtype_of(target), "'x'")
    assert (type(result), result.dtype, result.shape) == (np.ndarray, dtype_of(target), shape)
    assert result.flags.c_contiguous
    assert result.flags.writeable
    # repr tells 0.0 from -0.0 and takes NaN for equal to NaN; bools are written as 0 and 1 here.
    got = [python(number) for number in result.ravel()]
    assert list(map(repr, map(unbool, got))) == list(map(repr, expected))
    return result


def unbool(number: Any) -> Any:
    return int(number) if isinstance(number, bool) else number


SHAPES = array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=2)
POWERS = [sign * 2.0**k for k in (0, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127) for sign in (1, -1)]
# The largest floats, and the first that round to infinity beside some that do not.
EDGES = [65504.0, 65519.9, 65520.0, 448.0, 464.0, 464.1, 57344.0, 61440.0, 3.3895e38, 3.3962e38]
EDGES += [3.4028234663852886e38, 3.4028235677973366e38, 1.7976931348623157e308, 5e-324, 1e-45]
SPECIAL = [0.0, -0.0, 0.5, math.nan, math.inf, -math.inf]
HUGE = [2**63, 2**64 - 1, 2**64, 2**53 + 1, -(2**63), -(2**63) - 1, 2**1023]

SMALL = st.integers(-9, 9)
INTS = SMALL | st.sampled_from(HUGE) | st.integers(-(2**1025), 2**1025)
REALS = SMALL.map(float) | st.sampled_from([*POWERS, *EDGES, *SPECIAL]) | st.floats()


def elements(name: str) -> list[st.SearchStrategy]:
    """What an array of a dtype is filled with: tame numbers, which many dtypes hold, and wild."""
    if name == "bool":
        return [st.booleans()]
    if name in FLOATS:
        return [SMALL.map(float), REALS]
    if name in PARTS:
        return [SMALL.map(complex), REALS.map(complex), st.builds(complex, REALS, REALS)]
    low, high = limits(name)
    return [st.integers(max(low, -9), min(high, 9)), st.integers(low, high)]


LAYOUTS = {
    "C": np.ascontiguousarray,
    "Fortran": np.asfortranarray,
    "backwards": lambda x: x[(slice(None, None, -1),) * x.ndim],
    "apart": lambda x: np.stack([x, x], axis=-1)[..., 0],
    "transposed": lambda x: x.T,
}


def lists(alternatives: list[st.SearchStrategy], size: int) -> st.SearchStrategy:
    return st.one_of([st.lists(one, min_size=size, max_size=size) for one in alternatives])


@st.composite
def arrays(draw, name: str) -> np.ndarray:
    shape = draw(SHAPES)
    numbers = draw(lists(elements(name), math.prod(shape)))
    carrier = "int64" if name.endswith("int4") else "float64" if name in FLOATS else name
    with np.errstate(all="ignore"):
        array = np.array(numbers, carrier).astype(dtype_of(name)).reshape(shape)
    return LAYOUTS[draw(st.sampled_from(list(LAYOUTS)))](array)


@each_target
@each_source
def test_an_array_is_copied_exactly_or_rounded_or_refused(source, target):
    @property_of(15)
    @given(arrays(source))
    def holds(array):
        before = array.tobytes()
        result = check(array, [python(x) for x in array.ravel()], array.shape, target)
        assert result is None or not np.shares_memory(result, array)
        assert array.tobytes() == before

    holds()


@each_target
def test_python_numbers_and_nested_lists_of_them_are_kept_or_refused(target):
    @property_of(150)
    @given(SHAPES, st.data())
    def holds(shape, data):
        kinds = [st.booleans(), SMALL, INTS, REALS, st.booleans() | INTS | REALS]
        numbers = data.draw(lists(kinds, math.prod(shape)))
        nested = np.array(numbers, object).reshape(shape).tolist()
        check(nested, numbers, np.shape(np.array(nested, object)), target)

    holds()


@property_of(100)
@given(st.data(), st.sampled_from(DTYPES))
def test_any_other_shape_is_refused_even_if_it_would_broadcast(data, target):
    shape = data.draw(SHAPES)
    other = data.draw(SHAPES | st.sampled_from([shape[1:], (1, *shape), shape[::-1], (*shape, 1)]))
    if other != shape:
        with pytest.raises(ShapeMismatchError) as error:
            to_host(np.zeros(other), shape, dtype_of(target), "x")
        assert str(shape) in str(error.value)
        assert str(other) in str(error.value)


RAGGED = st.sampled_from([[[1], [1, 2]], [1, [2]], [[], [1]], [[[1]], [1]], [np.ones(2), [1]]])
OBJECTS = st.sampled_from([object(), np.sum, Fraction(1, 2), np.datetime64("2020-01-01")])
NO_NUMBERS = st.one_of(
    st.none(),
    st.text(),
    st.binary(),
    st.dictionaries(st.integers(), st.integers(), max_size=2),
    st.sets(st.integers(), max_size=2) | st.frozensets(st.integers(), max_size=2),
    OBJECTS,
)


@each_target
def test_what_is_no_array_of_numbers_is_refused(target):
    @property_of(40)
    @given(RAGGED | NO_NUMBERS | st.lists(NO_NUMBERS, min_size=1, max_size=3))
    def holds(value):
        with pytest.raises(UnsupportedValueError, match=f"expected numbers(.|\n)*{target}"):
            to_host(value, None, dtype_of(target), "x")

    holds()
