"""What the rows of graphs time: an MLP of 784-128-10 at batch 32, by K and by hand on JAX.

The hand-written side keeps its weights in `keras.Variable`s, as a program on Keras does: it reads
their values, calls a function compiled by `jax.jit`, and assigns the new values.
"""

from functools import cache
from typing import Any

import numpy as np

BATCH, PIXELS, HIDDEN, CLASSES = 32, 784, 128, 10
RATE = 0.1


def _weights() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    shapes = [(PIXELS, HIDDEN), (HIDDEN,), (HIDDEN, CLASSES), (CLASSES,)]
    return [(rng.normal(size=shape) * 0.05).astype("float32") for shape in shapes]


def _data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    labels = rng.integers(0, CLASSES, BATCH)
    return (
        rng.normal(size=(BATCH, PIXELS)).astype("float32"),
        np.eye(CLASSES, dtype="float32")[labels],
    )


def by_k(K: Any) -> dict[str, Any]:
    """Placeholders, weights, logits and loss of the network on K."""
    import keras

    x, y = K.placeholder(shape=(None, PIXELS)), K.placeholder(shape=(None, CLASSES))
    weights = [K.variable(w) for w in _weights()]
    w1, b1, w2, b2 = weights
    hidden = K.maximum(keras.ops.matmul(x, w1) + b1, 0.0)
    logits = keras.ops.matmul(hidden, w2) + b2
    loss = K.mean(K.log(K.sum(K.exp(logits), axis=1)) - K.sum(y * logits, axis=1))
    return {"x": x, "y": y, "weights": weights, "logits": logits, "loss": loss}


def training_step(K: Any, net: dict[str, Any]) -> Any:
    """A K.function that returns the loss and updates the weights."""
    weights = net["weights"]
    gradients = K.gradients(net["loss"], weights)
    updates = [K.update_sub(w, RATE * g) for w, g in zip(weights, gradients)]
    return K.function([net["x"], net["y"]], [net["loss"]], updates=updates)


def _by_hand() -> dict[str, Any]:
    import jax
    import jax.numpy as jnp
    import keras

    weights = [keras.Variable(w) for w in _weights()]

    def logits(values: list[Any], x: Any) -> Any:
        w1, b1, w2, b2 = values
        return jnp.maximum(x @ w1 + b1, 0.0) @ w2 + b2

    def loss(values: list[Any], x: Any, y: Any) -> Any:
        out = logits(values, x)
        return jnp.mean(jnp.log(jnp.sum(jnp.exp(out), axis=1)) - jnp.sum(y * out, axis=1))

    @jax.jit
    def update(values: list[Any], x: Any, y: Any) -> Any:
        value, gradients = jax.value_and_grad(loss)(values, x, y)
        return value, [w - RATE * g for w, g in zip(values, gradients)]

    forward = jax.jit(logits)

    def hand_step(x: Any, y: Any) -> Any:
        value, new = update([w.value for w in weights], x, y)
        for weight, array in zip(weights, new):
            weight.assign(array)
        return np.array(value)

    def hand_forward(x: Any) -> Any:
        return np.array(forward([w.value for w in weights], x))

    return {"hand_step": hand_step, "hand_forward": hand_forward}


@cache
def mlp(K: Any) -> dict[str, Any]:
    """The network both ways, and a batch."""
    a, b = _data()
    net = by_k(K)
    forward = K.function([net["x"]], [net["logits"]])
    ours = {"net": net, "step": training_step(K, net), "forward": forward}
    return {**ours, **_by_hand(), "a": a, "b": b, "training_step": training_step}


@cache
def crowded(K: Any) -> dict[str, Any]:
    """The same, with 1,000 other variables alive."""
    return {**mlp(K), "others": [K.variable(0.0) for _ in range(1000)]}


def graph_variable(K: Any) -> dict[str, Any]:
    """A variable, and a block in graph mode."""
    import kompat

    return {"v": K.variable(0.25), "a": np.float32(0.5), "graph": kompat.graph_mode}
