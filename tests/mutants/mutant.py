"""Mutants as rows of data, and the promise that a row still fits the package.

A row says which rule it breaks and how: in `file` the lines `old` become the lines `new`.

    [dropout-unscaled]
    rule = "dropout scales what it keeps"
    engine = "jax"
    file = "kompat/backend/activations.py"
    tests = ["tests/backend/test_activations.py::TestDropout::test_that_must_go_red"]
    old = '''
        return _where(_greater_equal(draws, level), _divide(x, 1 - level), 0)
    '''
    new = '''
        return _where(_greater_equal(draws, level), x, 0)
    '''

Both are whole lines; `old` stands in its file once, so it is as short as that allows, and an empty
`new` leaves it out. `[[<name>.also]]` adds another `old` and `new` of the same file. One of `tests`
must go red; one without brackets stands for all its parameters, a file for all its tests.
"""

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROWS = Path(__file__).resolve().parent / "rows"
ENGINES = ("jax", "numpy", "torch", "tensorflow")
FIELDS = {"rule", "engine", "file", "tests", "old", "new"}


class RowError(ValueError):
    """A row is not complete, or it does not fit the package any more."""


class Replacement(NamedTuple):
    """Whole lines, and what stands in their place."""

    old: str
    new: str


class Mutant(NamedTuple):
    """One row."""

    name: str
    rule: str
    engine: str
    file: str
    tests: tuple[str, ...]
    replacements: tuple[Replacement, ...]

    @property
    def module(self) -> str:
        """The name of the module that it changes."""
        return self.file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")

    def source(self, root: Path) -> str:
        """The text of its file below `root`, with the rule broken.

        Raises:
            RowError: there is no such file, or not once the old text.
        """
        if not (root / self.file).exists():
            raise RowError(f"{self.name}: there is no {self.file}.\nFix: correct `file`.")
        text = (root / self.file).read_text()
        for old, new in self.replacements:
            starts = [found.start() for found in re.finditer(f"^(?={re.escape(old)})", text, re.M)]
            if len(starts) != 1:
                raise RowError(
                    f"{self.name}: expected `old` once in {self.file}, found it {len(starts)} "
                    f"times:\n{old}Fix: copy the lines as they are now, and enough of them."
                )
            text = text[: starts[0]] + new + text[starts[0] + len(old) :]
        return text


def read(folder: Path = ROWS) -> dict[str, Mutant]:
    """All rows by name.

    Raises:
        RowError: a file is not TOML, a field is missing or unknown, or two rows share a name.
    """
    found: dict[str, Mutant] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            rows = tomllib.loads(path.read_text())
        except tomllib.TOMLDecodeError as error:
            raise RowError(f"{path.name} is not TOML: {error}.") from None
        for name, row in rows.items():
            if name in found:
                raise RowError(f"{name}: {path.name} has a second row of this name.")
            found[name] = _mutant(name, row)
    return found


def _mutant(name: str, row: dict) -> Mutant:
    also = row.pop("also", [])
    wrong = row.keys() ^ FIELDS
    for more in also:
        wrong |= more.keys() ^ {"old", "new"}
    if wrong:
        raise RowError(f"{name}: {', '.join(sorted(wrong))} is missing, or is no field of a row.")
    if not row["tests"]:
        raise RowError(f"{name}: expected a test that must go red, received none.")
    if row["engine"] not in ENGINES:
        raise RowError(f"{name}: expected an engine of {ENGINES}, received {row['engine']!r}.")
    replacements = tuple(Replacement(each["old"], each["new"]) for each in (row, *also))
    if not all(old.endswith("\n") and new[-1:] in ("", "\n") for old, new in replacements):
        raise RowError(f"{name}: `old` and `new` are whole lines; end them with a line break.")
    return Mutant(name, row["rule"], row["engine"], row["file"], tuple(row["tests"]), replacements)


def problems(mutants: Iterable[Mutant], root: Path) -> Iterator[str]:
    """What the rows say that is not so in the package and the tests below `root`; runs nothing."""
    for mutant in mutants:
        try:
            compile(mutant.source(root), mutant.file, "exec")
        except RowError as error:
            yield str(error)
        except SyntaxError as error:
            yield f"{mutant.name}: with `new` in it {mutant.file} is no Python: {error}."
        for test in mutant.tests:
            file, _, _ = test.partition("::")
            if test.partition("[")[0] not in _tests_in(file, root):
                yield f"{mutant.name}: there is no {test}.\nFix: correct `tests`."


@cache
def _tests_in(file: str, root: Path) -> frozenset[str]:
    """The file itself and its tests, as pytest calls them without parameters."""
    if not (root / file).exists():
        return frozenset()
    module = ast.parse((root / file).read_text())
    classes = (node for node in module.body if isinstance(node, ast.ClassDef))
    scopes = [(file, module.body), *((f"{file}::{node.name}", node.body) for node in classes)]
    return frozenset(
        [file]
        + [
            f"{scope}::{node.name}"
            for scope, body in scopes
            for node in body
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        ]
    )
