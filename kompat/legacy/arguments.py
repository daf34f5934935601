"""Let classes, methods and functions of Keras take their old arguments, as the rows say.

1. Arguments get the names of their old order.  2. Old defaults fill what is not given.
3. Rows of arguments translate names and values.  4. The function is called by today's names.
5. What is left to do on the new object is done.

Calls of Keras's own code are left alone: they have today's arguments.
"""

import ast
import functools
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from kompat.errors import RemovedArgumentError
from kompat.legacy import afterwards, values
from kompat.legacy.chapters import ROWS
from kompat.legacy.names import at_address
from kompat.legacy.row import Row

_LAYER = "keras.layers.Layer"
_INNER = ("keras.src.", "kompat.legacy.forms.")
_KINDS = ("argument", "positions", "default", "refused")


class Change(NamedTuple):
    """An attribute of a class or module of Keras that an old Keras needs another value of."""

    owner: Any
    name: str
    value: Any


class Plan(NamedTuple):
    """What the rows of one version say about one function."""

    name: str
    positions: list[Row]
    arguments: list[Row]
    refused: list[Row]
    defaults: dict[str, Any]
    whoever_calls: bool
    """Layers hand on to Layer what they do not know, so that Keras calls it with old arguments."""


def changes(version: str) -> Iterator[Change]:
    """All that a version of Keras needs, in classes and their methods; functions come as pairs.

    The owner of a function is None, and its name its address.
    """
    rows = _rows_by_owner(version)
    for address, own in rows.items():
        target = at_address(address)
        holder = at_address(address.rpartition(".")[0])
        if isinstance(target, type):
            all_rows = [*own, *_inherited(target, address, rows)]
            plan = _plan(address, all_rows)
            yield Change(target, "__init__", translated(_init(target), plan))
            if address == "keras.Model":
                yield Change(target, "__new__", _new(target.__new__, plan))
        elif isinstance(holder, type):
            yield Change(
                holder, address.rpartition(".")[2], translated(target, _plan(address, own))
            )
        else:
            function = translated(target, _plan(address, own))
            yield Change(None, address, function)
            yield Change(holder, address.rpartition(".")[2], function)
    yield from _methods(version)


def _methods(version: str) -> Iterator[Change]:
    """Methods that are gone, and new ones around those that do something else today."""
    for row in ROWS:
        if row.kind == "method" and version in row.versions:
            form = at_address(row.now)
            for owner in map(at_address, row.owners):
                own = getattr(owner, row.was, None)
                yield Change(owner, row.was, form if own is None else form(own))


def translated(function: Callable[..., Any], plan: Plan) -> Callable[..., Any]:
    """A function that takes old arguments too."""
    names = [*inspect.signature(function).parameters]
    is_method = names[:1] == ["self"]

    @functools.wraps(function)
    def call(*arguments: Any, **keywords: Any) -> Any:
        if not plan.whoever_calls and _is_inner(sys._getframe(1)):
            return function(*arguments, **keywords)
        own, rest = (arguments[:1], arguments[1:]) if is_method else ((), arguments)
        rest, keywords, left = today(plan, names[is_method:], rest, keywords)
        made = function(*own, *rest, **keywords)
        for name, value in left.items():
            getattr(afterwards, name)(own[0], value)
        return made

    # Keras asks for its argspec, which does not follow what is wrapped.
    call.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return call


def today(
    plan: Plan, names: list[str], arguments: tuple[Any, ...], keywords: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any], dict[str, Any]]:
    """Arguments as today's function takes them, and what is to be done on the object.

    Args:
        plan: what the rows say.
        names: today's parameters.
        arguments: those by position.
        keywords: those by name.
    """
    arguments, given = _named(plan, names, arguments, dict(keywords))
    for row in plan.refused:
        if given.get(row.was):
            raise RemovedArgumentError(
                f"{plan.name}({row.was}={given[row.was]!r}) is gone.", row.why, row.mend
            )
        given.pop(row.was, None)
    given = {**plan.defaults, **given}
    left: dict[str, Any] = {}
    for row in plan.arguments:
        _translate(row, given, left)
    return arguments, given, left


def _translate(row: Row, given: dict[str, Any], left: dict[str, Any]) -> None:
    was = row.was.split()
    if not any(name in given for name in was):
        return
    taken = [given.pop(name, None) for name in was]
    value = getattr(values, row.translate)(*taken) if row.translate else taken[0]
    if row.now.endswith("()"):
        left[row.now.removesuffix("()")] = value
    elif row.now:
        given[row.now] = value


def _named(
    plan: Plan, names: list[str], arguments: tuple[Any, ...], given: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments by position under the names that they had, where it is known."""
    order = next(
        (
            row.was.split()
            for row in plan.positions
            if not row.translate or getattr(values, row.translate)(*arguments)
        ),
        names,
    )
    if len(arguments) > len(order) or any(name in ("args", "arguments") for name in order):
        return arguments, given
    doubled = [name for name in order[: len(arguments)] if name in given]
    if doubled:
        raise TypeError(f"{plan.name}() got multiple values for argument {doubled[0]!r}")
    return (), {**dict(zip(order, arguments)), **given}


def _new(new: Callable[..., Any], plan: Plan) -> Any:
    """`Model.__new__`, which tells by its arguments what kind of model is made."""

    def make(cls: type, *arguments: Any, **keywords: Any) -> Any:
        arguments, keywords, _ = today(plan, ["args"], arguments, keywords)
        return new(cls, *arguments, **keywords)

    return staticmethod(make)


def _init(target: type) -> Callable[..., Any]:
    return target.__init__  # type: ignore[misc]


def _is_inner(frame: Any) -> bool:
    return str(frame.f_globals.get("__name__")).startswith(_INNER)


def _rows_by_owner(version: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in ROWS:
        if row.kind in _KINDS and version in row.versions:
            for owner in row.owners:
                found.setdefault(owner, []).append(row)
    return found


def _inherited(target: type, address: str, rows: Mapping[str, list[Row]]) -> list[Row]:
    """The rows of the classes that a class comes from, but for Layer, which looks for itself."""
    return [
        row
        for other, own in rows.items()
        if other not in (address, _LAYER)
        and isinstance(base := at_address(other), type)
        and issubclass(target, base)
        for row in own
        if row.kind != "positions"
    ]


def _plan(address: str, rows: list[Row]) -> Plan:
    by_kind = {kind: [row for row in rows if row.kind == kind] for kind in _KINDS}
    defaults: dict[str, Any] = {}
    for row in by_kind["default"]:
        name, _, value = row.was.partition("=")
        defaults.setdefault(name, ast.literal_eval(value))
    return Plan(
        address.rpartition(".")[2],
        by_kind["positions"],
        by_kind["argument"],
        by_kind["refused"],
        defaults,
        address == _LAYER,
    )
