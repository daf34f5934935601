"""The command line: ``kompat run [OPTION ...] PROGRAM [ARGUMENT ...]``."""

import argparse
import sys
from collections.abc import Sequence

from kompat import __version__

_USAGE = (
    "kompat run [-h] [--backend NAME] [--keras VERSION] [--graph] [--explain] "
    "PROGRAM [ARGUMENT ...]"
)
_PROGRAMS = """\
PROGRAM is what Python takes, or a notebook:
  script.py            a Python file
  notebook.ipynb       the code cells of a notebook, in order
  folder, file.zip     a folder or zip file with a __main__.py
  -m module            a module or package, by its name
  -c code              code
  -                    standard input
Options stand before it; whatever follows it is its own.
"""
_TAKES_VALUE = ("--backend", "--keras")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    options, program = _split(list(sys.argv[1:] if arguments is None else arguments))
    parser = argparse.ArgumentParser(
        prog="kompat", description="Run old Keras code, unchanged, on Keras 3."
    )
    parser.add_argument("--version", action="version", version=f"kompat {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser(
        "run",
        help="run a program with K as its Keras backend",
        usage=_USAGE,
        description="Run a program exactly as Python would, with K as its Keras backend.",
        epilog=_PROGRAMS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    run.add_argument(
        "--backend",
        metavar="NAME",
        help="the engine: jax, torch, tensorflow or numpy (default: KERAS_BACKEND, the Keras "
        "configuration file, or the best one that is installed)",
    )
    run.add_argument(
        "--graph",
        action="store_true",
        help="start in graph mode, as TensorFlow 1 does: for scripts that build updates out of "
        "variables",
    )
    run.add_argument(
        "--keras",
        metavar="VERSION",
        help="the Keras that the program was written for: 1.2, 2.2, 2.3 or tf (default: what its "
        "own words tell, else 2.2)",
    )
    run.add_argument(
        "--explain",
        action="store_true",
        help="say on standard error which Keras the program was written for",
    )
    chosen = parser.parse_args(options)
    if not program:
        run.error("expected a program")

    from kompat.tools.run import run_program

    return run_program(program, chosen.backend, chosen.graph, chosen.keras, chosen.explain)


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """The command with its own options, and the program with its arguments."""
    end = 1
    while end < len(arguments) and _is_option(arguments[end]):
        end += 2 if arguments[end] in _TAKES_VALUE else 1
    program = arguments[end:]
    return arguments[:end], program[1:] if program[:1] == ["--"] else program


def _is_option(argument: str) -> bool:
    return argument == "-h" or (argument.startswith("--") and argument != "--")
