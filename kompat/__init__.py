"""kompat: read and write any live variable of any framework, and all of Keras's old backend, K.

    from kompat import backend as K

Importing kompat imports nothing else: each name loads what it needs when it is first used.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kompat import backend, errors, tf
    from kompat.drawing import draw
    from kompat.graph.fit import set_update_checks, update_checks
    from kompat.graph.program_cache import program_cache_size, set_program_cache_size
    from kompat.installation import install, uninstall
    from kompat.mode import (
        disable_eager_execution,
        eager_mode,
        enable_eager_execution,
        executing_eagerly,
        graph_mode,
        init_scope,
    )
    from kompat.session import Session
    from kompat.values import (
        Adapter,
        batch_get_value,
        batch_set_value,
        get_value,
        register_adapter,
        set_value,
    )

__version__ = "0.1.0"

__all__ = [
    "Adapter",
    "Session",
    "backend",
    "batch_get_value",
    "batch_set_value",
    "disable_eager_execution",
    "draw",
    "eager_mode",
    "enable_eager_execution",
    "errors",
    "executing_eagerly",
    "get_value",
    "graph_mode",
    "init_scope",
    "install",
    "program_cache_size",
    "register_adapter",
    "set_program_cache_size",
    "set_update_checks",
    "set_value",
    "tf",
    "uninstall",
    "update_checks",
]

_HOMES = {
    "Adapter": "kompat.values",
    "Session": "kompat.session",
    "batch_get_value": "kompat.values",
    "batch_set_value": "kompat.values",
    "disable_eager_execution": "kompat.mode",
    "draw": "kompat.drawing",
    "eager_mode": "kompat.mode",
    "enable_eager_execution": "kompat.mode",
    "executing_eagerly": "kompat.mode",
    "get_value": "kompat.values",
    "graph_mode": "kompat.mode",
    "init_scope": "kompat.mode",
    "install": "kompat.installation",
    "program_cache_size": "kompat.graph.program_cache",
    "register_adapter": "kompat.values",
    "set_program_cache_size": "kompat.graph.program_cache",
    "set_update_checks": "kompat.graph.fit",
    "set_value": "kompat.values",
    "uninstall": "kompat.installation",
    "update_checks": "kompat.graph.fit",
}
_MODULES = ("backend", "errors", "tf")
# These stand below K, but Keras gives K its backend's place while it is imported: K comes first.
_NEED_K = frozenset(["kompat.drawing", "kompat.graph.fit", "kompat.mode", "kompat.session"])
_LEAVE_KERAS = ("errors", "install", "uninstall")


def __getattr__(name: str) -> Any:
    patches = sys.modules.get("kompat.keras_private.patches")
    if patches is not None and name not in _LEAVE_KERAS:
        patches.resume()
    if name in _MODULES:
        globals()[name] = import_module(f"kompat.{name}")
        return globals()[name]
    if name in _HOMES:
        if _HOMES[name] in _NEED_K:
            import_module("kompat.backend")
        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'kompat' has no attribute {name!r}")


def _forget() -> None:
    """Look up each name anew, which applies again what `uninstall` reverted."""
    for name in {"backend", "tf", *_HOMES} & globals().keys():
        del globals()[name]


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
