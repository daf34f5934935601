"""Random tensors: drawn at once in eager mode, anew in each run of a graph.

Without a seed they follow NumPy's global generator, so `np.random.seed` and
`keras.utils.set_random_seed` reproduce them. A seed names the numbers of a call; in what is called
again and again, a graph, a layer or a loss, it names a sequence.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np

from kompat import engines, mode
from kompat.backend.operands import cast_like, cast_to, concrete, operand
from kompat.backend.variables import standard_dtype
from kompat.engines.dtypes import dtype_name
from kompat.engines.kinds import is_symbolic
from kompat.graph.shapes import Shaped, require_sizes, run_sizes

__all__ = [
    "random_bernoulli",
    "random_binomial",
    "random_normal",
    "random_uniform",
    "truncated_normal",
]

_add = engines.current.exact(keras.ops.add)
_less = engines.current.exact(keras.ops.less)
_multiply = engines.current.exact(keras.ops.multiply)


class Draw(Shaped):
    """Draws from a distribution in each run; its seed is state of the graph."""

    def __init__(self, draw: Callable[..., Any], dtype: str, seed: int | None):
        super().__init__(partial(_drawn, draw, dtype), lambda sizes: sizes, dtype)
        self.seed_generator = keras.random.SeedGenerator(_new_seed() if seed is None else seed)
        self._in_traces = _AtRunTime(_new_seed if seed is None else _seeds_of(seed))

    def call(self, sizes: Any, roots: Any) -> Any:
        """In a Keras model, which on JAX would not keep the state of what is no layer."""
        seed = self._in_traces if engines.current.tracing() else self.seed_generator
        return self._compute(self.resolved(sizes, roots), seed=seed)

    def evaluate(self, run: Any, sizes: Any, roots: Any) -> Any:
        return self._compute(self.resolved(sizes, roots), seed=self.seed_generator)


def _new_seed() -> int:
    return int(np.random.randint(2**31 - 1))


def _seeds_of(seed: int) -> Callable[[], int]:
    """A sequence of seeds that is always the same."""
    return partial(np.random.RandomState(seed).randint, 2**31 - 1)


class _AtRunTime(keras.random.SeedGenerator):
    """Inside a trace of the user or of Keras: a seed that is drawn when the program runs."""

    def __init__(self, new: Callable[[], int]):
        self._new = new

    def next(self, ordered: bool = True) -> Any:
        return engines.current.seed_at_run_time(self._new)


def _random(draw: Callable[..., Any], shape: Any, dtype: str, seed: int | None) -> Any:
    if shape is None or isinstance(shape, str):
        raise TypeError(f"expected a shape as a tuple of integers, received {shape!r}.")
    require_sizes(shape)
    if is_symbolic(shape) or mode.building_graph():
        return Draw(draw, dtype, seed).of(shape)
    sizes = run_sizes(shape)
    return _drawn(draw, dtype, sizes, _seed_of_call(seed))


def _seed_of_call(seed: int | None) -> Any:
    """The seed of a draw at once; in code that Keras calls again and again a sequence of seeds."""
    if seed is not None and not mode.called_by_keras():
        return seed
    new = _new_seed if seed is None else _sequence(seed)
    return _AtRunTime(new) if engines.current.tracing() else new()


_sequences: dict[int, Callable[[], int]] = {}
"""Seed -> what draws in traces, layers and losses take from it."""


def _sequence(seed: int) -> Callable[[], int]:
    return _sequences.setdefault(seed, _seeds_of(seed))


def restart_sequences() -> None:
    """Let each seed of layers and losses start anew."""
    _sequences.clear()


def _drawn(draw: Callable[..., Any], dtype: str, sizes: Any, seed: Any) -> Any:
    with engines.current.full_width(dtype):
        return draw(sizes, dtype=dtype, seed=seed)


def _are_numbers(*parameters: Any) -> bool:
    """Whether Keras may draw with them: on NumPy it waits for ever for numbers near NaN."""
    return all(
        (isinstance(x, np.generic) or not hasattr(x, "shape")) and x == x for x in parameters
    )


def _moved(draws: Any, offset: Any, scale: Any) -> Any:
    """Draws from a standard distribution, moved by tensors against which they broadcast."""
    offset, scale = (operand(x, like=draws) for x in (offset, scale))
    draws, offset, scale = concrete(draws, offset, scale)
    return cast_like(_add(_multiply(draws, scale), offset), dtype_name(draws))


def _normal(
    draw: Callable[..., Any], shape: Any, mean: Any, stddev: Any, dtype: str, seed: int | None
) -> Any:
    """Draws from one of Keras's normal distributions."""
    if _are_numbers(mean, stddev):
        return _random(partial(draw, mean=mean, stddev=stddev), shape, dtype, seed)
    return _moved(_random(draw, shape, dtype, seed), mean, stddev)


def random_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: str | None = None,
    seed: int | None = None,
) -> Any:
    """Draw from a normal distribution.

    Args:
        shape: a tuple of integers; elements may be symbolic.
        mean: its mean, a number or a tensor against which the shape broadcasts.
        stddev: its standard deviation, the same.
        dtype: `K.floatx()` by default.
        seed: an integer: the same numbers each time; in a graph the same sequence of runs, in a
            layer or a loss the next numbers of a sequence, which `K.clear_session` starts anew.

    Returns:
        A tensor.

    Example:

    >>> K.int_shape(K.random_normal((2, 3)))
    (2, 3)
    """
    return _normal(keras.random.normal, shape, mean, stddev, standard_dtype(dtype), seed)


def random_uniform(
    shape: Any,
    minval: Any = 0.0,
    maxval: Any = 1.0,
    dtype: str | None = None,
    seed: int | None = None,
) -> Any:
    """Draw evenly from `minval` (included) to `maxval` (excluded).

    Args:
        shape: a tuple of integers; elements may be symbolic.
        minval: the lower bound, a number or a tensor against which the shape broadcasts.
        maxval: the upper bound, the same.
        dtype: `K.floatx()` by default; an integer dtype draws integers.
        seed: as for `random_normal`.

    Returns:
        A tensor.

    Example:

    >>> K.int_shape(K.random_uniform((2, 3)))
    (2, 3)
    """
    dtype = standard_dtype(dtype)
    if keras.backend.is_int_dtype(dtype):
        draw = partial(keras.random.randint, minval=int(minval), maxval=int(maxval))
    elif not _are_numbers(minval, maxval):
        draws = random_uniform(shape, dtype=dtype, seed=seed)
        return _moved(draws, minval, maxval - minval)
    else:
        draw = partial(keras.random.uniform, minval=minval, maxval=maxval)
    return _random(draw, shape, dtype, seed)


def random_bernoulli(
    shape: Any, p: Any = 0.0, dtype: str | None = None, seed: int | None = None
) -> Any:
    """Draw ones with probability `p`, else zeros.

    Args:
        shape: a tuple of integers; elements may be symbolic.
        p: the probability of a one, a number or a tensor against which the shape broadcasts.
        dtype: `K.floatx()` by default.
        seed: as for `random_normal`.

    Returns:
        A tensor of zeros and ones.

    Example:

    >>> K.eval(K.random_bernoulli((3,), p=1.))
    array([1., 1., 1.], dtype=float32)
    """
    draws = random_uniform(shape, dtype="float32", seed=seed)
    return cast_to(_less(*concrete(draws, operand(p, like=draws))), standard_dtype(dtype))


def random_binomial(
    shape: Any, p: Any = 0.0, dtype: str | None = None, seed: int | None = None
) -> Any:
    """The same as `random_bernoulli`, under its older name.

    Example:

    >>> K.eval(K.random_binomial((3,), p=0.))
    array([0., 0., 0.], dtype=float32)
    """
    return random_bernoulli(shape, p, dtype, seed)


def truncated_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: str | None = None,
    seed: int | None = None,
) -> Any:
    """Draw from a normal distribution, within two standard deviations of its mean.

    Args:
        shape: a tuple of integers; elements may be symbolic.
        mean: its mean before truncation, a number or a tensor against which the shape broadcasts.
        stddev: its standard deviation before truncation, the same.
        dtype: `K.floatx()` by default.
        seed: as for `random_normal`.

    Returns:
        A tensor.

    Example:

    >>> bool(np.abs(K.eval(K.truncated_normal((100,)))).max() <= 2)
    True
    """
    return _normal(keras.random.truncated_normal, shape, mean, stddev, standard_dtype(dtype), seed)
