"""What can be fetched from a graph, and what can be fed."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from kompat import engines
from kompat.engines.width import dtype_name
from kompat.errors import FeedError, SessionError
from kompat.graph import history
from kompat.graph.phase import LearningPhase, checked
from kompat.values import keras_slot
from kompat.values.adapter import host_value
from kompat.values.conversion import to_host


def fetchable(x: Any) -> None:
    """Raise unless `x` can be the output of a function or a fetch of a session."""
    if isinstance(x, (keras.KerasTensor, keras.Variable, LearningPhase, np.ndarray, np.number)):
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
    fed, phase, others = [], int(LearningPhase()), []
    for key, value in zip(keys, values, strict=True):
        if isinstance(key, LearningPhase):
            phase = phase if value is None else checked(np.asarray(value).item())
        else:
            fed.append(key)
            others.append(value)
    return fed, phase, others


def as_feed(key: Any, value: Any) -> Any:
    """The value to be fed for a tensor or variable, as a tensor that shares no memory with it.

    Raises:
        FeedError: it has another rank or shape than `key`, or another kind of dtype.
    """
    if isinstance(key, keras.Variable):
        name, dtype = f"variable {key.path!r}", keras_slot.dtype(key)
    elif isinstance(key, keras.KerasTensor):
        name, dtype = "", np.dtype(dtype_name(key))
    else:
        raise FeedError(
            f"expected a placeholder, tensor or variable to feed, received {type(key).__name__}.",
            "only a part of the graph can be given a value.",
            "make it with K.placeholder(shape).",
        )
    if type(value) is not np.ndarray or value.dtype != dtype:
        host = _converted(key, value, dtype, name)
    else:
        host = value.copy()
    shape = key.shape
    if shape is not None and not _suits(host.shape, shape):
        raise FeedError(
            f"expected a value of shape {tuple(shape)} for the placeholder "
            f"{name or history.describe(key)}, received one of shape {host.shape}.",
            "a fed value has the rank of its placeholder and its known dimensions.",
            "reshape the value, or make the placeholder with other dimensions.",
        )
    return host if engines.current.compile is not None else engines.current.place(host)


def _converted(key: Any, value: Any, dtype: np.dtype, name: str) -> np.ndarray:
    return to_host(host_value(value), None, dtype, name or f"the placeholder {key.name!r}")


def _suits(got: tuple[int, ...], expected: Sequence[int | None]) -> bool:
    return len(got) == len(expected) and all(
        known is None or known == size for size, known in zip(got, expected)
    )
