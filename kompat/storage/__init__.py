"""Where the value of a K.variable lives: a cell, or the engine's own mutable object.

JAX and NumPy arrays never change, so a variable on them is a cell whose content is replaced. The
objects of PyTorch and TensorFlow are held by optimizers, modules and functions too, so a variable
on them writes through. NNX-enabled Keras and engines without a file here keep Keras's own way.
"""

from importlib import import_module
from typing import Any

import keras

from kompat.engines import NAME

_FILES = {"jax": "cell", "numpy": "cell", "tensorflow": "tensorflow", "torch": "torch"}


def _storage() -> Any:
    nnx = getattr(keras.config, "is_nnx_enabled", lambda: False)()
    file = "plain" if nnx else _FILES.get(NAME, "plain")
    return import_module(f"kompat.storage.{file}").Storage


Storage = _storage()
