"""Python in a process of its own, as a user starts it."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

HIDE_TENSORFLOW = """
import importlib.machinery
find = importlib.machinery.PathFinder.find_spec
importlib.machinery.PathFinder.find_spec = staticmethod(
    lambda name, *a: None if name.partition(".")[0] == "tensorflow" else find(name, *a))
"""
"""A program that makes Python look as if TensorFlow were not installed."""


class Done(NamedTuple):
    """A process that has ended."""

    status: int
    printed: str
    problems: str


def python(
    command: Sequence[str], folder: Path, stdin: str = "", **environment: str | None
) -> Done:
    """Run Python in `folder`; a variable of the environment that is None is absent."""
    wanted = {**os.environ, "KOMPAT_RUN": None, **environment}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={name: value for name, value in wanted.items() if value is not None},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def kompat_run(
    words: Sequence[str], folder: Path, stdin: str = "", **environment: str | None
) -> Done:
    """Run ``kompat run words``."""
    return python(["-m", "kompat", "run", *words], folder, stdin, **environment)
