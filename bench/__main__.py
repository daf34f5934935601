"""The command line: measure, print, and exit with 1 when a budget is missed."""

import argparse
import dataclasses
import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench import beside, facts, processes, report, rows
from bench.timing import Pace, Result

OTHERS = ("torch", "tensorflow")


def main() -> int:
    """Measure what the arguments ask for; the exit status."""
    arguments = _parser().parse_args()
    from kompat import backend as K

    if K.backend() != "jax":
        print(f"The budgets are for JAX, not for {K.backend()}: set KERAS_BACKEND=jax.")
        return 2
    return (_print_facts if arguments.facts else _print_budgets)(K, arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--peers", metavar="PYTHON", help="an interpreter that has tf_keras 2.21")
    parser.add_argument("--rounds", type=int, default=Pace.rounds, help="at most, for each row")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there too")
    parser.add_argument("--facts", action="store_true", help="what is safe where, as Markdown")
    return parser


def _print_budgets(K: Any, arguments: argparse.Namespace) -> int:
    import jax
    import keras
    import numpy as np

    import kompat

    about = report.versions({"kompat": kompat, "Keras": keras, "JAX": jax, "NumPy": np})
    print(about, flush=True)
    pace = Pace(rounds=arguments.rounds)
    results = [
        *rows.measure(K, {"jax": jax, "np": np, "ops": keras.ops}, pace),
        *processes.imports(),
        *(result for engine in OTHERS for result in processes.functions(engine)),
    ]
    # PyTorch is imported here, after the rows with budgets, for it starts threads of its own.
    others = dict(beside.measure(K, pace))
    peers = _peers(arguments.peers, "rows")
    times = {mode: answer["rows"] for mode, answer in peers.items()}

    _print_table("Budgets", *report.budget_rows(results, times))
    cells = [[job, *map(report.microseconds, columns)] for job, columns in others.items()]
    _print_table("The same jobs in other ways, µs", ["job", *beside.COLUMNS], cells)
    print()
    if not peers:
        print(report.ABSENT_PEER)
    for engine in OTHERS:
        if find_spec(engine) is None:
            print(f"{engine}: not measured, it is not installed; run `make test-engines`")
    print(report.summary(results))
    _write(arguments.json, {"about": about, **_plain(results), "beside": others, "peers": peers})
    return int(any(result.missed for result in results))


def _print_facts(K: Any, arguments: argparse.Namespace) -> int:
    import keras

    try:
        import tensorflow
    except ImportError:
        tensorflow = None
    ways = [
        _own_methods(keras),
        _kompat(K, tensorflow, "keras.Variable", keras.Variable),
        _kompat(K, tensorflow, "K.variable", K.variable),
    ]
    cells = [
        [way.name, *facts.measured(way, keras, tensorflow, {"kompat": K, "K": K})] for way in ways
    ]
    answers = _peers(arguments.peers, "facts")
    cells[1:1] = [answer["facts"] for answer in answers.values()]
    print("\n".join(report.markdown(["", *facts.COLUMNS], cells)))
    if not answers:
        print(f"\n{report.ABSENT_PEER}")
    if tensorflow is None:
        print("\nTensorFlow graphs: not measured, TensorFlow is not installed")
    _write(arguments.json, {"columns": facts.COLUMNS, "rows": cells})
    return 0


def _own_methods(keras: Any) -> facts.Access:
    return facts.Access(
        name=f"`.assign` / `.numpy` of Keras {keras.__version__} on JAX",
        make=keras.Variable,
        read=lambda v: v.numpy(),
        write=lambda v, value: v.assign(value),
        get="v.numpy()",
        set="v.assign(a)",
    )


def _kompat(K: Any, tensorflow: Any, kind: str, make: Any) -> facts.Access:
    return facts.Access(
        name=f"kompat, of a `{kind}`",
        make=make,
        read=K.get_value,
        write=K.set_value,
        get="K.get_value(v)",
        set="K.set_value(v, a)",
        make_in_graph=tensorflow and tensorflow.Variable,
    )


def _peers(python: str | None, task: str) -> dict[str, Any]:
    """The answers of tf_keras in each mode; nothing where it is not installed."""
    if python is None:
        return {}
    answers = {mode: processes.peer(python, mode, task) for mode in report.PEER_MODES}
    return {mode: answer for mode, answer in answers.items() if answer is not None}


def _print_table(title: str, headings: list[str], cells: list[list[str]]) -> None:
    print(f"\n{title}\n")
    print("\n".join(report.aligned(headings, cells)))


def _plain(results: list[Result]) -> dict[str, Any]:
    return {"rows": [{**dataclasses.asdict(r), "missed": r.missed} for r in results]}


def _write(path: Path | None, content: dict[str, Any]) -> None:
    if path is not None:
        path.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
