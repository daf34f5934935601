"""What a graph knows of the nodes behind symbolic tensors.

Keras makes a `Node` for each call of an operation on symbolic tensors. Here it also gets the
user's line, what it follows, and the frame that gathers it; and what is not a layer's call is taken
off the operations before it, so that graphs which the user dropped are freed. The `input` of an
input layer is its tensor, as in every older Keras, where Keras 3 says `[]`. A Sequential calls all
its layers anew for each one that is added; here a new layer follows the first call of the one
before it, so that `layer.output` leads to `model.output`.
"""

import contextlib
import functools
import sys
import threading
import weakref
from collections.abc import Iterable, Iterator
from typing import Any

import keras
import numpy as np

from kompat.keras_private import frames, nodes
from kompat.keras_private.nodes import (
    arguments as arguments,
    leaves as leaves,
    node_of as node_of,
    outputs as outputs,
    parents as parents,
)

_MACHINERY = (*frames.PACKAGES, "kompat.", "contextlib", "functools", "optree", "tree")


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


def needs(node: Any) -> list[Any]:
    """The symbolic tensors that must be computed before a node: parents and what it follows."""
    return [*parents(node), *getattr(node, "kompat_follows", ())]


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
    made: list[Any] = []
    _frames.open.append(made)
    try:
        yield made
    finally:
        _frames.open.pop()
        if _frames.open:
            _frames.open[-1] += made


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


def _first_made(x: Any) -> Any:
    return getattr(x, "kompat_first", x)


def _note_repetition(node: Any) -> None:
    """Point from the tensors of a node to those of the first call of which it is a repetition."""
    node.kompat_put_together = True
    for earlier in nodes.earlier(node):
        same = list(map(id, parents(earlier))) == list(map(id, parents(node)))
        if same and hasattr(earlier, "kompat_put_together"):
            for tensor, first in zip(node.outputs, earlier.outputs):
                tensor.kompat_first = first
            return


def own(x: Any) -> Any:
    """What a graph keeps of `x`: an array as it is now, whatever its owner does with it later."""
    return np.array(x, order="K", subok=True) if isinstance(x, np.ndarray) else x


def recording(initialise: Any) -> Any:
    """`Node.__init__`, which notes what graphs must know of a node."""

    @functools.wraps(initialise)
    def __init__(self: Any, operation: Any, *args: Any, **kwargs: Any) -> None:
        put_together = frames.is_put_together(sys._getframe(1))
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
            told = nodes.was_told(sys._getframe(1), "training")
            if told is not None:
                self.kompat_told = told
        else:
            nodes.unregister(self)

    return __init__


fed_by_input_layer = property(
    lambda layer: layer.output, doc="The symbolic tensor that the layer feeds."
)
