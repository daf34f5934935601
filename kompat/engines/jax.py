"""JAX: devices, traces, and the 64 bits that JAX narrows by default."""

import contextlib
import functools
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import keras
import numpy as np
from jax.experimental import io_callback, sparse as jax_sparse

from kompat.engines import jax_windows
from kompat.engines.width import any_wide, computes_wide, function_of, has_sizes, is_host, is_sizes
from kompat.values import jax as jax_values

Function = TypeVar("Function", bound=Callable[..., Any])

STORAGE = "cell"
LARGE_BYTES = jax_values.LARGE_BYTES
allocate = jax_values.allocate
is_wide = jax_values.is_wide
placement_of = jax_values.placement_of
require_unrecorded = jax_values.require_unrecorded


def place(host: Any, placement: Any = None) -> jax.Array:
    """Put a host array that nobody will change on a device, at full width."""
    with jax.ensure_compile_time_eval():
        return jax_values.place([host], [placement])[0]


def moved(tensor: jax.Array, placement: Any) -> jax.Array:
    """`tensor` in a sharding that `placement_of` gave."""
    is_there = tensor.sharding.is_equivalent_to(placement, tensor.ndim)
    return tensor if is_there else jax.device_put(tensor, placement)


def host_form(tensor: jax.Array, name: str) -> Any:
    """The value of `tensor` on the host, read-only, for the owner of `tensor` to keep."""
    if is_sparse(tensor):
        return np.asarray(jax_values.dense(tensor))
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


copy_of = duplicate


def tracing() -> bool:
    """Whether JAX is recording a program in this thread.

    JAX has no public question for it, but inside a trace even constants give tracers.
    """
    return isinstance(jnp.add(np.float32(0), np.float32(0)), jax.core.Tracer)


class _Loops(threading.local):
    def __init__(self) -> None:
        self.positions: list[Any] = []


_loops = _Loops()


def at_run_time(read: Callable[[], Any], shape: tuple[int, ...], dtype: Any) -> Any:
    """A tensor that is read when the traced program runs, in a loop each time around.

    A pure callback will not do: XLA computes what depends on nothing in a loop once, before it.
    """
    spec = jax.ShapeDtypeStruct(shape, dtype)
    return io_callback(lambda *positions: read(), spec, *_loops.positions)


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

    Of host values alone it computes on the host inside a trace, so that what is computed from a
    shape can be a shape again.
    """
    wide_function = function_of(jnp, function)
    host_function = function_of(np, function)

    @functools.wraps(function)
    def in_full_width(*args: Any, **kwargs: Any) -> Any:
        if is_host(args) and has_sizes(args) and tracing():
            return np.asarray(host_function(*args, **kwargs), object)
        return _known(in_its_width, *args, **kwargs)

    def in_its_width(*args: Any, **kwargs: Any) -> Any:
        if not computes_wide(args, kwargs):
            return function(*args, **kwargs)
        with jax.enable_x64(True):
            if any(map(is_sparse, args[0] if isinstance(args[0], list) else args)):
                return function(*args, **kwargs)  # Keras knows them, and does not cut them
            return wide_function(*map(_operand, args), **kwargs)

    return in_full_width  # type: ignore[return-value]  # functools.wraps keeps the signature


def _known(compute: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What `compute` gives; of host values alone it is known at once, inside a trace too."""
    result = compute(*args, **kwargs)
    if not isinstance(result, jax.core.Tracer) or not is_host(args):
        return result
    with jax.ensure_compile_time_eval():
        return np.asarray(compute(*args, **kwargs))


def is_size(x: Any) -> bool:
    """Whether `x` is a dimension that is not known yet, with which JAX can compute."""
    return jax.export.is_symbolic_dim(x)


def _operand(value: Any) -> Any:
    return value.value if isinstance(value, keras.Variable) else value


def fused(function: Function, static: tuple[str, ...] = ()) -> Function:
    """`function` of tensors, compiled: one dispatch for all its operations, and none of Keras's.

    `keras.ops.relu` takes 94 us at once, compiled 8. A Python number takes the dtype of the first
    tensor; it is no part of the program, so that another one compiles nothing.
    """
    compiled = jax.jit(function, static_argnames=static)

    def in_its_width(*tensors: Any, **constants: Any) -> Any:
        if any_wide(tensors):
            with jax.enable_x64(True):
                return compiled(*_operands(*tensors), **constants)
        return compiled(*_operands(*tensors), **constants)

    @functools.wraps(function)
    def at_once(*tensors: Any, **constants: Any) -> Any:
        if len(tensors) == 1 and isinstance(tensors[0], jax.Array) and not any_wide(tensors):
            return compiled(*tensors, **constants)  # nothing to look at: 3 us less
        for x in tensors:
            if isinstance(x, keras.KerasTensor) or is_sizes(x):
                return function(*tensors, **constants)
        return _known(in_its_width, *tensors, **constants)

    return at_once  # type: ignore[return-value]  # functools.wraps keeps the signature


def _operands(first: Any, *others: Any) -> list[Any]:
    first = _operand(first)
    others = tuple(map(_operand, others))
    return [first, *(np.asarray(x, first.dtype) if isinstance(x, float) else x for x in others)]


def stamp(tensor: Any) -> Any:
    """Whether the tensor is alive: arrays are donated and deleted, never overwritten."""
    return isinstance(tensor, jax.core.Tracer) or not tensor.is_deleted()


def infer(function: Callable[..., Any], *args: Any) -> Any:
    """Trace `function` for its shapes alone."""
    return jax.eval_shape(function, *args)


def compile(function: Callable[..., Any], *args: Any) -> Callable[..., Any]:
    """A compiled form of a pure function of lists of tensors."""
    return jax.jit(function)


def forget() -> None:
    """Free what JAX keeps of all that it has traced and compiled in this process.

    It keeps a trace of each of its own functions for each shape: 0.1 MB for a small graph.
    """
    jax.clear_caches()


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


def _in_full_width(function: Function) -> Function:
    """`function`, in JAX's 64-bit mode where its first argument has 64 bits."""

    @functools.wraps(function)
    def wide(x: Any, *args: Any) -> Any:
        with full_width(x):
            return function(x, *args)

    return wide  # type: ignore[return-value]  # functools.wraps keeps the signature


convolve = _in_full_width(jax_windows.convolve)
convolve_transposed = _in_full_width(jax_windows.convolve_transposed)
max_pool = _in_full_width(jax_windows.max_pool)
average_pool = _in_full_width(jax_windows.average_pool)


def scan(
    step: Callable[[Any, list[Any]], tuple[Any, list[Any]]],
    carry: Any,
    ys: list[Any],
    xs: Sequence[Any],
) -> tuple[Any, list[Any]]:
    """Go on calling `carry, ys = step(carry, slices)` after the first slice, in one loop.

    Args:
        step: may be called more than once, with tracers.
        carry: nested tensors, from the first call.
        ys: tensors, from the first call.
        xs: tensors with equal first dimensions.

    Returns:
        The last `carry`, and the `ys` of all calls, stacked.
    """

    def body(carry: Any, element: tuple[Any, list[Any]]) -> tuple[Any, list[Any]]:
        position, slices = element
        _loops.positions.append(position)
        try:
            return step(carry, slices)
        finally:
            _loops.positions.pop()

    positions = jnp.arange(1, xs[0].shape[0], dtype="int32")  # the number may be unknown
    carry, others = jax.lax.scan(body, carry, (positions, [x[1:] for x in xs]))
    return carry, [jnp.concatenate([y[None], rest]) for y, rest in zip(ys, others)]


def on_host(
    compute: Callable[..., list[Any]], specs: list[tuple[tuple, str]], *tensors: Any
) -> list[Any]:
    """What NumPy computes from tensors, when the program runs.

    Args:
        compute: takes and gives arrays.
        specs: the shapes and dtypes that come of them.
        *tensors: what they are computed from.
    """

    def cast(*arrays: Any) -> list[Any]:
        results = compute(*map(np.asarray, arrays))
        return [x.astype(dtype) for x, (_, dtype) in zip(results, specs)]

    if not any(isinstance(x, jax.core.Tracer) for x in tensors):
        return [place(x) for x in cast(*tensors)]
    structs = [jax.ShapeDtypeStruct(*spec) for spec in specs]
    return jax.pure_callback(cast, structs, *tensors, vmap_method="sequential")


def is_sparse(x: Any) -> bool:
    """Whether `x` is a sparse tensor."""
    return isinstance(x, jax_sparse.JAXSparse)


def sparse(elements: Any, indices: Any, shape: tuple[int, ...]) -> Any:
    """A sparse tensor of elements at sorted indices, on the host."""
    with full_width(elements):
        places = place(indices.astype("int32"))
        return jax_sparse.BCOO((place(elements), places), shape=shape, indices_sorted=True)


def sparse_where(kept: Any, dense: Any) -> Any:
    """The elements of a matrix where `kept` is true, sparse.

    In a program their number must be known, and it is that of all elements: those that are left
    out stand outside of the matrix, as JAX has it.
    """
    size = kept.size if isinstance(kept, jax.core.Tracer) else None
    indices = jnp.argwhere(kept, size=size, fill_value=max(kept.shape))
    elements = jnp.asarray(dense).at[tuple(indices.T)].get(mode="fill", fill_value=0)
    return jax_sparse.BCOO((elements, indices), shape=dense.shape, indices_sorted=True)


def observe(show: Callable[[Any], None], x: Any) -> None:
    """Call `show` with the value of `x`, each time the program runs."""
    if isinstance(x, jax.core.Tracer):
        jax.debug.callback(show, x, ordered=False)
    else:
        show(x)
