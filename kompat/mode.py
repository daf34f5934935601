"""Eager or graph: which of K's two meanings holds here, in this thread.

In graph mode a variable among the arguments of K's functions is read when the graph runs. Keras's
own execution (a layer's `call`, `fit`, ...) and the user's traces suspend graph mode: there a
variable is its value.
"""

import contextlib
import contextvars
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

from kompat import engines, startup
from kompat.keras_private import frames, scope as keras_scope
from kompat.values import keras as keras_values

__all__ = [
    "disable_eager_execution",
    "eager_mode",
    "enable_eager_execution",
    "executing_eagerly",
    "graph_mode",
    "init_scope",
]


class _Default:
    graph = startup.starts_in_graph_mode()
    was_left = graph
    """Whether anything in this process ever asked for graph mode: if not, nobody has to look."""


_innermost: contextvars.ContextVar["_Block | None"] = contextvars.ContextVar(
    "innermost", default=None
)
"""The block that is open in this thread or asyncio task."""


class _Block(contextlib.AbstractContextManager):
    """A `with` block in one of the modes, and the frame that opened it."""

    def __init__(self, graph: bool):
        self.graph = graph
        self.frame: FrameType | None = None
        self._outer: _Block | None = None

    def __enter__(self) -> None:
        self.frame = sys._getframe(1)
        self._outer = _innermost.get()
        _Default.was_left |= self.graph
        try:
            _innermost.set(self)
        except BaseException:  # an interrupt: nobody would call __exit__
            _innermost.set(self._outer)
            raise

    def __exit__(self, *exception: Any) -> None:
        _innermost.set(self._outer)
        self.frame = self._outer = None


def graph_mode() -> contextlib.AbstractContextManager:
    """A block in which K builds graphs, as TensorFlow 1 does. Blocks nest, per thread and task.

    Example:

    >>> import kompat
    >>> v = K.variable(2.)
    >>> with kompat.graph_mode():
    ...     doubled = v * 2
    >>> K.set_value(v, 5.)
    >>> print(K.get_value(doubled))
    10.0
    """
    return _Block(graph=True)


def eager_mode() -> contextlib.AbstractContextManager:
    """A block in which K computes at once, as TensorFlow 2 does. Blocks nest, per thread, task."""
    return _Block(graph=False)


def disable_eager_execution() -> None:
    """Make graph mode the default of the process."""
    _Default.graph = _Default.was_left = True


def enable_eager_execution() -> None:
    """Make eager mode the default of the process, as it is at first."""
    _Default.graph = False


def executing_eagerly() -> bool:
    """Whether K computes at once here: in eager mode, inside Keras's execution and in traces.

    Example:

    >>> import kompat
    >>> kompat.executing_eagerly()
    True
    """
    return not building_graph()


def building_graph() -> bool:
    """Whether graph mode holds here and nothing suspends it."""
    if not _Default.was_left:
        return False
    return is_graph() and not engines.current.tracing() and not _inside_keras(_block())


def is_graph() -> bool:
    """Whether graph mode holds here, also where it is suspended."""
    block = _block()
    return block.graph if block else _Default.graph


def _block() -> "_Block | None":
    """The innermost block of this task."""
    return _innermost.get()


def called_by_keras() -> bool:
    """Whether Keras called this code, in a step, a layer, a loss or a callback."""
    return _inside_keras(_block())


def _inside_keras(block: _Block | None) -> bool:
    """Whether Keras called this code; a block opened since then counts more."""
    if keras_scope.active() is not None:
        return True
    return frames.are_below(sys._getframe(2), None if block is None else block.frame)


@contextlib.contextmanager
def init_scope() -> Iterator[None]:
    """Leave every trace and every scope of Keras: values are concrete inside.

    Graph mode is not left: as in TensorFlow, it is a property of the program.

    Example:

    >>> import kompat
    >>> with kompat.init_scope():
    ...     K.get_value(K.variable(1.))
    np.float32(1.0)
    """
    with engines.current.eagerly(), keras_scope.outside():
        yield


def is_traced(x: Any) -> bool:
    """Whether a tensor has no value yet, because the engine is recording a program."""
    return not keras_values.VARIABLE.is_concrete(x)
