"""JAX: devices, traces, and the 64 bits that JAX narrows by default."""

import contextlib
import functools
import sys
import threading
from collections.abc import Callable, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
from jax.experimental import io_callback

from kompat.engines import jax_windows
from kompat.engines.counterparts import function_of
from kompat.engines.dtypes import any_wide, computes_wide
from kompat.engines.engine import (
    Engine,
    Function,
    Gradients,
    Nested,
    Perturb,
    Placement,
    Spec,
    Tensor,
    Wanted,
)
from kompat.engines.kinds import has_sizes, is_host, is_sizes
from kompat.values import jax as jax_values


class JaxEngine(Engine):
    """Arrays that never change, on any device; programs are compiled by XLA."""

    compiles = True
    traces = True
    has_sparse = True
    LARGE_BYTES = jax_values.LARGE_BYTES

    allocate = staticmethod(jax_values.allocate)
    require_unrecorded = staticmethod(jax_values.require_unrecorded)

    def storage(self) -> ModuleType:
        return import_module("kompat.storage.cell")

    def duplicate(self, tensor: jax.Array) -> jax.Array:
        return jnp.copy(tensor)

    def copy_of(self, tensor: jax.Array) -> jax.Array:
        return jnp.copy(tensor)

    def stamp(self, tensor: Any) -> bool:
        """Whether the tensor is alive: arrays are donated and deleted, never overwritten."""
        return isinstance(tensor, jax.core.Tracer) or not tensor.is_deleted()

    def place(self, host: np.ndarray, placement: Placement = None) -> jax.Array:
        with jax.ensure_compile_time_eval():
            return jax_values.place([host], [placement])[0]

    def placement_of(self, tensor: jax.Array) -> Placement:
        return jax_values.placement_of(tensor)

    def moved(self, tensor: jax.Array, placement: Placement) -> jax.Array:
        is_there = tensor.sharding.is_equivalent_to(placement, tensor.ndim)
        return tensor if is_there else jax.device_put(tensor, placement)

    def host_form(self, tensor: jax.Array, name: str) -> Any:
        """As `Engine.host_form`; arrays are read-only."""
        if _is_sparse(tensor):
            return np.asarray(jax_values.dense(tensor))
        jax_values.require_readable(tensor, name)
        return np.asarray(tensor)[()]

    def is_wide(self, dtype: np.dtype) -> bool:
        return jax_values.is_wide(dtype)

    def is_narrowing(self, dtype: np.dtype) -> bool:
        return jax_values.is_wide(dtype) and not jax.config.jax_enable_x64

    def full_width(self, *operands: Any) -> contextlib.AbstractContextManager[Any]:
        """JAX's 64-bit mode where an operand has 64 bits."""
        return jax.enable_x64(True) if any_wide(operands) else contextlib.nullcontext()

    def exact(self, function: Function) -> Function:
        """`function` of `keras.ops`, exact where an operand or the asked dtype has 64 bits.

        Then JAX's function of the same name runs in 64-bit mode: Keras's own would cast its
        operands to 32 bits. Entering the mode costs 0.7 us, so it is entered only then.

        Of host values alone it computes on the host inside a trace, so that what is computed from
        a shape can be a shape again.
        """
        wide_function = function_of(jnp, function)
        host_function = function_of(np, function)

        @functools.wraps(function)
        def in_full_width(*args: Any, **kwargs: Any) -> Any:
            if is_host(args) and has_sizes(args) and jax_values.tracing():
                return np.asarray(host_function(*args, **kwargs), object)
            return _known(in_its_width, *args, **kwargs)

        def in_its_width(*args: Any, **kwargs: Any) -> Any:
            if not computes_wide(args, kwargs):
                return function(*args, **kwargs)
            with jax.enable_x64(True):
                if any(map(_is_sparse, args[0] if isinstance(args[0], list) else args)):
                    return function(*args, **kwargs)  # Keras knows them, and does not cut them
                return wide_function(*map(_operand, args), **kwargs)

        return in_full_width  # type: ignore[return-value]  # functools.wraps keeps the signature

    def fused(self, function: Function, static: tuple[str, ...] = ()) -> Function:
        """`function` of tensors, compiled: one dispatch for all operations, none of Keras's.

        `keras.ops.relu` takes 94 us at once, compiled 8. A Python number takes the dtype of the
        first tensor; it is no part of the program, so that another one compiles nothing.
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

    def tracing(self) -> bool:
        return jax_values.tracing()

    def eagerly(self) -> contextlib.AbstractContextManager[Any]:
        mode: contextlib.AbstractContextManager[Any] = jax.ensure_compile_time_eval()
        return mode

    def is_size(self, x: Any) -> bool:
        """Whether `x` is a dimension that is not known yet, with which JAX can compute."""
        return bool(jax.export.is_symbolic_dim(x))

    def at_run_time(self, read: Callable[[], Any], shape: tuple[int, ...], dtype: Any) -> jax.Array:
        """As `Engine.at_run_time`; in a loop each time around.

        A pure callback will not do: XLA computes what depends on nothing in a loop once, before it.
        """
        spec = jax.ShapeDtypeStruct(shape, dtype)
        return io_callback(lambda *positions: read(), spec, *_loops.positions)

    def observe(self, show: Callable[[Any], None], x: Any) -> None:
        if isinstance(x, jax.core.Tracer):
            jax.debug.callback(show, x, ordered=False)
        else:
            show(x)

    def on_host(
        self, compute: Callable[..., list[np.ndarray]], specs: Sequence[Spec], *tensors: Tensor
    ) -> list[Tensor]:
        def cast(*arrays: Any) -> list[Any]:
            results = compute(*map(np.asarray, arrays))
            return [x.astype(dtype) for x, (_, dtype) in zip(results, specs)]

        if not any(isinstance(x, jax.core.Tracer) for x in tensors):
            return [self.place(x) for x in cast(*tensors)]
        structs = [jax.ShapeDtypeStruct(*spec) for spec in specs]
        return list(jax.pure_callback(cast, structs, *tensors, vmap_method="sequential"))

    def compile(self, function: Callable[..., Any], *args: list[Tensor]) -> Callable[..., Any]:
        compiled: Callable[..., Any] = jax.jit(function)
        return compiled

    def infer(self, function: Callable[..., Nested], *args: Nested) -> Nested:
        return jax.eval_shape(function, *args)

    def cond(
        self, condition: Tensor, then: Callable[[], Nested], otherwise: Callable[[], Nested]
    ) -> Nested:
        return jax.lax.cond(condition, then, otherwise)

    def scan(
        self,
        step: Callable[[Nested, list[Tensor]], tuple[Nested, list[Tensor]]],
        carry: Nested,
        ys: list[Tensor],
        xs: Sequence[Tensor],
    ) -> tuple[Nested, list[Tensor]]:
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

    def forget(self) -> None:
        """Free what JAX keeps of all that it has traced and compiled in this process.

        It keeps a trace of each of its own functions for each shape: 0.1 MB for a small graph.
        """
        jax.clear_caches()

    def differentiate(
        self, forward: Callable[[Perturb], tuple[Sequence[Tensor], Nested]], wanted: Wanted
    ) -> tuple[Gradients, Nested]:
        """As `Engine.differentiate`, with respect to zeros that are added at the points."""
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

    convolve = staticmethod(jax_windows.convolve)
    convolve_transposed = staticmethod(jax_windows.convolve_transposed)
    max_pool = staticmethod(jax_windows.max_pool)
    average_pool = staticmethod(jax_windows.average_pool)

    def is_sparse(self, x: Any) -> bool:
        return _is_sparse(x)

    def sparse(self, elements: np.ndarray, indices: np.ndarray, shape: tuple[int, ...]) -> Tensor:
        from jax.experimental.sparse import BCOO

        with self.full_width(elements):
            places = self.place(indices.astype("int32"))
            return BCOO((self.place(elements), places), shape=shape, indices_sorted=True)

    def sparse_where(self, kept: Tensor, dense: Tensor) -> Tensor:
        """As `Engine.sparse_where`.

        In a program the number of elements must be known, and it is that of all: those that are
        left out stand outside of the matrix, as JAX has it.
        """
        from jax.experimental.sparse import BCOO

        size = kept.size if isinstance(kept, jax.core.Tracer) else None
        indices = jnp.argwhere(kept, size=size, fill_value=max(kept.shape))
        elements = jnp.asarray(dense).at[tuple(indices.T)].get(mode="fill", fill_value=0)
        return BCOO((elements, indices), shape=dense.shape, indices_sorted=True)


class _Loops(threading.local):
    def __init__(self) -> None:
        self.positions: list[Any] = []


_loops = _Loops()


def _known(compute: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What `compute` gives; of host values alone it is known at once, inside a trace too."""
    result = compute(*args, **kwargs)
    if not isinstance(result, jax.core.Tracer) or not is_host(args):
        return result
    with jax.ensure_compile_time_eval():
        return np.asarray(compute(*args, **kwargs))


def _operand(value: Any) -> Any:
    return value.value if isinstance(value, keras.Variable) else value


def _operands(first: Any, *others: Any) -> list[Any]:
    first = _operand(first)
    others = tuple(map(_operand, others))
    return [first, *(np.asarray(x, first.dtype) if isinstance(x, float) else x for x in others)]


def _is_sparse(x: Any) -> bool:
    """Whether `x` is of a class of `jax.experimental.sparse`, which need not be imported for it."""
    sparse = sys.modules.get("jax.experimental.sparse")
    return sparse is not None and isinstance(x, sparse.JAXSparse)
