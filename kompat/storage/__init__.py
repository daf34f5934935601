"""Where the value of a K.variable lives: a cell, or the engine's own mutable object.

JAX and NumPy arrays never change, so a variable on them is a cell whose content is replaced. The
objects of PyTorch and TensorFlow are held by optimizers, modules and functions too, so a variable
on them writes through. NNX-enabled Keras and engines that say nothing keep Keras's own way.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from types import ModuleType
from typing import Any

import keras

from kompat import engines
from kompat.storage import plain


def _of_engine() -> ModuleType | type:
    nnx = getattr(keras.config, "is_nnx_enabled", lambda: False)()
    return plain if nnx else engines.current.storage()


_given = _of_engine()
Storage: Any = _given if isinstance(_given, type) else _given.Storage


def _own_or_plain(name: str) -> Any:
    return getattr(_given, name, getattr(plain, name))


Snapshot = tuple[Any, Any]

memory_of: Callable[[keras.Variable], Any] = _own_or_plain("memory_of")
snapshot: Callable[[keras.Variable], Snapshot] = _own_or_plain("snapshot")
snapshots: Callable[[Iterable[keras.Variable]], list[Snapshot]] = _own_or_plain("snapshots")
replace: Callable[[list[tuple[keras.Variable, Any, Any]]], bool] = _own_or_plain("replace")
locks: Callable[[Iterable[keras.Variable]], list[AbstractContextManager]] = _own_or_plain("locks")
needs_locks: bool = _own_or_plain("needs_locks")
recorded_value: Any = _own_or_plain("recorded_value")
record_writes: Any = _own_or_plain("record_writes")


def apart(tensor: Any, *variables: keras.Variable) -> Any:
    """A tensor that was made of variables; a copy where it would be the memory of one."""
    for held in map(memory_of, variables):
        if held is not None and engines.current.shares_memory(tensor, held):
            return engines.current.copy_of(tensor)
    return tensor
