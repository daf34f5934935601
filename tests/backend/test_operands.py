"""What the functions of K take for a tensor."""

import itertools
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from engines.functions import DIFFERENTIABLE, OTHERS, XS
from shares import where_compiled

import kompat
from kompat.errors import ArgumentError, UnsupportedValueError

ON_VARIABLES = {
    **DIFFERENTIABLE,
    **OTHERS,
    "all": lambda K, x: [K.all(x > 0.5, axis=-1), K.all(flags(K, x))],
    "any": lambda K, x: [K.any(x > 0.9, axis=-1), K.any(flags(K, x), axis=0)],
    "switch": lambda K, x: [K.switch(flags(K, x), x, x * 2), K.switch(flags(K, x), x, 0.0)],
    "stack": lambda K, x: [K.stack([x, x]), K.stack([flags(K, x), flags(K, x)])],
    "part": lambda K, x: x[like(K, x, 1, "int32")],
}


def like(K, x, value, dtype):
    """A value in what holds `x`."""
    return (K.variable if isinstance(x, keras.Variable) else K.constant)(value, dtype=dtype)


def flags(K, x):
    return like(K, x, XS[0] > 0.5, "bool")


MODES = [*itertools.product(ON_VARIABLES, ["eager", "graph"])]
CHOSEN = [case for case in MODES if case[1] == "eager" or case[0] in ("switch", "stack", "part")]


@pytest.mark.parametrize(("name", "mode"), where_compiled(MODES, CHOSEN))
def test_a_variable_stands_where_a_tensor_does(K, name, mode):
    function = ON_VARIABLES[name]
    with kompat.graph_mode() if mode == "graph" else kompat.eager_mode():
        expected = keras.tree.map_structure(K.eval, function(K, K.constant(XS[0])))
        got = keras.tree.map_structure(K.eval, function(K, K.variable(XS[0])))
    for a, b in zip(keras.tree.flatten(got), keras.tree.flatten(expected), strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


LISTS = {
    "sum": (lambda K, x: K.sum(x), 19.0),
    "mean": (lambda K, x: K.mean(x), 19 / 3),
    "reshape": (lambda K, x: K.reshape(x, (3, 1)), [[9.0], [4.0], [6.0]]),
    "square": (lambda K, x: K.square(x), [81.0, 16.0, 36.0]),
    "sqrt": (lambda K, x: K.sqrt(x), [3.0, 2.0, 6**0.5]),
    "concatenate": (lambda K, x: K.concatenate([x, x]), [9.0, 4.0, 6.0] * 2),
    "nested": (lambda K, x: K.sum([x, [1.0, 2.0, 3.0]], axis=0), [10.0, 6.0, 9.0]),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_may_hold_symbolic_tensors(K, name):
    function, want = LISTS[name]
    p, v = K.placeholder((3,)), K.variable(4.0)
    fed = K.function([p], [function(K, [K.sum(p), 4.0, K.max(p)])])([[1.0, 2.0, 6.0]])[0]
    np.testing.assert_allclose(fed, want, rtol=1e-6)
    now = K.eval(function(K, [K.constant(9.0), v, np.float64(6.0)]))
    np.testing.assert_allclose(now, want, rtol=1e-6)


WITHOUT_NUMBERS = {
    "text": ["a", "b"],
    "an array of text": np.array(["a", "b"]),
    "an array of bytes": np.array([b"a"]),
    "an array of objects": np.array([None, {}], object),
    "an array of dates": np.array(["2000-01-01"], "datetime64[D]"),
    "an array of records": np.zeros(2, [("a", "f4")]),
}


@pytest.mark.parametrize("name", WITHOUT_NUMBERS)
def test_what_has_no_numbers_is_refused_also_where_nothing_is_computed(K, name):
    with pytest.raises(UnsupportedValueError, match="expected a tensor"):
        K.flatten(WITHOUT_NUMBERS[name])


def test_words_are_no_numbers_one_by_one_either(K):
    with pytest.raises(UnsupportedValueError, match="expected a tensor"):
        K.stack(np.array(["a", "b"]))


def test_looks_alone_make_no_tensor(K):
    with pytest.raises((UnsupportedValueError, ArgumentError), match=r"^K\.flatten\(x="):
        K.flatten(SimpleNamespace(shape=(2, 3), dtype="float32", ndim=2))
