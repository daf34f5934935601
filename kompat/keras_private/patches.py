"""Apply the table of what is replaced in Keras, and revert it.

`apply` puts rows in place, `revert` puts back the very objects that stood there, `resume` applies
again what was reverted. A row whose original is not what its replacement relies on is left out, and
a warning says which feature is off.
"""

import inspect
import sys
import warnings
from importlib import import_module
from typing import Any

from kompat.keras_private.replacements import ABSENT, Replacements
from kompat.keras_private.table import TABLE, Patch, When

_applied: dict[Patch, Replacements] = {}
"""The rows that were applied, in this order."""

_asked: dict[When, None] = {}
_warned: set[Patch] = set()


def apply(when: When, *packages: str) -> None:
    """Apply the rows of a moment, once, whose packages are loaded.

    Args:
        when: the moment.
        packages: those whose rows are applied; none for all.
    """
    _asked[when] = None
    for row in TABLE:
        if row.when != when or row in _applied or row.package not in sys.modules:
            continue
        if packages and row.package not in packages:
            continue
        if row.engines and _engine() not in row.engines:
            continue
        _applied[row] = Replacements()
        _replace(row)


def revert() -> None:
    """Put back what stood in the place of each row that was applied, and of each that is absent."""
    for replacements in reversed(_applied.values()):
        replacements.revert()
    _applied.clear()


def resume() -> None:
    """Apply again what `revert` put back, but for the rows of `install`."""
    for when in _asked:
        if when != "install":
            apply(when)


def _engine() -> str:
    """The engine that Keras, which is loaded, runs on."""
    import keras

    engine = keras.config.backend()
    with_nnx = getattr(keras.config, "is_nnx_enabled", lambda: False)()
    return f"{engine} with NNX" if with_nnx else engine


def _replace(row: Patch) -> None:
    try:
        owner = _object(row.owner)
        problem = next(filter(None, (_mismatch(row, owner, name) for name in row.attributes)), None)
    except (ImportError, AttributeError) as error:
        problem = str(error)
    if problem is not None:
        _warn(row, problem)
        return
    replacement: Any = None if row.replacement is None else _object(row.replacement)
    for name in row.attributes:
        original = getattr(owner, name, ABSENT)
        if row.how == "add" and original is not ABSENT:
            continue
        if row.how == "drop":
            _applied[row].drop(owner, name)
        else:
            value = replacement(original) if row.how == "wrap" else replacement
            _applied[row].set(owner, name, value)


def _object(path: str) -> Any:
    """What `module:name` says, loaded if need be."""
    module, _, name = path.partition(":")
    found: Any = import_module(module)
    for part in filter(None, name.split(".")):
        found = getattr(found, part)
    return found


def _mismatch(row: Patch, owner: Any, name: str) -> str | None:
    """What is wrong with the original of an attribute, if anything is."""
    original: Any = getattr(owner, name, ABSENT)
    if original is ABSENT:
        return f"there is no {_name(row, name)}" if row.how == "wrap" or row.relies_on else None
    if not row.relies_on:
        return None
    have = _parameters(original)
    if have[: len(row.relies_on)] == row.relies_on:
        return None
    return f"{_name(row, name)} takes {have}, expected {row.relies_on} first"


def _parameters(function: Any) -> tuple[str, ...]:
    """The names of a function's parameters; `inspect.signature` would take most of `apply`."""
    code = inspect.unwrap(function).__code__
    rest = code.co_flags & inspect.CO_VARARGS, code.co_flags & inspect.CO_VARKEYWORDS
    count = code.co_argcount + code.co_kwonlyargcount + sum(map(bool, rest))
    return code.co_varnames[:count]


def _name(row: Patch, name: str) -> str:
    return f"{row.owner.replace(':', '.')}.{name}"


def _warn(row: Patch, problem: str) -> None:
    if row in _warned:
        return
    _warned.add(row)
    version = getattr(sys.modules[row.package], "__version__", "of this version")
    warnings.warn(
        f"kompat leaves {row.package} {version} as it is in one place: {problem}.\n"
        f"Why: it has changed since this kompat was made; what is off: {row.without}.\n"
        f"Fix: a newer kompat, or an older {row.package}.",
        stacklevel=4,
    )
