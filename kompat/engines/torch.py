"""PyTorch: variables are written in place, and nothing is traced."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import keras
import numpy as np
import torch

from kompat.engines.generic import (
    allocate,
    at_run_time,
    duplicate,
    eagerly,
    full_width,
    is_narrowing,
    is_wide,
    place,
    placement_of,
    tracing,
)
from kompat.engines.width import any_wide
from kompat.values.torch import from_numpy

__all__ = [
    "allocate",
    "at_run_time",
    "duplicate",
    "eagerly",
    "exact",
    "full_width",
    "is_narrowing",
    "is_wide",
    "place",
    "placement_of",
    "tracing",
]

Function = TypeVar("Function", bound=Callable[..., Any])

# keras.ops' names that PyTorch spells otherwise.
_NAMES = {
    "equal": "eq",
    "max": "amax",
    "min": "amin",
    "mod": "remainder",
    "not_equal": "ne",
    "power": "pow",
}
_BINARY = frozenset(
    [
        "add",
        "subtract",
        "multiply",
        "true_divide",
        "floor_divide",
        "mod",
        "power",
        "matmul",
        "maximum",
        "minimum",
        "equal",
        "not_equal",
        "less",
        "less_equal",
        "greater",
        "greater_equal",
    ]
)
_UNARY = frozenset(
    ["negative", "absolute", "square", "sqrt", "exp", "log", "sin", "cos", "sign", "round", "tanh"]
)


def exact(function: Function) -> Function:
    """`function` of `keras.ops`, exact where an operand has 64 bits.

    Then PyTorch's own function runs: Keras's casts NumPy operands to 32 bits.
    """
    name = function.__name__
    if name not in _BINARY | _UNARY:
        return function
    wide_function = getattr(torch, _NAMES.get(name, name))

    @functools.wraps(function)
    def in_full_width(*args: Any) -> Any:
        if not any_wide(args) or any(isinstance(a, keras.KerasTensor) for a in args):
            return function(*args)
        return wide_function(*map(_operand, args))

    return in_full_width  # type: ignore[return-value]  # functools.wraps keeps the signature


def _operand(value: Any) -> Any:
    if isinstance(value, keras.Variable):
        return value.value
    if isinstance(value, (np.ndarray, np.generic)):
        return from_numpy(np.array(value))
    return value if isinstance(value, torch.Tensor) else torch.tensor(value)
