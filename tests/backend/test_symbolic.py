"""K on the symbolic tensors of models: values, dtypes and shapes against NumPy."""

import keras
import numpy as np
import pytest

X = np.array([[1.0, -2.0, 3.0], [0.5, 2.0, -1.0]], np.float32)

FUNCTIONS = {
    "abs": (lambda K, x: K.abs(x), np.abs),
    "square": (lambda K, x: K.square(x), np.square),
    "exp": (lambda K, x: K.exp(x), np.exp),
    "sqrt": (lambda K, x: K.sqrt(x), lambda x: np.sqrt(np.maximum(x, 0))),
    "clip": (lambda K, x: K.clip(x, -1.0, 1.0), lambda x: np.clip(x, -1, 1)),
    "pow": (lambda K, x: K.pow(x, 3), lambda x: x**3),
    "maximum": (lambda K, x: K.maximum(x, 0.0), lambda x: np.maximum(x, 0)),
    "greater": (lambda K, x: K.greater(x, 0.0), lambda x: x > 0),
    "sum": (lambda K, x: K.sum(x, axis=-1), lambda x: x.sum(-1)),
    "mean": (lambda K, x: K.mean(x, axis=1, keepdims=True), lambda x: x.mean(1, keepdims=True)),
    "std": (lambda K, x: K.std(x, axis=-1), lambda x: x.std(-1)),
    "argmax": (lambda K, x: K.argmax(x), lambda x: x.argmax(-1)),
    "cast": (lambda K, x: K.cast(x > 0, "float32"), lambda x: (x > 0).astype("float32")),
    "cumsum": (lambda K, x: K.cumsum(x, axis=1), lambda x: np.cumsum(x, 1)),
    "shape": (lambda K, x: K.shape(x), lambda x: np.array(x.shape)),
    "zeros_like": (lambda K, x: K.zeros_like(x), np.zeros_like),
    "beside a float64 array": (
        lambda K, x: K.maximum(x, np.array([0.5, 0.5, 0.5])),
        lambda x: np.maximum(x, np.float32(0.5)),
    ),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_on_symbolic_tensors(K, name):
    ours, numpy = FUNCTIONS[name]
    x = keras.Input((3,))
    y = ours(K, x)
    assert K.is_keras_tensor(y)
    got = keras.Model(x, y)(X)
    want = numpy(X)
    np.testing.assert_allclose(K.get_value(got), want, rtol=1e-5)
    assert K.get_value(got).dtype.kind == want.dtype.kind
    if name != "shape":
        assert K.int_shape(y)[1:] == want.shape[1:]


def test_questions_about_symbolic_tensors(K):
    x = keras.Input((3, None), dtype="int32")
    assert K.int_shape(x) == (None, 3, None)
    assert K.ndim(x) == 3
    assert K.dtype(x) == "int32"
    assert K.is_keras_tensor(x)


def test_functions_inside_layers_losses_and_metrics(K, engine):
    if engine == "numpy":
        pytest.skip("Keras on NumPy does not train")

    def loss(target, output):
        return K.mean(K.square(target - output), axis=-1)

    def largest(target, output):
        return K.max(K.abs(target - output))

    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Lambda(lambda x: K.clip(x, 0.0, 1.0))]
    )
    model.compile("sgd", loss, metrics=[largest])
    got = model.evaluate(X, np.zeros_like(X), verbose=0, return_dict=True)
    clipped = np.clip(X, 0, 1)
    assert got["loss"] == pytest.approx(np.mean(clipped**2))
    assert got["largest"] == pytest.approx(clipped.max())


@pytest.mark.parametrize("name", ["maximum", "minimum", "pow", "dot"])
def test_an_array_takes_the_dtype_of_the_tensor_beside_it(K, name):
    array = np.full((3, 3), 1.5)
    eager = "float64" if keras.ops.is_tensor(array) else "float32"  # NumPy's arrays are tensors
    function, x = getattr(K, name), K.placeholder((3, 3))
    (result,) = K.function([x], [function(x, array)])([array])
    assert result.dtype == np.float32
    assert K.dtype(function(K.constant(array), array)) == eager
