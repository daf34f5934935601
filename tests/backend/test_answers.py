"""K against the answers recorded from tf.keras on TensorFlow 2.21, case by case, in both modes.

Values, shapes and dtypes are compared wherever tf.keras answers; in graphs the static shapes and
the gradients too. The chapters of cases say where K departs from tf.keras.
"""

import contextlib

import keras
import numpy as np
import pytest
from answers import chapters, independent
from answers.plays import CASES, RECORDED, answer, is_among, is_unanswered
from answers.representatives import representatives
from answers.table import decode, prepare, weights
from conftest import ENGINE

import kompat

# JAX, PyTorch and Keras on NumPy count in 32 bits where TensorFlow counts in 64.
INDEX_FUNCTIONS = {"argmax", "argmin", "ctc_decode"}
# What is lost in rounding a probability near 1 is what the loss consists of.
ROUGH = {"binary_crossentropy-29": 1e-2}
PRECISION = {"float16": 2e-3, "bfloat16": 2e-2, "float32": 3e-6, "float64": 1e-14}


def plays():
    """Each case at once and in a graph; where a play is compiled some stand for the others.

    JAX compiles each operation, the others but NumPy graphs alone.
    """
    often = set(CASES if ENGINE == "numpy" else representatives(CASES))
    return [
        pytest.param(
            case,
            graph,
            id=f"{case.id}-{'graph' if graph else 'eager'}",
            marks=[pytest.mark.nightly] * ((graph or ENGINE == "jax") and case not in often),
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
        if is_unanswered(case, mode):
            play.is_right_or_explained()
        elif is_among(case, mode, chapters.REFUSED):
            with pytest.raises((ValueError, TypeError)) as caught:
                play.run()
            play.check_error(caught.value)
        elif is_among(case, mode, chapters.ANSWERED | chapters.departures(engine)):
            play.departs()
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

    def is_right_or_explained(self):
        """K gives the answer of tf.keras's other mode, or of NumPy; or an error of its own."""
        try:
            found = self.run()
        except Exception as error:
            self.check_error(error)
            return
        recorded = independent.of_the_other_mode(self.case, self.mode)
        if recorded is None:
            self.check_value(found, independent.expected(self.case))
        else:
            self.check_value(found, independent.recorded_value(recorded))

    def departs(self):
        """K gives the answer of NumPy and slopes of it, or an error; tf.keras's is another one."""
        recorded = answer(self.case, self.mode)
        try:
            result = self.result()
            found = keras.tree.map_structure(self.value, result)
            slopes = self.slopes(recorded, result) if "gradients" in recorded else []
        except Exception as error:
            self.check_error(error)
        else:
            self.check_value(found, independent.expected(self.case))
            for place, slope in slopes:
                independent.assert_slopes(self.case, place, recorded["shape"], slope)
        if self.engine != "numpy" or "gradients" not in recorded:
            with pytest.raises((Exception, pytest.fail.Exception)):
                Play(self.case, self.mode, self.K, self.engine).agree(recorded)

    def is_unexplained(self):
        """Whether a chapter says that an error which explains nothing is all there is."""
        return is_among(self.case, self.mode, chapters.unexplained(self.engine))

    def check_error(self, error):
        said = f"{type(error).__name__}: {error}"
        explained = independent.is_explained(error, self.case.function)
        assert explained != self.is_unexplained(), said

    def check_value(self, found, expected):
        assert not self.is_unexplained()
        kinds = {np.asarray(x).dtype.name for x in keras.tree.flatten(found)}
        precision = max(PRECISION.get(kind, 0) for kind in kinds)
        independent.assert_same(found, expected, ROUGH.get(self.case.id, precision))

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
        if "gradients" not in expected or self.engine == "numpy":
            self.check_array(expected, self.value(result))
            return
        gradients = self.gradients(expected, result)
        value, *slopes = self.values([result, *(g for g in gradients if g is not None)])
        self.check_array(expected, value)
        slopes = iter(slopes)
        for want, gradient in zip(expected["gradients"], gradients, strict=True):
            got = None if gradient is None else next(slopes)
            if got is None:
                assert want is None or not decode(want).any()
            elif want is None:
                assert not got.any()
            else:
                compare(got, decode(want), loosen=10)

    def slopes(self, expected, result):
        """The gradients, each with what it is taken by: the kind and number among the made."""
        if self.engine == "numpy":
            return []
        gradients = self.gradients(expected, result)
        values = iter(self.values([g for g in gradients if g is not None]))
        slopes = [None if g is None else next(values) for g in gradients]
        return list(zip(self.differentiable().values(), slopes, strict=True))

    def gradients(self, expected, result):
        summed = self.K.sum(result * weights(expected["shape"], expected["dtype"]))
        return self.K.gradients(summed, [*self.differentiable()])

    def differentiable(self):
        """The placeholders and variables of floats -> their kind and number among the made."""
        made = {
            **{placeholder: ("constant", i) for i, (placeholder, _) in enumerate(self.feeds)},
            **{variable: ("variable", i) for i, variable in enumerate(self.variables)},
        }
        return {x: place for x, place in made.items() if self.K.dtype(x) in ("float32", "float64")}


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
