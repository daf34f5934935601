"""The gradients of Keras models by the engine's own differentiation, without K."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np


def slopes(model: keras.Model, loss: Callable[[Any], Any], x: np.ndarray) -> list[np.ndarray]:
    """The gradients of ``loss(model(x))`` by `x` and by each trainable variable, in this order."""
    engine = {"jax": _on_jax, "torch": _on_torch, "tensorflow": _on_tensorflow}
    return [np.asarray(g) for g in engine[keras.config.backend()](model, loss, x)]


def _on_jax(model, loss, x):
    import jax

    others = [v.value for v in model.non_trainable_variables]

    def of(x, trainable):
        return loss(model.stateless_call(trainable, others, x)[0])

    by_x, by_variables = jax.grad(of, (0, 1))(x, [v.value for v in model.trainable_variables])
    return [by_x, *by_variables]


def _on_torch(model, loss, x):
    import torch

    x = torch.tensor(x, requires_grad=True)
    values = [v.value for v in model.trainable_variables]
    return [g.detach() for g in torch.autograd.grad(loss(model(x)), [x, *values])]


def _on_tensorflow(model, loss, x):
    import tensorflow as tf

    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = loss(model(x))
    return tape.gradient(value, [x, *(v.value for v in model.trainable_variables)])
