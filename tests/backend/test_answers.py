"""K against the answers recorded from tf.keras on TensorFlow 2.21, case by case, in both modes.

Values, shapes and dtypes are compared wherever tf.keras answers; in graphs the static shapes and
the gradients too. Where tf.keras raises TypeError or ValueError, K must raise one of them; where it
fails inside its engine (in eager mode, even if its graphs refuse the dtype then), or because it
cannot read an attribute of an array or a number, K may also give an answer. The chapters of cases
say where K departs from tf.keras.
"""

import contextlib
import json
from pathlib import Path

import keras
import numpy as np
import pytest
from answers import chapters
from answers.table import decode, prepare, weights

import kompat

FOLDER = Path(__file__).parent.parent / "answers" / "recorded"
RECORDED = {
    key: answer
    for name in chapters.CHAPTERS
    for key, answer in json.loads((FOLDER / f"{name}.json").read_text())["cases"].items()
}
CASES = [case for chapter in chapters.CHAPTERS.values() for case in chapters.cases(chapter)]

# JAX, PyTorch and Keras on NumPy count in 32 bits where TensorFlow counts in 64.
INDEX_FUNCTIONS = {"argmax", "argmin", "ctc_decode"}
PRECISION = {"float16": 2e-3, "bfloat16": 2e-2, "float32": 3e-6, "float64": 1e-14}


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")
@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
@pytest.mark.parametrize("case", CASES, ids=lambda c: c.id)
def test_answers(case, graph, K, engine, record_property):
    recorded = RECORDED[case.id]
    assert recorded["call"] == case.call, "the answer was recorded for another version of the case"
    departs = chapters.REFUSED | chapters.ANSWERED | chapters.departures(engine)
    agrees = not Play(case, graph, K, engine).departs(departs)
    record_property("answers", (case.function, "graph" if graph else "eager", agrees))
    check(case, graph, K, engine)


def check(case, graph, K, engine):
    """Play a case and compare it with its answer, or with what is known of its departure."""
    recorded = RECORDED[case.id]
    play = Play(case, graph, K, engine)
    with kompat.graph_mode() if graph else contextlib.nullcontext():
        if play.departs(chapters.REFUSED):
            with pytest.raises((ValueError, TypeError)):
                play.run()
        elif play.departs(chapters.ANSWERED):
            play.run()
        elif play.departs(chapters.departures(engine)):
            with pytest.raises((Exception, pytest.fail.Exception)):  # whatever it does, it departs
                play.agree(answer_in(recorded, graph))
        else:
            play.agree(answer_in(recorded, graph))


def answer_in(recorded, graph):
    """The answer of a mode: a graph's is written as its difference to the eager one."""
    if not graph:
        return recorded["eager"]
    return {**({} if "whole" in recorded["graph"] else recorded["eager"]), **recorded["graph"]}


class Play:
    """One case in one mode."""

    def __init__(self, case, graph, K, engine):
        self.case, self.graph, self.K, self.engine = case, graph, K, engine
        self.variables, self.feeds = [], []

    def departs(self, departures):
        mode = "graph" if self.graph else "eager"
        return self.case.id in departures or f"{self.case.id} {mode}" in departures

    def result(self):
        prepared = prepare(self.case, self.K, self.graph)
        self.variables, self.feeds = prepared.variables, prepared.feeds
        return prepared.call()

    def run(self):
        return keras.tree.map_structure(self.value, self.result())

    def value(self, result):
        """The value of a tensor or variable; in a graph, of its run on what is fed."""
        if not isinstance(result, keras.KerasTensor):
            return self.K.get_value(result)
        placeholders = [placeholder for placeholder, _ in self.feeds]
        function = self.K.function(placeholders, [result])
        fed = [value for _, value in self.feeds]
        first = function(fed)[0]
        # PyTorch computes the first run at once, and records the second.
        again = self.K.backend() == "torch" and not self.variables
        return function(fed)[0] if again else first

    def agree(self, recorded):
        if recorded["kind"] == "error":
            self.check_error()
            return
        result = self.result()
        self.check(recorded, result)
        for expected, variable in zip(recorded.get("after", ()), self.variables):
            self.check_array(expected, self.K.get_value(variable))

    def check_error(self):
        recorded = RECORDED[self.case.id]
        answers = [answer_in(recorded, graph) for graph in {False, self.graph}]
        if all(answer.get("builtin") in ("TypeError", "ValueError") for answer in answers):
            with pytest.raises((TypeError, ValueError)):
                self.run()
        else:
            with contextlib.suppress(Exception):  # the engine's own error, or an answer
                self.run()

    def check(self, expected, result):
        if "items" in expected:
            items = list(result)
            assert len(items) == len(expected["items"])
            for part, got in zip(expected["items"], items):
                self.check(part, got)
        elif expected["kind"] == "python":
            value = tuple(result) if isinstance(result, list) else result
            want = expected["value"]
            assert value == (tuple(want) if isinstance(want, list) else want)
        elif expected["kind"] == "symbolic":
            assert agrees(self.K.int_shape(result), expected["shape"])
            assert self.K.dtype(result) == expected["dtype"]
        else:
            self.check_array(expected, self.value(result))
            if "static" in expected and isinstance(result, keras.KerasTensor):
                self.check_symbolic(expected, result)

    def check_array(self, expected, value):
        value = np.asarray(value)
        assert list(value.shape) == expected["shape"]
        if "value" not in expected:
            assert value.dtype.name == expected["dtype"]  # drawn at random
            return
        narrow = {"int32"} if self.case.function in INDEX_FUNCTIONS else set()
        assert value.dtype.name in {expected["dtype"]} | narrow
        compare(value, decode(expected))

    def check_symbolic(self, expected, result):
        assert agrees(result.shape, expected["static"] or [None] * len(result.shape))
        assert agrees(expected["shape"], result.shape)
        if "gradients" in expected and self.engine != "numpy":
            self.check_gradients(expected, result)

    def check_gradients(self, expected, result):
        wrt = [*(placeholder for placeholder, _ in self.feeds), *self.variables]
        wrt = [x for x in wrt if self.K.dtype(x) in ("float32", "float64")]
        summed = self.K.sum(result * weights(expected["shape"], expected["dtype"]))
        gradients = self.K.gradients(summed, wrt)
        for want, got in zip(expected["gradients"], gradients, strict=True):
            if got is None:
                assert want is None or not decode(want).any()
            elif want is None:
                assert not self.value(got).any()
            else:
                compare(self.value(got), decode(want), loosen=10)


def agrees(shape, known):
    """Whether a shape has the known dimensions; it may have more of them."""
    return len(shape) == len(known) and all(m in (None, n) for n, m in zip(shape, known))


def compare(got, want, loosen=1):
    if want.dtype.name in PRECISION:
        precision = PRECISION[want.dtype.name] * loosen
        if want.dtype.name == "bfloat16":  # NumPy cannot tell how far apart two of these are
            got, want = np.float32(got), np.float32(want)
        if loosen > 1:
            precision = max(precision, 1e-6)  # gradients are recorded with 7 digits
        np.testing.assert_allclose(got, want, rtol=precision, atol=precision)
    else:
        np.testing.assert_array_equal(got, want)
