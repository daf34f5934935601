"""Private corner of Keras: the shape of what a function returns.

On JAX, Keras traces a layer's `call` there with an unknown dimension, which can be neither
compared nor be an element of a tensor; `K.arange(K.shape(x)[0])` and `n > 3` end in an error of
JAX, though the layer runs. Such a function is traced with known dimensions instead, twice: sizes
that differ are unknown. On NumPy, Keras runs the layer on memory that nobody has filled; the
warnings of such numbers are dropped. `tests/test_private_corners.py` says so when Keras changes
where it asks.
"""

import functools
from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np

from kompat.graph.unranked import is_unranked

# Most windows fit in both, and many numbers divide them.
_TRIED_SIZES = 24, 48


def _is_unknown(x: Any) -> bool:
    """Whether `x` is a symbolic tensor with unknown dimensions."""
    return isinstance(x, keras.KerasTensor) and not is_unranked(x) and None in x.shape


def _known(x: Any, size: int) -> Any:
    """A symbolic tensor whose unknown dimensions have a size; all else as it is."""
    if not _is_unknown(x):
        return x
    shape = [size if n is None else n for n in x.shape]
    return keras.KerasTensor(shape, dtype=x.dtype, sparse=x.sparse)


def _common(one: Any, other: Any) -> Any:
    """What is the same in the results of both sizes."""
    if not isinstance(one, keras.KerasTensor):
        return one
    if len(one.shape) != len(other.shape):
        raise ValueError(f"expected results of one rank, received {one.shape} and {other.shape}.")
    shape = [n if n == m else None for n, m in zip(one.shape, other.shape)]
    return keras.KerasTensor(shape, dtype=one.dtype, sparse=one.sparse)


def of_any_numbers(infer: Callable[..., Any]) -> Callable[..., Any]:
    """Keras's inference on NumPy, without the warnings of its numbers."""

    @functools.wraps(infer)
    def compute_output_spec(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with np.errstate(all="ignore"):
            return infer(function, *args, **kwargs)

    return compute_output_spec


def of_any_function(infer: Callable[..., Any]) -> Callable[..., Any]:
    """Keras's inference on JAX, also for functions that need known dimensions."""

    @functools.wraps(infer)
    def compute_output_spec(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return infer(function, *args, **kwargs)
        except Exception as error:
            if not any(map(_is_unknown, keras.tree.flatten((args, kwargs)))):
                raise
            failure = error
        results = []
        for size in _TRIED_SIZES:
            known = keras.tree.map_structure(partial(_known, size=size), (args, kwargs))
            try:
                results.append(infer(function, *known[0], **known[1]))
            except Exception:  # the function fails with known dimensions too, or a step before it
                raise failure from None
        return keras.tree.map_structure(_common, *results)

    return compute_output_spec
