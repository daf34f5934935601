"""What can be fetched from a graph, and what can be fed."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from kompat import engines
from kompat.engines.dtypes import dtype_name
from kompat.errors import FeedError, SessionError
from kompat.graph import history, sparse
from kompat.graph.phase import LEARNING_PHASE, LearningPhase, PhaseNumber, checked
from kompat.graph.unranked import is_unranked
from kompat.keras_private import slot as keras_slot
from kompat.values.adapter import as_host


def fetchable(x: Any) -> None:
    """Raise unless `x` can be the output of a function or a fetch of a session."""
    if isinstance(x, (keras.KerasTensor, keras.Variable, PhaseNumber, np.ndarray, np.number)):
        return
    if isinstance(x, (int, float)) or keras.ops.is_tensor(x):
        return
    raise SessionError(
        f"expected a tensor, a variable or an operation to compute, received "
        f"{type(x).__name__}: {x!r:.60}.",
        "nothing tells how to compute it.",
        "pass what K's functions, layers and models return.",
    )


def split_phase(keys: Sequence[Any], values: Sequence[Any]) -> tuple[list[Any], int, list[Any]]:
    """Tell the learning phase from the other feeds.

    Returns:
        The other keys, the phase (what it is now unless fed), and the other values.
    """
    fed, phase, others = [], int(LEARNING_PHASE), []
    for key, value in zip(keys, values, strict=True):
        if isinstance(key, LearningPhase):
            phase = phase if value is None else checked(np.asarray(value).item())
        else:
            fed.append(key)
            others.append(value)
    return fed, phase, others


class Feed:
    """Makes the values that are fed for one tensor or variable.

    Raises:
        FeedError: nothing can be fed for `key`.
    """

    def __init__(self, key: Any):
        if isinstance(key, keras.Variable):
            self._dtype = keras_slot.dtype(key)
        elif isinstance(key, keras.KerasTensor):
            self._dtype = np.dtype(dtype_name(key))
        else:
            raise FeedError(
                f"expected a placeholder, tensor or variable to feed, received "
                f"{type(key).__name__}.",
                "only a part of the graph can be given a value.",
                "make it with K.placeholder(shape).",
            )
        self._key = key
        self._is_sparse = sparse.is_symbolic(key)
        self._shape = None if is_unranked(key) else tuple(key.shape)

    def __call__(self, value: Any) -> Any:
        """`value` as an array of the right dtype; where programs are compiled it may be `value`.

        Raises:
            FeedError: it has another rank or shape than what it is fed for.
            As `set_value` for its dtype.
        """
        at_once = not engines.current.compiles
        if self._is_sparse:
            return self._sparse(value)
        if type(value) is np.ndarray and value.dtype == self._dtype:
            host = value.copy() if at_once else value
        else:
            host = as_host(value, None, self._dtype, self._name())
        self._require_shape(host)
        return engines.current.place(host) if at_once else host

    def _sparse(self, value: Any) -> Any:
        if not engines.current.is_sparse(value):
            value = sparse.from_host(value, self._dtype, self._name())
        self._require_shape(value)
        return value

    def _require_shape(self, value: Any) -> None:
        if self._shape is not None and not _suits(tuple(value.shape), self._shape):
            raise FeedError(
                f"expected a value of shape {self._shape} for {self._name()}, "
                f"received one of shape {tuple(value.shape)}.",
                "a fed value has the rank of its placeholder and its known dimensions.",
                "reshape the value, or make the placeholder with other dimensions.",
            )

    def _name(self) -> str:
        if isinstance(self._key, keras.Variable):
            return f"variable {self._key.path!r}"
        return f"the placeholder {history.describe(self._key)}"


def _suits(got: tuple[int, ...], expected: Sequence[int | None]) -> bool:
    return len(got) == len(expected) and all(
        known is None or known == size for size, known in zip(got, expected)
    )
