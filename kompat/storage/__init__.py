"""Where the value of a K.variable lives: a cell, or the engine's own mutable object.

JAX and NumPy arrays never change, so a variable on them is a cell whose content is replaced. The
objects of PyTorch and TensorFlow are held by optimizers, modules and functions too, so a variable
on them writes through. NNX-enabled Keras and engines that name no file keep Keras's own way.
"""

from importlib import import_module
from typing import Any

import keras

from kompat import engines
from kompat.storage import plain


def _module() -> Any:
    nnx = getattr(keras.config, "is_nnx_enabled", lambda: False)()
    return import_module(f"kompat.storage.{'plain' if nnx else engines.current.STORAGE}")


_module_of_engine = _module()
Storage: Any = _module_of_engine.Storage


def _own_or_plain(name: str) -> Any:
    return getattr(_module_of_engine, name, getattr(plain, name))


memory_of = _own_or_plain("memory_of")
snapshot = _own_or_plain("snapshot")
snapshots = _own_or_plain("snapshots")
replace = _own_or_plain("replace")
locks = _own_or_plain("locks")
needs_locks = _own_or_plain("needs_locks")
recorded_value = _own_or_plain("recorded_value")
record_writes = _own_or_plain("record_writes")


def apart(tensor: Any, *variables: keras.Variable) -> Any:
    """A tensor that was made of variables; a copy where it would be the memory of one."""
    for held in map(memory_of, variables):
        if held is not None and engines.current.shares_memory(tensor, held):
            return engines.current.copy_of(tensor)
    return tensor
