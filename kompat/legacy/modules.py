"""The modules of an old Keras that are gone: each looks its names up where they are today."""

import importlib.abc
import importlib.machinery
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

from kompat.legacy.names import find, homes_of, known_as, old_names


class OldModule(ModuleType):
    """A module that is gone."""

    def __getattr__(self, name: str) -> Any:
        return old_attribute(self.__name__, name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *old_names(known_as(self.__name__))]

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """``keras.layers.merge`` was a function in Keras 1, and a module in Keras 2."""
        return old_attribute(self.__name__, "merge")(*arguments, **keywords)


def old_attribute(module: str, name: str) -> Any:
    """An attribute that a module of Keras had, be it a module or anything else."""
    if name == "__all__":
        return old_names(known_as(module))
    if name.startswith("__"):
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    if is_old(f"{module}.{name}"):
        return import_module(f"{module}.{name}")
    return find(known_as(module), name)


def is_old(module: str) -> bool:
    """Whether an old Keras had a module of this name, and today's has not."""
    homes = homes_of(known_as(module))
    return bool(homes) and module not in homes


def specification(
    module: str, note: Callable[[str], object]
) -> importlib.machinery.ModuleSpec | None:
    """How to load a module that is gone; None for any other.

    Args:
        module: its name.
        note: called with the name once it is loaded.
    """
    if not is_old(module):
        return None
    return importlib.machinery.ModuleSpec(module, _Loader(note), is_package=True)


def is_public(module: str) -> bool:
    """Whether a module is Keras's own, neither gone nor an inner one, nor the backend."""
    inner = module.startswith(("keras.src", "keras.backend")) or module.endswith(".keras.backend")
    return bool(known_as(module)) and not inner and not is_old(module)


class _Loader(importlib.abc.Loader):
    def __init__(self, note: Callable[[str], object]):
        self._note = note

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return OldModule(spec.name, "What this module of an old Keras had, where it is today.")

    def exec_module(self, module: ModuleType) -> None:
        self._note(module.__name__)
