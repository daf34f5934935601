"""Activations of neurons, and what else stands between layers."""

from functools import partial
from typing import Any

import keras
import numpy as np

from kompat import engines
from kompat.backend import random
from kompat.backend.axes import Axis, axes_in
from kompat.backend.operands import cast_like, explained, floating, operand, size, tensor
from kompat.backend.probabilities import remember
from kompat.backend.reduction import max, sum
from kompat.engines.dtypes import dtype_name

__all__ = [
    "dropout",
    "elu",
    "hard_sigmoid",
    "l2_normalize",
    "relu",
    "sigmoid",
    "softmax",
    "softplus",
    "softsign",
    "tanh",
]


_exact = engines.current.exact
_add = _exact(keras.ops.add)
_divide = _exact(keras.ops.true_divide)
_unit_elu = _exact(keras.ops.elu)
_exp = _exact(keras.ops.exp)
_greater = _exact(keras.ops.greater)
_greater_equal = _exact(keras.ops.greater_equal)
_less_equal = _exact(keras.ops.less_equal)
_maximum = _exact(keras.ops.maximum)
_multiply = _exact(keras.ops.multiply)
_sqrt = _exact(keras.ops.sqrt)
_square = _exact(keras.ops.square)
_subtract = _exact(keras.ops.subtract)
_where = _exact(keras.ops.where)

_fused = engines.current.fused
_relu = explained("relu", _fused(_exact(keras.ops.relu)))
_sigmoid = _fused(_exact(keras.ops.sigmoid))
_softmax = _fused(_exact(keras.ops.softmax), static=("axis",))
_softplus = _fused(_exact(keras.ops.softplus))
_softsign = _fused(_exact(keras.ops.softsign))
_tanh = _fused(_exact(keras.ops.tanh))


def relu(x: Any, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    """The rectifier: `x` above the threshold, else `alpha * (x - threshold)`; at most `max_value`.

    Args:
        x: a tensor, variable, array or number.
        alpha: the slope below the threshold.
        max_value: the largest value; None for no limit. With a limit nothing above the threshold
            is less than 0.
        threshold: what `x` must exceed.

    Returns:
        A tensor of the shape and dtype of `x`; integers with an `alpha` give `K.floatx()`.

    Raises:
        TypeError: `x` is boolean, where the engine does not take these.

    Example:

    >>> K.eval(K.relu(K.constant([-2., 1., 9.]), max_value=6.))
    array([0., 1., 6.], dtype=float32)
    """
    plain = _is_zero(alpha)
    x = tensor(x if plain else floating(x))
    if plain and max_value is None and _is_zero(threshold):
        return _relu(x)
    numbers = (
        None if number is None else operand(number, like=x)
        for number in (None if plain else alpha, max_value, threshold)
    )
    return cast_like(_piecewise(x, *numbers), dtype_name(x))


def _is_zero(x: Any) -> bool:
    if isinstance(x, (int, float)):
        return x == 0
    return isinstance(x, (np.generic, np.ndarray)) and not np.any(x)


@_fused
def _piecewise(x: Any, alpha: Any, max_value: Any, threshold: Any) -> Any:
    # `where` has whole slopes where the pieces meet, as tf.keras has; maximum would halve them.
    above, below = x, 0
    if max_value is not None:
        limited = _where(_greater(x, max_value), max_value, x)
        above = _where(limited < 0, 0, limited)
    if alpha is not None:
        below = _multiply(alpha, _subtract(x, threshold))
    return _where(_less_equal(x, threshold), below, above)


def elu(x: Any, alpha: float = 1.0) -> Any:
    """The exponential linear unit: `x` above 0, else `alpha * (exp(x) - 1)`.

    Args:
        x: a tensor, variable, array or number.
        alpha: a number.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> K.eval(K.elu(K.constant([-100., 2.]), alpha=0.5))
    array([-0.5,  2. ], dtype=float32)
    """
    x = tensor(floating(x))
    return _elu(x, operand(alpha, like=x))


@_fused
def _elu(x: Any, alpha: Any) -> Any:
    return _where(x <= 0, _multiply(alpha, _unit_elu(x)), x)


def softmax(x: Any, axis: Axis = -1) -> Any:
    """Probabilities in proportion to `exp(x)`. Crossentropies of the result use `x` itself.

    Args:
        x: a tensor, variable or array of at least two dimensions.
        axis: an integer, or a list of them: what sums to 1; None for all.

    Returns:
        A tensor of the shape of `x`.

    Raises:
        ValueError: `x` has less than two dimensions, or the axis is out of range.

    Example:

    >>> K.eval(K.softmax(K.constant([[0., 0.]])))
    array([[0.5, 0.5]], dtype=float32)
    """
    x = tensor(floating(x))
    rank = len(x.shape)
    if rank < 2:
        raise ValueError(
            f"softmax: expected at least two dimensions, received shape {tuple(x.shape)}; give one "
            "example a batch axis: K.expand_dims(x, 0)."
        )
    axes = axes_in(x, tuple(range(rank)) if axis is None else axis)
    compute = _softmax if isinstance(axes, int) else _softmax_of_several
    return remember(compute(x, axis=axes), x, softmax, axes)


@partial(_fused, static=("axis",))
def _softmax_of_several(x: Any, axis: tuple[int, ...]) -> Any:
    weights = _exp(_subtract(x, max(x, axis, keepdims=True)))
    return _divide(weights, sum(weights, axis, keepdims=True))


def softplus(x: Any) -> Any:
    """The smooth rectifier: `log(exp(x) + 1)`.

    Args:
        x: a tensor, variable, array or number.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> K.eval(K.softplus(K.constant([-1000., 1000.])))
    array([   0., 1000.], dtype=float32)
    """
    return _softplus(tensor(floating(x)))


def softsign(x: Any) -> Any:
    """A slow sigmoid between -1 and 1: `x / (abs(x) + 1)`.

    Args:
        x: a tensor, variable, array or number.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> K.eval(K.softsign(K.constant([-1., 3.])))
    array([-0.5 ,  0.75], dtype=float32)
    """
    return _softsign(tensor(floating(x)))


def sigmoid(x: Any) -> Any:
    """The logistic function: `1 / (1 + exp(-x))`. Crossentropies of the result use `x` itself.

    Args:
        x: a tensor, variable, array or number.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> K.eval(K.sigmoid(K.constant([0., 100.])))
    array([0.5, 1. ], dtype=float32)
    """
    x = tensor(floating(x))
    return remember(_sigmoid(x), x, sigmoid)


def hard_sigmoid(x: Any) -> Any:
    """A sigmoid of three straight pieces: `0.2 * x + 0.5`, between 0 and 1.

    Args:
        x: a tensor, variable, array or number.

    Returns:
        A tensor of the shape of `x`.

    Differs: `keras.ops.hard_sigmoid` has the slope 1/6.

    Example:

    >>> K.eval(K.hard_sigmoid(K.constant([-3., 0., 1.])))
    array([0. , 0.5, 0.7], dtype=float32)
    """
    return _hard_sigmoid(tensor(floating(x)))


@_fused
def _hard_sigmoid(x: Any) -> Any:
    line = _add(_multiply(x, 0.2), 0.5)
    return _where(line < 0, 0, _where(line > 1, 1, line))


def tanh(x: Any) -> Any:
    """The hyperbolic tangent.

    Args:
        x: a tensor, variable, array or number.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> K.eval(K.tanh(K.constant([0., 100.])))
    array([0., 1.], dtype=float32)
    """
    return _tanh(tensor(floating(x)))


def l2_normalize(x: Any, axis: Axis = None) -> Any:
    """Divide by the Euclidean norm, but by no less than 1e-6.

    Args:
        x: a tensor, variable or array. Half precision is computed in float32.
        axis: an integer, or a list of them: what belongs to one vector; None for all.

    Returns:
        A tensor of the shape of `x`.

    Raises:
        ValueError: an axis is out of range or doubled.

    Example:

    >>> K.eval(K.l2_normalize(K.constant([[3., 4.]]), axis=1))
    array([[0.6, 0.8]], dtype=float32)
    """
    x = tensor(floating(x))
    dtype = dtype_name(x)
    half = dtype in ("float16", "bfloat16")
    axes = axes_in(x, axis)
    return cast_like(_normalize(cast_like(x, "float32") if half else x, axis=axes), dtype)


@partial(_fused, static=("axis",))
def _normalize(x: Any, axis: Axis) -> Any:
    squares = sum(_square(x), axis, keepdims=True)
    return _divide(x, _sqrt(_where(squares <= 1e-12, 1e-12, squares)))


def dropout(x: Any, level: float, noise_shape: Any = None, seed: int | None = None) -> Any:
    """Set elements to 0 at random, and scale the others so that the sum stays the same on average.

    Args:
        x: a tensor, variable or array of floats.
        level: which part is set to 0, at least 0 and less than 1.
        noise_shape: a shape that broadcasts against that of `x`: elements that share a place in it
            share their fate. None in it stands for the dimension of `x`.
        seed: an integer, as for `random_normal`.

    Returns:
        A tensor of the shape and dtype of `x`; in a graph drawn anew in each run.

    Raises:
        ValueError: the level is out of range, `x` is no float, or `noise_shape` does not broadcast.

    Example:

    >>> K.eval(K.dropout(K.constant([1., 2.]), 0.))
    array([1., 2.], dtype=float32)
    """
    x = tensor(x)
    if not dtype_name(x).startswith(("float", "bfloat")):
        raise ValueError(
            f"dropout: expected floats, which can be scaled, received {dtype_name(x)}."
        )
    if isinstance(level, (int, float, np.generic, np.ndarray)):
        if not 0 <= level < 1:
            raise ValueError(f"dropout: expected a level in [0, 1), received {level}.")
        if level == 0:
            return x
    draws = random.random_uniform(_noise_shape(x, noise_shape), dtype="float32", seed=seed)
    return _drop(x, draws, operand(level, like=x))


def _noise_shape(x: Any, noise_shape: Any) -> Any:
    """The shape of the draws, with elements that are known later where `x` has such dimensions."""
    if isinstance(noise_shape, keras.KerasTensor):
        return noise_shape
    known = tuple(x.shape)
    wanted = (None,) * len(known) if noise_shape is None else tuple(noise_shape)
    rest = len(known) - len(wanted)
    fits = all(
        not isinstance(n, int) or n == 1 or not isinstance(m, int) or m == n
        for n, m in zip(wanted, known[-len(wanted) :])
    )
    if not fits or rest < 0 or (rest and None in wanted):
        raise ValueError(
            f"dropout: expected a noise_shape that broadcasts to {known}, received {noise_shape}."
        )
    return [size(x, i) if n is None else n for i, n in enumerate(wanted)]


@_fused
def _drop(x: Any, draws: Any, level: Any) -> Any:
    return _where(_greater_equal(draws, level), _divide(x, 1 - level), 0)
