"""A toy engine, which becomes `kompat/engines/toy.py`: gradients are all it has of its own.

Its tensors are PyTorch's, which Keras computes with.
"""

from collections.abc import Callable
from typing import Any

import torch

from kompat.engines.perturbation import Points

STORAGE = "toy"


def differentiate(
    forward: Callable[..., Any], wanted: list[tuple[int, list[int]]]
) -> tuple[list[list[Any]], Any]:
    """One pass of `forward`, and the gradients of its losses at its points."""
    points = Points(_watched)
    losses, others = forward(points.perturb)

    def gradient(loss: torch.Tensor, targets: list[torch.Tensor]) -> Any:
        if not loss.requires_grad:
            return [None] * len(targets)
        return torch.autograd.grad(loss, targets, create_graph=True, allow_unused=True)

    return points.gradients(losses, wanted, gradient), others


def _watched(value: torch.Tensor) -> torch.Tensor:
    return value.view_as(value) if value.requires_grad else value.detach().requires_grad_()
