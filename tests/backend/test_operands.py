"""What the functions of K take for a tensor."""

import keras
import numpy as np
import pytest
from engines.functions import DIFFERENTIABLE, OTHERS, XS

import kompat

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


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
@pytest.mark.parametrize("name", ON_VARIABLES)
def test_a_variable_stands_where_a_tensor_does(K, name, graph):
    function = ON_VARIABLES[name]
    with kompat.graph_mode() if graph else kompat.eager_mode():
        expected = keras.tree.map_structure(K.eval, function(K, K.constant(XS[0])))
        got = keras.tree.map_structure(K.eval, function(K, K.variable(XS[0])))
    for a, b in zip(keras.tree.flatten(got), keras.tree.flatten(expected), strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
