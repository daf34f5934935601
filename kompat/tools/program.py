"""The programs that `kompat run` takes, each with what Python shows it of itself.

A script, compiled or not; a folder or zip file; a module; code; standard input: ``__main__``,
``sys.argv``, ``sys.path`` and the lines of a traceback are Python's own. A notebook, which Python
does not run, is like a script without ``__file__``, as in Jupyter.
"""

import linecache
import os
import pkgutil
import runpy
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.machinery import SourceFileLoader, SourcelessFileLoader
from importlib.util import MAGIC_NUMBER
from types import MappingProxyType
from typing import Any, NamedTuple

from kompat.tools.notebook import read_notebook

Names = dict[str, Any]


class Program(NamedTuple):
    """Something that can be run as ``__main__``."""

    argv: list[str]
    path: str
    """What stands first in `sys.path`."""
    execute: Callable[[Names], object]
    """Runs it with the global names of ``__main__``."""
    attributes: Mapping[str, Any] = MappingProxyType({})
    """What ``__main__`` has besides the names that it has in any program."""
    always_on_path: bool = False
    """Whether `path` stands there under ``python -P`` too."""
    lines_in_files: bool = True
    """Whether Python itself finds the lines that a traceback shows."""
    source: str | bytes = ""
    """Its code, where it is one text."""


def find_program(words: Sequence[str]) -> Program:
    """The program that a command line names.

    Args:
        words: the program and its arguments, as they follow ``python``.

    Raises:
        ValueError: the command line is not complete, or the notebook cannot be run.
        OSError: the file cannot be read.
    """
    first, *arguments = words
    if first == "-":
        return _standard_input(arguments)
    if first.startswith("-"):
        return _option(first[:2], [first[2:]] if first[2:] else [], arguments)
    if pkgutil.get_importer(first) is not None:
        return _folder(first, arguments)
    if first.endswith(".ipynb"):
        return _notebook(first, arguments)
    return _script(first, arguments)


def _option(option: str, attached: list[str], arguments: list[str]) -> Program:
    """``-m module`` or ``-c code``, whose text may be attached: ``-mmodule``."""
    if option not in ("-m", "-c"):
        raise ValueError(f"unknown option {option}. Fix: see kompat run --help")
    if not attached and not arguments:
        raise ValueError(f"nothing follows {option}. Fix: see kompat run --help")
    text, *arguments = attached + arguments
    return _module(text, arguments) if option == "-m" else _code(text, arguments)


def _module(name: str, arguments: list[str]) -> Program:
    return Program(["-m", *arguments], os.getcwd(), _module_as_main(name, alter_argv=True))


def _code(code: str, arguments: list[str]) -> Program:
    if sys.version_info >= (3, 13):
        _show_lines("<string>", code)
    return Program(["-c", *arguments], "", _source_as_main(code, "<string>"), source=code)


def _standard_input(arguments: list[str]) -> Program:
    source = sys.stdin.buffer.read()
    return Program(
        ["-", *arguments],
        "",
        _source_as_main(source, "<stdin>"),
        {"__file__": "<stdin>", "__cached__": None},
        source=source,
    )


def _folder(path: str, arguments: list[str]) -> Program:
    """A folder or zip file with a ``__main__.py``."""
    execute = _module_as_main("__main__", alter_argv=False)
    return Program([path, *arguments], _absolute(path), execute, always_on_path=True)


def _script(script: str, arguments: list[str]) -> Program:
    path = _absolute(script)
    with open(path, "rb") as file:
        source = file.read()
    is_compiled = source.startswith(MAGIC_NUMBER)
    return Program(
        [script, *arguments],
        os.path.dirname(os.path.realpath(path)),
        _compiled_as_main(path) if is_compiled else _source_as_main(source, path),
        {
            "__file__": path,
            "__cached__": None,
            "__loader__": (SourcelessFileLoader if is_compiled else SourceFileLoader)(
                "__main__", path
            ),
        },
        source=b"" if is_compiled else source,
    )


def _notebook(notebook: str, arguments: list[str]) -> Program:
    cells = read_notebook(notebook)
    for cell in cells:
        _show_lines(cell.name, cell.source)
    runs = [_source_as_main(cell.source, cell.name) for cell in cells]

    def execute(names: Names) -> None:
        for run in runs:
            run(names)

    folder = os.path.dirname(os.path.realpath(notebook))
    source = "\n".join(cell.source for cell in cells)
    return Program([notebook, *arguments], folder, execute, lines_in_files=False, source=source)


def _absolute(path: str) -> str:
    """As Python makes the path of a program absolute: outside Windows it stays as it is written."""
    if sys.platform == "win32" or path == ".":
        return os.path.abspath(path)
    return os.path.join(os.getcwd(), path)


def _module_as_main(name: str, alter_argv: bool) -> Callable[[Names], object]:
    # Python's own way, with its messages; runpy.run_module ends in a traceback instead.
    return lambda names: runpy._run_module_as_main(name, alter_argv)  # type: ignore[attr-defined]


def _source_as_main(source: str | bytes, name: str) -> Callable[[Names], object]:
    return lambda names: exec(compile(source, name, "exec", dont_inherit=True), names)


def _compiled_as_main(path: str) -> Callable[[Names], object]:
    loader = SourcelessFileLoader("__main__", path)
    return lambda names: exec(loader.get_code("__main__"), names)  # type: ignore[arg-type]


def _show_lines(name: str, source: str) -> None:
    """Let tracebacks and warnings show the lines of a source that is no file."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
