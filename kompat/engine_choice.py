"""Which engine Keras shall use, decided before Keras is imported for the first time.

An explicit choice wins: a Keras that is already imported, ``KERAS_BACKEND``, or a Keras
configuration file. Otherwise it is JAX where JAX is installed, else the engine that is.
"""

import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path

_PREFERENCE = ("jax", "tensorflow", "torch")

# Keras writes this file by itself at its first import, whatever engine it runs on.
_WRITTEN_BY_KERAS = {
    "floatx": "float32",
    "epsilon": 1e-07,
    "backend": "tensorflow",
    "image_data_format": "channels_last",
}


def choose_engine() -> None:
    """Set ``KERAS_BACKEND`` unless somebody has chosen already."""
    if "keras" in sys.modules or os.environ.get("KERAS_BACKEND") or configured():
        return
    installed = [name for name in _PREFERENCE if find_spec(name) is not None]
    os.environ["KERAS_BACKEND"] = installed[0] if installed else "numpy"


def configured() -> bool:
    """Whether a Keras configuration file was written by a person, and names an engine."""
    try:
        settings = json.loads(configuration_file().read_text())
    except (OSError, ValueError):
        return False
    return "backend" in settings and settings != _WRITTEN_BY_KERAS


def configuration_file() -> Path:
    """Where Keras looks for its configuration."""
    home = os.environ.get("KERAS_HOME")
    return Path(home or os.path.expanduser("~/.keras")) / "keras.json"
