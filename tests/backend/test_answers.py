"""K against the answers recorded from tf.keras on TensorFlow 2.21, case by case, in both modes.

Values, shapes and dtypes are compared wherever tf.keras answers; in graphs the static shapes and
the gradients too. The chapters of cases say where K departs from tf.keras.
"""

import contextlib

import keras
import numpy as np
import pytest
from answers import chapters
from answers.plays import CASES, RECORDED, answer, is_among, is_unanswered
from answers.representatives import representatives
from answers.table import decode, prepare, weights
from conftest import ENGINE

import kompat

# JAX, PyTorch and Keras on NumPy count in 32 bits where TensorFlow counts in 64.
INDEX_FUNCTIONS = {"argmax", "argmin", "ctc_decode"}
PRECISION = {"float16": 2e-3, "bfloat16": 2e-2, "float32": 3e-6, "float64": 1e-14}


def plays():
    """Each case at once and in a graph; where graphs are compiled some stand for the others."""
    often = set(CASES if ENGINE == "numpy" else representatives(CASES))
    return [
        pytest.param(
            case,
            graph,
            id=f"{case.id}-{'graph' if graph else 'eager'}",
            marks=[pytest.mark.nightly] * (graph and case not in often),
        )
        for graph in (False, True)
        for case in CASES
    ]


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")
@pytest.mark.parametrize(("case", "graph"), plays())
def test_answers(case, graph, K, engine):
    call = RECORDED[case.id]["call"]
    assert call == case.call, "the answer was recorded for another version of the case"
    check(case, graph, K, engine)


def check(case, graph, K, engine):
    """Play a case and compare it with its answer, or with what is known of its departure."""
    mode = "graph" if graph else "eager"
    play = Play(case, mode, K, engine)
    with kompat.graph_mode() if graph else contextlib.nullcontext():
        if is_among(case, mode, chapters.REFUSED):
            with pytest.raises((ValueError, TypeError)):
                play.run()
        elif is_among(case, mode, chapters.ANSWERED):
            play.run()
        elif is_unanswered(case, mode):
            with contextlib.suppress(Exception):  # the engine's own error, or an answer
                play.run()
        elif is_among(case, mode, chapters.departures(engine)):
            with pytest.raises((Exception, pytest.fail.Exception)):  # whatever it does, it departs
                play.agree(answer(case, mode))
        else:
            play.agree(answer(case, mode))


class Play:
    """One case in one mode."""

    def __init__(self, case, mode, K, engine):
        self.case, self.mode, self.K, self.engine = case, mode, K, engine
        self.variables, self.feeds = [], []

    def result(self):
        prepared = prepare(self.case, self.K, self.mode == "graph")
        self.variables, self.feeds = prepared.variables, prepared.feeds
        return prepared.call()

    def run(self):
        return keras.tree.map_structure(self.value, self.result())

    def value(self, result):
        """The value of a tensor or variable; in a graph, of its run on what is fed."""
        if not isinstance(result, keras.KerasTensor):
            return self.K.get_value(result)
        return self.values([result])[0]

    def values(self, tensors):
        """The values of symbolic tensors in one run."""
        placeholders = [placeholder for placeholder, _ in self.feeds]
        function = self.K.function(placeholders, tensors)
        fed = [value for _, value in self.feeds]
        first = function(fed)
        # PyTorch computes the first run at once, and records the second.
        again = self.K.backend() == "torch" and not self.variables
        return function(fed) if again else first

    def agree(self, recorded):
        if recorded["kind"] == "error":
            with pytest.raises((TypeError, ValueError)):
                self.run()
            return
        result = self.result()
        self.check(recorded, result)
        for expected, variable in zip(recorded.get("after", ()), self.variables):
            self.check_array(expected, self.K.get_value(variable))

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
        elif "static" in expected and isinstance(result, keras.KerasTensor):
            self.check_symbolic(expected, result)
        else:
            self.check_array(expected, self.value(result))

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
        """The static shape; and in one program the value and the gradients."""
        assert agrees(result.shape, expected["static"] or [None] * len(result.shape))
        assert agrees(expected["shape"], result.shape)
        differs = "gradients" in expected and self.engine != "numpy"
        gradients = self.gradients(expected, result) if differs else []
        value, *slopes = self.values([result, *(g for g in gradients if g is not None)])
        self.check_array(expected, value)
        slopes = iter(slopes)
        for want, gradient in zip(expected["gradients"] if differs else [], gradients, strict=True):
            got = None if gradient is None else next(slopes)
            if got is None:
                assert want is None or not decode(want).any()
            elif want is None:
                assert not got.any()
            else:
                compare(got, decode(want), loosen=10)

    def gradients(self, expected, result):
        wrt = [*(placeholder for placeholder, _ in self.feeds), *self.variables]
        wrt = [x for x in wrt if self.K.dtype(x) in ("float32", "float64")]
        summed = self.K.sum(result * weights(expected["shape"], expected["dtype"]))
        return self.K.gradients(summed, wrt)


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
