"""Find what takes the place of a name of an old Keras, or say why nothing does.

A name is looked up in the rows of its module and of the modules around it, then where the rows say
that the module's names are today.
"""

import sys
from collections.abc import Iterable
from importlib import import_module
from types import ModuleType
from typing import Any

from kompat.errors import RemovedImportError, RemovedNameError
from kompat.legacy.chapters import ROWS
from kompat.legacy.row import Row

ROOTS = {
    "keras": "keras",
    "keras._tf_keras.keras": "keras",
    "tensorflow.keras": "keras",
    "keras_applications": "keras_applications",
    "keras_preprocessing": "keras_preprocessing",
}
"""Where modules of Keras stand, and under which name the rows have them."""

HOMES: dict[str, list[str]] = {row.was: row.now.split() for row in ROWS if row.kind == "module"}
"""The modules that are gone, each with those that have their names today."""

_NAMES: dict[tuple[str, str], Row] = {
    (owner, row.was): row for row in ROWS if row.kind in ("name", "removed") for owner in row.owners
}
_OLD_NAMES_OF_TODAY = "keras._tf_keras.keras"
_IMPORTING = frozenset(["importlib._bootstrap", "kompat.stand_in"])


def known_as(module: str) -> str:
    """The name that the rows have for a module, "" for one that is none of Keras's.

    Example:

    >>> known_as("tensorflow.keras.layers.core")
    'keras.layers.core'
    """
    for root in sorted(ROOTS, key=len, reverse=True):
        if f"{module}.".startswith(f"{root}."):
            return ROOTS[root] + module[len(root) :]
    return ""


def homes_of(module: str) -> list[str]:
    """Where the names of a module are today; nothing for a module that is not gone."""
    if module in HOMES:
        return HOMES[module]
    package, _, rest = module.partition(".")
    return [f"{home}.{rest}" for home in HOMES.get(package, ())] if rest else []


def find(module: str, name: str) -> Any:
    """What takes the place of ``module.name``.

    Raises:
        AttributeError: the name is gone, or no Keras had it.
    """
    homes = homes_of(module)
    for place in _with_parents(module, *homes):
        row = _NAMES.get((place, name))
        if row is not None:
            return _kept(row, module)
    for home in homes or [module]:
        for found in (home, home.replace("keras", _OLD_NAMES_OF_TODAY, 1)):
            value = _attribute(found, name)
            if value is not None:
                return value
    raise AttributeError(f"module {module!r} has no attribute {name!r}")


def old_names(module: str) -> list[str]:
    """The names which an old module still has, for ``from module import *``."""
    homes = homes_of(module)
    places = {place for place in _with_parents(module, *homes) if "." in place or place == module}
    names = {
        name for (owner, name), row in _NAMES.items() if owner in places and row.kind == "name"
    }
    for home in homes or [module]:
        names |= {name for name in dir(_module(home)) if not name.startswith("_")}
    return sorted(names)


def at_address(address: str) -> Any:
    """What stands at an address such as ``keras.layers.Dense`` or ``keras.Model.fit``."""
    path, _, name = address.rpartition(".")
    holder = at_address(path) if path else None
    return getattr(holder, name) if hasattr(holder, name) else import_module(address)


def _kept(row: Row, module: str) -> Any:
    if row.kind == "name":
        return at_address(row.now)
    error = RemovedImportError if _asking() in _IMPORTING else RemovedNameError
    raise error(f"{module}.{row.was} is gone.", row.why, row.mend)


def _asking() -> str:
    """The module whose code asks for an attribute."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals["__name__"].startswith("kompat.legacy"):
        frame = frame.f_back
    return str(frame.f_globals.get("__name__"))


def _with_parents(*modules: str) -> Iterable[str]:
    for module in modules:
        while module:
            yield module
            module = module.rpartition(".")[0]


def _module(name: str) -> ModuleType | None:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if not f"{name}.".startswith(f"{error.name}."):
            raise
        return None


def _attribute(module: str, name: str) -> Any:
    """An attribute of a module as Keras has it, without what kompat adds."""
    found = _module(module)
    return None if found is None else vars(found).get(name)
