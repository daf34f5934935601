"""What is safe where, measured: the same trials for kompat, Keras's own methods and tf_keras.

Each trial does what a user would do and looks at the outcome; none looks into a library.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.arrays import array
from bench.report import microseconds
from bench.timing import Pace, Statement, interleaved, undisturbed

TRIALS = 200
COLUMNS = (
    "aliases the caller's memory",
    "loses writes in `fit`",
    "works in TF graphs",
    "64-bit exact",
    "get, µs",
    "set, µs",
)


@dataclass(frozen=True)
class Access:
    """A way to make, read and write variables."""

    name: str
    make: Callable[..., Any]
    """Called with a value and, as `dtype=`, the name of a dtype."""
    read: Callable[[Any], Any]
    write: Callable[[Any, Any], Any]
    get: str
    """How a user writes it, with `v` for the variable."""
    set: str
    """Likewise, with `a` for the value."""
    make_in_graph: Callable[..., Any] | None = None
    """Makes a variable in a TensorFlow graph, where that is another kind."""


def measured(access: Access, keras: Any, tensorflow: Any, names: dict[str, Any]) -> list[str]:
    """A cell per column.

    Args:
        access: what is on trial.
        keras: the Keras whose optimizers and models it serves.
        tensorflow: the module, or None where it is not installed.
        names: what `access.get` and `access.set` name.
    """
    return [
        _aliases(access),
        _loses_writes(access, keras),
        "not measured" if tensorflow is None else _works_in_graphs(access, tensorflow),
        _is_exact(access),
        *_times(access, names),
    ]


def _aliases(access: Access) -> str:
    """Change the source right after the call, and look whether the variable changed with it."""
    spoilt = {}
    for aligned in (True, False):
        source = array((256, 256), aligned)
        variable = access.make(np.zeros((256, 256)), dtype="float32")
        spoilt[aligned] = 0
        for trial in range(TRIALS):
            source[...] = trial
            access.write(variable, source)
            source[...] = -1
            spoilt[aligned] += bool(np.any(np.asarray(access.read(variable)) != trial))
    if not any(spoilt.values()):
        return "no"
    # Whether memory that is not aligned is copied in time is a race.
    others = f", {spoilt[False]} others in this run" if spoilt[False] else ""
    return f"yes: {spoilt[True]} of {TRIALS} aligned writes{others}"


def _loses_writes(access: Access, keras: Any) -> str:
    """Raise the rate from 0 at the second batch, through a closure: do the weights then move?

    The optimizer is asked for by name, since TensorFlow's graph mode needs one of its own.
    """
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    optimizer = model.optimizer
    x: np.ndarray = np.ones((8, 2), np.float32)
    y: np.ndarray = np.ones((8, 1), np.float32)
    model.train_on_batch(x, y)
    access.write(optimizer.learning_rate, 0.0)

    class Raise(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            if batch == 1:
                access.write(optimizer.learning_rate, 0.5)

    before = model.get_weights()
    try:
        model.fit(x, y, batch_size=2, verbose=0, callbacks=[Raise()])
    except Exception as error:
        return f"yes: {type(error).__name__}"
    unmoved = all(np.array_equal(a, b) for a, b in zip(before, model.get_weights()))
    rate = float(access.read(optimizer.learning_rate))
    return f"yes: the rate ends at {rate:g}" if unmoved or rate != 0.5 else "no"


def _works_in_graphs(access: Access, tensorflow: Any) -> str:
    """Write a variable of a graph, read it back, and run an operation that depends on it."""
    make = access.make_in_graph or access.make
    try:
        with tensorflow.Graph().as_default(), tensorflow.compat.v1.Session() as session:
            variable = make(1.0, dtype="float32")
            doubled = tensorflow.multiply(variable, 2.0)
            access.write(variable, 5.0)
            right = float(access.read(variable)) == 5 and float(session.run(doubled)) == 10
    except Exception as error:
        return f"no: {type(error).__name__}"
    return "yes" if right else "no"


def _is_exact(access: Access) -> str:
    """Write a number that needs 54 bits, and read it back."""
    number = np.int64(2**53 + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            variable = access.make(np.int64(0), dtype="int64")
            access.write(variable, number)
            got = int(access.read(variable))
    except Exception as error:
        return f"no, but says so: {type(error).__name__}"
    return "yes" if got == number else f"no: 2**53 + 1 reads {got}"


def _times(access: Access, names: dict[str, Any]) -> list[str]:
    """The microseconds of reading and of writing a scalar."""
    names = {**names, "v": access.make(0.25, dtype="float32"), "a": 0.5}
    statements = [Statement(text, names, waits=True) for text in (access.get, access.set)]
    return [microseconds(undisturbed(t) * 1e6) for t in interleaved(statements, Pace(seconds=0.5))]
