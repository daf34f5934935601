"""TensorFlow: `tf.function` traces, and captures its variables by reference."""

import contextlib
import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import keras
import tensorflow as tf

from kompat.engines import generic
from kompat.engines.generic import (
    LARGE_BYTES,
    allocate,
    at_run_time,
    compile,
    duplicate,
    full_width,
    host_form,
    infer,
    is_narrowing,
    is_wide,
    observe,
    place,
    placement_of,
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
    "host_form",
    "infer",
    "is_narrowing",
    "is_sparse",
    "is_wide",
    "observe",
    "on_host",
    "place",
    "placement_of",
    "scan",
    "sparse",
    "sparse_where",
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


def scan(
    step: Callable[[Any, list[Any]], tuple[Any, list[Any]]],
    carry: Any,
    ys: list[Any],
    xs: Sequence[Any],
) -> tuple[Any, list[Any]]:
    """As JAX's: the calls after the first, in one loop."""
    length = tf.shape(xs[0])[0]
    sources = [tf.TensorArray(x.dtype, length).unstack(x) for x in xs]
    targets = [tf.TensorArray(y.dtype, length, element_shape=y.shape).write(0, y) for y in ys]

    def body(i: tf.Tensor, carry: Any, targets: list[Any]) -> tuple[tf.Tensor, Any, list[Any]]:
        after, ys = step(carry, [source.read(i) for source in sources])
        after = tf.nest.map_structure(lambda x, y: tf.ensure_shape(x, y.shape), after, carry)
        return i + 1, after, [target.write(i, y) for target, y in zip(targets, ys)]

    # A compiler must know a bound, or it cannot reserve memory for gradients.
    _, carry, targets = tf.while_loop(
        lambda i, *_: i < length, body, (1, carry, targets), maximum_iterations=length - 1
    )
    stacked = [target.stack() for target in targets]
    return carry, [tf.ensure_shape(x, (xs[0].shape[0], *x.shape[1:])) for x in stacked]


def on_host(
    compute: Callable[..., list[Any]], specs: list[tuple[tuple, str]], *tensors: Any
) -> list[Any]:
    """What NumPy computes from tensors, when the function runs."""
    if not tracing():
        return generic.on_host(compute, specs, *tensors)
    dtypes = [dtype for _, dtype in specs]

    def cast(*arrays: Any) -> list[Any]:
        return [x.astype(dtype) for x, dtype in zip(compute(*arrays), dtypes)]

    results = tf.numpy_function(cast, tensors, dtypes, stateful=False)
    return [tf.ensure_shape(x, shape) for x, (shape, _) in zip(results, specs)]


def is_sparse(x: Any) -> bool:
    """Whether `x` is a sparse tensor."""
    return isinstance(x, tf.SparseTensor)


def sparse(elements: Any, indices: Any, shape: tuple[int, ...]) -> tf.SparseTensor:
    """A sparse tensor of elements at sorted indices."""
    return tf.SparseTensor(indices.astype("int64"), elements, shape)


def sparse_where(kept: Any, dense: Any) -> tf.SparseTensor:
    """The elements of a matrix where `kept` is true, sparse."""
    indices = tf.where(kept)
    return tf.SparseTensor(indices, tf.gather_nd(dense, indices), tf.shape(dense, tf.int64))


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
