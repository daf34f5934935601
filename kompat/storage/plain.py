"""A K.variable that keeps its value as Keras does, but converts what is written exactly."""

import contextlib
from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np

from kompat import engines
from kompat.engines.kinds import is_tensor
from kompat.keras_private import scope as keras_scope, slot as keras_slot
from kompat.values import keras as keras_values
from kompat.values.adapter import adapter_of, as_host
from kompat.values.locks import ordered


class Storage:
    """Mixed into `keras.Variable`, before it; what it uses of it is declared here."""

    path: str
    shape: Any
    _dtype: str
    _trainable: bool
    _maybe_autocast: Callable[[Any], Any]

    adapter: Any = None
    """What reads and writes such variables; None for the adapter of all Keras variables."""

    scope_local = False
    """Made inside a traced function: its updates live in the trace and end with it."""

    @staticmethod
    def made_in_trace() -> bool:
        """Whether a variable made now is made while a Keras step is traced."""
        return keras_scope.active() is not None and engines.current.tracing()

    def _convert_to_tensor(self, value: Any, dtype: Any = None) -> Any:
        """Keras's hook for every value that enters: never narrows, never aliases."""
        if is_engine_value(value):
            value = keras_values.VARIABLE.fitting(self, value, dtype)
        if is_engine_value(value):
            return super()._convert_to_tensor(value, dtype)  # type: ignore[misc]
        with engines.current.eagerly():
            return super()._convert_to_tensor(  # type: ignore[misc]
                exact_host(self, value, dtype), dtype
            )


def is_engine_value(value: Any) -> bool:
    """Whether `value` is a tensor or variable that the engine can convert by itself."""
    return is_tensor(value) or isinstance(value, (keras.Variable, keras.KerasTensor))


def exact_host(variable: Any, value: Any, dtype: Any) -> np.ndarray:
    """`value`, of any shape, as a fresh host array of exactly `dtype`."""
    name = f"variable {variable.path!r}"
    return as_host(value, None, np.dtype(dtype), name)


def memory_of(variable: keras.Variable) -> Any:
    """The tensor that is the variable's own, if it has one now."""
    return keras_slot.read(variable)


def snapshot(variable: keras.Variable) -> tuple[Any, Any]:
    """What a variable holds now: something to compare with later, and a tensor of its value."""
    adapter = _adapter(variable)
    adapter.reclaim(variable)
    now = adapter.held(variable)
    return now, engines.current.as_tensor(now)


def snapshots(variables: Iterable[keras.Variable]) -> list[tuple[Any, Any]]:
    """The snapshots of several variables."""
    return list(map(snapshot, variables))


def replace(changes: list[tuple[keras.Variable, Any, Any]]) -> bool:
    """Write new values of variables, unless one of them was written since its snapshot.

    Args:
        changes: variables, what their snapshots held, and tensors that nobody else holds.
    """
    if held(changes) is None:
        return False
    # A value may be a view of a variable that is written before it is.
    values = [keras.ops.copy(value) for _, _, value in changes]
    with keras_scope.outside():
        for (variable, _, _), value in zip(changes, values):
            keras.Variable.assign(variable, value)
    return True


def held(changes: list[tuple[keras.Variable, Any, Any]]) -> list[Any] | None:
    """What the variables hold; None if one of them holds another thing than at its snapshot."""
    found = [_adapter(variable).held(variable) for variable, _, _ in changes]
    return found if all(now is seen for now, (_, seen, _) in zip(found, changes)) else None


needs_locks = True
"""Whether a write in place goes unseen by `replace`, so that locks must keep others away."""


recorded_value = record_writes = None
"""Reading and writing a variable by a program that is being recorded, where it can."""


def locks(variables: Iterable[keras.Variable]) -> list[contextlib.AbstractContextManager]:
    """What keeps other writers of these variables away, in the order in which all must take it."""
    return ordered(_adapter(v).lock(v) for v in variables)


def _adapter(variable: keras.Variable) -> Any:
    return adapter_of(type(variable))
