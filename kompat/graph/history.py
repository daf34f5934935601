"""Private corner of Keras: the nodes behind symbolic tensors.

Keras records each call of an operation on symbolic tensors as a `Node`, and tells a tensor's node
by `_keras_history`; there is no public way to ask. A node also registers itself with the
operations before it, for ever, and Keras never looks there: what is not a layer's call is taken
off again, so that graphs which the user dropped are freed. The `input` of an input layer is its
tensor, as in every older Keras, where Keras 3 says `[]`. A Sequential calls all its layers anew
for each one that is added; here a new layer follows the first call of the one before it, so that
`layer.output` leads to `model.output`.
`tests/test_private_corners.py` says so when Keras changes one of these.
"""

import contextlib
import functools
import sys
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keras
import numpy as np
from keras.src.ops.node import Node

from kompat import engines

_MACHINERY = (*engines.MODULES_OF_KERAS, "kompat.", "contextlib", "functools", "optree", "tree")


def node_of(tensor: Any) -> Any:
    """The node that computes a symbolic tensor; None for one that nothing computes."""
    history = getattr(tensor, "_keras_history", None)
    if history is None or history.operation is None:
        return None
    return history.operation._inbound_nodes[history.node_index]


def is_input(node: Any) -> bool:
    """Whether a node stands for something to be fed: a placeholder, the input of a model."""
    return node is None or isinstance(node.operation, (keras.layers.InputLayer, Feed))


def is_of_layer(tensor: Any) -> bool:
    """Whether a layer or `keras.Input` made a symbolic tensor; K.placeholder is no layer."""
    node = node_of(tensor)
    made = node is not None and isinstance(node.operation, keras.Layer)
    return made and not hasattr(tensor, "kompat_placeholder")


class Feed(keras.Operation):
    """Stands for the value that is fed for a placeholder."""


def parents(node: Any) -> list[Any]:
    """The symbolic tensors among the arguments of a node."""
    return node.arguments.keras_tensors


def needs(node: Any) -> list[Any]:
    """The symbolic tensors that must be computed before a node: parents and what it follows."""
    return [*parents(node), *getattr(node, "kompat_follows", ())]


def arguments(node: Any, value_of: Callable[[Any], Any]) -> tuple[tuple, dict[str, Any]]:
    """The positional and the keyword arguments of a node, each leaf replaced by its value."""
    return node.arguments.convert(value_of)


def leaves(node: Any) -> list[Any]:
    """All that stands among the arguments of a node, at any depth."""
    return node.arguments._flat_arguments


def outputs(node: Any) -> list[Any]:
    """The symbolic tensors that a node computes."""
    return node.outputs


def was_told_to_train(node: Any) -> bool:
    """Whether the caller of a layer said `training=`; Keras notes down the layer's default too."""
    said = node.arguments.kwargs.get("training") is True  # for a node made before kompat was there
    return getattr(node, "kompat_told", said)


def made_at(node: Any) -> str:
    """`file.py:12` of the user's line that made a node."""
    return getattr(node, "kompat_line", "")


def describe(tensor: Any) -> str:
    """A symbolic tensor for error messages: its name, its shape and the user's line."""
    line = made_at(node_of(tensor))
    shape = getattr(tensor, "shape", None)
    return f"{tensor.name!r} of shape {shape}" + (f", made at {line}" if line else "")


class _Frames(threading.local):
    def __init__(self) -> None:
        self.open: list[list[Any]] = []


_frames = _Frames()


@contextlib.contextmanager
def frame() -> Iterator[list[Any]]:
    """Gather the nodes that are made inside, in a list."""
    nodes: list[Any] = []
    _frames.open.append(nodes)
    try:
        yield nodes
    finally:
        _frames.open.pop()
        if _frames.open:
            _frames.open[-1] += nodes


class _Dependencies(threading.local):
    tensors: tuple[Any, ...] = ()


_dependencies = _Dependencies()


@contextlib.contextmanager
def after(tensors: Iterable[Any]) -> Iterator[None]:
    """Nodes that are made inside are computed after `tensors`, which are computed with them."""
    outer = _dependencies.tensors
    _dependencies.tensors = (*outer, *tensors)
    try:
        yield
    finally:
        _dependencies.tensors = outer


def is_after() -> bool:
    """Whether the nodes that are made now are computed after others."""
    return bool(_dependencies.tensors)


def stops_gradients(node: Any) -> bool:
    """Whether no gradient passes a node."""
    return type(node.operation).__name__ == "StopGradient"


def without_activation(layer: Any) -> Any:
    """A layer of the same weights that does not apply its activation, and has no calls yet."""
    twin = object.__new__(type(layer))
    twin.__dict__.update(vars(layer))
    twin.__dict__.update(
        name=f"{layer.name}_logits",
        activation=None,
        activity_regularizer=None,
        _losses=[],
        _loss_ids=set(),
        _inbound_nodes=[],
        _outbound_nodes=[],
    )
    return twin


_by_name: weakref.WeakValueDictionary[str, Any] = weakref.WeakValueDictionary()


def named(name: str) -> Any:
    """The living symbolic tensor of this name that was made last, or None."""
    return _by_name.get(name)


def _user_line() -> str:
    """`file.py:12` of the innermost frame that is neither Keras's nor ours."""
    frame: Any = sys._getframe(2)
    while frame is not None:
        if not frame.f_globals.get("__name__", "").startswith(_MACHINERY):
            return f"{frame.f_code.co_filename}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def _is_put_together(frame: Any) -> bool:
    """Whether the call of a layer in `frame` is made by a Sequential that is put together."""
    for _ in range(2):  # Keras may stand between to shorten tracebacks
        frame = frame.f_back
        if frame is not None and frame.f_code is keras.Sequential.build.__code__:
            return True
    return False


def _first_made(x: Any) -> Any:
    return getattr(x, "kompat_first", x)


def _note_repetition(node: Any) -> None:
    """Point from the tensors of a node to those of the first call of which it is a repetition."""
    node.kompat_put_together = True
    for earlier in node.operation._inbound_nodes[:-1]:
        same = list(map(id, parents(earlier))) == list(map(id, parents(node)))
        if same and hasattr(earlier, "kompat_put_together"):
            for tensor, first in zip(node.outputs, earlier.outputs):
                tensor.kompat_first = first
            return


def own(x: Any) -> Any:
    """What a graph keeps of `x`: an array as it is now, whatever its owner does with it later."""
    return np.array(x, order="K", subok=True) if isinstance(x, np.ndarray) else x


class _Forgotten(list):
    """A list of nodes that counts as one with nodes.

    Keras before 3.13 takes an input whose operation has no outbound node for unconnected.
    """

    def __bool__(self) -> bool:
        return True


def _record(initialise: Any) -> Any:
    @functools.wraps(initialise)
    def __init__(self: Any, operation: Any, *args: Any, **kwargs: Any) -> None:
        put_together = _is_put_together(sys._getframe(1))
        if put_together:
            args, kwargs = keras.tree.map_structure(_first_made, (args, kwargs))
        args, kwargs = keras.tree.map_structure(own, (args, kwargs))
        initialise(self, operation, *args, **kwargs)
        if put_together:
            _note_repetition(self)
        _by_name.update((tensor.name, tensor) for tensor in self.outputs)
        self.kompat_line = _user_line()
        if _dependencies.tensors:
            self.kompat_follows = _dependencies.tensors
        if _frames.open:
            _frames.open[-1].append(self)
        if isinstance(self.operation, keras.Layer):
            spec = sys._getframe(1).f_locals.get("call_spec")
            if spec is not None:
                self.kompat_told = spec.user_arguments_dict.get("training") is not None
        else:
            for tensor in self.arguments.keras_tensors:
                before = tensor._keras_history.operation
                if before is not None and before._outbound_nodes[-1:] == [self]:
                    before._outbound_nodes.pop()
                    if not before._outbound_nodes:
                        vars(before)["_outbound_nodes"] = _Forgotten()

    return __init__


# Arrays leave `array * tensor` to the symbolic tensor: NumPy where it finds this, JAX where it does
# not find Keras's method, which only raises.
keras.KerasTensor.__array_ufunc__ = None
if "__jax_array__" in vars(keras.KerasTensor):
    del keras.KerasTensor.__jax_array__
keras.layers.InputLayer.input = property(
    lambda layer: layer.output, doc="The symbolic tensor that the layer feeds."
)
if not hasattr(Node.__init__, "__wrapped__"):
    Node.__init__ = _record(Node.__init__)
