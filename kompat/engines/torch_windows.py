"""Convolution and pooling on PyTorch: its channels come first, and its padding is symmetric."""

import math
from typing import Any

import torch
from torch.nn import functional

from kompat.engines import windows

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
