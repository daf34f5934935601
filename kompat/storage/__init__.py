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
_keeper = _module_of_engine if hasattr(_module_of_engine, "snapshot") else plain
snapshot = _keeper.snapshot
replace = _keeper.replace
locked = _keeper.locked
needs_locks: bool = _keeper.needs_locks
