"""Change the shape of a tensor."""

import math
from collections.abc import Sequence
from typing import Any

import keras

from kompat import engines
from kompat.backend.axes import axis_in
from kompat.backend.operands import apply, operand, require_ranks
from kompat.engines.kinds import is_symbolic
from kompat.graph.shapes import Shaped, differ, run_sizes
from kompat.graph.unranked import is_unranked

__all__ = [
    "batch_flatten",
    "expand_dims",
    "flatten",
    "permute_dimensions",
    "repeat",
    "repeat_elements",
    "reshape",
    "squeeze",
    "tile",
    "transpose",
]

Sizes = Any  # a tuple or list of integers and scalar tensors, or a tensor of rank 1

_exact = engines.current.exact
_expand_dims = _exact(keras.ops.expand_dims)
_repeat = _exact(keras.ops.repeat)
_reshape = _exact(keras.ops.reshape)
_reshape_known = engines.current.fused(_reshape, static=("newshape",))
_squeeze = _exact(keras.ops.squeeze)
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
    known = isinstance(sizes, tuple) and not is_unranked(x)
    if not known or not all(isinstance(n, int) for n in (*sizes, *x.shape)):
        return _reshape(x, sizes)
    _check_elements(sizes, x)
    return _reshape_known(x, newshape=sizes)


def _check_elements(sizes: tuple[int, ...], x: Any) -> None:
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
    if isinstance(times, tuple) and (len(times) != len(x.shape) or is_negative(times)):
        raise ValueError(
            f"tile expects one number of times, 0 or more, for each axis of a tensor of shape "
            f"{tuple(x.shape)}, received {n}."
        )
    return _tile(x, times)


def is_negative(numbers: Sequence[Any]) -> bool:
    """Whether one of the numbers is known, and less than 0."""
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
    if x.shape[axis] is None and isinstance(x, keras.KerasTensor):
        return apply(
            lambda tensors: squeeze(tensors[0], axis),
            lambda shape: shape[:axis] + shape[axis + 1 :],
            x,
        )
    if differ(x.shape[axis], 1):
        raise ValueError(
            f"squeeze expects axis {axis} to have the size 1, received a tensor of shape "
            f"{tuple(x.shape)}."
        )
    if x.shape[axis] is None:  # TensorFlow knows it when it runs
        sizes = keras.ops.shape(x)
        return _reshape(x, sizes[:axis] + sizes[axis + 1 :])
    return _squeeze(x, axis)
