"""A bad call of K is answered, or refused in words of K; never by an inner error."""

import inspect
from collections import Counter
from itertools import chain

import default_settings
import keras
import numpy as np
import pytest
from answers.table import prepare
from bad_calls.calls import BadCall, all_of, bases, sample
from conftest import ENGINE

import kompat
from kompat import errors
from kompat.backend import room
from kompat.backend.refusals import READS_AND_WRITES

BASES = bases()
SAMPLE = sample(BASES, 10 if ENGINE == "numpy" else 1)
KOMPATS = tuple(getattr(errors, name) for name in errors.__all__)
# What an argument may be called by: then it raises its own errors.
WITH_CALLBACKS = {"foldl", "foldr", "map_fn", "rnn", "in_train_phase", "in_test_phase", "switch"}
# These give an array as it is.
HANDING_ON = {
    "get_value",
    "batch_get_value",
    "in_train_phase",
    "in_test_phase",
    "switch",
    "to_dense",
}

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def little_memory(monkeypatch):
    """A machine on which sizes that are passed by mistake do not fit."""
    monkeypatch.setattr(room, "free_bytes", lambda: 2**28)


def verdict(bad, K, graph=False):
    """Whether a bad call is "answered" or "refused"; what else happened is told."""
    default_settings.restore(K)
    with kompat.graph_mode() if graph else kompat.eager_mode():
        prepared = prepare(bad.case(K, BASES[bad.function]), K, graph)
        before = [np.array(K.get_value(v)) for v in prepared.variables]
        try:
            result = prepared.call()
            if bad.function not in HANDING_ON:
                for tensor in filter(keras.ops.is_tensor, flat(result)):
                    assert K.get_value(tensor).dtype != object
        except Exception as error:
            for variable, value in zip(prepared.variables, before):
                np.testing.assert_array_equal(K.get_value(variable), value, err_msg=str(bad))
            if is_named(error, bad) or is_callers_own(bad):
                return "refused"
            return f"{bad}: {type(error).__module__}.{type(error).__name__}: {error}"
    return "answered"


def flat(result):
    return chain.from_iterable(map(flat, result)) if isinstance(result, list | tuple) else [result]


def is_named(error, bad):
    """Whether an error is of the kinds that K raises, and names the function and the parameter."""
    if bad.function in READS_AND_WRITES:
        return isinstance(error, KOMPATS) or str(error).startswith(f"{bad.function}: expected")
    text = str(error)
    names = text.startswith(f"K.{bad.function}(") and f"{bad.parameter}=" in text
    in_callback = bad.function in WITH_CALLBACKS and text.startswith("K.")
    return isinstance(error, (TypeError, ValueError, *KOMPATS)) and (names or in_callback)


def is_callers_own(bad):
    """Whether the bad value is called, and so raises errors of its own."""
    return bad.function in WITH_CALLBACKS and bad.value in ("a layer", "a type")


@pytest.mark.parametrize("function", BASES)
def test_a_bad_call_is_answered_or_refused_in_words_of_k(K, function):
    found = [verdict(bad, K) for bad in SAMPLE if bad.function == function]
    assert {*found} <= {"answered", "refused"}, "\n".join(found)


def test_a_variable_that_a_failed_call_changes_is_found_out(K, monkeypatch):
    def careless(x, increment):
        K.set_value(x, K.get_value(x) + 1)
        raise TypeError(f"K.update_add(x=..., {increment=}): refused, too late")

    monkeypatch.setattr(K, "update_add", careless)
    with pytest.raises(AssertionError, match=r"K\.update_add with text for increment"):
        verdict(BadCall("update_add", "increment", "text"), K)


def test_an_inner_error_is_found_out(K, monkeypatch):
    monkeypatch.setattr(K, "abs", inspect.unwrap(K.abs))
    assert "RecursionError" in verdict(BadCall("abs", "x", "a cyclic list"), K)


@pytest.mark.nightly
@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
def test_every_bad_call_is_answered_or_refused_in_words_of_k(K, graph, capsys):
    found = [verdict(bad, K, graph) for function in BASES for bad in all_of(function)]
    counts = Counter(x if x in ("answered", "refused") else "inner" for x in found)
    with capsys.disabled():
        print(f"\n{len(found)} bad calls: {dict(counts)}")
    assert not counts["inner"], "\n".join(x for x in found if x not in counts)
