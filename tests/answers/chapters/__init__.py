"""The cases, chapter by chapter; a module here is a chapter, and its file of answers has its name.

Each has a TABLE: function -> rows. It may say what is special about functions:

- WRITES: those after which the values of the case's variables are recorded too;
- RANDOM: those whose values cannot agree between engines, but whose shape and dtype can;

and about cases, by id ("abs-1", or "abs-1 graph" for one mode), where K departs from tf.keras on
purpose, which docs/differences.md gives the reasons for:

- REFUSED: K raises, where tf.keras changes a number or does something senseless in silence;
- ANSWERED: K has an answer, where tf.keras raises or loses something;
- ENGINE: engine -> cases that its own function answers in another way;
- UNEXPLAINED: engine -> cases in which an error comes through that says nothing of K;
- VALUES: case -> what an engine of ENGINE gives, where that is not NumPy's answer.
"""

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from answers.table import Case

CHAPTERS: dict[str, ModuleType] = {
    path.stem: import_module(f"{__name__}.{path.stem}")
    for path in sorted(Path(__file__).parent.glob("[a-z]*.py"))
}


def _union(name: str) -> set[str]:
    return set().union(*(getattr(chapter, name, ()) for chapter in CHAPTERS.values()))


def cases(chapter: ModuleType) -> list[Case]:
    """The cases of a chapter, function by function."""
    return [
        make(function, number)
        for function, rows in sorted(chapter.TABLE.items())
        for number, make in enumerate(rows, 1)
    ]


WRITES, RANDOM = _union("WRITES"), _union("RANDOM")
REFUSED, ANSWERED = _union("REFUSED"), _union("ANSWERED")
VALUES: dict[str, Any] = {
    key: value for c in CHAPTERS.values() for key, value in getattr(c, "VALUES", {}).items()
}


def departures(engine: str) -> set[str]:
    """The cases that `engine` answers in its own way."""
    return _of_engine("ENGINE", engine)


def unexplained(engine: str) -> set[str]:
    """The cases in which `engine` fails with an error that does not say what was expected."""
    return _of_engine("UNEXPLAINED", engine)


def _of_engine(name: str, engine: str) -> set[str]:
    return set().union(*(getattr(c, name, {}).get(engine, ()) for c in CHAPTERS.values()))
