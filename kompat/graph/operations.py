"""The nodes that K adds to Keras's: reads and assignments of variables, shapes, gradients.

Each has an `evaluate(run, ...)` beside Keras's `call`: the first is how graphs compute it, the
second what happens when it stands in a Keras model.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from kompat.values import keras_slot


class GraphOperation(keras.Operation):
    """An operation that takes part in the run: its state, its phase, its gradients."""

    def evaluate(self, run: Any, *args: Any, **kwargs: Any) -> Any:
        """Compute the outputs from the values of the arguments."""
        return self.call(*args, **kwargs)


class Read(GraphOperation):
    """The value of a variable when the graph runs."""

    def __init__(self, variable: keras.Variable):
        super().__init__()
        self.variable = variable

    def compute_output_spec(self) -> keras.KerasTensor:
        return _spec(self.variable)

    def call(self) -> Any:
        return self.variable.value

    def evaluate(self, run: Any) -> Any:
        return run.state.value_before(self.variable)


def _spec(variable: keras.Variable) -> keras.KerasTensor:
    return keras.KerasTensor(tuple(variable.shape), dtype=keras_slot.dtype(variable).name)


def read(variable: keras.Variable) -> keras.KerasTensor:
    """A symbolic tensor: the value that `variable` will have when the graph runs."""
    return Read(variable).symbolic_call()


class Assign(GraphOperation):
    """Write to a variable at the end of the run; the output is the new value.

    Args:
        variable: the one to write.
        combine: gives the new value from the one of earlier assignments in the run and the
            operand; None takes the operand itself.
    """

    def __init__(self, variable: keras.Variable, combine: Callable[[Any, Any], Any] | None = None):
        super().__init__()
        self.variable = variable
        self.combine = combine

    def compute_output_spec(self, value: Any) -> keras.KerasTensor:
        return _spec(self.variable)

    def call(self, value: Any) -> Any:
        new = self._new(self.variable.value, value)
        self.variable.assign(new)
        return new

    def evaluate(self, run: Any, value: Any) -> Any:
        new = self._new(run.state.value_assigned(self.variable), value)
        run.state.assign(self.variable, new)
        return new

    def _new(self, old: Any, operand: Any) -> Any:
        dtype = keras_slot.dtype(self.variable).name
        new = keras.ops.cast(operand, dtype)
        if self.combine is None:
            return new
        return keras.ops.broadcast_to(self.combine(old, new), tuple(self.variable.shape))


class Shape(GraphOperation):
    """The shape of a symbolic tensor, known when the graph runs: integers on the host."""

    def call(self, x: Any) -> Any:
        shape = keras.ops.shape(x)
        if all(isinstance(n, int) for n in shape):
            return np.array(shape, "int32")
        return keras.ops.convert_to_tensor(shape, dtype="int32")

    def compute_output_spec(self, x: Any) -> keras.KerasTensor:
        return keras.KerasTensor((len(x.shape),), dtype="int32")


class Gradient(GraphOperation):
    """The gradients of the sum of a loss; computed by `evaluation` in the forward pass itself.

    Args:
        wrt: the tensors and variables to differentiate with respect to.
    """

    def __init__(self, wrt: list[Any]):
        super().__init__()
        self.wrt = wrt

    def compute_output_spec(self, loss: Any, tensors: list[Any]) -> list[keras.KerasTensor]:
        return [
            keras.KerasTensor(x.shape, dtype=keras.utils.standardize_dtype(x.dtype))
            for x in self.wrt
        ]

    def call(self, loss: Any, tensors: list[Any]) -> Any:
        raise TypeError(
            "K.gradients gives tensors for K.function and sessions, received a call inside a Keras "
            "model or layer.\nWhy: a gradient needs the whole graph up to its loss, and a layer "
            "sees only its inputs.\nMend: run it with K.function, or differentiate inside the "
            "layer with the engine's own function."
        )
