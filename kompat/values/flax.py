"""flax.nnx variables: read and written through nnx's own two doors."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import numpy as np
from flax import nnx

from kompat.errors import NotAVariableError, SymbolicValueError
from kompat.values import jax as jax_values
from kompat.values.adapter import Adapter, adapter_of, as_host, view_refused


class NnxAdapter(Adapter):
    """`flax.nnx.Variable` and its kinds: Param, BatchStat, Cache, ..."""

    def name(self, x: nnx.Variable) -> str:
        return f"nnx.{type(x).__name__}"

    def read(self, x: nnx.Variable, copy: bool = True) -> Any:
        value = x.get_value()
        if isinstance(value, np.ndarray):
            if not copy:
                raise view_refused(self.name(x), "it holds a NumPy array, which others may write")
            return np.array(value)[()]
        adapter = adapter_of(type(value))
        return value if adapter is None else adapter.read(value, copy)

    def stage(self, x: nnx.Variable, value: Any) -> Any:
        old = x.get_value()
        if isinstance(old, jax.core.Tracer) or not x._can_update:
            raise SymbolicValueError(
                f"{self.name(x)}: it cannot be written in this trace, or holds a tracer of one.",
                "a compiled function must not change what lies outside it, and a value written "
                "inside would never leave it.",
                "write it before or after the traced call; inside nnx.jit assign with nnx's own "
                "x.set_value(...).",
            )
        if not isinstance(old, (jax.Array, np.ndarray)):
            raise NotAVariableError(
                f"{self.name(x)}: expected it to hold an array, it holds {type(old).__name__}.",
                "only arrays have a shape and a dtype that a new value can be checked against.",
                "assign to it with nnx's own x.set_value(...).",
            )
        if isinstance(old, jax.Array) and jax_values.is_key(old):
            jax_values.require_readable(old, self.name(x))
            old = jax_values.key_data(old)
        shape, dtype, name = tuple(old.shape), np.dtype(old.dtype), self.name(x)
        return as_host(value, shape, dtype, name, jax_values.allocate)

    def commit(self, staged: Sequence[tuple[Any, Any]]) -> None:
        undo = self.undo(staged)
        olds = [x.get_raw_value() for x, _ in staged]
        arrays = jax_values.place([host for _, host in staged], list(map(_placement, olds)))
        try:
            for (x, _), value, array in zip(staged, olds, arrays):
                if isinstance(value, jax.Array) and jax_values.is_key(value):
                    array = jax.random.wrap_key_data(array, impl=jax.random.key_impl(value))
                x.set_value(array)
        except BaseException:
            undo()
            raise

    def undo(self, staged: Sequence[tuple[Any, Any]]) -> Callable[[], None]:
        return partial(_restore, [(x, x.get_raw_value()) for x, _ in staged])


def _restore(olds: Sequence[tuple[nnx.Variable, Any]]) -> None:
    """Put back what variables held, past their hooks."""
    for x, value in olds:
        x.set_raw_value(value)


def _placement(value: Any) -> Any:
    if not isinstance(value, jax.Array) or jax_values.is_key(value):
        return None
    return jax_values.placement_of(value)


_ADAPTER = NnxAdapter()


def adapter_for(cls: type) -> Adapter | None:
    return _ADAPTER if issubclass(cls, nnx.Variable) else None
