"""PyTorch: variables are written in place, and nothing is traced."""

import functools
from collections.abc import Callable
from functools import partial
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
    is_size,
    is_wide,
    observe,
    place,
    placement_of,
    tracing,
)
from kompat.engines.perturbation import Points
from kompat.engines.width import computes_wide
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
    "is_size",
    "is_wide",
    "observe",
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
_BINARY = {
    *("add", "subtract", "multiply", "true_divide", "floor_divide", "mod", "power", "matmul"),
    *("maximum", "minimum"),
    *("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"),
}
_UNARY = {"negative", "absolute", "square", "sqrt", "exp", "log", "sin", "cos", "sign", "round"}


def _reduction(own: Callable[..., Any]) -> Callable[..., Any]:
    def reduce(x: torch.Tensor, axis: Any = None, keepdims: bool = False) -> torch.Tensor:
        if axis is None and not keepdims:
            return own(x)
        axes = tuple(range(x.ndim)) if axis is None else axis
        return x if axes == () else own(x, dim=axes, keepdim=keepdims)

    return reduce


def _prod(x: torch.Tensor, dim: Any = None, keepdim: bool = False) -> torch.Tensor:
    """`torch.prod`, along several axes too."""
    if dim is None:
        return torch.prod(x)
    axes = [dim] if isinstance(dim, int) else dim
    for axis in sorted((axis % x.ndim for axis in axes), reverse=True):
        x = torch.prod(x, dim=axis, keepdim=keepdim)
    return x


def _cumulation(own: Callable[..., Any]) -> Callable[..., Any]:
    def cumulate(x: torch.Tensor, axis: int | None = None) -> torch.Tensor:
        return own(x.flatten(), 0) if axis is None else own(x, axis)

    return cumulate


_OWN: dict[str, Callable[..., Any]] = {
    **{name: getattr(torch, _NAMES.get(name, name)) for name in _BINARY | _UNARY},
    **{
        name: _reduction(getattr(torch, _NAMES.get(name, name)))
        for name in ("sum", "mean", "max", "min", "all", "any")
    },
    "cumprod": _cumulation(torch.cumprod),
    "cumsum": _cumulation(torch.cumsum),
    "prod": _reduction(_prod),
    "var": _reduction(partial(torch.var, correction=0)),
}


def exact(function: Function) -> Function:
    """`function` of `keras.ops`, exact where an operand has 64 bits.

    Then PyTorch's own function runs: Keras's computes with 32 bits.
    """
    own = _OWN.get(function.__name__)
    if own is None:
        return function
    settings = {"axis", "keepdims"} if function.__name__ not in _BINARY | _UNARY else set()

    @functools.wraps(function)
    def in_full_width(*args: Any, **kwargs: Any) -> Any:
        if not computes_wide(args, kwargs) or not kwargs.keys() <= settings:
            return function(*args, **kwargs)
        return own(*map(_operand, args), **kwargs)

    return in_full_width  # type: ignore[return-value]  # functools.wraps keeps the signature


def differentiate(
    forward: Callable[..., Any], wanted: list[tuple[int, list[int]]]
) -> tuple[list[list[Any]], Any]:
    """As JAX's: one pass of `forward`, and the gradients of its losses at its points."""
    points = Points(lambda value: torch.zeros_like(value, requires_grad=True))

    def gradient(loss: torch.Tensor, targets: list[torch.Tensor]) -> Any:
        if not loss.requires_grad:
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
