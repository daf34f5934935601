"""The public names of Keras 1.2.2, 2.2.4 and 2.3.1, as ``tests/data/api`` lists them.

``[module]`` starts a module; each line is a name, with its parameters where it is a function or a
class; what is indented belongs to the class above: a method with parameters, or a property.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent.parent / "data" / "api"
RECORDED = {"1.2": "1.2.2", "2.2": "2.2.4", "2.3": "2.3.1"}
"""The release that stands for each version."""


class Name(NamedTuple):
    """A name of an old Keras."""

    module: str
    owner: str
    """The class that has it, or ""."""
    name: str
    is_class: bool
    parameters: dict[str, str] | None
    """Those of a class or function, with the text of their defaults ("" without one), else None."""


def names_of(version: str) -> Iterator[Name]:
    """All names of a version, in the order of its modules."""
    module = owner = ""
    for line in (FOLDER / f"keras_{RECORDED[version]}.txt").read_text().splitlines():
        if line.startswith("["):
            module = line[1:-1]
            continue
        inner, kind, name, _, parameters = re.fullmatch(
            r"(  )?(class )?(\w+)(\((.*)\))?", line
        ).groups()
        if not inner:
            owner = ""
        taken = None if parameters is None else dict(_parameters(parameters))
        yield Name(module, owner, name, bool(kind), taken)
        if kind:
            owner = name


def _parameters(text: str) -> Iterator[tuple[str, str]]:
    """Names, with their stars, and the texts of their defaults."""
    arguments = ast.parse(f"def function({text}): pass").body[0].args
    named = [*arguments.posonlyargs, *arguments.args]
    without = [""] * (len(named) - len(arguments.defaults))
    yield from zip((one.arg for one in named), [*without, *map(ast.unparse, arguments.defaults)])
    if arguments.vararg:
        yield f"*{arguments.vararg.arg}", ""
    for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults):
        yield one.arg, "" if default is None else ast.unparse(default)
    if arguments.kwarg:
        yield f"**{arguments.kwarg.arg}", ""
