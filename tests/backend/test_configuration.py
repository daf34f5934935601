"""Settings of K that Keras keeps in two places."""

import keras
import pytest


@pytest.fixture(autouse=True)
def settings(K):
    yield
    keras.config.set_dtype_policy("float32")
    K.set_floatx("float32")


def test_floatx_is_the_dtype_of_layers_that_are_made_later(K):
    keras.layers.Dense(1)
    K.set_floatx("float16")
    layer = keras.layers.Dense(1)
    layer.build((None, 2))
    assert K.dtype(layer.kernel) == K.dtype(K.variable(1.0)) == "float16"
    K.set_floatx("float32")
    assert keras.layers.Dense(1).compute_dtype == "float32"


def test_floatx_leaves_a_policy_that_was_chosen(K):
    keras.config.set_dtype_policy("mixed_float16")
    K.set_floatx("float64")
    assert keras.layers.Dense(1).dtype_policy.name == "mixed_float16"
