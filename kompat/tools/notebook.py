"""The code cells of a notebook, as Python that runs without IPython.

1. Read the file, of nbformat 3 or later.  2. Take its code cells.  3. Take out the commands of
IPython that only set IPython up, each with a note on stderr.  Another command makes the notebook
one that cannot be run, before any cell has run.
"""

import ast
import json
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

# They set up how IPython draws, reloads and measures, never what the program computes.
_HARMLESS = ("%matplotlib", "%load_ext", "%reload_ext", "%autoreload", "%config", "%%time")
# %magic, !command and ?help; x = !command and x = %magic; name?
_IPYTHON = re.compile(r"^\s*[%!?]|=\s*[%!]|\?\s*$")


class Cell(NamedTuple):
    """A code cell, and what stands for its file name in tracebacks."""

    name: str
    source: str


def read_notebook(path: str) -> list[Cell]:
    """The code cells of a notebook, in their order.

    Raises:
        ValueError: the file is no notebook, or a cell has a command of IPython.
        OSError: the file cannot be read.
    """
    content = Path(path).read_bytes()
    try:
        sources = list(_code_cells(json.loads(content)))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} is no notebook ({type(error).__name__}: {error}). "
            "Fix: save it again as .ipynb in Jupyter, or run it as a .py file"
        ) from error
    full = Path(path).absolute()
    return [
        Cell(f"{full} # %% {number}", _without_ipython(source, f"{path}, code cell {number}"))
        for number, source in enumerate(sources, 1)
    ]


def _code_cells(notebook: dict[str, Any]) -> Iterator[str]:
    for sheet in notebook["worksheets"] if notebook["nbformat"] < 4 else [notebook]:
        for cell in sheet["cells"]:
            if cell["cell_type"] == "code":
                source = cell["source"] if "source" in cell else cell["input"]
                yield source if isinstance(source, str) else "".join(source)


def _without_ipython(source: str, where: str) -> str:
    """The source with `pass` for each harmless command of IPython."""
    lines = source.split("\n")
    while (at := _line_that_is_no_python(lines)) is not None:
        command = lines[at].strip()
        if not _IPYTHON.search(command):
            break  # Python will say what is wrong with it when the cell runs.
        if command.split()[0] not in _HARMLESS:
            raise ValueError(
                f"{where}, line {at + 1}: `{command}` is a command of IPython, which kompat run "
                "does without. Fix: remove the line, or write it in Python"
            )
        print(f"kompat: {where}, line {at + 1}: skipped `{command}`", file=sys.stderr)
        indent = lines[at].removesuffix(lines[at].lstrip())
        lines[at] = f"{indent}pass"
    return "\n".join(lines)


def _line_that_is_no_python(lines: list[str]) -> int | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # They are for the run.
            ast.parse("\n".join(lines))
    except SyntaxError as error:
        return min(error.lineno or 1, len(lines)) - 1
    return None
