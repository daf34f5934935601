"""Ask a tensor, variable or array what it is."""

from typing import Any

import keras
import numpy as np

from kompat import engines, mode
from kompat.backend.operands import attribute, cast_like, cast_to, operand, tensor
from kompat.backend.variables import standard_dtype
from kompat.engines.kinds import is_tensor
from kompat.graph import history
from kompat.graph.operations import GraphOperation, Shape
from kompat.graph.phase import PhaseNumber
from kompat.graph.unranked import is_unranked, spec_like

__all__ = [
    "cast",
    "cast_to_floatx",
    "dtype",
    "int_shape",
    "is_keras_tensor",
    "ndim",
    "print_tensor",
    "shape",
]


def int_shape(x: Any) -> tuple[int | None, ...] | None:
    """The static shape: a tuple with None for unknown dimensions, None for an unknown rank.

    Example:

    >>> K.int_shape(K.zeros((2, 3)))
    (2, 3)
    """
    shape = attribute(x, "shape", "int_shape")
    return None if shape is None or is_unranked(x) else tuple(shape)


def ndim(x: Any) -> int | None:
    """The number of dimensions; None for an unknown rank.

    Example:

    >>> K.ndim(K.zeros((2, 3)))
    2
    """
    return None if is_unranked(x) else len(attribute(x, "shape", "ndim"))


def dtype(x: Any) -> str:
    """The name of the dtype.

    Example:

    >>> K.dtype(K.zeros((2,), dtype="float64"))
    'float64'
    """
    return standard_dtype(attribute(x, "dtype", "dtype"))


def shape(x: Any) -> Any:
    """The shape as an integer tensor, symbolic if `x` is.

    Inside a trace of the engine it is a NumPy array, if the engine knows it, so that what is
    computed from it can be a shape again.

    Example:

    >>> K.eval(K.shape(K.zeros((2, 3))))
    array([2, 3], dtype=int32)
    """
    if isinstance(x, keras.KerasTensor):
        return Shape()(x)
    return Shape().call(operand(x))


class Print(GraphOperation):
    """Prints a tensor each time the graph runs, and passes it on."""

    def __init__(self, message: str, summarize: int):
        super().__init__()
        self._message = message
        self._summarize = summarize

    def compute_output_spec(self, x: Any) -> keras.KerasTensor:
        return spec_like(x)

    def call(self, x: Any) -> Any:
        engines.current.observe(self._show, x)
        return x

    def _show(self, value: Any) -> None:
        shown = np.array2string(
            np.asarray(value), threshold=2 * self._summarize, edgeitems=self._summarize
        )
        print(self._message, shown)


def print_tensor(x: Any, message: str = "", summarize: int = 3) -> Any:
    """Print a tensor when it is computed.

    Args:
        x: a tensor or variable.
        message: what to print before it.
        summarize: how many elements of each end of a dimension are shown; -1 shows all.

    Returns:
        A tensor equal to `x`; only what is computed from it is printed.

    Example:

    >>> _ = K.print_tensor(K.constant([1., 2.]), "values:")
    values: [1. 2.]
    """
    shown = 2**31 if summarize == -1 else summarize
    return Print(message, shown)(tensor(x))


def cast(x: Any, dtype: str) -> Any:
    """Convert a tensor to another dtype.

    Args:
        x: a tensor, variable, array or number.
        dtype: a string.

    Returns:
        A tensor of `dtype`. As everywhere in NumPy and TensorFlow, a float becomes the integer
        next to zero: a cast is the one place where kompat lets a value change.

    Example:

    >>> K.eval(K.cast([1.5, 2.5], "int32"))
    array([1, 2], dtype=int32)
    """
    if dtype is None:
        raise TypeError("cast expects the name of a dtype, received None.")
    dtype = standard_dtype(dtype)
    if isinstance(x, PhaseNumber) and not mode.building_graph():
        return x.cast(dtype)
    x = operand(x)
    if isinstance(x, (np.ndarray, np.generic, keras.Variable)):
        return cast_to(x, dtype)
    return cast_like(x, dtype)


def cast_to_floatx(x: Any) -> Any:
    """Convert to `K.floatx()`: a tensor gives a tensor, an array or a number an array.

    Example:

    >>> K.cast_to_floatx(np.array([1, 2]))
    array([1., 2.], dtype=float32)
    """
    if is_tensor(x):
        return cast(x, keras.config.floatx())
    if isinstance(x, (keras.Variable, keras.KerasTensor)):
        return cast(x, keras.config.floatx())
    with np.errstate(over="ignore"):
        return np.asarray(x, dtype=keras.config.floatx())


def is_keras_tensor(x: Any) -> bool:
    """Whether `x` is a symbolic tensor; in graph mode an input of a model or output of a layer.

    Raises:
        ValueError: `x` is neither a tensor nor a variable.

    Example:

    >>> K.is_keras_tensor(K.zeros((2,)))
    False
    """
    if isinstance(x, keras.KerasTensor):
        return not mode.building_graph() or history.is_of_layer(x)
    if isinstance(x, keras.Variable) or (keras.ops.is_tensor(x) and not isinstance(x, np.generic)):
        return False
    raise ValueError(
        f"is_keras_tensor expects a tensor or a variable, received {type(x).__name__} {x!r:.60}."
    )
