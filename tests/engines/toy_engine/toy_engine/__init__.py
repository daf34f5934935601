"""A toy engine: gradients and the home of its variables are all it has of its own.

Its tensors are PyTorch's, which Keras computes with.
"""

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import torch

from kompat.engines.engine import Engine, Gradients, Nested, Perturb, Wanted
from kompat.engines.perturbation import Points


class ToyEngine(Engine):
    """Computes at once, and records what it computes for gradients."""

    def storage(self) -> ModuleType:
        from toy_engine import storage

        return storage

    def differentiate(
        self, forward: Callable[[Perturb], tuple[Sequence[torch.Tensor], Nested]], wanted: Wanted
    ) -> tuple[Gradients, Nested]:
        points = Points(_watched)
        losses, others = forward(points.perturb)
        return points.gradients(losses, wanted, _gradient), others


def _watched(value: torch.Tensor) -> torch.Tensor:
    """A tensor equal to `value`, of which PyTorch records what is computed from it."""
    return value.view_as(value) if value.requires_grad else value.detach().requires_grad_()


def _gradient(loss: torch.Tensor, targets: list[torch.Tensor]) -> Sequence[Any]:
    """The gradients of a loss with respect to tensors, None where it does not depend on one."""
    if not loss.requires_grad:
        return [None] * len(targets)
    return torch.autograd.grad(loss, targets, create_graph=True, allow_unused=True)
