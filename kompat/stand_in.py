"""Play TensorFlow where it is not installed, for the user's own code alone.

The modules that play it never enter `sys.modules`, where packages such as einops look for
TensorFlow. So the two ways to import by name are replaced: the import statement, which calls
`builtins.__import__`, and `importlib.import_module`. Both do what they did for everything that is
not TensorFlow, and for all code that is not the user's.
"""

import builtins
import importlib
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from kompat.user_code import is_user_code

_TENSORFLOW = "tensorflow"
_DOOR = "kompat.tf"

_import_statement = builtins.__import__
_import_module = importlib.import_module


def import_statement(
    name: str,
    globals: Mapping[str, Any] | None = None,
    locals: Mapping[str, Any] | None = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> ModuleType:
    """`builtins.__import__`, with what plays TensorFlow for the user's own code."""
    asking = sys._getframe(1).f_globals if globals is None else globals
    if level or not _is_played(name, asking):
        return _import_statement(name, globals, locals, fromlist, level)
    module = played(name)
    for part in fromlist or ():
        if not hasattr(module, part) and part != "*":
            played(f"{name}.{part}")
    return module if fromlist else played(_TENSORFLOW)


def import_module(name: str, package: str | None = None) -> ModuleType:
    """`importlib.import_module`, with what plays TensorFlow for the user's own code."""
    if _is_played(name, sys._getframe(1).f_globals):
        return played(name)
    return _import_module(name, package)


def played(name: str) -> ModuleType:
    """The module that plays ``tensorflow`` or a part of it: of `kompat.tf`, K, or of Keras.

    Raises:
        ModuleNotFoundError: nothing plays it.
    """
    module = _import_module(_DOOR)
    for part in name.split(".")[1:]:
        module = _part(module, part, name)
    return module


def is_needed() -> bool:
    """Whether TensorFlow is not installed."""
    return find_spec(_TENSORFLOW) is None


def _is_played(name: str, namespace: Mapping[str, Any]) -> bool:
    return name.partition(".")[0] == _TENSORFLOW and is_user_code(namespace)


def _part(module: ModuleType, part: str, name: str) -> ModuleType:
    child = getattr(module, part, None)
    if isinstance(child, ModuleType):
        return child
    try:
        return _import_module(f"{module.__name__.removeprefix(f'{_DOOR}.')}.{part}")
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            f"No module named {name!r}: TensorFlow is not installed, and kompat plays only a part "
            f"of it. Fix: pip install tensorflow",
            name=name,
        ) from None
