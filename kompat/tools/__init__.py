"""The command line: ``kompat run [--backend NAME] [--graph] script.py args...``."""

import argparse
import sys

from kompat import __version__


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="kompat", description="Run old Keras code, unchanged, on Keras 3."
    )
    parser.add_argument("--version", action="version", version=f"kompat {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser(
        "run",
        help="run a script with K as its Keras backend",
        description="Run a Python script exactly as Python would, with K as its Keras backend.",
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
    run.add_argument("script", help="the Python file")
    run.add_argument("arguments", nargs=argparse.REMAINDER, help="what the script gets in sys.argv")
    options = parser.parse_args(sys.argv[1:] if arguments is None else arguments)

    from kompat.tools.run import run_script

    return run_script(options.script, options.arguments, options.backend, options.graph)
