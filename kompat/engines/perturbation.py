"""Points that a pass meets, where engines that record as they go differentiate by."""

from collections.abc import Callable, Sequence
from typing import Any

from kompat.engines.engine import Gradients, Tensor, Wanted


class Points:
    """Puts a tensor that the engine watches in the place of the value of each key.

    It needs no zero to add: it differentiates by the tensor that the pass goes on with.

    Args:
        watched: gives a tensor equal to a value, watched by the engine.
    """

    def __init__(self, watched: Callable[[Any], Tensor]):
        self._watched = watched
        self._met: dict[int, Tensor] = {}

    def perturb(self, key: int, value: Any) -> Tensor:
        """A tensor equal to `value`; a key is met once in a pass."""
        assert key not in self._met
        point = self._met[key] = self._watched(value)
        return point

    def gradients(
        self,
        losses: Sequence[Tensor],
        wanted: Wanted,
        gradient: Callable[[Tensor, list[Tensor]], Sequence[Tensor | None]],
    ) -> Gradients:
        """The gradients as `wanted` asks for them; None for a point that was not met.

        Args:
            losses: scalars.
            wanted: per result, which loss and the keys of which points.
            gradient: gives the engine's gradients of a loss with respect to tensors.
        """
        results = []
        for index, keys in wanted:
            met = [key for key in keys if key in self._met]
            found = gradient(losses[index], [self._met[key] for key in met])
            pulled = dict(zip(met, found))
            results.append([pulled.get(key) for key in keys])
        return results
