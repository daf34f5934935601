"""Change the shape of a tensor, join tensors, take parts of them."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from kompat import engines, mode
from kompat.backend.operands import apply, data_format_of, number, operand, require_ranks
from kompat.backend.reduction import checked_axes
from kompat.engines.width import dtype_name, is_symbolic
from kompat.graph.shapes import Shaped, may_be_alike, run_sizes

__all__ = [
    "batch_flatten",
    "concatenate",
    "expand_dims",
    "flatten",
    "gather",
    "one_hot",
    "permute_dimensions",
    "repeat",
    "repeat_elements",
    "reshape",
    "reverse",
    "spatial_2d_padding",
    "spatial_3d_padding",
    "squeeze",
    "stack",
    "temporal_padding",
    "tile",
    "transpose",
]

Sizes = Any  # a tuple or list of integers and scalar tensors, or a tensor of rank 1

_exact = engines.current.exact
_concatenate = _exact(keras.ops.concatenate)
_expand_dims = _exact(keras.ops.expand_dims)
_flip = _exact(keras.ops.flip)
_pad = _exact(keras.ops.pad)
_repeat = _exact(keras.ops.repeat)
_reshape = _exact(keras.ops.reshape)
_squeeze = _exact(keras.ops.squeeze)
_stack = _exact(keras.ops.stack)
_take = _exact(keras.ops.take)
_tile = _exact(keras.ops.tile)
_transpose = _exact(keras.ops.transpose)


def reshape(x: Any, shape: Sizes) -> Any:
    """Give the elements another shape.

    Args:
        x: a tensor, variable or array.
        shape: a tuple of integers, one of which may be -1, for what is left; or a tensor of
            rank 1. Elements may be symbolic.

    Returns:
        A tensor of the dtype of `x`.

    Raises:
        ValueError: `shape` has another number of elements.

    Example:

    >>> K.eval(K.reshape(K.constant([1., 2., 3., 4.]), (2, -1)))
    array([[1., 2.],
           [3., 4.]], dtype=float32)
    """
    x = operand(x)
    if is_symbolic(shape):
        return Shaped(_reshaped, _reshaped_shape).of(shape, x)
    return _reshaped(_sizes(shape, "shape"), x)


def _reshaped(sizes: Any, x: Any) -> Any:
    _check_elements(sizes, x)
    return _reshape(x, sizes)


def _check_elements(sizes: Any, x: Any) -> None:
    if not isinstance(sizes, tuple) or not all(isinstance(n, int) for n in (*sizes, *x.shape)):
        return
    given, known = math.prod(x.shape), math.prod(n for n in sizes if n >= 0)
    rest = sum(n < 0 for n in sizes)
    if rest > 1 or (rest == 0 and given != known) or (rest and (not known or given % known)):
        raise ValueError(
            f"expected a shape of {given} elements for a tensor of shape {tuple(x.shape)}, "
            f"received {sizes}."
        )


def _reshaped_shape(sizes: Any, x: Any) -> tuple[int | None, ...]:
    sizes = tuple(None if n == -1 else n for n in sizes)
    if sizes.count(None) == 1 and None not in x.shape:
        rest = math.prod(x.shape) // math.prod(n for n in sizes if n is not None)
        return tuple(rest if n is None else n for n in sizes)
    return sizes


def _sizes(sizes: Any, name: str) -> Any:
    """Sizes as a tuple of integers, or as the tensor that the engine traces."""
    found = run_sizes(sizes)
    if isinstance(found, tuple) and not any(isinstance(n, (float, str)) for n in found):
        return found
    if keras.ops.is_tensor(found):
        return found
    raise TypeError(f"expected {name} to be a tuple of integers, received {sizes!r:.60}.")


def flatten(x: Any) -> Any:
    """All elements in one dimension.

    Args:
        x: a tensor, variable or array.

    Returns:
        A tensor of rank 1.

    Example:

    >>> K.eval(K.flatten(K.constant([[1., 2.], [3., 4.]])))
    array([1., 2., 3., 4.], dtype=float32)
    """
    return _reshape(operand(x), (-1,))


def batch_flatten(x: Any) -> Any:
    """Flatten each sample of a batch.

    Args:
        x: a tensor, variable or array.

    Returns:
        A tensor of shape ``(batch, elements of a sample)``.

    Example:

    >>> K.int_shape(K.batch_flatten(K.zeros((2, 3, 4))))
    (2, 12)
    """
    x = operand(x)
    if None in x.shape[1:]:
        return apply(lambda tensors: _flat_samples(*tensors), lambda shape: (shape[0], None), x)
    return _flat_samples(x)


def _flat_samples(x: Any) -> Any:
    batch, *sample = keras.ops.shape(x) or (1,)
    return _reshape(x, (-1 if batch is None else batch, math.prod(sample)))


def permute_dimensions(x: Any, pattern: Sequence[int]) -> Any:
    """Reorder the axes.

    Args:
        x: a tensor, variable or array.
        pattern: for each axis of the result, which axis of `x` it is.

    Returns:
        A tensor.

    Raises:
        ValueError: `pattern` does not name each axis once.

    Example:

    >>> K.int_shape(K.permute_dimensions(K.zeros((2, 3, 4)), (2, 0, 1)))
    (4, 2, 3)
    """
    x = operand(x)
    if sorted(pattern) != list(range(len(x.shape))):
        raise ValueError(
            f"expected a pattern of the axes {tuple(range(len(x.shape)))}, received {pattern!r}."
        )
    return _transpose(x, axes=tuple(pattern))


def transpose(x: Any) -> Any:
    """Reverse the order of the axes.

    Args:
        x: a tensor, variable or array.

    Returns:
        A tensor.

    Example:

    >>> K.eval(K.transpose(K.constant([[1., 2.], [3., 4.]])))
    array([[1., 3.],
           [2., 4.]], dtype=float32)
    """
    return _transpose(operand(x))


def repeat(x: Any, n: Any) -> Any:
    """Repeat each sample in a new axis.

    Args:
        x: a tensor of shape ``(batch, features)``.
        n: how many times; may be symbolic.

    Returns:
        A tensor of shape ``(batch, n, features)``.

    Raises:
        ValueError: `x` is not of rank 2.

    Example:

    >>> K.int_shape(K.repeat(K.zeros((2, 3)), 4))
    (2, 4, 3)
    """
    x = operand(x)
    require_ranks("repeat", x=(x, 2))
    return tile(_expand_dims(x, 1), (1, n, 1))


def repeat_elements(x: Any, rep: int, axis: int) -> Any:
    """Repeat each element along an axis, as `np.repeat`.

    Args:
        x: a tensor, variable or array.
        rep: how many times.
        axis: along which axis.

    Returns:
        A tensor; the size of the axis is multiplied by `rep`.

    Raises:
        ValueError: there is no such axis.

    Example:

    >>> K.eval(K.repeat_elements(K.constant([1., 2.]), 2, axis=0))
    array([1., 1., 2., 2.], dtype=float32)
    """
    x = operand(x)
    return _repeat(x, rep, axis=axis_in(x, axis))


def tile(x: Any, n: Sizes) -> Any:
    """Repeat the whole tensor along its axes, as `np.tile`.

    Args:
        x: a tensor, variable or array.
        n: how many times along each axis; an integer for a tensor of rank 1. Elements may be
            symbolic.

    Returns:
        A tensor.

    Raises:
        ValueError: `n` has another length than `x` has axes, or is negative.

    Example:

    >>> K.eval(K.tile(K.constant([1., 2.]), 2))
    array([1., 2., 1., 2.], dtype=float32)
    """
    x = operand(x)
    if is_symbolic(n):
        return Shaped(_tiled, _tiled_shape).of(n, x)
    return _tiled(run_sizes(n), x)


def _tiled(n: Any, x: Any) -> Any:
    times = (n,) if isinstance(n, int) else n
    if isinstance(times, tuple) and (len(times) != len(x.shape) or _is_negative(times)):
        raise ValueError(
            f"tile expects one number of times, 0 or more, for each axis of a tensor of shape "
            f"{tuple(x.shape)}, received {n}."
        )
    return _tile(x, times)


def _is_negative(numbers: Sequence[Any]) -> bool:
    return any(isinstance(n, int) and n < 0 for n in numbers)


def _tiled_shape(n: Any, x: Any) -> tuple[int | None, ...]:
    times = n if isinstance(n, tuple) else (n,)
    return tuple(
        None if size is None or count is None else size * count
        for size, count in zip(x.shape, times)
    )


def expand_dims(x: Any, axis: int = -1) -> Any:
    """Insert an axis of size 1.

    Args:
        x: a tensor, variable, array or number.
        axis: where it will be.

    Returns:
        A tensor.

    Raises:
        ValueError: `axis` is out of range.

    Example:

    >>> K.int_shape(K.expand_dims(K.zeros((2, 3)), 0))
    (1, 2, 3)
    """
    x = operand(x)
    return _expand_dims(x, axis_in(x, axis, more=1))


def squeeze(x: Any, axis: int) -> Any:
    """Remove an axis of size 1.

    Args:
        x: a tensor, variable or array.
        axis: which.

    Returns:
        A tensor.

    Raises:
        ValueError: the axis has another size, or there is none such.

    Example:

    >>> K.int_shape(K.squeeze(K.zeros((2, 1)), 1))
    (2,)
    """
    x = operand(x)
    axis = axis_in(x, axis)
    if x.shape[axis] is None:
        return apply(
            lambda tensors: squeeze(tensors[0], axis),
            lambda shape: shape[:axis] + shape[axis + 1 :],
            x,
        )
    if x.shape[axis] != 1:
        raise ValueError(
            f"squeeze expects axis {axis} to have the size 1, received a tensor of shape "
            f"{tuple(x.shape)}."
        )
    return _squeeze(x, axis)


def axis_in(x: Any, axis: Any, more: int = 0) -> int:
    """An axis of `x`, counted from the front; `more` axes than it has are allowed."""
    rank = len(x.shape) + more
    if isinstance(axis, bool) or not hasattr(axis, "__index__"):
        raise TypeError(f"expected an axis as an integer, received {axis!r:.60}.")
    if not -rank <= axis < rank:
        raise ValueError(
            f"expected an axis in [{-rank}, {rank}) for a tensor of shape {tuple(x.shape)}, "
            f"received {axis}."
        )
    return int(axis) % rank


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
    return _stack(parts, axis=axis)


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
    return _concatenate(parts, axis=axis)


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
    several = tuple(axes) if isinstance(axes, (list, tuple)) else (axes,)
    return _flip(x, axis=checked_axes(several, len(x.shape)))


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
    hot = keras.ops.equal(keras.ops.expand_dims(indices, -1), classes)
    return keras.ops.cast(hot, "float32")


def temporal_padding(x: Any, padding: tuple[int, int] = (1, 1)) -> Any:
    """Pad the middle axis with zeros.

    Args:
        x: a tensor of shape ``(batch, time, features)``.
        padding: how many steps before and after.

    Returns:
        A tensor.

    Raises:
        ValueError: `x` is not of rank 3, or `padding` is no pair.

    Example:

    >>> K.int_shape(K.temporal_padding(K.zeros((2, 3, 4)), (1, 2)))
    (2, 6, 4)
    """
    return _padded(x, (padding,), "channels_last")


def spatial_2d_padding(
    x: Any,
    padding: tuple[tuple[int, int], tuple[int, int]] = ((1, 1), (1, 1)),
    data_format: str | None = None,
) -> Any:
    """Pad the rows and columns of images with zeros.

    Args:
        x: a tensor of rank 4.
        padding: how many before and after, for rows and for columns.
        data_format: "channels_last" or "channels_first"; `K.image_data_format()` by default.

    Returns:
        A tensor.

    Raises:
        ValueError: `x` is not of rank 4, `padding` is no two pairs, or `data_format` is unknown.

    Example:

    >>> K.int_shape(K.spatial_2d_padding(K.zeros((1, 4, 4, 3)), ((1, 1), (2, 0))))
    (1, 6, 6, 3)
    """
    return _padded(x, padding, data_format_of(data_format), 2)


def spatial_3d_padding(
    x: Any,
    padding: tuple[tuple[int, int], tuple[int, int], tuple[int, int]] = ((1, 1), (1, 1), (1, 1)),
    data_format: str | None = None,
) -> Any:
    """Pad the three dimensions of volumes with zeros.

    Args:
        x: a tensor of rank 5.
        padding: how many before and after, for each dimension.
        data_format: "channels_last" or "channels_first"; `K.image_data_format()` by default.

    Returns:
        A tensor.

    Raises:
        ValueError: `x` is not of rank 5, `padding` is no three pairs, or `data_format` is unknown.

    Example:

    >>> K.int_shape(K.spatial_3d_padding(K.zeros((1, 2, 2, 2, 3))))
    (1, 4, 4, 4, 3)
    """
    return _padded(x, padding, data_format_of(data_format), 3)


def _padded(x: Any, padding: Any, data_format: str, dimensions: int = 1) -> Any:
    x = operand(x)
    require_ranks("padding", x=(x, dimensions + 2))
    pairs = tuple(map(tuple, padding)) if all(hasattr(p, "__len__") for p in padding) else ()
    numbers = [n for pair in pairs for n in pair]
    if len(pairs) != dimensions or len(numbers) != 2 * dimensions or _is_negative(numbers):
        raise ValueError(
            f"expected padding of {dimensions} pairs of numbers, 0 or more, received {padding!r}."
        )
    around = ((0, 0), *pairs, (0, 0))
    if data_format == "channels_first":
        around = ((0, 0), (0, 0), *pairs)
    return _pad(x, around)
