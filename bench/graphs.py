"""What the rows of graphs time: an MLP of 784-128-10 at batch 32, by K and by hand."""

from functools import cache
from typing import Any

import numpy as np

from bench import by_hand

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
    x, y = K.placeholder(shape=(None, PIXELS)), K.placeholder(shape=(None, CLASSES))
    weights = [K.variable(w) for w in _weights()]
    w1, b1, w2, b2 = weights
    hidden = K.maximum(K.dot(x, w1) + b1, 0.0)
    logits = K.dot(hidden, w2) + b2
    loss = K.mean(K.log(K.sum(K.exp(logits), axis=1)) - K.sum(y * logits, axis=1))
    return {"x": x, "y": y, "weights": weights, "logits": logits, "loss": loss}


def training_step(K: Any, net: dict[str, Any]) -> Any:
    """A K.function that returns the loss and updates the weights."""
    weights = net["weights"]
    gradients = K.gradients(net["loss"], weights)
    updates = [K.update_sub(w, RATE * g) for w, g in zip(weights, gradients)]
    return K.function([net["x"], net["y"]], [net["loss"]], updates=updates)


@cache
def mlp(K: Any) -> dict[str, Any]:
    """The network both ways (tf_keras's by K alone), and a batch."""
    a, b = _data()
    net = by_k(K)
    forward = K.function([net["x"]], [net["logits"]])
    ours = {"net": net, "step": training_step(K, net), "forward": forward}
    hand = by_hand.STEPS[K.backend()](_weights(), RATE) if K.__name__.startswith("kompat") else {}
    return {**ours, **hand, "a": a, "b": b, "training_step": training_step}


@cache
def crowded(K: Any) -> dict[str, Any]:
    """The same, with 1,000 other variables alive."""
    return {**mlp(K), "others": [K.variable(0.0) for _ in range(1000)]}


def graph_variable(K: Any) -> dict[str, Any]:
    """A variable, and a block in graph mode."""
    import kompat

    return {"v": K.variable(0.25), "a": np.float32(0.5), "graph": kompat.graph_mode}
