"""PyTorch: variables are written in place, and nothing is traced."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import keras
import numpy as np
import torch

from kompat.engines.generic import (
    LARGE_BYTES,
    allocate,
    as_tensor,
    at_run_time,
    compile,
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
    place,
    placement_of,
    scan,
    sparse,
    sparse_where,
    tracing,
)
from kompat.engines.perturbation import Points
from kompat.engines.width import any_wide
from kompat.values.torch import from_numpy

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

# keras.ops' names that PyTorch spells otherwise.
_NAMES = {
    "equal": "eq",
    "max": "amax",
    "min": "amin",
    "mod": "remainder",
    "not_equal": "ne",
    "power": "pow",
}
_BINARY = {
    *("add", "subtract", "multiply", "true_divide", "floor_divide", "mod", "power", "matmul"),
    *("maximum", "minimum"),
    *("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"),
}
_UNARY = {"negative", "absolute", "square", "sqrt", "exp", "log", "sin", "cos", "sign", "round"}


_REDUCTIONS = {"sum", "mean", "max", "min", "all", "any"}


def exact(function: Function) -> Function:
    """`function` of `keras.ops`, exact where an operand has 64 bits.

    Then PyTorch's own function runs: Keras's computes with 32 bits.
    """
    name = function.__name__
    if name not in _BINARY | _UNARY | _REDUCTIONS:
        return _VARIANCE.get(name, function)  # type: ignore[return-value]
    own = getattr(torch, _NAMES.get(name, name))

    @functools.wraps(function)
    def in_full_width(*args: Any, **axes: Any) -> Any:
        if not any_wide(args) or any(isinstance(a, keras.KerasTensor) for a in args):
            return function(*args, **axes)
        operands = map(_operand, args)
        return _reduce(own, next(operands), **axes) if axes else own(*operands)

    return in_full_width  # type: ignore[return-value]  # functools.wraps keeps the signature


def _reduce(own: Callable[..., Any], x: torch.Tensor, axis: Any, keepdims: bool) -> torch.Tensor:
    if axis == ():
        return x
    return own(x, dim=axis, keepdim=keepdims)


def _var(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """`keras.ops.var`, which on PyTorch computes with 32 bits."""
    if not any_wide((x,)) or isinstance(x, keras.KerasTensor):
        return keras.ops.var(x, axis=axis, keepdims=keepdims)
    return torch.var(_operand(x), dim=axis, keepdim=keepdims, correction=0)


_VARIANCE = {"var": _var}


def differentiate(
    forward: Callable[..., Any], wanted: list[tuple[int, list[int]]]
) -> tuple[list[list[Any]], Any]:
    """As JAX's: one pass of `forward`, and the gradients of its losses at its points."""
    points = Points(lambda value: torch.zeros_like(value, requires_grad=True))

    def gradient(loss: torch.Tensor, targets: list[torch.Tensor]) -> Any:
        if not loss.requires_grad:  # it was computed from constants alone
            return [None] * len(targets)
        return torch.autograd.grad(loss, targets, create_graph=True, allow_unused=True)

    with torch.enable_grad():
        losses, others = forward(points.perturb)
    return points.gradients(losses, wanted, gradient), others


def _operand(value: Any) -> Any:
    if isinstance(value, keras.Variable):
        return value.value
    if isinstance(value, (np.ndarray, np.generic)):
        return from_numpy(np.array(value))
    if isinstance(value, torch.Tensor):
        return value
    wide = torch.float64 if isinstance(value, float) else None
    return torch.tensor(value, dtype=wide)
