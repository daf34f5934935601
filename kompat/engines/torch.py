"""PyTorch: variables are written in place, and nothing is traced."""

import contextlib
import functools
import itertools
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import keras
import numpy as np
import torch
from torch.nn import functional

from kompat.engines import torch_operators, windows
from kompat.engines.perturbation import Points
from kompat.engines.torch_recording import forget as forget, record
from kompat.engines.width import computes_wide
from kompat.values.torch import address_of, from_numpy, host_view

STORAGE = "torch"
torch_operators.replace_operators()

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
    "where",
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


def stamp(tensor: torch.Tensor) -> Any:
    """The counter of the writes to the tensor's memory; inference mode keeps none."""
    return None if tensor.is_inference() else tensor._version


def copy_of(tensor: torch.Tensor) -> torch.Tensor:
    """The same value in memory of its own, in the history of gradients too."""
    return tensor.clone()


def shares_memory(tensor: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether a write to one of two tensors would be seen in the other: views share a storage."""
    address = address_of(tensor)
    return address is not None and address == address_of(other)


def differentiate(
    forward: Callable[..., Any], wanted: list[tuple[int, list[int]]]
) -> tuple[list[list[Any]], Any]:
    """As JAX's: one pass of `forward`, and the gradients of its losses at its points."""
    is_inside_another = torch.is_grad_enabled()
    points = Points(_watched)

    def gradient(loss: torch.Tensor, targets: list[torch.Tensor]) -> Any:
        if not loss.requires_grad:  # it was computed from constants alone
            return [None] * len(targets)
        return torch.autograd.grad(
            loss, targets, retain_graph=True, create_graph=is_inside_another, allow_unused=True
        )

    with torch.enable_grad():
        losses, others = forward(points.perturb)
    return points.gradients(losses, wanted, gradient), others


def _watched(value: Any) -> torch.Tensor:
    tensor = _operand(value)
    return tensor.view_as(tensor) if tensor.requires_grad else tensor.detach().requires_grad_()


_UNCOMPARABLE = {torch.uint16, torch.uint32, torch.uint64}


def comparable(tensor: Any) -> Any:
    """An integer tensor in a dtype that PyTorch compares; numbers from 2**63 on are negative."""
    return tensor.to(torch.int64) if getattr(tensor, "dtype", None) in _UNCOMPARABLE else tensor


def host_form(tensor: torch.Tensor, name: str) -> Any:
    """The value of `tensor` on the host, for its owner to keep."""
    return host_view(tensor)[()]


def restoring_modes(function: Callable[..., Any], *args: Any) -> Any:
    """Call `function`; then gradients are recorded as before, interrupted or not."""
    was_recording = torch.is_grad_enabled()
    try:
        return function(*args)
    finally:
        torch._C._set_grad_enabled(was_recording)


def without_history() -> contextlib.AbstractContextManager:
    """No operation is kept for autograd."""
    return torch.no_grad()


def compile(function: Callable[..., Any], *args: Any) -> Callable[..., Any] | None:
    """`function` as the list of PyTorch's own operations, forward and backward, that it calls.

    Keras's and autograd's bookkeeping is done once, on tensors without values. A function that
    asks for a value, as all seeded random draws do, is not recorded: then it is None, and the
    function keeps its errors for when it runs.
    """
    lengths: list[int] = []

    def flat(*tensors: torch.Tensor) -> list[torch.Tensor]:
        outputs = function(*_parts(tensors, list(map(len, args))))
        lengths[:] = map(len, outputs)
        return [_operand(x) for part in outputs for x in part]

    recording = record(flat, _tensors(args, _operand))
    if recording is None:
        return None
    take = _operand if recording.writes_arguments else _shared

    def run(*args: Any) -> Any:
        with torch.no_grad():
            return _parts(recording.run(*_tensors(args, take)), lengths)

    return run


def _tensors(args: Sequence[list[Any]], take: Callable[[Any], Any]) -> list[torch.Tensor]:
    return [take(x) for part in args for x in part]


def _shared(value: Any) -> Any:
    """As `_operand`; an array of the host is taken as it is, for what reads it and is done."""
    if type(value) is np.ndarray and value.flags.writeable:
        return from_numpy(value)
    return _operand(value)


def _parts(tensors: Sequence[Any], lengths: list[int]) -> list[list[Any]]:
    given = iter(tensors)
    return [list(itertools.islice(given, length)) for length in lengths]


def _operand(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value
    if isinstance(value, keras.Variable):
        return value.value
    if isinstance(value, (np.ndarray, np.generic)):
        return from_numpy(np.array(value))
    wide = torch.float64 if isinstance(value, float) else None
    return torch.tensor(value, dtype=wide)


_CONVOLVE = {1: torch.conv1d, 2: torch.conv2d, 3: torch.conv3d}
_TRANSPOSE = {1: torch.conv_transpose1d, 2: torch.conv_transpose2d, 3: torch.conv_transpose3d}
_MAX_POOL = {2: functional.max_pool2d, 3: functional.max_pool3d}
_AVERAGE_POOL = {2: functional.avg_pool2d, 3: functional.avg_pool3d}


def convolve(
    x: torch.Tensor, kernel: torch.Tensor, strides: Any, padding: str, dilation: Any
) -> torch.Tensor:
    """A convolution, channels last."""
    groups = x.shape[-1] // kernel.shape[-2]
    pads = windows.pads(padding, x.shape[1:-1], kernel.shape[:-2], strides, dilation)
    x, symmetric = _padded(x.movedim(-1, 1), pads)
    weights = kernel.movedim((-1, -2), (0, 1))
    result = _CONVOLVE[len(strides)](x, weights, None, strides, symmetric, dilation, groups)
    return result.movedim(1, -1)


def convolve_transposed(
    x: torch.Tensor, kernel: torch.Tensor, sizes: Any, strides: Any, padding: str, dilation: Any
) -> torch.Tensor:
    """The transpose of a convolution, of the given sizes: PyTorch's of all sizes, cut to them."""
    pads = windows.pads(padding, sizes, kernel.shape[:-2], strides, dilation)
    weights = kernel.movedim((-1, -2), (0, 1))
    whole = _TRANSPOSE[len(strides)](x.movedim(-1, 1), weights, stride=strides, dilation=dilation)
    missing = [
        (-before, before + size - reached)
        for (before, _), size, reached in zip(pads, sizes, whole.shape[2:])
    ]
    return functional.pad(whole, _flat(missing)).movedim(1, -1)


def max_pool(x: torch.Tensor, window: Any, strides: Any, padding: str) -> torch.Tensor:
    """The maximum of each window, channels last."""
    pads = windows.pads(padding, x.shape[1:-1], window, strides, [1] * len(window))
    x, symmetric = _padded(x.movedim(-1, 1), pads, -torch.inf)
    return _MAX_POOL[len(window)](x, window, strides, symmetric).movedim(1, -1)


def average_pool(x: torch.Tensor, window: Any, strides: Any, padding: str) -> torch.Tensor:
    """The average of each window, channels last."""
    pads = windows.pads(padding, x.shape[1:-1], window, strides, [1] * len(window))
    padded = functional.pad(x.movedim(-1, 1), _flat(pads))
    mean = _AVERAGE_POOL[len(window)](padded, window, strides).movedim(1, -1)
    if padding == "valid":
        return mean
    share = windows.counts(padding, x.shape[1:-1], window, strides) / math.prod(window)
    return mean / torch.as_tensor(share, dtype=x.dtype, device=x.device)


def _padded(x: torch.Tensor, pads: windows.Pads, value: float = 0.0) -> tuple[torch.Tensor, Any]:
    """`x`, and what PyTorch shall add on both sides; what it cannot is added already."""
    if all(before == after for before, after in pads):
        return x, [before for before, _ in pads]
    return functional.pad(x, _flat(pads), value=value), 0


def _flat(pads: windows.Pads) -> list[int]:
    """The amounts as PyTorch takes them, last axis first."""
    return [amount for pair in reversed(pads) for amount in pair]
