"""Record what real tf.keras answers, for the tests to compare with.

    cd tests; ../.venv-peers/bin/python -m answers.record [name ...]

It needs TensorFlow, tf_keras, scikit-learn and matplotlib. Each recorder, and each chapter of
cases, writes recorded/<name>.json; without names, all of them run. To add a recorder, write a
function that returns what the file shall hold and decorate it with `recorder`; to add a chapter,
write its table.
"""

import argparse
import contextlib
import hashlib
import importlib
import json
import os
import runpy
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from importlib.abc import Loader, MetaPathFinder
from importlib.util import spec_from_loader
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from unittest import mock

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["TF_USE_LEGACY_KERAS"] = "1"  # tf.keras itself must be tf_keras, never Keras 3

import numpy as np
from answers.chapters import CHAPTERS, RANDOM, WRITES, cases
from answers.gradient_graphs import GRAPHS, Graph, run
from answers.table import Case, Prepared, decode, encode, prepare, weights

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RECORDERS: dict[str, Callable[[], dict[str, Any]]] = {}


class LegacyKeras(MetaPathFinder, Loader):
    """Makes `keras` and every module below it the tf_keras module of the same name."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "keras":
            return spec_from_loader(name, self)
        return None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        # The import system hands out what stands in sys.modules after this.
        sys.modules[module.__name__] = importlib.import_module(f"tf_{module.__name__}")


def recorder(record: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    """Register `record`: what it returns goes to <its name>.json, below the versions."""
    RECORDERS[record.__name__] = record
    return record


def run_example(name: str, *arguments: str) -> dict[str, Any]:
    """What the example writes with `--record`, and its bytes' digest; they run unchanged."""
    script = ROOT / "examples" / f"{name}.py"
    with tempfile.TemporaryDirectory() as folder:
        answers = Path(folder, "answers.json")
        argv = [str(script), *arguments, "--record", str(answers)]
        with mock.patch.object(sys, "argv", argv), contextlib.chdir(folder):
            runpy.run_path(str(script), run_name="__main__")
        digest = hashlib.sha256(script.read_bytes()).hexdigest()
        return {"sha256": digest, **json.loads(answers.read_text())}


def in_decimals(count: int, figures: dict[str, Any]) -> dict[str, Any]:
    """The figures rounded to so many decimals; the digest as it is."""
    return {
        name: figure if isinstance(figure, str) else np.round(figure, count).tolist()
        for name, figure in figures.items()
    }


@contextlib.contextmanager
def graph_mode() -> Iterator[None]:
    """A graph of TensorFlow 1, and the K of its time, which has sessions."""
    import keras
    import tensorflow as tf

    old_k = tf.compat.v1.keras.backend
    with tf.Graph().as_default(), mock.patch.object(keras, "backend", old_k):
        yield


@recorder
def cyclical_lr_digits() -> dict[str, Any]:
    """The example's learning rates and accuracy."""
    return run_example("cyclical_lr_digits")


@recorder
def grad_cam_digits() -> dict[str, Any]:
    """The example's maps and filters, in thousandths; from weights that are kept in tests/data."""
    weights = ROOT / "tests" / "data" / "grad_cam_digits.npz"
    with graph_mode():
        figures = run_example("grad_cam_digits", "--weights", str(weights))
    return in_decimals(3, figures)


@recorder
def graph_training() -> dict[str, Any]:
    """The example's losses: of each batch, and on the test digits before and after."""
    with graph_mode():
        figures = run_example("graph_training")
    return in_decimals(6, figures)


def chapter(name: str) -> dict[str, Any]:
    """The result of every case of a chapter, eager and in a graph.

    What the graph's answer has in common with the eager one is not written again.
    """
    with get_context("spawn").Pool(1) as pool:
        graph = pool.apply(in_graph_mode, (graph_answers, name))
    eager = eager_answers(name)
    return {
        "cases": {
            case.id: {
                "call": case.call,
                "eager": eager[case.id],
                "graph": difference(graph[case.id], eager[case.id]),
            }
            for case in cases(CHAPTERS[name])
        }
    }


def difference(graph: dict[str, Any], eager: dict[str, Any]) -> dict[str, Any]:
    if not {*eager} <= {*graph}:
        return {"whole": True, **graph}
    return {key: value for key, value in graph.items() if key not in eager or eager[key] != value}


def eager_answers(name: str) -> dict[str, dict[str, Any]]:
    """What each case returns or raises and, if it writes, what its variables hold afterwards."""
    from keras import backend as K

    answers = {}
    for case in cases(CHAPTERS[name]):
        variables: list[Any] = []
        try:
            prepared = prepare(case, K)
            variables = prepared.variables
            found = describe(prepared.call(), lambda tensor: tensor.numpy())
        except Exception as error:
            found = describe_error(error)
        if case.function in WRITES:
            found["after"] = [contents(variable.numpy()) for variable in variables]
        answers[case.id] = without_random(found, case)
    return answers


def graph_answers(name: str) -> dict[str, dict[str, Any]]:
    """The same with placeholders in place of tensors, run; their static shapes; and gradients.

    The gradients are those of the result, summed with `weights`, by each tensor and variable.
    """
    import tensorflow as tf
    from keras import backend as K

    answers = {}
    for case in cases(CHAPTERS[name]):
        start_graph(K)
        prepared = Prepared(lambda: None, [], [])
        try:
            prepared = prepare(case, K, graph=True)
            result = prepared.call()
            if tf.is_tensor(result) and not prepared.is_fed:
                found = symbolic(K, result)
            else:
                found = describe(result, partial(fetch, K, prepared))
            if found["kind"] == "array":
                found["static"] = static_shape(K, result)
            if case.function in WRITES:
                found["after"] = [contents(fetch(K, prepared, v)) for v in prepared.variables]
            if found["kind"] == "array":
                found |= gradients_of(K, case, found)
        except Exception as error:
            found = describe_error(error)
        answers[case.id] = without_random(found, case)
    return answers


def start_graph(K: Any) -> None:
    """Drop all graphs and sessions."""
    import tensorflow as tf

    K.clear_session()
    tf.compat.v1.reset_default_graph()


def without_random(found: dict[str, Any], case: Case) -> dict[str, Any]:
    if case.function in RANDOM:
        found.pop("value", None)
        found.pop("gradients", None)
    return found


def fetch(K: Any, prepared: Prepared, tensor: Any) -> Any:
    """The value of a symbolic tensor for what the placeholders are fed."""
    placeholders = [placeholder for placeholder, _ in prepared.feeds]
    return K.function(placeholders, [tensor])([value for _, value in prepared.feeds])[0]


def static_shape(K: Any, tensor: Any) -> list[int | None] | None:
    shape = K.int_shape(tensor)
    return None if shape is None else list(shape)


def gradients_of(K: Any, case: Case, found: dict[str, Any]) -> dict[str, Any]:
    """The gradients of a result, in a graph of their own: a loop that has run takes none."""
    if found["dtype"] not in ("float32", "float64") or not np.isfinite(decode(found)).all():
        return {}
    start_graph(K)
    prepared = prepare(case, K, graph=True)
    result = prepared.call()
    wrt = [*(placeholder for placeholder, _ in prepared.feeds), *prepared.variables]
    wrt = [x for x in wrt if K.dtype(x) in ("float32", "float64")]
    if not wrt:
        return {}
    summed = K.sum(result * weights(found["shape"], found["dtype"]))
    gradients = K.gradients(summed, wrt)
    return {
        "gradients": [
            None if gradient is None else rounded(fetch(K, prepared, gradient))
            for gradient in gradients
        ]
    }


def describe_error(error: Exception) -> dict[str, Any]:
    builtin = next(kind for kind in type(error).__mro__ if kind.__module__ == "builtins")
    return {"kind": "error", "error": type(error).__name__, "builtin": builtin.__name__}


def in_graph_mode(record: Callable[..., Any], *args: Any) -> Any:
    """Call `record` in TensorFlow 1's graph mode, which a process cannot leave again."""
    import tensorflow as tf

    sys.meta_path.insert(0, LegacyKeras())
    tf.compat.v1.disable_eager_execution()
    return record(*args)


@recorder
def gradients() -> dict[str, Any]:
    """The outputs of every graph of gradient_graphs.py."""
    with get_context("spawn").Pool(1) as pool:
        return {"graphs": pool.apply(in_graph_mode, (record_graphs,))}


def record_graphs() -> dict[str, Any]:
    return {
        name: {"digest": graph.digest, "answers": record_graph(graph)}
        for name, graph in GRAPHS.items()
    }


def record_graph(graph: Graph) -> list[list[dict[str, Any] | None]]:
    """For each feed the outputs, null for None."""
    import keras
    from keras import backend as K

    K.clear_session()
    inputs, outputs = graph.build(K, keras)
    answers = [run(K, inputs, outputs, feed) for feed in graph.feeds]
    return [[None if x is None else rounded(x) for x in values] for values in answers]


def rounded(array: Any) -> dict[str, Any]:
    """As `contents`, with 7 digits: the eighth of a float32 is noise."""
    array = np.asarray(array)
    digits = np.array([float(f"{x:.7g}") for x in array.ravel()]).reshape(array.shape)
    return {"dtype": array.dtype.name, "shape": list(array.shape), "value": encode(digits)}


def describe(result: Any, value_of: Callable[[Any], Any]) -> dict[str, Any]:
    """A result as JSON; `value_of` a tensor is its value.

    kind 'variable': a tf.Variable; 'array': a tensor, or with `host` a NumPy array; 'scalar': a
    NumPy scalar; 'symbolic': a KerasTensor; 'python': anything else, with its `type`.
    """
    import tensorflow as tf
    from keras import backend as K

    if isinstance(result, tf.Variable):
        return {"kind": "variable", **contents(value_of(result))}
    if isinstance(result, np.generic):
        return {"kind": "scalar", **contents(result)}
    if isinstance(result, np.ndarray):
        return {"kind": "array", "host": True, **contents(result)}
    if isinstance(result, tf.SparseTensor):
        dense = tf.sparse.to_dense(tf.sparse.reorder(result))
        return {"kind": "array", "host": False, "sparse": True, **contents(value_of(dense))}
    if isinstance(result, tf.Tensor):
        return {"kind": "array", "host": False, **contents(value_of(result))}
    if tf.is_tensor(result):
        return symbolic(K, result)
    kind = {"kind": "python", "type": type(result).__name__}
    is_shape = isinstance(result, tuple) and {type(n) for n in result} <= {int, type(None)}
    if isinstance(result, list | tuple | Iterator) and not is_shape:
        return {**kind, "items": [describe(item, value_of) for item in result]}
    return {**kind, "value": result}


def symbolic(K: Any, tensor: Any) -> dict[str, Any]:
    return {"kind": "symbolic", "dtype": K.dtype(tensor), "shape": list(K.int_shape(tensor))}


def contents(array: Any) -> dict[str, Any]:
    array = np.asarray(array)
    return {"dtype": array.dtype.name, "shape": list(array.shape), "value": encode(array)}


def write(name: str, content: dict[str, Any]) -> Path:
    """Write <name>.json: a line for each entry, and for each entry of its mappings."""

    def line(key: str, value: Any) -> str:
        return f"{json.dumps(key)}: {json.dumps(value, allow_nan=False)}"

    def block(key: str, value: Any) -> str:
        if not isinstance(value, dict):
            return f"  {line(key, value)}"
        lines = ",\n".join(f"    {line(*entry)}" for entry in value.items())
        return f"  {json.dumps(key)}: {{\n{lines}\n  }}"

    path = HERE / "recorded" / f"{name}.json"
    path.write_text("{\n" + ",\n".join(block(*entry) for entry in content.items()) + "\n}\n")
    return path


def main() -> None:
    record = RECORDERS | {name: partial(chapter, name) for name in CHAPTERS}
    parser = argparse.ArgumentParser(description="Record what real tf.keras answers.")
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(record))
    names = parser.parse_args().names or list(record)
    if unknown := set(names) - set(record):
        parser.error(f"no recorder named {', '.join(sorted(unknown))}; have {', '.join(record)}")

    sys.meta_path.insert(0, LegacyKeras())
    import keras
    import tensorflow as tf

    versions = {"tensorflow": tf.__version__, "tf_keras": keras.__version__}
    for name in names:
        path = write(name, {"versions": versions, **record[name]()})
        print(f"Recorded {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
