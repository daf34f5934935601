"""TensorFlow's own functions of symbolic tensors."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from conftest import framework

import kompat

DATA = np.array([[1, 2, 6], [0, -1, 4]], "float32")


@pytest.fixture
def tf(engine):
    if engine != "tensorflow":
        pytest.skip("the functions of this engine")
    return framework("tensorflow")


CASES = {
    "one tensor": (lambda tf, x: tf.reduce_sum(x, axis=-1), lambda x: x.sum(-1)),
    "a list": (lambda tf, x: tf.concat([x, x], axis=1), lambda x: np.concatenate([x, x], 1)),
    "keywords": (lambda tf, x: tf.matmul(a=x, b=x, transpose_b=True), lambda x: x @ x.T),
    "dtype": (lambda tf, x: tf.cast(x, "int32"), lambda x: x.astype("int32")),
    "beside a tensor": (lambda tf, x: tf.multiply(tf.constant([1.0, 2.0, 3.0]), x),
                        lambda x: x * [1, 2, 3]),
    "of what K computes": (lambda tf, x: tf.square(x + 1), lambda x: (x + 1) ** 2),
    "the shape": (lambda tf, x: tf.shape(x)[0], lambda x: len(x)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_they_are_nodes_of_the_graph(K, tf, name):
    compute, expected = CASES[name]
    x = K.placeholder(shape=(None, 3))
    y = compute(tf, x)
    assert isinstance(y, keras.KerasTensor)
    for data in (DATA, DATA[:1]):
        (found,) = K.function([x], [y])([data])
        np.testing.assert_allclose(found, expected(data))


def test_they_have_gradients_and_read_variables_when_they_run(K, tf):
    v = K.variable([1.0, 2.0, 3.0])
    with kompat.graph_mode():
        x = K.placeholder(shape=(None, 3))
        loss = tf.reduce_sum(tf.multiply(x, v))
        function = K.function([x], [loss, *K.gradients(loss, [v])])
    for scale in (1, 2):
        K.set_value(v, scale * np.array([1.0, 2.0, 3.0]))
        total, slope = function([DATA])
        assert total == pytest.approx(scale * (DATA * [1, 2, 3]).sum())
        np.testing.assert_allclose(slope, DATA.sum(0))


def test_they_stand_in_models(K, tf):
    inputs = keras.Input((3,))
    model = keras.Model(inputs, tf.reduce_max(inputs, axis=1))
    np.testing.assert_allclose(model.predict(DATA, verbose=0), DATA.max(1))


def test_on_another_engine_one_sentence_says_so(engine, tmp_path):
    framework("tensorflow")
    if engine == "tensorflow":
        pytest.skip("the engine itself")
    program = (
        "import kompat; kompat.install()\n"
        "import tensorflow as tf, keras\n"
        "from keras import backend as K\n"
        "try:\n    tf.reduce_sum(K.placeholder(shape=(2,)))\n"
        "except TypeError as error:\n    print(error)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(
        f"tf.reduce_sum: expected TensorFlow's tensors, received a tensor of Keras on {engine}."
    )
    assert "KERAS_BACKEND=tensorflow" in done.stdout
