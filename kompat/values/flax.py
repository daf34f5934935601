"""flax.nnx variables: read and written through nnx's own two doors."""

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from flax import nnx

from kompat.errors import NotAVariableError
from kompat.values import jax as jax_values
from kompat.values.adapter import Adapter, adapter_of, host_value
from kompat.values.conversion import to_host


class NnxAdapter(Adapter):
    """`flax.nnx.Variable` and its kinds: Param, BatchStat, Cache, ..."""

    def name(self, x: nnx.Variable) -> str:
        return f"nnx.{type(x).__name__}"

    def read(self, x: nnx.Variable, copy: bool = True) -> Any:
        value = x.get_value()
        adapter = adapter_of(type(value))
        if adapter is None or isinstance(value, np.ndarray):
            return np.array(value)[()] if isinstance(value, np.ndarray) else value
        return adapter.read(value, copy)

    def stage(self, x: nnx.Variable, value: Any) -> Any:
        old = x.get_value()
        if not isinstance(old, (jax.Array, np.ndarray)) or isinstance(old, jax.core.Tracer):
            raise NotAVariableError(
                f"{self.name(x)}: expected it to hold an array, it holds {type(old).__name__}.",
                "only arrays have a shape and a dtype that a new value can be checked against.",
                "assign to it with nnx's own x.set_value(...).",
            )
        return to_host(
            host_value(value), old.shape, np.dtype(old.dtype), self.name(x), jax_values.allocate
        )

    def commit(self, staged: Sequence[tuple[Any, Any]]) -> None:
        placements = [_placement(x) for x, _ in staged]
        arrays = jax_values.place([host for _, host in staged], placements)
        for (x, _), array in zip(staged, arrays):
            x.set_value(array)


def _placement(x: nnx.Variable) -> Any:
    value = x.get_value()
    return jax_values.placement_of(value) if isinstance(value, jax.Array) else None


_ADAPTER = NnxAdapter()


def adapter_for(cls: type) -> Adapter | None:
    return _ADAPTER if issubclass(cls, nnx.Variable) else None
