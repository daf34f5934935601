"""Run by the interpreter that has tf_keras: the rows and the facts of its K, as JSON.

python -m bench.peer --mode eager|graph --task rows|facts
"""

import argparse
import json
import os
from statistics import median
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf
import tf_keras

from bench.facts import Access, measured
from bench.rows import ROWS
from bench.timing import Pace, Statement, interleaved

_PACE = Pace(rounds=31, seconds=0.25)


def rows(mode: str) -> dict[str, float]:
    """The median microseconds of each row that this mode of tf_keras has."""
    K = tf_keras.backend
    times: dict[str, float] = {}
    maker, names = None, {}
    for row in ROWS:
        if mode not in row.peers:
            continue
        if row.names is not maker:
            # A graph keeps what earlier rows added to it, and slows down with it.
            K.clear_session()
            maker, names = row.names, row.names(K)
        statement = Statement(row.subject, {"K": K, **names}, row.setup, waits=True)
        times[row.name] = median(interleaved([statement], _PACE)[0]) * 1e6
    return times


def facts(mode: str) -> list[str]:
    """A cell for each column of the facts."""
    K = tf_keras.backend
    access = Access(
        name=f"tf_keras K {tf_keras.__version__}, {mode}",
        make=K.variable,
        read=K.get_value,
        write=K.set_value,
        get="K.get_value(v)",
        set="K.set_value(v, a)",
    )
    return [access.name, *measured(access, tf_keras, tf, {"K": K})]


def main() -> None:
    """Print the answer on the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mode", choices=("eager", "graph"), required=True)
    parser.add_argument("--task", choices=("rows", "facts"), required=True)
    arguments = parser.parse_args()
    if arguments.mode == "graph":
        tf.compat.v1.disable_eager_execution()
    answer: dict[str, Any] = {"version": tf_keras.__version__, "mode": arguments.mode}
    answer[arguments.task] = {"rows": rows, "facts": facts}[arguments.task](arguments.mode)
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
