"""What is measured in Python processes of their own: imports, and the peer.

The time of an import is the processor's, and taken inside the process: the interpreter's own start
does not count, nor what other processes take away.
"""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.timing import Result, compare

_ROOT = Path(__file__).resolve().parent.parent
_PROGRAM = "from time import process_time as t; a = t(); {0}; print(t() - a)"
_MICROSECONDS = 1e6
_LONGEST_SECONDS = 300

# An import takes seconds. More pairs follow when the budget seems missed.
_PAIRS = 3


def imports() -> Iterator[Result]:
    """`import kompat` by itself, and K beside Keras, in alternating processes."""
    times = [[_import("import kompat") for _ in range(5)]]
    yield compare("import kompat", "import kompat", None, 0.1 * _MICROSECONDS, times)
    subject, baseline = "from kompat import backend", "import keras"
    both: list[list[float]] = [[], []]
    for _ in range(3):
        for turn in range(_PAIRS):
            for i in (0, 1) if turn % 2 else (1, 0):
                both[i].append(_import((subject, baseline)[i]))
        result = compare("import K", subject, baseline, 1.1, both)
        if not result.missed:
            break
    yield result


def _import(statement: str) -> float:
    return float(_output([sys.executable, "-c", _PROGRAM.format(statement)]))


def peer(python: str, mode: str, task: str) -> dict[str, Any] | None:
    """What `bench.peer` printed under another interpreter; None where tf_keras is missing.

    Args:
        python: the path of the interpreter.
        mode: "eager" or "graph".
        task: "rows" or "facts".
    """
    probe = "import importlib.util as u; print(bool(u.find_spec('tf_keras')))"
    if not Path(python).exists() or _output([python, "-c", probe]) != "True":
        return None
    return json.loads(_output([python, "-m", "bench.peer", "--mode", mode, "--task", task]))


def functions(engine: str) -> list[Result]:
    """The rows of K.function on another engine; none where it is not installed."""
    if importlib.util.find_spec(engine) is None:
        return []
    found = json.loads(_output([sys.executable, "-m", "bench.functions"], _environment(engine)))
    return [Result(**{**row, "name": f"{row['name']}: {engine}"}) for row in found]


def run(program: str, engine: str) -> str:
    """The last line that a program printed in a process of its own.

    Args:
        program: the source.
        engine: the one that Keras is to use.
    """
    return _output([sys.executable, "-c", program], _environment(engine))


def _environment(engine: str) -> dict[str, str]:
    return {**os.environ, "KERAS_BACKEND": engine, "TF_CPP_MIN_LOG_LEVEL": "3"}


def _output(command: list[str], environment: dict[str, str] | None = None) -> str:
    """The last line that a command printed."""
    done = subprocess.run(
        command,
        cwd=_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_LONGEST_SECONDS,
    )
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or ["without a word"]
        raise RuntimeError(f"{' '.join(command[1:3])} failed: {last[0]}")
    return done.stdout.strip().splitlines()[-1]
