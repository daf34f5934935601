"""TensorFlow: `tf.function` traces, and captures its variables by reference."""

import contextlib
import functools
from collections.abc import Callable
from typing import Any, TypeVar

import keras
import tensorflow as tf

from kompat.engines.generic import (
    LARGE_BYTES,
    allocate,
    at_run_time,
    compile,
    duplicate,
    full_width,
    fused,
    host_form,
    infer,
    is_narrowing,
    is_wide,
    observe,
    place,
    placement_of,
    stamp,
)
from kompat.engines.perturbation import Points

__all__ = [
    "LARGE_BYTES",
    "allocate",
    "as_tensor",
    "at_run_time",
    "compile",
    "differentiate",
    "duplicate",
    "eagerly",
    "exact",
    "full_width",
    "fused",
    "host_form",
    "infer",
    "is_narrowing",
    "is_wide",
    "observe",
    "place",
    "placement_of",
    "seed_at_run_time",
    "stamp",
    "tracing",
]


def as_tensor(value: Any) -> Any:
    """What a variable's `value` gives, as a tensor: on TensorFlow it is a `tf.Variable`."""
    return tf.convert_to_tensor(value)


def tracing() -> bool:
    """Whether the code runs inside a `tf.function` or a TensorFlow 1 graph."""
    return not tf.executing_eagerly()


def eagerly() -> contextlib.AbstractContextManager:
    """Lift what follows out of any `tf.function`."""
    return tf.init_scope()


def seed_at_run_time(new: Callable[[], int]) -> tf.Tensor:
    """Inside a trace, a seed that is another one in each run of the program.

    Not read from Python, which XLA could not compile; TensorFlow's own operation counts its runs.
    """
    seed = tf.random.uniform((2,), 0, 2**31 - 1, tf.int32, seed=new())
    return tf.cast(seed, tf.uint32)


Function = TypeVar("Function", bound=Callable[..., Any])


def exact(function: Function) -> Function:
    """`function` of `keras.ops`, which keeps 64 bits on TensorFlow.

    Variables are replaced by their tensors: `tf.divide` would call a variable's own operator.
    """

    @functools.wraps(function)
    def on_tensors(*args: Any, **kwargs: Any) -> Any:
        if any(isinstance(arg, keras.KerasTensor) for arg in args):
            return function(*args, **kwargs)
        return function(*map(_operand, args), **kwargs)

    return on_tensors  # type: ignore[return-value]  # functools.wraps keeps the signature


def _operand(value: Any) -> Any:
    return as_tensor(value.value) if isinstance(value, keras.Variable) else value


def differentiate(
    forward: Callable[..., Any], wanted: list[tuple[int, list[int]]]
) -> tuple[list[list[Any]], Any]:
    """As JAX's: one pass of `forward`, and the gradients of its losses at its points."""
    with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:

        def watched_zero(value: Any) -> tf.Tensor:
            zero = tf.zeros_like(value)
            tape.watch(zero)
            return zero

        points = Points(watched_zero)
        losses, others = forward(points.perturb)

    def gradient(loss: tf.Tensor, targets: list[tf.Tensor]) -> list[tf.Tensor | None]:
        return [_dense(found) for found in tape.gradient(loss, targets)]

    return points.gradients(losses, wanted, gradient), others


def _dense(gradient: Any) -> Any:
    return None if gradient is None else tf.convert_to_tensor(gradient)
