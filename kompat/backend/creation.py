"""Make variables and tensors of given content."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from keras.backend import is_int_dtype

from kompat import engines
from kompat.backend.operands import tensor
from kompat.backend.shaping import reshape
from kompat.backend.variables import standard_dtype, variable
from kompat.engines.dtypes import dtype_name
from kompat.engines.kinds import is_symbolic
from kompat.graph.shapes import Shaped, are_traced, require_sizes, run_sizes
from kompat.values.adapter import as_host, host_value
from kompat.variable import Variable

__all__ = [
    "arange",
    "constant",
    "eye",
    "ones",
    "ones_like",
    "random_normal_variable",
    "random_uniform_variable",
    "zeros",
    "zeros_like",
]

_convert = engines.current.exact(keras.ops.convert_to_tensor)
_full = engines.current.exact(keras.ops.full)
_ones_like = engines.current.exact(keras.ops.ones_like)
_zeros_like = engines.current.exact(keras.ops.zeros_like)


def constant(
    value: Any, dtype: str | None = None, shape: Any = None, name: str | None = None
) -> Any:
    """Make a tensor that holds `value`.

    Args:
        value: a number, nested lists of numbers or an array.
        dtype: its dtype; `K.floatx()` by default.
        shape: the shape to give it: a number fills it, other values are reshaped.
        name: accepted for tf.keras; tensors have no name here.

    Returns:
        A tensor.

    Raises:
        ValueError: `value` does not have as many elements as `shape`.
        LossyWriteError: `dtype` cannot hold `value`.

    Example:

    >>> K.eval(K.constant(3., shape=(2,)))
    array([3., 3.], dtype=float32)
    """
    dtype = standard_dtype(dtype)
    host = as_host(value, None, np.dtype(dtype), "the constant")
    sizes = shape if shape is None or is_symbolic(shape) else run_sizes(shape)
    if is_symbolic(sizes) or are_traced(sizes):
        return _shaped_later(engines.current.place(host), sizes)
    if sizes is not None:
        host = np.full(sizes, host) if host.size == 1 else host.reshape(sizes)
    if engines.current.is_narrowing(host.dtype):
        return engines.current.place(host)  # inside a trace what is on the host would be cut
    return _convert(host, dtype=dtype)


def _shaped_later(filling: Any, shape: Any) -> Any:
    """A constant of a shape that is known when the program runs."""
    if math.prod(filling.shape) > 1:
        return reshape(filling, shape)
    one, dtype = reshape(filling, ()), dtype_name(filling)

    def fill(sizes: Any) -> Any:
        return _full(sizes, one, dtype=dtype)

    return Shaped(fill, lambda sizes: sizes, dtype).of(shape) if is_symbolic(shape) else fill(shape)


def zeros(shape: Any, dtype: str | None = None, name: str | None = None) -> Any:
    """Make a variable of zeros.

    Args:
        shape: a tuple of integers; elements may be symbolic.
        dtype: its dtype; `K.floatx()` by default.
        name: a string.

    Returns:
        A variable, as tf.keras; a symbolic tensor if the shape is symbolic.

    Example:

    >>> K.get_value(K.zeros((2,)))
    array([0., 0.], dtype=float32)
    """
    return _filled(np.zeros, keras.ops.zeros, shape, dtype, name)


def ones(shape: Any, dtype: str | None = None, name: str | None = None) -> Any:
    """Make a variable of ones.

    Args:
        shape: a tuple of integers; elements may be symbolic.
        dtype: its dtype; `K.floatx()` by default.
        name: a string.

    Returns:
        A variable, as tf.keras; a symbolic tensor if the shape is symbolic.

    Example:

    >>> K.get_value(K.ones((2,)))
    array([1., 1.], dtype=float32)
    """
    return _filled(np.ones, keras.ops.ones, shape, dtype, name)


def _filled(
    fill: Callable[..., Any], compute: Callable[..., Any], shape: Any, dtype: Any, name: str | None
) -> Any:
    symbolic = is_symbolic(shape)
    require_sizes(shape)
    if not symbolic and not are_traced(run_sizes(shape)):
        return variable(fill(host_value(shape, "the shape")), dtype, name)
    dtype = standard_dtype(dtype)
    compute = partial(engines.current.exact(compute), dtype=dtype)
    if not symbolic:
        return compute(run_sizes(shape))
    return Shaped(compute, lambda sizes: sizes, dtype).of(shape)


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: str = "int32") -> Any:
    """The numbers from `start` to `stop`, which is excluded, in steps.

    Args:
        start: the first; with `start` alone, they go from 0 to it.
        stop: the bound; may be symbolic, as the others.
        step: the difference, not 0.
        dtype: the dtype of the result; the default means that of the bounds, as in tf.keras.

    Returns:
        A tensor of rank 1.

    Raises:
        ValueError: `step` is 0.
        TypeError: a bound is no number.

    Example:

    >>> K.eval(K.arange(1, 7, 2))
    array([1, 3, 5], dtype=int32)
    """
    bounds = (0, start, step) if stop is None else (start, stop, step)
    dtype = _dtype_of(bounds) if dtype == "int32" else dtype
    compute = partial(_arange, dtype=dtype)
    if is_symbolic(bounds):
        return Shaped(compute, _arange_shape, dtype).of(list(bounds))
    return compute(run_sizes(bounds))


def _dtype_of(numbers: tuple[Any, ...]) -> str:
    """int32 and float32 for Python's numbers, beside those that have a dtype."""
    dtypes = [standard_dtype(x.dtype) for x in numbers if hasattr(x, "dtype")]
    if any(isinstance(x, float) and not hasattr(x, "dtype") for x in numbers):
        dtypes.append("float32")
    return np.result_type(*dtypes).name if dtypes else "int32"


def _arange(bounds: tuple[Any, ...], dtype: str) -> Any:
    if are_traced(bounds):
        return keras.ops.arange(*bounds, dtype=dtype)
    if not all(isinstance(bound, (int, float)) for bound in bounds):
        raise TypeError(f"arange expects numbers, received {bounds}.")
    if bounds[2] == 0:
        raise ValueError("arange expects a step other than 0, received 0.")
    return _convert(np.arange(*bounds).astype(dtype), dtype=dtype)


def _arange_shape(bounds: tuple[Any, ...]) -> tuple[int | None]:
    return (None if None in bounds else len(np.arange(*bounds)),)


def eye(size: int, dtype: str | None = None, name: str | None = None) -> Variable:
    """Make a variable that holds the identity matrix.

    Args:
        size: the number of rows and columns.
        dtype: its dtype; `K.floatx()` by default.
        name: a string.

    Returns:
        A variable of shape ``(size, size)``.

    Example:

    >>> K.get_value(K.eye(2))
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    require_sizes(size)
    return variable(np.eye(size), dtype, name)


def zeros_like(x: Any, dtype: str | None = None, name: str | None = None) -> Any:
    """Make a tensor of zeros with the shape of `x`.

    Args:
        x: a tensor, variable or array.
        dtype: its dtype; that of `x` by default.
        name: accepted for tf.keras; tensors have no name here.

    Returns:
        A tensor.

    Example:

    >>> K.eval(K.zeros_like(K.constant([1., 2.])))
    array([0., 0.], dtype=float32)
    """
    return _zeros_like(tensor(x), dtype=dtype)


def ones_like(x: Any, dtype: str | None = None, name: str | None = None) -> Any:
    """Make a tensor of ones with the shape of `x`.

    Args:
        x: a tensor, variable or array.
        dtype: its dtype; that of `x` by default.
        name: accepted for tf.keras; tensors have no name here.

    Returns:
        A tensor.

    Example:

    >>> K.eval(K.ones_like(K.constant([1., 2.])))
    array([1., 1.], dtype=float32)
    """
    return _ones_like(tensor(x), dtype=dtype)


def random_uniform_variable(
    shape: Any,
    low: float,
    high: float,
    dtype: str | None = None,
    name: str | None = None,
    seed: int | None = None,
) -> Variable:
    """Make a variable drawn from the uniform distribution over [low, high).

    Args:
        shape: a tuple of integers.
        low: the lower bound.
        high: the upper bound.
        dtype: its dtype; `K.floatx()` by default. Integers are drawn where it is an integer one.
        name: a string.
        seed: an integer; by default drawn from `numpy.random`, so that `numpy.random.seed`
            makes it repeatable, as in tf.keras.

    Returns:
        A variable. The numbers differ from tf.keras's for the same seed.

    Example:

    >>> v = K.random_uniform_variable((2, 3), 0., 1., seed=1)
    >>> K.int_shape(v), bool(K.get_value(v).min() >= 0.)
    ((2, 3), True)
    """
    require_sizes(shape)
    generator = _generator(seed)
    if is_int_dtype(standard_dtype(dtype)):
        return variable(generator.integers(low, high, tuple(shape)), dtype, name)
    return variable(generator.uniform(low, high, tuple(shape)), dtype, name)


def random_normal_variable(
    shape: Any,
    mean: float,
    scale: float,
    dtype: str | None = None,
    name: str | None = None,
    seed: int | None = None,
) -> Variable:
    """Make a variable drawn from the normal distribution.

    Args:
        shape: a tuple of integers.
        mean: the mean.
        scale: the standard deviation.
        dtype: its dtype; `K.floatx()` by default.
        name: a string.
        seed: an integer; by default drawn from `numpy.random`, so that `numpy.random.seed`
            makes it repeatable, as in tf.keras.

    Returns:
        A variable. The numbers differ from tf.keras's for the same seed.

    Example:

    >>> K.int_shape(K.random_normal_variable((2, 3), 0., 1., seed=1))
    (2, 3)
    """
    require_sizes(shape)
    return variable(_generator(seed).normal(mean, scale, tuple(shape)), dtype, name)


def _generator(seed: int | None) -> np.random.Generator:
    return np.random.default_rng(np.random.randint(10**9) if seed is None else seed)
