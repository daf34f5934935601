"""The network of `bench.graphs` written by hand for each engine, as its own users would.

On JAX the weights are `keras.Variable`s, as in a program on Keras: it reads their values, calls a
function compiled by `jax.jit`, and assigns the new values.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Steps = dict[str, Callable[..., Any]]


def jax_steps(weights: Sequence[np.ndarray], rate: float) -> Steps:
    """`hand_step(x, y)`, which trains and gives the loss, and `hand_forward(x)`."""
    import jax
    import jax.numpy as jnp
    import keras

    variables = [keras.Variable(w) for w in weights]

    def logits(values: list[Any], x: Any) -> Any:
        w1, b1, w2, b2 = values
        return jnp.maximum(x @ w1 + b1, 0.0) @ w2 + b2

    def loss(values: list[Any], x: Any, y: Any) -> Any:
        out = logits(values, x)
        return jnp.mean(jnp.log(jnp.sum(jnp.exp(out), axis=1)) - jnp.sum(y * out, axis=1))

    @jax.jit
    def update(values: list[Any], x: Any, y: Any) -> Any:
        value, gradients = jax.value_and_grad(loss)(values, x, y)
        return value, [w - rate * g for w, g in zip(values, gradients)]

    forward = jax.jit(logits)

    def hand_step(x: Any, y: Any) -> Any:
        value, new = update([v.value for v in variables], x, y)
        for variable, array in zip(variables, new):
            variable.assign(array)
        return np.array(value)

    def hand_forward(x: Any) -> Any:
        return np.array(forward([v.value for v in variables], x))

    return {"hand_step": hand_step, "hand_forward": hand_forward}


def torch_steps(weights: Sequence[np.ndarray], rate: float) -> Steps:
    """As `jax_steps`, by autograd."""
    import torch

    torch.set_num_threads(1)  # beside other programs its threads wait milliseconds for each other

    w1, b1, w2, b2 = parameters = [torch.nn.Parameter(torch.tensor(w)) for w in weights]
    zero = torch.tensor(0.0)

    def logits(x: Any) -> Any:
        return torch.maximum(x @ w1 + b1, zero) @ w2 + b2

    def hand_step(x: Any, y: Any) -> Any:
        out = logits(torch.from_numpy(x))
        y = torch.from_numpy(y)
        loss = torch.mean(torch.log(torch.sum(torch.exp(out), 1)) - torch.sum(y * out, 1))
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients):
                parameter.sub_(rate * gradient)
        return loss.item()

    def hand_forward(x: Any) -> Any:
        with torch.no_grad():
            return logits(torch.from_numpy(x)).numpy()

    return {"hand_step": hand_step, "hand_forward": hand_forward}


def tensorflow_steps(weights: Sequence[np.ndarray], rate: float) -> Steps:
    """As `jax_steps`, by `tf.function`."""
    import tensorflow as tf

    w1, b1, w2, b2 = variables = [tf.Variable(w) for w in weights]

    @tf.function
    def forward(x: Any) -> Any:
        return tf.maximum(x @ w1 + b1, 0.0) @ w2 + b2

    @tf.function
    def update(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            out = forward(x)
            each = tf.math.log(tf.reduce_sum(tf.exp(out), 1)) - tf.reduce_sum(y * out, 1)
            loss = tf.reduce_mean(each)
        for variable, gradient in zip(variables, tape.gradient(loss, variables)):
            variable.assign_sub(rate * gradient)
        return loss

    def hand_step(x: Any, y: Any) -> Any:
        return update(tf.constant(x), tf.constant(y)).numpy()

    def hand_forward(x: Any) -> Any:
        return forward(tf.constant(x)).numpy()

    return {"hand_step": hand_step, "hand_forward": hand_forward}


STEPS = {"jax": jax_steps, "tensorflow": tensorflow_steps, "torch": torch_steps}
