"""NumPy arrays as holders and as sources: masks, views, dates, records, objects, subclasses."""

import ml_dtypes
import numpy as np
import pytest
from holders import HOLDERS, value_of
from numpy.lib.stride_tricks import as_strided, sliding_window_view

import kompat
from kompat.errors import (
    ImmutableValueError,
    LossyWriteError,
    ShapeMismatchError,
    UnsupportedValueError,
)
from kompat.values.conversion import to_host
from kompat.values.memory import overlaps

each_holder = pytest.mark.parametrize("holder", HOLDERS, ids=lambda h: h.name)

MASKED = {
    "array": lambda: np.ma.array([1.0, 99.0], mask=[0, 1]),
    "in a list": lambda: [np.ma.array(1.0), np.ma.array(99.0, mask=True)],
    "rows in a tuple": lambda: (np.ma.array([1.0, 99.0], mask=[0, 1]),),
    "constant in a list": lambda: [1.0, np.ma.masked],
}


@each_holder
@pytest.mark.parametrize("kind", MASKED)
def test_a_masked_value_is_not_written(holder, kind):
    x = holder.make(np.array([5.0, 6.0], np.float32))
    with pytest.raises(UnsupportedValueError, match=r"masked(.|\n)*filled"):
        kompat.set_value(x, MASKED[kind]())
    assert value_of(x).tolist() == [5, 6]


@each_holder
def test_a_masked_array_of_which_nothing_is_masked_is_a_source(holder):
    x = holder.make(np.zeros(2, np.float32))
    kompat.set_value(x, np.ma.array([1.0, 2.0], mask=[0, 0]))
    assert value_of(x).tolist() == [1, 2]


@pytest.mark.parametrize("hard", [True, False])
def test_a_masked_array_with_masked_elements_is_not_written(hard):
    x = np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0], hard_mask=hard)
    other = np.zeros(3)
    with pytest.raises(ImmutableValueError, match=r"masked(.|\n)*\.data"):
        kompat.batch_set_value([(other, [1, 1, 1]), (x, [7, 8, 9])])
    assert x.data.tolist() == [1, 2, 3]
    assert x.mask.tolist() == [False, True, False]
    assert not other.any()


def test_a_masked_array_without_masked_elements_is_written():
    x = np.ma.array([1.0, 2.0], mask=[0, 0])
    kompat.set_value(x, [7, 8])
    assert x.tolist() == [7, 8]


def records(*rows: tuple, mask: bool = False) -> np.ndarray:
    plain = np.array(list(rows), [("a", "i4"), ("b", "f8")])
    return np.ma.array(plain, mask=[(mask, False)] * len(rows)) if mask else plain


VIEWS = {
    "window": (lambda: sliding_window_view(np.zeros(5), 3, writeable=True), True),
    "one place": (lambda: as_strided(np.zeros(1), (3,), (0,)), True),
    "half an element": (lambda: as_strided(np.zeros(4), (3,), (4,)), True),
    "backwards": (lambda: as_strided(np.zeros(5)[2:], (3, 3), (-8, 8)), True),
    "every other": (lambda: np.zeros((4, 6))[::2, ::-2], False),
    "transposed": (lambda: np.zeros((2, 3, 4)).transpose(1, 0, 2), False),
    "a field": (lambda: records((0, 0.0), (0, 0.0))["b"], False),
    "one repeated axis of size 1": (lambda: as_strided(np.zeros(3), (1, 3), (0, 8)), False),
    "interleaved": (lambda: as_strided(np.zeros(12), (2, 3), (8, 16)), False),
}


@pytest.mark.parametrize("kind", VIEWS)
def test_elements_that_share_memory_are_not_written(kind):
    make, is_refused = VIEWS[kind]
    view = make()
    value = np.arange(view.size, dtype=float).reshape(view.shape) + 1
    assert overlaps(view.shape, view.strides, view.itemsize) == is_refused
    if is_refused:
        with pytest.raises(ImmutableValueError, match=r"share[^\n]* memory(.|\n)*copy\(\)"):
            kompat.set_value(view, value)
        assert not view.any()
    else:
        kompat.set_value(view, value)
        np.testing.assert_array_equal(view, value)


NO_NUMBERS = {
    "timedelta": (np.zeros(1, "m8[s]"), [1.5], np.array([7], "m8[s]")),
    "date": (np.zeros(1, "M8[D]"), [5], np.array([7], "M8[D]")),
    "another unit": (np.zeros(1, "m8[s]"), np.array([5], "m8[ms]"), np.array([7], "m8[s]")),
    "record": (records((1, 2.0)), [5], records((3, 4.5))),
    "other fields": (records((1, 2.0)), np.zeros(1, [("c", "i4"), ("b", "f8")]), records((3, 4))),
    "bytes": (np.zeros(1, "V4"), [5], np.array([b"abcd"], "V4")),
    "string": (np.array(["ab"]), ["cd"], np.array(["ef"])),
}


@pytest.mark.parametrize("kind", NO_NUMBERS)
def test_an_array_of_no_numbers_takes_its_own_dtype_only(kind):
    x, refused, taken = NO_NUMBERS[kind]
    before = x.tobytes()
    with pytest.raises(UnsupportedValueError, match="own dtype"):
        kompat.set_value(x, refused)
    with pytest.raises(ShapeMismatchError):
        kompat.set_value(x, np.concatenate([taken, taken]))
    assert x.tobytes() == before
    kompat.set_value(x, taken)
    assert x.tobytes() == taken.tobytes()


def test_a_masked_record_is_no_source():
    x = records((1, 2.0))
    with pytest.raises(UnsupportedValueError, match="masked"):
        kompat.set_value(x, records((3, 4.0), mask=True))
    assert x.tolist() == [(1, 2.0)]


def test_an_object_array_takes_numbers_as_they_are():
    x = np.zeros(3, object)
    numbers = [2**100, -1, 1 + 2j]
    kompat.set_value(x, numbers)
    assert x.tolist() == numbers
    kompat.set_value(x, [2**63, -1, 0.5])  # a float64 array to NumPy
    assert [(type(n), n) for n in x] == [(int, 2**63), (int, -1), (float, 0.5)]
    kompat.set_value(x, np.array([1j, 2, 3]))
    assert x.tolist() == [1j, 2, 3]


@pytest.mark.parametrize("wrong", [[[1], [2]], ["a", 1], [None, 1]])
def test_an_object_array_takes_nothing_but_numbers(wrong):
    x = np.zeros(2, object)
    with pytest.raises((UnsupportedValueError, ShapeMismatchError)):
        kompat.set_value(x, wrong)
    assert x.tolist() == [0, 0]


class Refusing(np.ndarray):
    """Takes nothing, as an array with a unit takes no plain number."""

    def __setitem__(self, key, value):
        raise ZeroDivisionError


class WritesHalf(np.ndarray):
    def __setitem__(self, key, value):
        np.asarray(self)[:1] = value[:1]
        raise ZeroDivisionError


@pytest.mark.parametrize("cls", [Refusing, WritesHalf])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_subclass_that_refuses_leaves_a_batch_unwritten(cls, is_first):
    plain, refusing, named = np.zeros(2), np.zeros(2).view(cls), np.zeros(2).view(np.recarray)
    pairs = [(x, [1, 1]) for x in (plain, named, refusing)]
    with pytest.raises(ZeroDivisionError):
        kompat.batch_set_value(pairs[::-1] if is_first else pairs)
    assert not plain.any()
    assert not named.any()
    assert not np.asarray(refusing).any()


SMALL_FLOATS = [n for n in vars(ml_dtypes) if n.startswith(("float4_", "float6_", "float8_"))]


def numbers_of(name: str) -> list[float]:
    """All the numbers of a small float dtype, read off its bit patterns."""
    kind = np.dtype(getattr(ml_dtypes, name))
    bits = int("".join(filter(str.isdigit, name.split("_")[0])))
    return np.arange(2**bits).astype(np.uint8).view(kind).astype(np.float64).tolist()


@pytest.mark.parametrize("name", SMALL_FLOATS)
def test_a_small_float_takes_what_rounds_to_one_of_its_numbers_and_nothing_more(name):
    kind = np.dtype(getattr(ml_dtypes, name))
    known = numbers_of(name)
    finite = sorted(n for n in known if np.isfinite(n))
    # The next step above the largest is as long as the one below it.
    last = finite[-1] - finite[-2] if "e8m0" not in name else finite[-1]
    taken = [*finite, finite[-1] + last / 4]
    for number in taken:
        result = to_host([number], (1,), kind, "x").astype(np.float64)[0]
        assert result == min(number, finite[-1])
    refused = [finite[-1] + last * 0.75, 1e300]
    if not np.isnan(known).any():
        refused.append(np.nan)
    if not np.isinf(known).any():
        refused.append(np.inf)
    for number in refused:
        with pytest.raises(LossyWriteError, match="it would become"):
            to_host([number], (1,), kind, "x")


@pytest.mark.parametrize("target", SMALL_FLOATS)
@pytest.mark.parametrize("source", SMALL_FLOATS)
def test_nan_stays_nan_or_is_refused(source, target):
    if not np.isnan(numbers_of(source)).any():
        return
    value = np.array([np.nan], getattr(ml_dtypes, source))
    kind = np.dtype(getattr(ml_dtypes, target))
    if np.isnan(numbers_of(target)).any():
        assert np.isnan(to_host(value, (1,), kind, "x"))
    else:
        with pytest.raises(LossyWriteError):
            to_host(value, (1,), kind, "x")


def objects(*numbers) -> np.ndarray:
    array = np.empty(len(numbers), object)
    array[:] = numbers
    return array


def test_numbers_in_an_object_array_keep_their_imaginary_part():
    value = objects(np.complex64(1 + 1j), 2, ml_dtypes.bfloat16(3), np.True_)
    with pytest.raises(LossyWriteError, match="imaginary"):
        to_host(value, (4,), np.dtype("float64"), "x")
    assert to_host(value, (4,), np.dtype("complex128"), "x").tolist() == [1 + 1j, 2, 3, 1]
    assert to_host(objects(2 + 0j, 1), (2,), np.dtype("int8"), "x").tolist() == [2, 1]


def test_an_object_array_of_times_is_no_array_of_numbers():
    with pytest.raises(UnsupportedValueError):
        to_host(objects(np.timedelta64(1, "s")), (1,), np.dtype("float64"), "x")


def test_one_overflowing_part_of_a_complex_number_is_seen_beside_an_infinite_one():
    with pytest.raises(LossyWriteError):
        to_host(np.array([complex(np.inf, 1e300)]), (1,), np.dtype("complex64"), "x")


@pytest.mark.skipif(np.finfo(np.longdouble).nmant < 63, reason="longdouble has 64 bits here")
@pytest.mark.parametrize("dtype", [np.longdouble, np.clongdouble])
def test_python_integers_enter_a_long_double_exactly_or_not_at_all(dtype):
    numbers = [2**63 + 1, -1, 2**64 - 1, 2**200]
    result = to_host(numbers, (4,), np.dtype(dtype), "x")
    assert [int(n.real) for n in result] == numbers
    with pytest.raises(LossyWriteError):
        to_host([10**5000, 1], (2,), np.dtype(dtype), "x")
    with pytest.raises(LossyWriteError, match="digits of it would be lost"):
        to_host([2 ** (np.finfo(np.longdouble).nmant + 2) + 1], (1,), np.dtype(dtype), "x")


class WithoutRepr:
    def __repr__(self):
        raise RuntimeError


def deep_list() -> list:
    deep: list = []
    for _ in range(3000):
        deep = [deep]
    return deep


def cyclic_list() -> list:
    cyclic: list = []
    cyclic.append(cyclic)
    return cyclic


@pytest.mark.parametrize("make", [WithoutRepr, deep_list, cyclic_list])
def test_what_cannot_be_shown_is_refused_in_words(make):
    x = np.zeros(1)
    with pytest.raises(UnsupportedValueError, match="expected numbers"):
        kompat.set_value(x, make())
