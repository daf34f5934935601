"""Names that K had before tf.keras, each with the meaning of its time."""

import builtins
import contextlib
import functools
from collections.abc import Callable, Sequence
from typing import Any

import keras

from kompat import engines, mode
from kompat.backend.axes import Axis, axes_in
from kompat.backend.inspection import int_shape, shape
from kompat.backend.operands import data_format_of, floating, tensor
from kompat.backend.phases import learning_phase, learning_phase_scope
from kompat.backend.reduction import prod
from kompat.engines import kinds
from kompat.graph import history, phase
from kompat.graph.default import Graph, get_default_graph
from kompat.graph.phase import LearningPhase
from kompat.graph.shapes import index, run_sizes

__all__ = [
    "control_dependencies",
    "eager",
    "eager_learning_phase_scope",
    "get_graph",
    "get_variable_shape",
    "global_learning_phase_is_set",
    "identity",
    "image_dim_ordering",
    "is_placeholder",
    "is_symbolic",
    "is_tensor",
    "is_variable",
    "logsumexp",
    "normalize_data_format",
    "set_image_dim_ordering",
    "size",
    "slice",
    "symbolic",
    "symbolic_learning_phase",
]

_DATA_FORMATS = {"tf": "channels_last", "th": "channels_first"}
_copy = engines.current.exact(keras.ops.copy)
_logsumexp = engines.current.exact(keras.ops.logsumexp)


def image_dim_ordering() -> str:
    """Keras 1's name for the data format: "tf" for channels last, "th" for channels first.

    Example:

    >>> K.image_dim_ordering()
    'tf'
    """
    return next(
        name for name, full in _DATA_FORMATS.items() if full == keras.config.image_data_format()
    )


def set_image_dim_ordering(dim_ordering: str) -> None:
    """Set the data format by Keras 1's names.

    Args:
        dim_ordering: "tf" or "th".

    Raises:
        ValueError: it is neither.

    Example:

    >>> K.set_image_dim_ordering("tf")
    >>> K.image_data_format()
    'channels_last'
    """
    if dim_ordering not in _DATA_FORMATS:
        raise ValueError(f"expected dim_ordering to be 'tf' or 'th', received {dim_ordering!r}.")
    keras.config.set_image_data_format(_DATA_FORMATS[dim_ordering])


def normalize_data_format(value: str | None) -> str:
    """The data format; `K.image_data_format()` for None.

    Raises:
        ValueError: it is neither "channels_last" nor "channels_first".

    Example:

    >>> K.normalize_data_format(None)
    'channels_last'
    """
    return data_format_of(value.lower() if isinstance(value, str) else value)


def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The logarithm of the sum of exponentials, without overflow.

    Args:
        x: a tensor, variable, array or number.
        axis: an integer, or a list of them; None for all.
        keepdims: whether the reduced axes stay, with size 1.

    Returns:
        A tensor.

    Example:

    >>> round(float(K.eval(K.logsumexp(K.constant([1000., 1000.])))), 2)
    1000.69
    """
    x = floating(x)
    return _logsumexp(x, axis=axes_in(x, axis), keepdims=keepdims)


def slice(x: Any, start: Sequence[Any], size: Sequence[Any]) -> Any:
    """A part of a tensor.

    Args:
        x: a tensor, variable or array.
        start: for each axis, where the part begins; elements may be symbolic, as those of `size`.
        size: for each axis, how many elements it has; -1 for all that follow.

    Returns:
        A tensor.

    Raises:
        ValueError: `start` or `size` has another length than `x` has axes.

    Example:

    >>> K.eval(K.slice(K.constant([1., 2., 3., 4.]), [1], [2]))
    array([2., 3.], dtype=float32)
    """
    x = tensor(x)
    start, size = _elements(start), _elements(size)
    if not len(start) == len(size) == len(x.shape):
        raise ValueError(
            f"slice expects a start and a size for each axis of a tensor of shape "
            f"{tuple(x.shape)}, received {start} and {size}."
        )
    key = tuple(_part(first, count) for first, count in zip(start, size))
    symbolic = any(isinstance(n, keras.KerasTensor) for n in (*start, *size))
    return index(x, key) if symbolic else x[key]


def _elements(numbers: Any) -> list[Any]:
    """The elements of a list or of a tensor of known length."""
    if isinstance(numbers, keras.KerasTensor):
        return [numbers[i] for i in range(numbers.shape[0] or 0)]
    return list(numbers if kinds.is_symbolic(numbers) else run_sizes(numbers))


def _part(first: Any, count: Any) -> Any:
    everything = isinstance(count, int) and count == -1
    return builtins.slice(first, None if everything else first + count)


def identity(x: Any, name: str | None = None) -> Any:
    """A tensor with the value of `x`: of a variable, the value of now, or of the run.

    Args:
        x: a tensor, variable or array.
        name: accepted for Keras 2; tensors have no name here.

    Example:

    >>> print(K.eval(K.identity(K.variable(2.))))
    2.0
    """
    return _copy(tensor(x))


def size(x: Any, name: str | None = None) -> Any:
    """The number of elements, as an integer tensor.

    Args:
        x: a tensor, variable or array.
        name: accepted for Keras 2; tensors have no name here.

    Example:

    >>> print(K.eval(K.size(K.zeros((2, 3)))))
    6
    """
    return prod(shape(x))


def is_tensor(x: Any) -> bool:
    """Whether `x` is a tensor of the engine, a variable or symbolic.

    Example:

    >>> K.is_tensor(K.zeros((2,))), K.is_tensor(np.zeros(2))
    (True, False)
    """
    if isinstance(x, (keras.KerasTensor, keras.Variable)):
        return True
    return kinds.is_tensor(x)


def is_variable(x: Any) -> bool:
    """Whether `x` is a variable.

    Example:

    >>> K.is_variable(K.zeros((2,))), K.is_variable(K.constant(1.))
    (True, False)
    """
    return isinstance(x, keras.Variable)


def is_placeholder(x: Any) -> bool:
    """Whether `x` is a placeholder, or an input of a model.

    Example:

    >>> x = K.placeholder((2,))
    >>> K.is_placeholder(x), K.is_placeholder(x + 1)
    (True, False)
    """
    return is_symbolic(x) and history.is_input(history.node_of(x))


def is_symbolic(x: Any) -> bool:
    """Whether `x` is a tensor that has a value only when a graph runs.

    Example:

    >>> K.is_symbolic(K.placeholder((2,)))
    True
    """
    return isinstance(x, keras.KerasTensor)


def symbolic(func: Callable) -> Callable:
    """A decorator: the function runs in graph mode.

    Example:

    >>> @K.symbolic
    ... def double(x):
    ...     return x * 2
    >>> K.is_symbolic(double(K.variable(1.)))
    True
    """
    return _within(mode.graph_mode, func)


def eager(func: Callable) -> Callable:
    """A decorator: the function runs in eager mode.

    Example:

    >>> @K.eager
    ... def double(x):
    ...     return x * 2
    >>> K.is_symbolic(double(K.variable(1.)))
    False
    """
    return _within(mode.eager_mode, func)


def _within(block: Callable[[], Any], function: Callable) -> Callable:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        with block():
            return function(*args, **kwargs)

    return call


def eager_learning_phase_scope(value: int) -> contextlib.AbstractContextManager:
    """`learning_phase_scope`, under the name that eager mode had for it.

    Example:

    >>> with K.eager_learning_phase_scope(1):
    ...     int(K.learning_phase())
    1
    """
    return learning_phase_scope(value)


def symbolic_learning_phase() -> LearningPhase:
    """`learning_phase`, under the name of its placeholder.

    Example:

    >>> K.symbolic_learning_phase() is K.learning_phase()
    True
    """
    return learning_phase()


def global_learning_phase_is_set() -> bool:
    """Whether `set_learning_phase` was called since the session was cleared.

    Example:

    >>> K.clear_session()
    >>> K.global_learning_phase_is_set()
    False
    """
    return phase.is_default_set()


def get_variable_shape(x: Any) -> tuple[int | None, ...] | None:
    """The shape of a variable.

    Example:

    >>> K.get_variable_shape(K.zeros((2, 3)))
    (2, 3)
    """
    return int_shape(x)


def control_dependencies(control_inputs: Any) -> contextlib.AbstractContextManager:
    """A block in which what is built runs after some operations, and makes them run.

    Args:
        control_inputs: symbolic tensors, such as `K.update` gives in graph mode; values that are
            computed already are passed over.

    Returns:
        A context manager. A variable that is read inside has the value that they wrote.

    Example:

    >>> import kompat
    >>> v = K.variable(1.)
    >>> with kompat.graph_mode(), K.control_dependencies([K.update_add(v, 1.)]):
    ...     after = K.identity(v)
    >>> print(K.eval(after))
    2.0
    """
    several = isinstance(control_inputs, (list, tuple))
    inputs = control_inputs if several else [control_inputs]
    return history.after([x for x in inputs if isinstance(x, keras.KerasTensor)])


def get_graph() -> Graph:
    """The graph that K builds: there is one.

    Example:

    >>> K.get_graph() is K.get_graph()
    True
    """
    return get_default_graph()
