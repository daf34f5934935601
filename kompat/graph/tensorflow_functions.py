"""TensorFlow's own functions of symbolic tensors: nodes of a graph, on TensorFlow's engine.

TensorFlow asks a registered dispatcher before it gives up on an argument that it does not know. On
another engine there is no way to compute such a node, and one sentence says so.
"""

from typing import Any

import keras
import tensorflow as tf

from kompat import engines, mode
from kompat.graph.operations import GraphOperation, read


class TensorFlowFunction(GraphOperation):
    """A function of TensorFlow, called on tensors when the graph runs."""

    def __init__(self, function: Any):
        super().__init__()
        self._function = function

    def call(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(*args, **kwargs)


class _Dispatcher(tf.__internal__.dispatch.GlobalOpDispatcher):
    def handle(self, op: Any, args: Any, kwargs: Any) -> Any:
        leaves = keras.tree.flatten((args, kwargs))
        if not any(isinstance(x, keras.KerasTensor) or _is_foreign(x) for x in leaves):
            return self.NOT_SUPPORTED
        if engines.NAME != "tensorflow":
            raise TypeError(
                f"tf.{op.__name__}: expected TensorFlow's tensors, received a tensor of Keras on "
                f"{engines.NAME}.\n"
                "Why: TensorFlow computes with its own tensors alone.\n"
                "Fix: KERAS_BACKEND=tensorflow, or use K's or keras.ops' function of that kind."
            )
        args, kwargs = keras.tree.map_structure(_symbolic, (args, kwargs))
        return TensorFlowFunction(op).symbolic_call(*args, **kwargs)


def _is_foreign(x: Any) -> bool:
    """Whether `x` is a tensor of another engine that has no value yet."""
    return engines.NAME != "tensorflow" and keras.ops.is_tensor(x) and mode.is_traced(x)


def _symbolic(x: Any) -> Any:
    return read(x) if isinstance(x, keras.Variable) and mode.building_graph() else x


def register() -> None:
    """Let TensorFlow ask; once."""
    if not _registered:
        _registered.append(_Dispatcher())
        _registered[0].register()


_registered: list[_Dispatcher] = []
