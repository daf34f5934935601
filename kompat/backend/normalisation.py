"""Normalisation of batches, and moving averages."""

import math
from typing import Any

import keras

from kompat import engines
from kompat.backend import reduction
from kompat.backend.arithmetic import maximum
from kompat.backend.axes import axes_in, axis_in
from kompat.backend.inspection import cast
from kompat.backend.operands import cast_like, explained, floating, operand, size, tensor
from kompat.backend.variables import update_sub
from kompat.engines.dtypes import dtype_name
from kompat.graph.operations import read

__all__ = ["batch_normalization", "moving_average_update", "normalize_batch_in_training"]

_exact = engines.current.exact
_divide = _exact(keras.ops.true_divide)
_expand_dims = _exact(keras.ops.expand_dims)
_multiply = _exact(keras.ops.multiply)
_sqrt = _exact(keras.ops.sqrt)
_subtract = _exact(keras.ops.subtract)
_difference = explained("moving_average_update", _subtract)

_fused = engines.current.fused


def batch_normalization(
    x: Any, mean: Any, var: Any, beta: Any, gamma: Any, axis: int = -1, epsilon: float = 0.001
) -> Any:
    """Normalise with a given mean and variance: `(x - mean) / sqrt(var + epsilon) * gamma + beta`.

    Args:
        x: a tensor, variable or array.
        mean: the mean, a tensor, variable or array: a vector along `axis`, or what broadcasts.
        var: the variance, as `mean`.
        beta: what is added, as `mean`; None for 0.
        gamma: what is multiplied, as `mean`; None for 1.
        axis: which dimension of `x` vectors belong to.
        epsilon: a small number.

    Returns:
        A tensor of the shape and dtype of `x`.

    Raises:
        ValueError: the axis is out of range, or a vector is not as long as the axis.

    Differs: tf.keras looks at `axis` only if `x` has four dimensions.

    Example:

    >>> x = K.constant([[1., 2.], [3., 4.]])
    >>> K.eval(K.batch_normalization(x, [1., 2.], [4., 4.], [0., 1.], None, epsilon=0.))
    array([[0., 1.],
           [1., 2.]], dtype=float32)
    """
    x = tensor(floating(x))
    kept = [axis_in(x, axis)]
    mean, var, beta, gamma = (_along(v, x, kept) for v in (mean, var, beta, gamma))
    return cast_like(_normalise(x, mean, var, beta, gamma, epsilon), dtype_name(x))


def normalize_batch_in_training(
    x: Any, gamma: Any, beta: Any, reduction_axes: Any, epsilon: float = 0.001
) -> tuple[Any, Any, Any]:
    """Normalise with the mean and the variance of the batch itself.

    Args:
        x: a tensor, variable or array. Half precision is computed in float32.
        gamma: what is multiplied: a tensor, variable or array of the shape that the mean has, or
            one that broadcasts against `x`; None for 1.
        beta: what is added, as `gamma`; None for 0.
        reduction_axes: a list of integers: what is averaged over.
        epsilon: a small number, added to the variance.

    Returns:
        The normalised tensor, of the shape and dtype of `x`; the mean and the variance, without the
        reduced axes. If `x` has four dimensions of which the first three are reduced, the variance
        is that of the population which the batch is drawn from, n / (n - 1) times its own.

    Raises:
        ValueError: an axis is out of range or doubled, or `gamma` or `beta` do not broadcast.
        TypeError: `reduction_axes` is no list.

    Example:

    >>> x = K.constant([[1., 2.], [3., 4.]])
    >>> normal, mean, var = K.normalize_batch_in_training(x, None, None, [0], epsilon=0.)
    >>> K.eval(normal), K.eval(mean)
    (array([[-1., -1.],
           [ 1.,  1.]], dtype=float32), array([2., 3.], dtype=float32))
    """
    x = tensor(floating(x))
    rank, dtype = len(x.shape), dtype_name(x)
    axes = axes_in(x, tuple(reduction_axes))
    kept = [i for i in range(rank) if i not in axes]
    wide = cast_like(x, "float32") if dtype in ("float16", "bfloat16") else x
    average, variance = reduction.mean(wide, axes), reduction.var(wide, axes)
    mean, var, beta, gamma = (_along(v, x, kept) for v in (average, variance, beta, gamma))
    normal = _normalise(wide, mean, var, beta, gamma, epsilon)
    if rank == 4 and axes == (0, 1, 2):
        variance = _multiply(variance, _bessel(wide, axes))
    return tuple(cast_like(each, dtype) for each in (normal, average, variance))


def _along(vector: Any, x: Any, axes: list[int]) -> Any:
    """What has the shape of some axes of `x`, or broadcasts, made to broadcast; None for None."""
    if vector is None:
        return None
    vector = tensor(floating(vector))
    rank = len(x.shape)
    if len(vector.shape) == len(axes):
        vector = _expand_dims(vector, tuple(i for i in range(rank) if i not in axes))
    sizes = (1,) * (rank - len(vector.shape)) + tuple(vector.shape)
    if len(sizes) > rank or any(
        n not in (None, 1, m) and m is not None for n, m in zip(sizes, x.shape)
    ):
        raise ValueError(
            f"expected a mean, variance, beta or gamma that fits axes {axes} of a tensor of shape "
            f"{tuple(x.shape)}, received one that stands beside it as {sizes}."
        )
    return vector


@_fused
def _normalise(x: Any, mean: Any, var: Any, beta: Any, gamma: Any, epsilon: Any) -> Any:
    normal = _divide(_subtract(x, mean), _sqrt(var + epsilon))
    normal = normal if gamma is None else _multiply(normal, gamma)
    # Not `keras.ops.add`: on TensorFlow it takes a vector along any axis for one along the last if
    # that is as long.
    return normal if beta is None else _subtract(normal, -beta)


def _bessel(x: Any, axes: tuple[int, ...]) -> Any:
    """How much the variance of a population is likely to exceed that of a sample."""
    count = math.prod(size(x, axis) for axis in axes)
    if isinstance(count, int):
        return count / max(count - 1, 1)
    count = cast(count, dtype_name(x))
    return _divide(count, maximum(_subtract(count, 1), 1))


def moving_average_update(x: Any, value: Any, momentum: Any) -> Any:
    """Move a variable towards a value: it becomes `x * momentum + value * (1 - momentum)`.

    Args:
        x: a variable.
        value: a tensor, variable, array or number of the variable's shape, or that broadcasts.
        momentum: which part of the old value stays.

    Returns:
        As `update`: `x`, or in graphs an operation.

    Raises:
        As `update_sub`.

    Example:

    >>> v = K.variable([1., 2.])
    >>> K.get_value(K.moving_average_update(v, [3., 4.], 0.5))
    array([2., 3.], dtype=float32)
    """
    later = isinstance(value, keras.KerasTensor) or isinstance(momentum, keras.KerasTensor)
    old = read(x) if later and isinstance(x, keras.Variable) else operand(x)
    value = cast(value, dtype_name(old))
    return update_sub(x, _multiply(_difference(old, value), 1 - momentum))
