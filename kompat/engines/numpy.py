"""NumPy: no device, no trace, every dtype exact."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import keras
import numpy as np

from kompat.engines.generic import (
    LARGE_BYTES,
    allocate,
    as_tensor,
    at_run_time,
    compile,
    differentiate,
    duplicate,
    eagerly,
    full_width,
    fused,
    host_form,
    infer,
    is_narrowing,
    is_wide,
    observe,
    placement_of,
    seed_at_run_time,
    tracing,
)
from kompat.engines.width import any_wide

__all__ = [
    "LARGE_BYTES",
    "allocate",
    "as_tensor",
    "at_run_time",
    "compile",
    "differentiate",
    "duplicate",
    "eagerly",
    "exact",
    "full_width",
    "fused",
    "host_form",
    "infer",
    "is_narrowing",
    "is_wide",
    "observe",
    "place",
    "placement_of",
    "seed_at_run_time",
    "stamp",
    "tracing",
]

Function = TypeVar("Function", bound=Callable[..., Any])


def place(host: Any, placement: Any = None) -> Any:
    """The host array itself, read-only."""
    tensor = np.asarray(host)
    tensor.setflags(write=False)
    return tensor


def stamp(tensor: Any) -> Any:
    """A checksum: nothing else tells whether somebody wrote to an array."""
    return hash(tensor.tobytes())


def exact(function: Function) -> Function:
    """`function` of `keras.ops`, exact where an operand has 64 bits.

    Then NumPy's function of the same name runs: Keras's own casts its operands to 32 bits.
    """
    name = function.__name__
    wide_function = _ACTIVATIONS.get(name, getattr(np, name, function))

    @functools.wraps(function)
    def in_full_width(*args: Any, **kwargs: Any) -> Any:
        if not any_wide(args) and not any_wide(kwargs.values()):
            return function(*args, **kwargs)
        if any(isinstance(arg, keras.KerasTensor) for arg in args):
            return function(*args, **kwargs)
        return wide_function(*map(_operand, args), **kwargs)

    return in_full_width  # type: ignore[return-value]  # functools.wraps keeps the signature


def _elu(x: Any, alpha: float = 1.0) -> Any:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _log_softmax(x: Any, axis: Any = -1) -> Any:
    x = x - np.max(x, axis=axis, keepdims=True)
    return x - np.log(np.sum(np.exp(x), axis=axis, keepdims=True))


def _sigmoid(x: Any) -> Any:
    return np.exp(-np.logaddexp(0, -x))


# What NumPy has no function for.
_ACTIVATIONS: dict[str, Callable[..., Any]] = {
    "elu": _elu,
    "log_softmax": _log_softmax,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": _sigmoid,
    "softmax": lambda x, axis=-1: np.exp(_log_softmax(x, axis)),
    "softplus": lambda x: np.logaddexp(x, 0),
    "softsign": lambda x: x / (1 + np.abs(x)),
}


def _operand(value: Any) -> Any:
    return value.value if isinstance(value, keras.Variable) else value
