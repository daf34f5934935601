"""Whether the elements of a strided array can be written one by one."""

import functools
from collections.abc import Sequence

import numpy as np

from kompat.errors import ImmutableValueError


def overlaps(shape: Sequence[int], strides: Sequence[int], width: int) -> bool:
    """Whether two elements share memory.

    Args:
        shape: the sizes of the axes.
        strides: how far apart two neighbours along each axis begin.
        width: how much memory one element takes, in the unit of the strides.
    """
    if 0 in shape:
        return False
    axes = sorted((abs(step), size) for step, size in zip(strides, shape) if size > 1)
    reach = 0
    for step, size in axes:
        if step < reach + width:
            along: tuple[np.ndarray, ...] = np.ix_(*(step * np.arange(size) for step, size in axes))
            places = np.sort(functools.reduce(np.add, along), axis=None)
            return bool((np.diff(places) < width).any())
        reach += step * (size - 1)
    return False


def require_apart(shape: Sequence[int], strides: Sequence[int], width: int, name: str) -> None:
    """Raise ImmutableValueError if two elements of `name` share memory, as for `overlaps`."""
    if overlaps(shape, strides, width):
        raise ImmutableValueError(
            f"{name}: several of its elements share one place in memory.",
            "it was made by expand(), unfold(), as_strided() or a sliding window, so its elements "
            "cannot be written one by one.",
            "write to what it is a view of, or to a copy: tensor.clone(), array.copy().",
        )
