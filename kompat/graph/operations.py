"""The nodes that K adds to Keras's: reads and assignments of variables, shapes, gradients.

Each has an `evaluate(run, ...)` beside Keras's `call`: the first is how graphs compute it, the
second what happens when it stands in a Keras model.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from kompat import engines
from kompat.graph import fit, history
from kompat.graph.phase import PhaseNumber
from kompat.graph.state import State, surrounding
from kompat.graph.unranked import spec_like
from kompat.keras_private import slot as keras_slot
from kompat.values import keras as keras_values


class GraphOperation(keras.Operation):
    """An operation that takes part in the run: its state, its phase, its gradients."""

    inner: Sequence[Any] = ()
    """The outputs of the subgraphs that it computes with, where it has some."""

    def sizes(self, node: Any) -> Any:
        """The arguments of its node that must be known when a program is compiled."""
        return []

    def evaluate(self, run: Any, *args: Any, **kwargs: Any) -> Any:
        """Compute the outputs from the values of the arguments."""
        return self.call(*args, **kwargs)


class Apply(GraphOperation):
    """A function of tensors, computed when their shapes are known.

    Args:
        function: computes the output.
        spec: gives the symbolic output of symbolic arguments.
    """

    def __init__(self, function: Callable[..., Any], spec: Callable[..., keras.KerasTensor]):
        super().__init__()
        self._function = function
        self._spec = spec

    def compute_output_spec(self, *args: Any) -> keras.KerasTensor:
        return self._spec(*args)

    def call(self, *args: Any) -> Any:
        return self._function(*args)


class Read(GraphOperation):
    """The value of a variable when the graph runs; after assignments that it was told to follow."""

    def __init__(self, variable: keras.Variable):
        super().__init__()
        self.variable = variable
        self._is_after = history.is_after()

    def compute_output_spec(self) -> keras.KerasTensor:
        return _spec(self.variable)

    def call(self) -> Any:
        return self.variable.value

    def evaluate(self, run: Any) -> Any:
        state = run.state
        read = state.value_assigned if self._is_after else state.value_before
        return read(self.variable)


class ReadPhase(GraphOperation):
    """A number that follows from the learning phase, as a tensor."""

    def __init__(self, number: PhaseNumber):
        super().__init__()
        self._number = number

    def compute_output_spec(self) -> keras.KerasTensor:
        return keras.KerasTensor((), dtype=self._number.dtype.name)

    def call(self) -> Any:
        return np.asarray(self._number)[()]

    def evaluate(self, run: Any) -> Any:
        return run.value(self._number)


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
        value = keras_values.VARIABLE.fitting(self.variable, value)
        with surrounding() as state:
            return self._assign(state, value)

    def evaluate(self, run: Any, value: Any) -> Any:
        return self._assign(run.state, value)

    def _assign(self, state: State, value: Any) -> Any:
        variable = self.variable
        new = fit.cast(state, variable, value)
        if self.combine is not None:
            old = state.value_assigned(variable)
            new = fit.combined(state, variable, self.combine, old, new)
            new = keras.ops.broadcast_to(new, tuple(variable.shape))
        fit.require_shape(variable, new.shape)
        state.assign(variable, new)
        return new


class Shape(GraphOperation):
    """The shape of a tensor, known when the graph runs: in graphs and traces on the host."""

    def compute_output_spec(self, x: Any) -> keras.KerasTensor:
        return keras.KerasTensor((len(x.shape),), dtype="int32")

    def call(self, x: Any) -> Any:
        shape = self.evaluate(None, x)
        on_host = isinstance(shape, np.ndarray) and engines.current.tracing()
        return shape if on_host else keras.ops.convert_to_tensor(shape, dtype="int32")

    def evaluate(self, run: Any, x: Any) -> Any:
        shape = keras.ops.shape(x)
        if any(map(keras.ops.is_tensor, shape)):
            return keras.ops.convert_to_tensor(shape, dtype="int32")
        known = all(isinstance(n, int) for n in shape)
        # JAX has expressions for unknown dimensions, with which objects can compute.
        return np.array(shape, "int32" if known else object)


class Gradient(GraphOperation):
    """The gradients of the sum of a loss; computed by `evaluation` in the forward pass itself.

    Args:
        wrt: the tensors and variables to differentiate with respect to.
    """

    def __init__(self, wrt: list[Any]):
        super().__init__()
        self.wrt = wrt

    def compute_output_spec(self, loss: Any, tensors: list[Any]) -> list[keras.KerasTensor]:
        return [spec_like(x) for x in self.wrt]

    def call(self, loss: Any, tensors: list[Any]) -> Any:
        raise TypeError(
            "K.gradients gives tensors for K.function and sessions, received a call inside a Keras "
            "model or layer.\nWhy: a gradient needs the whole graph up to its loss, and a layer "
            "sees only its inputs.\nFix: run it with K.function, or differentiate inside the "
            "layer with the engine's own function."
        )
