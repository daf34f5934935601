"""`x -= y` in code that does not know the engine makes a new tensor, as on TensorFlow."""

import keras
import numpy as np
import pytest


def centred(K, x):
    x -= K.mean(x)
    return x


@pytest.fixture(autouse=True)
def has_operators_of_its_own(engine):
    if engine == "numpy":
        pytest.skip("NumPy's arrays are NumPy's own")


def test_the_callers_tensor_stays(K):
    x = K.constant([1.0, 2.0, 6.0])
    assert K.eval(centred(K, x)).tolist() == [-2, -1, 3]
    assert K.eval(x).tolist() == [1, 2, 6]


OPERATORS = {
    "+=": lambda x, y: exec("x += y", {}, {"x": x, "y": y}),
    "-=": lambda x, y: exec("x -= y", {}, {"x": x, "y": y}),
    "*=": lambda x, y: exec("x *= y", {}, {"x": x, "y": y}),
    "/=": lambda x, y: exec("x /= y", {}, {"x": x, "y": y}),
    "//=": lambda x, y: exec("x //= y", {}, {"x": x, "y": y}),
    "%=": lambda x, y: exec("x %= y", {}, {"x": x, "y": y}),
    "**=": lambda x, y: exec("x **= y", {}, {"x": x, "y": y}),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_leaves_its_operand(K, name):
    x = K.constant([1.0, 2.0])
    OPERATORS[name](x, 3.0)
    assert K.eval(x).tolist() == [1, 2]


def test_the_neighbours_of_a_lambda_stay(K):
    inputs = keras.Input((3,))
    middle = keras.layers.Lambda(lambda x: centred(K, x))(inputs)
    model = keras.Model(inputs, [inputs + 0, middle, inputs * 1])
    data = np.array([[1, 2, 6]], "float32")
    wanted = [[[1, 2, 6]], [[-2, -1, 3]], [[1, 2, 6]]]
    np.testing.assert_allclose(model.predict(data, verbose=0), wanted)
    np.testing.assert_allclose(K.function([inputs], model.outputs)([data]), wanted)


def test_a_loss_does_not_change_what_a_metric_sees(K):
    def loss(truth, prediction):
        prediction /= K.sum(prediction, axis=-1, keepdims=True)
        return K.mean(K.square(truth - prediction), axis=-1)

    model = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x * 1.0)])
    model.compile("sgd", loss, metrics=[lambda t, p: K.mean(K.sum(p, axis=-1))])
    found = model.evaluate(np.array([[1.0, 0.5]]), np.array([[1.0, 0.0]]), verbose=0)
    assert found[1] == pytest.approx(1.5)


def test_code_that_imports_pytorch_keeps_its_operators(engine):
    if engine != "torch":
        pytest.skip("PyTorch's operators")
    for program in ("import torch as th", "from torch import nn", "from torch.nn import Linear"):
        names = {"__name__": f"own {program}"}
        exec(program, names)
        exec("def add(x): x += 1", names)
        x = keras.ops.zeros(2)
        names["add"](x)
        assert x.tolist() == [1, 1]
    torch = pytest.importorskip("torch")
    parameter = torch.nn.Parameter(torch.ones(2))
    parameter.sum().backward()
    torch.optim.SGD([parameter], lr=0.5).step()
    assert parameter.tolist() == [0.5, 0.5]
