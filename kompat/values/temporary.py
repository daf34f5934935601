"""Which arrays and tensors nobody holds, so that what is written to them would be lost.

`layer.kernel` of a layer with LoRA, `module.weight` under a parametrization and `v + 0` are
computed anew each time. What tells them is how many references there are; how many are kompat's
own is measured with the running interpreter. Where it cannot tell, because it borrows references,
the limits are 0, and nothing is refused.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from kompat.errors import NotAVariableError
from kompat.values.adapter import Adapter, found


class Limits:
    """`sys.getrefcount` of what nobody else holds, by the place where it is asked."""

    in_write = 0
    """In `Adapter.write`, called by a function to which the caller has given it."""
    in_pair = 0
    """Where the pairs of a batch are unpacked."""
    in_base = 0
    """Of a local variable that an array has for its base."""


class _Target:
    pass


class _Probe(Adapter):
    def write(self, x: Any, value: Any) -> None:
        value.append(sys.getrefcount(x))


def measure(set_value: Callable[[Any, Any], None]) -> None:
    """Find the limits, through the function that calls `Adapter.write`."""
    if not hasattr(sys, "getrefcount"):
        return
    target: Any = _Target()
    counts: list[int] = []
    found[_Target] = _Probe()
    try:
        set_value(_Target(), counts)
        set_value(target, counts)
    finally:
        del found[_Target]
    Limits.in_write = limit(*counts)
    Limits.in_pair = limit(_count_in_pair([(_Target(), 0)]), _count_in_pair([(target, 0)]))
    whole = np.zeros(2)
    Limits.in_base = limit(_count_in_base(np.zeros(2)[:1]), _count_in_base(whole[:1]))


def _count_in_pair(pairs: list[tuple[Any, Any]]) -> int:
    for x, _ in pairs:
        return sys.getrefcount(x)
    return 0


def _count_in_base(view: np.ndarray) -> int:
    base = view.base
    return sys.getrefcount(base)


def limit(alone: int, held: int) -> int:
    """The count of what is alone, where one more reference shows."""
    return alone if alone < held else 0


def lost(name: str, origin: str = "") -> NotAVariableError:
    """The error for writing to what nobody holds."""
    return NotAVariableError(
        f"{name}: expected a variable, received what was computed at this moment{origin}; "
        "nobody holds it, and the value would be lost.",
        "arithmetic, K.identity and learning-rate schedules make a new tensor, and so does the "
        "`kernel` of a layer with LoRA or quantised weights, or a `weight` with a parametrization.",
        "write what it is computed from: layer.weights or module.named_parameters() lists it; or "
        "keep it before you write it: x = layer.kernel.",
    )
