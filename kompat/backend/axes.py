"""Axes of tensors, as they are given."""

from typing import Any

import keras
import numpy as np

Axis = int | list[int] | tuple[int, ...] | None


def axis_in(x: Any, axis: Any, more: int = 0) -> int:
    """An axis of `x`, counted from the front; `more` axes than it has are allowed.

    Raises:
        TypeError: it is no integer.
        ValueError: it is out of range.
    """
    rank = len(x.shape) + more
    if isinstance(axis, bool) or not hasattr(axis, "__index__"):
        raise TypeError(f"expected an axis as an integer, received {axis!r:.60}.")
    if not -rank <= axis < rank:
        raise ValueError(
            f"expected an axis in [{-rank}, {rank}) for a tensor of shape {tuple(x.shape)}, "
            f"received {axis}."
        )
    return int(axis) % rank


def axes_in(x: Any, axes: Any) -> Any:
    """None, an axis or several of `x`, as `keras.ops` takes them.

    Raises:
        TypeError: one is no integer.
        ValueError: one is out of range, or there twice.
    """
    if axes is None:
        return None
    axes = listed(axes)
    if not isinstance(axes, (list, tuple)):
        return axis_in(x, axes)
    found = tuple(axis_in(x, axis) for axis in axes)
    if len({*found}) < len(found):
        raise ValueError(
            f"expected different axes, received {axes!r} for a tensor of shape {tuple(x.shape)}."
        )
    return found


def listed(axes: Any) -> Any:
    """Axes that stand in an array or a tensor as a list; others as they are."""
    if isinstance(axes, np.ndarray) or keras.ops.is_tensor(axes):
        return keras.ops.convert_to_numpy(axes).tolist()
    return axes
