"""JAX: devices, traces, and the 64 bits that JAX narrows by default."""

import contextlib
import functools
from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import keras
import numpy as np

from kompat.engines.width import any_wide
from kompat.values import jax as jax_values

Function = TypeVar("Function", bound=Callable[..., Any])

LARGE_BYTES = jax_values.LARGE_BYTES
allocate = jax_values.allocate
is_wide = jax_values.is_wide
placement_of = jax_values.placement_of


def place(host: Any, placement: Any = None) -> jax.Array:
    """Put a host array that nobody will change on a device, at full width."""
    with jax.ensure_compile_time_eval():
        return jax_values.place([host], [placement])[0]


def host_form(tensor: jax.Array, name: str) -> Any:
    """The value of `tensor` on the host, read-only, for the owner of `tensor` to keep."""
    jax_values.require_readable(tensor, name)
    return np.asarray(tensor)[()]


def as_tensor(value: Any) -> Any:
    """What a variable's `value` gives, as a tensor."""
    return value


def is_narrowing(dtype: np.dtype) -> bool:
    """Whether operations would cut `dtype` to 32 bits here and now."""
    return is_wide(dtype) and not jax.config.jax_enable_x64


def duplicate(tensor: jax.Array) -> jax.Array:
    """A copy on the same device, which nobody else can donate or delete."""
    return jnp.copy(tensor)


def tracing() -> bool:
    """Whether JAX is recording a program in this thread.

    JAX has no public question for it, but inside a trace even constants give tracers.
    """
    return isinstance(jnp.add(np.float32(0), np.float32(0)), jax.core.Tracer)


def at_run_time(read: Callable[[], Any], shape: tuple[int, ...], dtype: Any) -> Any:
    """A tensor that is read when the traced program runs."""
    return jax.pure_callback(read, jax.ShapeDtypeStruct(shape, dtype))


def seed_at_run_time(new: Callable[[], int]) -> jax.Array:
    """Inside a trace, a seed that is another one in each run of the program."""
    return at_run_time(lambda: np.array([new(), 0], "uint32"), (2,), "uint32")


def eagerly() -> contextlib.AbstractContextManager:
    """Compute at once, whatever is being traced."""
    return jax.ensure_compile_time_eval()


def full_width(*operands: Any) -> contextlib.AbstractContextManager:
    """JAX's 64-bit mode where an operand has 64 bits."""
    return jax.enable_x64(True) if any_wide(operands) else contextlib.nullcontext()


def exact(function: Function) -> Function:
    """`function` of `keras.ops`, exact where an operand or the asked dtype has 64 bits.

    Then JAX's function of the same name runs in 64-bit mode: Keras's own would cast its operands
    to 32 bits. Entering the mode costs 0.7 us, so it is entered only then.
    """
    wide_function = getattr(jnp, function.__name__, function)

    @functools.wraps(function)
    def in_full_width(*args: Any, **kwargs: Any) -> Any:
        if not any_wide(args) and not any_wide(kwargs.values()):
            return function(*args, **kwargs)
        if any(isinstance(arg, keras.KerasTensor) for arg in args):
            return function(*args, **kwargs)
        with jax.enable_x64(True):
            return wide_function(*map(_operand, args), **kwargs)

    return in_full_width  # type: ignore[return-value]  # functools.wraps keeps the signature


def _operand(value: Any) -> Any:
    return value.value if isinstance(value, keras.Variable) else value


def fused(function: Function, static: tuple[str, ...] = ()) -> Function:
    """`function` of tensors, compiled: one dispatch for all its operations, and none of Keras's.

    `keras.ops.relu` takes 94 us at once, compiled 8. A Python number takes the dtype of the first
    tensor; it is no part of the program, so that another one compiles nothing.
    """
    compiled = jax.jit(function, static_argnames=static)

    @functools.wraps(function)
    def at_once(first: Any, *others: Any, **constants: Any) -> Any:
        for x in (first, *others):
            if isinstance(x, keras.KerasTensor):
                return function(first, *others, **constants)
        if any_wide((first, *others)):
            with jax.enable_x64(True):
                return compiled(*_operands(first, others), **constants)
        return compiled(*_operands(first, others), **constants)

    return at_once  # type: ignore[return-value]  # functools.wraps keeps the signature


def _operands(first: Any, others: tuple) -> list[Any]:
    first = _operand(first)
    others = tuple(map(_operand, others))
    return [first, *(np.asarray(x, first.dtype) if isinstance(x, float) else x for x in others)]


def stamp(tensor: Any) -> Any:
    """Whether the tensor is alive: arrays are donated and deleted, never overwritten."""
    return isinstance(tensor, jax.core.Tracer) or not tensor.is_deleted()


def infer(function: Callable[..., Any], *args: Any) -> Any:
    """Trace `function` for its shapes alone."""
    return jax.eval_shape(function, *args)


def compile(function: Callable[..., Any]) -> Callable[..., Any]:
    """A compiled form of a pure function of lists of tensors."""
    return jax.jit(function)


def differentiate(
    forward: Callable[..., Any], wanted: list[tuple[int, list[int]]]
) -> tuple[list[list[Any]], Any]:
    """One pass of `forward`, and the gradients of its losses at the points that it perturbs.

    Args:
        forward: `forward(perturb)` gives scalar losses and other tensors; it calls
            `perturb(key, value)` for each point and goes on with what that returns.
        wanted: per result, which loss and the keys of which points.

    Returns:
        The gradients as `wanted` asks for them, None for a point that was not met, and the other
        tensors.
    """
    points: dict[int, Any] = {}

    def observe(key: int, value: Any) -> Any:
        points[key] = jax.ShapeDtypeStruct(np.shape(value), value.dtype)
        return value

    jax.eval_shape(lambda: forward(observe)[0])
    zeros = {key: jnp.zeros(point.shape, point.dtype) for key, point in points.items()}
    losses, pull_back, others = jax.vjp(
        lambda added: forward(lambda key, value: value + added[key]), zeros, has_aux=True
    )
    pulled: dict[int, dict[int, Any]] = {}
    for index, _ in wanted:
        if index not in pulled:
            ones = [jnp.full_like(loss, i == index) for i, loss in enumerate(losses)]
            pulled[index] = pull_back(ones)[0]
    return [[pulled[index].get(key) for key in keys] for index, keys in wanted], others


def cond(condition: Any, then: Callable[[], Any], otherwise: Callable[[], Any]) -> Any:
    """The result of one of two functions of equal output structure, chosen at run time."""
    return jax.lax.cond(condition, then, otherwise)


def observe(show: Callable[[Any], None], x: Any) -> None:
    """Call `show` with the value of `x`, each time the program runs."""
    if isinstance(x, jax.core.Tracer):
        jax.debug.callback(show, x, ordered=False)
    else:
        show(x)
