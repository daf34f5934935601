"""Convolution and pooling on NumPy, a product or a comparison for each element of a window."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from kompat.engines import windows


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


def max_pool(x: np.ndarray, window: Any, strides: Any, padding: str) -> Any:
    """The maximum of each window, channels last."""
    return _over_windows(np.maximum, -np.inf, x, window, strides, padding).astype(x.dtype)


def average_pool(x: np.ndarray, window: Any, strides: Any, padding: str) -> Any:
    """The average of each window, channels last."""
    total = _over_windows(np.add, 0, x, window, strides, padding)
    return (total / windows.counts(padding, x.shape[1:-1], window, strides)).astype(x.dtype)


def _over_windows(
    function: Callable[..., Any],
    start: float,
    x: np.ndarray,
    window: Any,
    strides: Any,
    padding: str,
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
