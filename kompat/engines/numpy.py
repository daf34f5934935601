"""NumPy: no device, no trace, every dtype exact."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import keras
import numpy as np

from kompat.engines import windows
from kompat.engines.generic import transpose_of
from kompat.engines.host import host_function
from kompat.engines.width import computes_wide

STORAGE = "cell"

Function = TypeVar("Function", bound=Callable[..., Any])


def place(host: Any, placement: Any = None) -> Any:
    """The host array itself, read-only."""
    tensor = np.asarray(host)
    tensor.setflags(write=False)
    return tensor


def stamp(tensor: Any) -> Any:
    """A checksum: nothing else tells whether somebody wrote to an array."""
    return hash(tensor.tobytes())


def copy_of(tensor: Any) -> Any:
    """The same value in memory of its own."""
    return np.array(tensor)


def shares_memory(tensor: Any, other: Any) -> bool:
    """Whether a write to one of two arrays would be seen in the other."""
    writeable = isinstance(tensor, np.ndarray) and tensor.flags.writeable
    return writeable and np.may_share_memory(tensor, other)


def exact(function: Function) -> Function:
    """`function` of `keras.ops`, exact where an operand has 64 bits.

    Then NumPy's function of the same name runs: Keras's own casts its operands to 32 bits.
    """
    wide_function = host_function(function)

    @functools.wraps(function)
    def in_full_width(*args: Any, **kwargs: Any) -> Any:
        if not computes_wide(args, kwargs):
            return function(*args, **kwargs)
        return wide_function(*map(_operand, args), **kwargs)

    return in_full_width  # type: ignore[return-value]  # functools.wraps keeps the signature


def _operand(value: Any) -> Any:
    return value.value if isinstance(value, keras.Variable) else value


def convolve(x: np.ndarray, kernel: np.ndarray, strides: Any, padding: str, dilation: Any) -> Any:
    """A convolution, channels last; half precision is summed in single."""
    window, groups = kernel.shape[:-2], x.shape[-1] // kernel.shape[-2]
    parts = zip(
        np.split(_padded(x, 0, window, strides, padding, dilation), groups, -1),
        np.split(_at_least_single(kernel), groups, -1),
    )
    results = [_convolve(each, weights, strides, dilation) for each, weights in parts]
    return np.concatenate(results, -1).astype(x.dtype)


def _convolve(x: np.ndarray, kernel: np.ndarray, strides: Any, dilation: Any) -> Any:
    """A product for each element of the window, which copies less than one product of all."""
    elements = windows.elements(x.shape[1:-1], kernel.shape[:-2], strides, dilation)
    weights = kernel.reshape(-1, *kernel.shape[-2:])
    return sum(x[where] @ matrix for where, matrix in zip(elements, weights))


convolve_transposed = transpose_of(convolve)


def max_pool(x: np.ndarray, window: Any, strides: Any, padding: str) -> Any:
    """The maximum of each window, channels last."""
    return _over_windows(np.maximum, -np.inf, x, window, strides, padding).astype(x.dtype)


def average_pool(x: np.ndarray, window: Any, strides: Any, padding: str) -> Any:
    """The average of each window, channels last."""
    total = _over_windows(np.add, 0, x, window, strides, padding)
    return (total / windows.counts(padding, x.shape[1:-1], window, strides)).astype(x.dtype)


def _over_windows(
    function: Callable, start: float, x: np.ndarray, window: Any, strides: Any, padding: str
) -> Any:
    ones = (1,) * len(window)
    padded = _padded(x, start, window, strides, padding, ones)
    elements = windows.elements(padded.shape[1:-1], window, strides, ones)
    return functools.reduce(function, (padded[where] for where in elements))


def _padded(
    x: np.ndarray, value: float, window: Any, strides: Any, padding: str, dilation: Any
) -> Any:
    pads = windows.pads(padding, x.shape[1:-1], window, strides, dilation)
    return np.pad(_at_least_single(x), [(0, 0), *pads, (0, 0)], constant_values=value)


def _at_least_single(x: np.ndarray) -> np.ndarray:
    return x.astype("float32") if x.dtype.itemsize < 4 else x
