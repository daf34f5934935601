"""Points that a pass meets: where engines that record as they go add a zero to differentiate by."""

from collections.abc import Callable, Sequence
from typing import Any


class Points:
    """Adds a zero, made when it is first needed, to the value of each key.

    Args:
        zero: makes the zero for a value, watched by the engine.
    """

    def __init__(self, zero: Callable[[Any], Any]):
        self._zero = zero
        self._met: dict[int, Any] = {}

    def perturb(self, key: int, value: Any) -> Any:
        """`value`, plus the zero of `key`."""
        if key not in self._met:
            self._met[key] = self._zero(value)
        return value + self._met[key]

    def gradients(
        self,
        losses: Sequence[Any],
        wanted: list[tuple[int, list[int]]],
        gradient: Callable[[Any, list[Any]], Sequence[Any]],
    ) -> list[list[Any]]:
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
