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
    host_form,
    infer,
    is_narrowing,
    is_sparse,
    is_wide,
    observe,
    on_host,
    placement_of,
    scan,
    sparse,
    sparse_where,
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
    "host_form",
    "infer",
    "is_narrowing",
    "is_sparse",
    "is_wide",
    "observe",
    "on_host",
    "place",
    "placement_of",
    "scan",
    "sparse",
    "sparse_where",
    "tracing",
]

Function = TypeVar("Function", bound=Callable[..., Any])


def place(host: Any, placement: Any = None) -> Any:
    """The host array itself, read-only."""
    tensor = np.asarray(host)
    tensor.setflags(write=False)
    return tensor


def exact(function: Function) -> Function:
    """`function` of `keras.ops`, exact where an operand has 64 bits.

    Then NumPy's function of the same name runs: Keras's own casts its operands to 32 bits.
    """
    wide_function = getattr(np, function.__name__, function)

    @functools.wraps(function)
    def in_full_width(*args: Any, **kwargs: Any) -> Any:
        if not any_wide(args) and not any_wide(kwargs.values()):
            return function(*args, **kwargs)
        return wide_function(*map(_operand, args), **kwargs)

    return in_full_width  # type: ignore[return-value]  # functools.wraps keeps the signature


def _operand(value: Any) -> Any:
    return value.value if isinstance(value, keras.Variable) else value
