"""Join tensors, and take parts of them."""

import itertools
from collections.abc import Sequence
from functools import partial
from typing import Any

import keras
import numpy as np

from kompat import engines, mode
from kompat.backend.axes import axes_in, axis_in, listed
from kompat.backend.operands import concrete, number, operand
from kompat.engines.dtypes import dtype_name
from kompat.graph.shapes import may_be_alike

__all__ = ["concatenate", "gather", "one_hot", "reverse", "stack"]

_exact = engines.current.exact
_concatenate = _exact(keras.ops.concatenate)
_equal = _exact(keras.ops.equal)
_expand_dims = _exact(keras.ops.expand_dims)
_flip = _exact(keras.ops.flip)
_stack = _exact(keras.ops.stack)
_take = _exact(keras.ops.take)


def stack(x: Sequence[Any], axis: int = 0) -> Any:
    """Join tensors of one shape along a new axis.

    Args:
        x: a list of tensors, variables, arrays or numbers.
        axis: where the new axis will be.

    Returns:
        A tensor.

    Raises:
        ValueError: the shapes differ, or there is nothing to join.

    Example:

    >>> K.int_shape(K.stack([K.zeros((2, 3)), K.ones((2, 3))], axis=1))
    (2, 2, 3)
    """
    parts = _parts("stack", x)
    axis = axis_in(parts[0], axis, more=1)
    if not _alike(parts, free=None):
        raise ValueError(f"stack expects tensors of one shape, received {_shapes(parts)}.")
    return _stack(concrete(*parts), axis=axis)


def concatenate(tensors: Sequence[Any], axis: int = -1) -> Any:
    """Join tensors along an axis.

    Args:
        tensors: a list of tensors, variables or arrays, whose other axes have the same sizes.
        axis: along which axis.

    Returns:
        A tensor.

    Raises:
        ValueError: the other axes differ, or there is nothing to join.

    Example:

    >>> K.eval(K.concatenate([K.constant([1.]), K.constant([2., 3.])]))
    array([1., 2., 3.], dtype=float32)
    """
    parts = _parts("concatenate", tensors)
    axis = axis_in(parts[0], axis)
    if not _alike(parts, free=axis):
        raise ValueError(
            f"concatenate expects tensors that differ along axis {axis} only, received "
            f"{_shapes(parts)}."
        )
    return _joined(*parts, axis=axis)


@partial(engines.current.fused, static=("axis",))
def _joined(*parts: Any, axis: int) -> Any:
    return _concatenate(list(parts), axis=axis)


def _parts(name: str, tensors: Any) -> list[Any]:
    """The tensors to join; numbers take the dtype of the tensors beside them."""
    parts = list(tensors)
    if not parts:
        raise ValueError(f"{name} expects at least one tensor, received none.")
    first = next((part for part in parts if hasattr(part, "dtype")), None)
    return [
        number(part, first) if isinstance(part, (int, float)) else operand(part, like=first)
        for part in parts
    ]


def _alike(parts: list[Any], free: int | None) -> bool:
    """Whether all axes but the free one have the same known sizes."""
    shapes = [[None if axis == free else n for axis, n in enumerate(p.shape)] for p in parts]
    return all(may_be_alike(one, other) for one, other in itertools.combinations(shapes, 2))


def _shapes(parts: list[Any]) -> str:
    return ", ".join(str(tuple(part.shape)) for part in parts)


def reverse(x: Any, axes: int | Sequence[int]) -> Any:
    """Reverse the order of the elements along axes.

    Args:
        x: a tensor, variable or array.
        axes: an axis, or a list of them.

    Returns:
        A tensor.

    Raises:
        ValueError: an axis is out of range or doubled.

    Example:

    >>> K.eval(K.reverse(K.constant([1., 2., 3.]), 0))
    array([3., 2., 1.], dtype=float32)
    """
    x = operand(x)
    axes = listed(axes)
    several = tuple(axes) if isinstance(axes, (list, tuple)) else (axes,)
    return _flip(x, axis=axes_in(x, several))


def gather(reference: Any, indices: Any) -> Any:
    """The rows of `reference` that `indices` name.

    Args:
        reference: a tensor, variable or array of rank 1 or more.
        indices: an integer tensor of any shape.

    Returns:
        A tensor of shape ``indices.shape + reference.shape[1:]``.

    Raises:
        ValueError: an index is out of range, as far as that is known before a graph runs.
        TypeError: `indices` are no integers.

    Example:

    >>> K.eval(K.gather(K.constant([10., 20., 30.]), [2, 0]))
    array([30., 10.], dtype=float32)
    """
    reference, indices = operand(reference), operand(indices)
    axis_in(reference, 0)
    _check_indices(indices, reference.shape[0])
    return _take(reference, indices, axis=0)


def _check_indices(indices: Any, size: int | None) -> None:
    require_integers(indices, "indices")
    if size is None or isinstance(indices, keras.KerasTensor) or mode.is_traced(indices):
        return
    found = keras.ops.convert_to_numpy(indices)
    if found.size and not 0 <= found.min() <= found.max() < size:
        raise ValueError(
            f"gather expects indices in [0, {size}), received {found.min()} to {found.max()}."
        )


def require_integers(x: Any, name: str) -> None:
    """Raise TypeError unless the tensor `x` holds integers."""
    if "int" not in dtype_name(x):
        raise TypeError(f"expected {name} to be integers, received {dtype_name(x)}.")


def one_hot(indices: Any, num_classes: int) -> Any:
    """Ones at the places that `indices` name, in a new last axis.

    Args:
        indices: an integer tensor.
        num_classes: the size of the new axis. An index outside it gives zeros.

    Returns:
        A float32 tensor of shape ``indices.shape + (num_classes,)``.

    Raises:
        TypeError: `indices` are no integers.
        ValueError: `num_classes` is negative.

    Example:

    >>> K.eval(K.one_hot(K.constant([0, 2], dtype="int32"), 3))
    array([[1., 0., 0.],
           [0., 0., 1.]], dtype=float32)
    """
    indices = operand(indices)
    require_integers(indices, "indices")
    if num_classes < 0:
        raise ValueError(f"one_hot expects num_classes to be 0 or more, received {num_classes}.")
    classes: Any = np.arange(num_classes, dtype="int32")
    hot = _equal(_expand_dims(indices, -1), classes)
    return keras.ops.cast(hot, "float32")
