"""K.gradients against what tf.keras on TensorFlow 2.21 answered, graph by graph, in both modes."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from answers.gradient_graphs import GRAPHS, run
from answers.table import decode

import kompat

RECORDED = json.loads(
    (Path(__file__).parent.parent / "answers" / "recorded" / "gradients.json").read_text()
)["graphs"]

# Departures from tf.keras, by graph, feed and output; docs/differences.md gives the reasons.
CONSTANT = {("gradients_that_are_constant", 0, 1): [0.0, 0.0, 0.0]}  # None
DEPARTURES = {
    "jax": CONSTANT
    | {
        ("absolute_and_sign_at_zero", 0, 0): [1.0, -1.0, 1.0],  # [0, -1, 1]
        ("products_of_zeros", 0, 1): [[18.0, 0.0, 0.0], [0.0, 0.0, 0.0]],  # 6
    },
    "torch": CONSTANT
    | {
        ("products_of_zeros", 0, 1): [[18.0, 0.0, 0.0], [0.0, 0.0, 0.0]],  # 6
        ("powers_of_zero_and_less", 0, 3): [6.0, 6.0, 6.0],  # [nan, 6, 6]
    },
    "tensorflow": CONSTANT,
}

# Sums in another order differ by some 1e-7 of their largest terms, and up to three
# differentiations, quotients and roots multiply that; a wrong derivative is off by far more.
# float16 has three digits.
PRECISION = {"float16": 2e-3, "float32": 1e-4}


@pytest.fixture(autouse=True)
def engine_with_gradients(engine):
    if engine == "numpy":
        pytest.skip("NumPy has no gradients")


def test_every_graph_is_recorded():
    assert list(RECORDED) == list(GRAPHS)


@pytest.mark.filterwarnings("ignore:K.gradients. None for:UserWarning")
@pytest.mark.parametrize(
    ("name", "mode"),
    [
        pytest.param(name, mode, id=f"{name}-{mode}", marks=marks)
        for name, graph in GRAPHS.items()
        for mode, marks in [("eager", ()), ("graph", pytest.mark.nightly if graph.eager else ())]
        if graph.eager or mode == "graph"
    ],
)
def test_gradients(name, mode, K, engine):
    graph, recorded = GRAPHS[name], RECORDED[name]
    assert recorded["digest"] == graph.digest, "recorded for another version of the graph"
    with kompat.graph_mode() if mode == "graph" else kompat.eager_mode():
        inputs, outputs = graph.build(K, keras)
        assert len(graph.feeds) == len(recorded["answers"])
        for number, feed in enumerate(graph.feeds):
            values = run(K, inputs, outputs, feed)
            answers = recorded["answers"][number]
            assert len(values) == len(answers)
            for place, (value, answer) in enumerate(zip(values, answers)):
                departure = DEPARTURES[engine].get((name, number, place))
                if departure is None:
                    check(answer, value, f"feed {number}, output {place}")
                    continue
                np.testing.assert_allclose(value, departure, rtol=1e-6)
                with pytest.raises(AssertionError):  # one that stops to differ is no departure
                    check(answer, value)


def check(answer, value, place=""):
    if answer is None or value is None:
        assert answer is value, place
        return
    want, value = decode(answer), np.asarray(value)
    assert (value.dtype, value.shape) == (want.dtype, want.shape), place
    precision = PRECISION[want.dtype.name]
    scale = np.nanmax(np.abs(want), initial=0)
    np.testing.assert_allclose(
        value, want, rtol=precision, atol=precision * scale / 100, err_msg=place
    )
