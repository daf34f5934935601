"""K against the answers recorded from tf.keras on TensorFlow 2.21, case by case.

Values, shapes and dtypes are compared wherever tf.keras answers. Where tf.keras raises TypeError
or ValueError, K must raise one of them; where it fails inside its engine, or because it cannot
read an attribute of an array or a number, K may also give an answer.
"""

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest
from answers.cases import CASES, WRITES, decode, prepare

RECORDED = json.loads((Path(__file__).parent.parent / "answers" / "backend.json").read_text())[
    "cases"
]

# Departures from tf.keras; docs/differences.md gives the reasons.

# tf.keras changes the number, or does something senseless, in silence: K raises.
REFUSED = {
    *(f"set_value-{i}" for i in (18, 19, 21, 22, 23, 24, 26)),
    *("batch_set_value-10", "batch_get_value-10"),
    *("variable-21", "variable-25", "constant-20", "constant-22"),
    "count_params-21",
    *("max-22", "min-22"),  # of nothing
    "shape-19",  # of a string
}

# tf.keras raises, or gives 1.0 as the number of elements: K has an answer that loses nothing.
ANSWERED = {
    *(f"{name}-25" for name in ("equal", "not_equal", "greater", "greater_equal", "less")),
    *("less_equal-25", "maximum-25", "minimum-25", "pow-25"),
    *(f"{name}-{i}" for name in ("var", "std") for i in (16, 17, 18, 27)),
    *(f"sqrt-{i}" for i in (4, 5, 6, 13)),
    *(f"{name}-{i}" for name in ("update", "update_add", "update_sub") for i in (18, 19)),
    *("variable-22", "variable-23", "floatx-5"),
    *("count_params-7", "count_params-10", "count_params-11"),
}

# What the engine's own function answers, and TensorFlow's does not.
NAN_INDEX = {"argmax-6", "argmin-6"}  # NumPy's rule: a NaN is the largest and the smallest
ENGINE = {
    "jax": NAN_INDEX,
    # A NumPy array is the engine's own tensor: it is not converted to the dtype beside it.
    "numpy": NAN_INDEX
    | {"is_keras_tensor-12", "is_keras_tensor-13", "maximum-24", "minimum-24", "pow-24"},
    "torch": NAN_INDEX | {"sign-8"},  # sign(nan) is 0
    "tensorflow": {"update_add-12"},  # Keras takes an empty matrix for a bias
}

# JAX, PyTorch and Keras on NumPy count in 32 bits where TensorFlow counts in 64.
INDEX_FUNCTIONS = {"argmax", "argmin"}


def run(case, K):
    prepared = prepare(case, K)
    args = [a.copy() if isinstance(a, np.ndarray) else a for a in prepared.args]
    return getattr(K, case.function)(*args, **prepared.kwargs), prepared.variables


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")
@pytest.mark.parametrize("case", CASES, ids=lambda c: c.id)
def test_answers(case, K, engine):
    recorded = RECORDED[case.id]
    assert recorded["call"] == case.call, "the answer was recorded for another version of the case"
    if case.id in REFUSED:
        with pytest.raises((ValueError, TypeError)):
            run(case, K)
    elif case.id in ANSWERED:
        run(case, K)
    elif case.id in ENGINE[engine]:
        with pytest.raises((Exception, pytest.fail.Exception)):  # whatever it does, it departs
            agree(case, recorded, K)
    else:
        agree(case, recorded, K)


def agree(case, recorded, K):
    if recorded["kind"] == "error":
        check_error(case, recorded, K)
        return
    result, variables = run(case, K)
    check(recorded, result, K, exact_dtype=case.function not in INDEX_FUNCTIONS)
    if case.function in WRITES:
        for expected, variable in zip(recorded["after"], variables):
            check(expected, variable, K)


def check_error(case, recorded, K):
    if recorded["builtin"] in ("TypeError", "ValueError"):
        with pytest.raises((TypeError, ValueError)):
            run(case, K)
        return
    with contextlib.suppress(Exception):  # the engine's own error, or an answer
        run(case, K)


def check(expected, result, K, exact_dtype=True):
    if expected["kind"] == "python":
        if "items" in expected:
            assert len(result) == len(expected["items"])
            for part, got in zip(expected["items"], result):
                check(part, got, K, exact_dtype)
        else:
            value = tuple(result) if isinstance(result, list) else result
            recorded = expected["value"]
            assert value == (tuple(recorded) if isinstance(recorded, list) else recorded)
        return
    value = np.asarray(K.get_value(result))
    assert list(value.shape) == expected["shape"]
    if expected.get("value") is None:
        assert value.dtype.name == expected["dtype"]  # drawn at random
        return
    if exact_dtype:
        assert value.dtype.name == expected["dtype"]
    want = decode(expected)
    if want.dtype.kind in "fc":
        precision = {"float16": 2e-3, "float32": 3e-6, "float64": 1e-14}[want.dtype.name]
        np.testing.assert_allclose(value, want, rtol=precision, atol=precision)
    else:
        np.testing.assert_array_equal(value, want)
