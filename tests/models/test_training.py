"""K in every place of a Keras model that trains, against the same model of plain Keras.

The history of losses and metrics, the trained weights and the predictions are compared, in each
way of running a model.
"""

from functools import cache

import keras
import numpy as np
import pytest
from conftest import ENGINE
from models.pieces import (
    CLASSES,
    FEATURES,
    OFTEN,
    PLACES,
    SAMPLES,
    TOGETHER,
    X,
    Y,
    compiled,
    network,
)
from shares import where_compiled

HELD_OUT = 16

WAYS = {
    "eagerly": {"run_eagerly": True},
    "compiled": {"jit_compile": True},
    "uncompiled": {"jit_compile": False},
}
# torch.compile takes half a minute for each model.
CASES = [
    (place, way)
    for place in PLACES
    for way in WAYS
    if ENGINE != "torch" or way != "compiled" or place == TOGETHER
]
# How Keras runs a model of its own accord, as far as it can.
USUAL = "compiled" if ENGINE == "jax" else "uncompiled"
CHOSEN = [*((place, USUAL) for place in OFTEN), (TOGETHER, "eagerly")]


def trained(model):
    """History, weights and predictions after two epochs."""
    train, held_out = slice(None, -HELD_OUT), slice(-HELD_OUT, None)
    history = model.fit(
        X[train],
        Y[train],
        batch_size=8,
        epochs=2,
        shuffle=False,
        verbose=0,
        validation_data=(X[held_out], Y[held_out]),
    ).history
    return list(history.values()), model.get_weights(), model.predict(X, verbose=0)


def weights_for(model):
    rng = np.random.default_rng(3)
    return [
        w + rng.normal(scale=0.4, size=w.shape).astype(w.dtype) if variable.trainable else w
        for w, variable in zip(model.get_weights(), model.weights)
    ]


@cache
def of_plain_keras(place):
    keras.utils.set_random_seed(5)
    model = network(**PLACES[place].plain())
    start = weights_for(model)
    model.set_weights(start)
    return start, trained(compiled(model))


@pytest.fixture(autouse=True)
def trains(engine):
    if engine == "numpy":
        pytest.skip("Keras on NumPy does not train")


# PyTorch's compiler warns of functions that Keras caches, and of each tensor between two graphs.
@pytest.mark.filterwarnings("ignore:Dynamo detected a call to a `functools.lru_cache`:UserWarning")
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor:UserWarning")
@pytest.mark.parametrize(("place", "way"), where_compiled(CASES, CHOSEN))
def test_a_model_trains_as_one_of_plain_keras(K, place, way):
    start, expected = of_plain_keras(place)
    model = network(**PLACES[place].ours(K))
    model.set_weights(start)
    check(trained(compiled(model, **WAYS[way])), expected, rtol=1e-4, atol=1e-5)


def check(found, expected, **tolerance):
    for ours, theirs in zip(found, expected, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a, b, **tolerance)


def by_hand(rates, batches):
    """What stochastic gradient descent makes of a linear model's kernel, batch by batch."""
    kernel, kernels = np.zeros((FEATURES, CLASSES)), []
    for rate, (x, y) in zip(rates, batches):
        kernel = kernel - rate * 2 / y.size * x.T @ (x @ kernel - y)
        kernels.append(kernel)
    return kernels


@pytest.mark.filterwarnings("ignore:Dynamo detected a call to a `functools.lru_cache`:UserWarning")
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor:UserWarning")
@pytest.mark.parametrize("way", WAYS)
def test_callbacks_set_the_rate_and_see_the_weights_of_every_batch(K, way):
    """The rate is written before each batch; kernel and outputs after it are those by hand."""
    outputs = keras.layers.Dense(CLASSES, use_bias=False, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((FEATURES,)), outputs])
    model.compile(keras.optimizers.SGD(1.0), "mse", **WAYS[way])
    f = K.function([model.inputs[0]], [model.outputs[0]])
    rates = [0.5, 0.25, 1.0, 0.125, 0.0, 2.0]
    kernels, predictions, read = [], [], []

    class Annealing(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            K.set_value(self.model.optimizer.learning_rate, rates[batch])

        def on_train_batch_end(self, batch, logs=None):
            kernels.append(K.get_value(outputs.kernel))
            predictions.append(f([X])[0])
            read.append(K.get_value(model.optimizer.learning_rate))

    model.fit(X, Y, batch_size=8, shuffle=False, verbose=0, callbacks=[Annealing()])
    expected = by_hand(rates, [(X[i : i + 8], Y[i : i + 8]) for i in range(0, SAMPLES, 8)])
    np.testing.assert_array_equal(read, rates)
    np.testing.assert_allclose(kernels, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(predictions, [X @ k for k in expected], rtol=1e-4, atol=1e-5)
