"""The same jobs on other holders and in other ways, without budgets.

Each job is timed in every way at once, in interleaved rounds. `np.asarray` of a JAX array and
`.numpy()` of a Keras variable copy nothing: they return a view of the framework's memory.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from statistics import median
from typing import Any

import numpy as np

from bench.arrays import array
from bench.timing import Pace, Statement, interleaved

COLUMNS = (
    "kompat K.variable",
    "kompat keras.Variable",
    ".numpy / .assign",
    "np.asarray / device_put",
    "kompat torch.Tensor",
    "clone / copy_",
)
_GET = (
    "get_value(v)",
    "get_value(k)",
    "k.numpy()",
    "np.asarray(x)",
    "get_value(t)",
    "t.clone()",
)
_SET = (
    "set_value(v, a)",
    "set_value(k, a)",
    "k.assign(a)",
    "x = jax.device_put(a)",
    "set_value(t, a)",
    "t.copy_(torch.as_tensor(a))",
)
_SHAPES: dict[str, tuple[int, ...]] = {"scalar": (), "1 MB": (2**18,)}


def torch_is_installed() -> bool:
    """Whether the two columns of PyTorch can be measured."""
    return find_spec("torch") is not None


def measure(K: Any, pace: Pace) -> Iterator[tuple[str, list[float | None]]]:
    """The microseconds of each job, a column per way; None where PyTorch is missing."""
    for size, shape in _SHAPES.items():
        names = _holders(K, shape)
        for job, texts in ((f"get {size}", _GET), (f"set {size}", _SET)):
            measured = len(COLUMNS) if "t" in names else len(COLUMNS) - 2
            statements = [Statement(text, names, waits=True) for text in texts[:measured]]
            times: list[float | None] = [median(t) * 1e6 for t in interleaved(statements, pace)]
            yield job, times + [None] * (len(COLUMNS) - measured)


def _holders(K: Any, shape: tuple[int, ...]) -> dict[str, Any]:
    import jax
    import keras

    a = array(shape) if shape else np.float32(0.5)
    names = {
        "a": a,
        "get_value": K.get_value,
        "jax": jax,
        "k": keras.Variable(a),
        "np": np,
        "set_value": K.set_value,
        "v": K.variable(a),
        "x": jax.device_put(a),
    }
    if torch_is_installed():
        import torch

        names |= {"t": torch.zeros(shape), "torch": torch}
    return names
