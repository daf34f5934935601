"""The public names of Keras 1.2.2, 2.2.4 and 2.3.1, as ``tests/data/api`` lists them.

``[module]`` starts a module; each line is a name, with its parameters where it is a function or a
class; what is indented belongs to the class above: a method with parameters, or a property.
"""

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
    """Names and defaults; commas inside of brackets belong to a default."""
    for part in re.split(r", (?![^(\[{]*[)\]}])", text) if text else ():
        name, _, default = part.partition("=")
        yield name, default
