"""What K must answer where tf.keras's own answer is none, or one that K departs from."""

import traceback
from pathlib import Path
from typing import Any

import keras
import numpy as np
from answers import chapters
from answers.plays import MODES, answer
from answers.references import Reference
from answers.table import Case, decode, prepare, weights

import kompat

PACKAGE = str(Path(kompat.__file__).parent)
STEP = 1e-6
# What tf.keras raises, and so old code catches.
EXPLAINED = (TypeError, ValueError, AttributeError)


def expected(case: Case) -> Any:
    """The answer of NumPy, or what a chapter says that an engine has for it."""
    if case.id in chapters.VALUES:
        return np.array(chapters.VALUES[case.id])
    with np.errstate(all="ignore"):
        return prepare(case, Reference()).call()


def of_the_other_mode(case: Case, mode: str) -> dict[str, Any] | None:
    """The answer of tf.keras in the other mode, if it has one there."""
    (other,) = {*MODES} - {mode}
    found = answer(case, other)
    return None if found["kind"] == "error" else found


def recorded_value(found: dict[str, Any]) -> Any:
    """The arrays and Python values of an answer; of a random one, an array of its shape."""
    if "items" in found:
        return [recorded_value(item) for item in found["items"]]
    if found["kind"] == "python":
        return found["value"]
    return decode(found) if "value" in found else np.full(found["shape"], None)


def assert_same(got: Any, want: Any, precision: float) -> None:
    """The same values, in whatever dtypes; None stands for any."""
    got, want = keras.tree.flatten(got), keras.tree.flatten(want)
    for one, other in zip(got, want, strict=True):
        if isinstance(other, (str, bool, type(None))):
            assert one == other
            continue
        one, other = np.asarray(one), np.asarray(other)
        assert one.shape == other.shape
        if other.dtype != object:
            wide = np.result_type(other.dtype, "float64")
            np.testing.assert_allclose(
                one.astype(wide), other.astype(wide), rtol=precision, atol=precision
            )


def assert_slopes(case: Case, place: tuple[str, int], shape: list[int], got: Any) -> None:
    """A gradient lies between the slopes on the left and on the right, where there are any.

    Args:
        place: what it is taken by: "constant" or "variable", and its number among these.
        shape: that of the result, whose weighted sum is differentiated.
        got: the gradient, or None for zeros.
    """
    start = _weighted(case, None, shape)
    reference = Reference()
    prepare(case, reference)
    size = np.shape(reference.made[place])
    got = np.zeros(size) if got is None else np.asarray(got, "float64")
    assert got.shape == size
    for element in np.ndindex(*size):
        change = np.zeros(size)
        change[element] = STEP
        right = (_weighted(case, (place, change), shape) - start) / STEP
        left = (start - _weighted(case, (place, -change), shape)) / STEP
        known = [slope for slope in (left, right) if not np.isnan(slope)]
        if known:
            slack = 2e-2 * max(1, *np.abs(known))
            assert min(known) - slack <= got[element] <= max(known) + slack
        else:
            assert np.isnan(got[element])


def _weighted(case: Case, shift: Any, shape: list[int]) -> float:
    with np.errstate(all="ignore"):
        found = prepare(case, Reference(shift)).call()
    return float((np.asarray(found, "float64") * weights(shape, "float64")).sum())


def is_explained(error: BaseException, function: str) -> bool:
    """Whether it is one of kompat.errors, or kompat's own and complete.

    It then names the function, what was expected and what was received.
    """
    if type(error).__module__ == "kompat.errors":
        return True
    raised_in = traceback.extract_tb(error.__traceback__)[-1].filename
    text = str(error)
    return (
        raised_in.startswith(PACKAGE)
        and isinstance(error, EXPLAINED)
        and all(word in text for word in (function, "expect", "received"))
    )
