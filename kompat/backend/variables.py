"""Make, read and write variables."""

import operator
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import keras
import numpy as np

from kompat import engines, mode
from kompat.backend.operands import attribute, require_broadcast, require_numbers
from kompat.backend.refusals import refuse
from kompat.errors import UnsupportedValueError
from kompat.graph import fit, sparse
from kompat.graph.operations import Assign, read
from kompat.keras_private import scope as keras_scope
from kompat.storage.plain import is_engine_value
from kompat.values import (
    batch_get_value,
    batch_set_value,
    get_value,
    keras as keras_values,
    not_a_variable,
    private,
    set_value,
    writable,
)
from kompat.values.adapter import adapter_of
from kompat.values.temporary import Limits
from kompat.variable import Variable

__all__ = [
    "batch_get_value",
    "batch_set_value",
    "count_params",
    "eval",
    "get_value",
    "set_value",
    "update",
    "update_add",
    "update_sub",
    "variable",
]


# Keras's own, which subclasses may override to call `update`.
_assign = keras.Variable.assign


def variable(
    value: Any,
    dtype: str | None = None,
    name: str | None = None,
    constraint: Callable | None = None,
) -> Variable:
    """Make a variable that holds `value`.

    Args:
        value: a number, nested lists of numbers, or an array, tensor or variable. A sparse matrix
            of SciPy gives a sparse tensor, which never changes.
        dtype: its dtype; `K.floatx()` by default, whatever the dtype of `value`; for a sparse
            matrix its own.
        name: a string.
        constraint: a function that optimizers apply after each step.

    Returns:
        A `keras.Variable`, with the methods `get_value()` and `set_value(value)`.

    Raises:
        LossyWriteError: `dtype` cannot hold `value`.
        UnsupportedValueError: `value` is no array of numbers.
        SymbolicValueError: `value` is symbolic.

    Example:

    >>> kernel = K.variable([[1, 2], [3, 4]])
    >>> K.get_value(kernel)
    array([[1., 2.],
           [3., 4.]], dtype=float32)
    """
    if sparse.is_on_host(value):
        return sparse.from_host(value, dtype and standard_dtype(dtype), "the sparse tensor")
    return Variable(value, standard_dtype(dtype), name, constraint)


def standard_dtype(dtype: Any) -> str:
    """The name of `dtype`; `K.floatx()` for None."""
    return keras.utils.standardize_dtype(dtype)


def count_params(x: Any) -> int:
    """The number of elements of a variable, tensor or array of known shape.

    Example:

    >>> K.count_params(K.zeros((2, 3)))
    6
    """
    shape = tuple(attribute(x, "shape", "count_params"))
    if None in shape:
        raise TypeError(f"count_params expects a shape that is known, received {shape}.")
    return int(np.prod(shape, dtype=np.int64))


def eval(x: Any) -> Any:
    """The value of a variable, a tensor or an array.

    Args:
        x: what `get_value` takes.

    Returns:
        A NumPy scalar or array.

    Raises:
        UnsupportedValueError: `x` is an array of objects.
        SymbolicValueError: `x` is symbolic.

    Example:

    >>> K.eval(K.square(K.constant([1., 2., 3.])))
    array([1., 4., 9.], dtype=float32)
    """
    value = get_value(x)
    if isinstance(value, np.ndarray) and value.dtype == object:
        raise UnsupportedValueError(
            f"expected a tensor, a variable or an array of numbers, received {type(x).__name__}.",
            "an array of objects has no numeric value.",
            "pass K.constant(list of numbers of one shape).",
        )
    return np.array(value)[()] if isinstance(value, np.ndarray) else value


def update(x: Any, new_x: Any) -> Any:
    """Replace the value of a variable by that of a tensor or array.

    Args:
        x: a variable, of K or of any framework that `set_value` writes.
        new_x: a tensor, array or number of the variable's shape.

    Returns:
        `x`.

    Raises:
        As `set_value`.

    Example:

    >>> v = K.variable(1.)
    >>> K.get_value(K.update(v, K.constant(5.)))
    np.float32(5.0)
    """
    try:
        if isinstance(x, keras.Variable) and (
            isinstance(new_x, keras.KerasTensor) or mode.building_graph()
        ):
            return _assignment(x, new_x)
        own = isinstance(x, keras.Variable) and private.current() is None
        if own and is_engine_value(new_x):
            _assign_tensor(x, new_x)
        else:
            writable(x).write(x, new_x)
        return x
    except Exception as error:
        refuse(update, (x, new_x), {}, error)
        raise


def update_add(x: Any, increment: Any) -> Any:
    """Add to a variable. No two threads' additions to a variable are lost.

    Args:
        x: a variable.
        increment: a tensor, array or number that broadcasts to the variable's shape.

    Returns:
        `x`.

    Raises:
        As `set_value`.

    Example:

    >>> v = K.variable(1.)
    >>> K.get_value(K.update_add(v, 2.))
    np.float32(3.0)
    """
    try:
        return _accumulate("update_add", x, increment, operator.add)
    except Exception as error:
        refuse(update_add, (x, increment), {}, error)
        raise


def update_sub(x: Any, decrement: Any) -> Any:
    """Subtract from a variable. No two threads' subtractions from a variable are lost.

    Args:
        x: a variable.
        decrement: a tensor, array or number that broadcasts to the variable's shape.

    Returns:
        `x`.

    Raises:
        As `set_value`.

    Example:

    >>> v = K.variable(3.)
    >>> K.get_value(K.update_sub(v, 2.))
    np.float32(1.0)
    """
    try:
        return _accumulate("update_sub", x, decrement, operator.sub)
    except Exception as error:
        refuse(update_sub, (x, decrement), {}, error)
        raise


def _accumulate(name: str, x: Any, operand: Any, operation: Callable[[Any, Any], Any]) -> Any:
    adapter: Any = adapter_of(type(x))
    if adapter is None:
        raise not_a_variable(x)
    try:
        if isinstance(x, keras.Variable):
            if isinstance(operand, keras.KerasTensor) or mode.building_graph():
                require_numbers(name, x)
                return _assignment(x, operand, operation)
            if not _accumulates(adapter, operand):
                with _without_other_writers(adapter, x):
                    _assign_tensor(x, _combined(adapter, x, operand, operation))
                return x
        if sys.getrefcount(x) <= Limits.in_write:  # the caller's, and those of two calls
            adapter.require_held(x)
        adapter.accumulate(x, operand, operation)
    except Exception:
        require_numbers(name, x)
        require_broadcast(name, x, operand)
        raise
    return x


def _combined(adapter: Any, x: keras.Variable, operand: Any, operation: Any) -> Any:
    try:
        now = x.value
        new = operation(x, operand)
    except Exception:
        if keras_scope.active() is None:
            adapter.reclaim(x)  # says so where a trainer in another thread has donated the value
        raise
    keras_values.VARIABLE.require_unwrapped(x, operation, now, operand, new)
    return new


def _without_other_writers(adapter: Any, x: keras.Variable) -> AbstractContextManager:
    """What a scope records is seen by its own code alone, and a trainer takes it from there."""
    if keras_scope.active() is not None:
        return nullcontext()
    adapter.reclaim(x)
    lock: AbstractContextManager = adapter.lock(x)
    return lock


def _assignment(x: keras.Variable, value: Any, combine: Any = None) -> keras.KerasTensor:
    """The operation that writes to `x` when a graph runs."""
    value = fit.checked(x, value, broadcasts=combine is not None)
    if isinstance(value, keras.Variable):
        value = read(value)
    return Assign(x, combine).symbolic_call(value)


def _accumulates(adapter: Any, operand: Any) -> bool:
    """Whether the adapter adds to the value by itself: in a cell, or in a session's values."""
    if adapter is not Variable.adapter:
        if private.current() is not None:
            return True
        adapter = getattr(adapter, "own", None)
        if adapter is None or adapter is not Variable.adapter:
            return False
    return not _in_trace(adapter, operand)


def _in_trace(adapter: Any, operand: Any) -> bool:
    if keras_scope.active() is not None:
        return True
    return type(operand) is not float and adapter.is_traced(operand)


def _assign_tensor(x: keras.Variable, value: Any) -> None:
    """Assign a tensor of the engine without a way through the host, where it fits exactly."""
    adapter: Any = adapter_of(type(x))
    value = value.value if isinstance(value, keras.Variable) else value
    if tuple(value.shape) != tuple(x.shape) or standard_dtype(value.dtype) != x.dtype:
        set_value(x, value)
    elif _in_trace(adapter, value):
        _assign(x, adapter.stage(x, value))
    else:
        engines.current.require_unrecorded(x.path)
        adapter.reclaim(x)
        with adapter.lock(x):
            _assign(x, engines.current.duplicate(value))
        adapter.reclaim(x)  # a trainer in another thread may have collected the values since
