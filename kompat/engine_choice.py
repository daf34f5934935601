"""Which engine Keras shall use, decided before Keras is imported for the first time.

An explicit choice wins: a Keras that is already imported, ``KERAS_BACKEND``, or a Keras
configuration file. Otherwise it is TensorFlow for a program that imports TensorFlow itself, else
the first of JAX, TensorFlow and PyTorch that is installed.
"""

import ast
import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path

from kompat.errors import MissingEngineError, UnknownEngineError

_MODULES = {
    "jax": ("jax",),
    "tensorflow": ("tensorflow",),
    "torch": ("torch",),
    "numpy": ("scipy", "jax"),
    "openvino": ("openvino",),
}
"""The engines that Keras has, and the modules that Keras imports for each."""

_PREFERENCE = ("jax", "tensorflow", "torch")
_SYNONYMS = {"tf": "tensorflow", "pytorch": "torch", "np": "numpy"}

# Keras writes this file by itself at its first import, whatever engine it runs on.
_WRITTEN_BY_KERAS = {
    "floatx": "float32",
    "epsilon": 1e-07,
    "backend": "tensorflow",
    "image_data_format": "channels_last",
}


_program: str | bytes = ""


def note_program(source: str | bytes) -> None:
    """Remember the source of the program that runs: what it imports counts for the choice."""
    global _program
    _program = source


def noted_program() -> str | bytes:
    """What `note_program` remembers."""
    return _program


def choose_engine() -> None:
    """Set ``KERAS_BACKEND`` to the engine that Keras shall use.

    Raises:
        UnknownEngineError: the engine that was chosen is none of Keras's.
        MissingEngineError: it is not installed, or none is.
    """
    if "keras" in sys.modules:
        return
    chosen = os.environ.get("KERAS_BACKEND")
    where = "KERAS_BACKEND"
    if not chosen:
        chosen, where = configured(), str(configuration_file())
    name = engine_named(chosen, where) if chosen else _default()
    require_installed(name)
    os.environ["KERAS_BACKEND"] = name


def engine_named(text: str, where: str = "") -> str:
    """The engine's name as Keras spells it: "tf", "pytorch" and "JAX" are understood.

    Raises:
        UnknownEngineError: it is none of Keras's engines, nor one that a package brings.
    """
    name = text.strip().lower()
    name = _SYNONYMS.get(name, name)
    if not is_part_of_keras(name) and find_spec(_package_of(name)) is None:
        received = f"{text!r} from {where}" if where else repr(text)
        raise UnknownEngineError(
            f"expected an engine of {', '.join(_MODULES)}, received {received}."
        )
    return name


def is_part_of_keras(name: str) -> bool:
    """Whether Keras has the engine itself; for another one it imports a package."""
    return name in _MODULES


def _package_of(name: str) -> str:
    """The package that Keras imports for an engine that is no part of it."""
    return f"keras_{name}".replace(".", "_")  # a dot would import what stands before it


def require_installed(name: str) -> None:
    """Raise MissingEngineError unless what Keras imports for the engine is installed."""
    missing = [module for module in _MODULES.get(name, ()) if find_spec(module) is None]
    if missing:
        raise MissingEngineError(
            f"the engine {name!r} is not installed (no module {missing[0]!r}): "
            f"{_how_to_install(name)}"
        )


def configured() -> str | None:
    """The engine that a Keras configuration file names, if a person wrote the file."""
    try:
        settings = json.loads(configuration_file().read_text())
    except (OSError, ValueError):
        return None
    return None if settings == _WRITTEN_BY_KERAS else settings.get("backend")


def configuration_file() -> Path:
    """Where Keras looks for its configuration."""
    home = os.environ.get("KERAS_HOME")
    return Path(home or os.path.expanduser("~/.keras")) / "keras.json"


def _default() -> str:
    installed = [name for name in _PREFERENCE if find_spec(name) is not None]
    if not installed:
        raise MissingEngineError(f"no engine is installed: {_how_to_install(*_PREFERENCE)}")
    wants_tensorflow = "tensorflow" in sys.modules or _imports_tensorflow(_program)
    return "tensorflow" if wants_tensorflow and "tensorflow" in installed else installed[0]


def _how_to_install(*names: str) -> str:
    return ", or ".join(f'pip install "kompat[{name}]"' for name in names)


def _imports_tensorflow(source: str | bytes) -> bool:
    """Whether a program has an import of TensorFlow anywhere."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError):
        return False
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return any(name.partition(".")[0] == "tensorflow" for name in names)
