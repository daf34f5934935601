"""Convolution and pooling on JAX: on the CPU in the form that XLA computes fastest there."""

import contextlib
import functools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from kompat.engines import windows
from kompat.engines.dtypes import any_wide
from kompat.engines.engine import Function

# Up to this many elements a window is cheaper seen element by element: XLA's gradient of a
# maximum over windows takes 47 ms where that of four slices takes 1.5, but 49 slices take longer.
_FEW = 9


def _in_full_width(function: Function) -> Function:
    """`function`, in JAX's 64-bit mode where its first argument has 64 bits."""

    @functools.wraps(function)
    def wide(x: Any, *args: Any) -> Any:
        with jax.enable_x64(True) if any_wide((x,)) else contextlib.nullcontext():
            return function(x, *args)

    return wide  # type: ignore[return-value]  # functools.wraps keeps the signature


@_in_full_width
def convolve(
    x: jax.Array, kernel: jax.Array, strides: Any, padding: str, dilation: Any
) -> jax.Array:
    """A convolution, channels last; on the CPU in the form that XLA computes fastest there."""
    sizes, window = x.shape[1:-1], kernel.shape[:-2]
    if jax.default_backend() != "cpu" or not _has_sizes(x):
        return _convolve(x, kernel, strides, padding.upper(), rhs_dilation=dilation)
    pads = windows.pads(padding, sizes, window, strides, dilation)
    if kernel.shape[-2] == 1 != x.shape[-1] and x.dtype.itemsize > 2:
        return _convolve_each_channel(x, kernel, strides, pads, dilation)
    if math.prod(window) == 1:
        pads = [(0, 0)] * len(window)
    elif not any(map(any, pads)):
        # XLA hands what has no padding to a library that takes up to 2.6 times as long, so there
        # is one more position, which is cut off.
        longer = [(0, strides[0]), *pads[1:]]
        return _convolve(x, kernel, strides, longer, rhs_dilation=dilation)[:, :-1]
    return _convolve(x, kernel, strides, pads, rhs_dilation=dilation)


def _has_sizes(x: jax.Array) -> bool:
    """Whether the sizes of the spatial axes are numbers: Keras infers shapes with symbols."""
    return all(isinstance(n, int) for n in x.shape[1:-1])


def _convolve_each_channel(
    x: jax.Array, kernel: jax.Array, strides: Any, pads: windows.Pads, dilation: Any
) -> jax.Array:
    """A product for each element of the window: XLA's convolution in groups takes 20 times it."""
    x = jnp.repeat(jnp.pad(x, [(0, 0), *pads, (0, 0)]), kernel.shape[-1] // x.shape[-1], -1)
    elements = windows.elements(x.shape[1:-1], kernel.shape[:-2], strides, dilation)
    weights = kernel.reshape(-1, kernel.shape[-1])
    return sum(x[where] * weight for where, weight in zip(elements, weights))


def _convolve(x: Any, kernel: Any, strides: Any, padding: Any, **dilation: Any) -> jax.Array:
    spatial = "XYZ"[: x.ndim - 2]
    return jax.lax.conv_general_dilated(
        x,
        kernel,
        strides,
        padding,
        dimension_numbers=(f"N{spatial}C", f"{spatial}IO", f"N{spatial}C"),
        feature_group_count=x.shape[-1] // kernel.shape[-2],
        **dilation,
    )


@_in_full_width
def convolve_transposed(
    x: jax.Array, kernel: jax.Array, sizes: Any, strides: Any, padding: str, dilation: Any
) -> jax.Array:
    """The transpose of a convolution, of the given sizes."""
    if not all(isinstance(size, int) for size in sizes):
        raise ValueError(
            "expected an output_shape whose sizes are known when JAX compiles, received ones that "
            "are computed in the program. Inside a Keras model give rows and columns as numbers, "
            "or run the graph with K.function, which knows all sizes."
        )
    pads = windows.transposed_pads(
        padding, x.shape[1:-1], kernel.shape[:-2], strides, dilation, sizes
    )
    spatial = tuple(range(len(sizes)))
    kernel = jnp.swapaxes(jnp.flip(kernel, spatial), -1, -2)
    ones = (1,) * len(sizes)
    return _convolve(x, kernel, ones, pads, lhs_dilation=strides, rhs_dilation=dilation)


@_in_full_width
def max_pool(x: jax.Array, window: Any, strides: Any, padding: str) -> jax.Array:
    """The maximum of each window, channels last; the gradient goes to the first one."""
    if math.prod(window) > _FEW or not _has_sizes(x):
        return _reduce_windows(jax.lax.max, -jnp.inf, x, window, strides, padding)
    elements = _elements(x, -jnp.inf, window, strides, padding)
    return functools.reduce(
        lambda most, each: jnp.where((each > most) | (each != each), each, most), elements
    )


@_in_full_width
def average_pool(x: jax.Array, window: Any, strides: Any, padding: str) -> jax.Array:
    """The average of each window, channels last."""
    if not _has_sizes(x):
        total, count = (
            _reduce_windows(jax.lax.add, 0.0, each, window, strides, padding)
            for each in (x, jnp.ones_like(x))
        )
        return total / count
    total = sum(_elements(x, 0, window, strides, padding))
    count = windows.counts(padding, x.shape[1:-1], window, strides)
    return total / count.astype(x.dtype)


def _reduce_windows(
    reduce: Callable[..., Any], start: float, x: jax.Array, window: Any, strides: Any, padding: str
) -> jax.Array:
    shape, steps = (1, *window, 1), (1, *strides, 1)
    return jax.lax.reduce_window(x, start, reduce, shape, steps, padding.upper())


def _elements(
    x: jax.Array, start: float, window: Any, strides: Any, padding: str
) -> list[jax.Array]:
    """The elements of all windows, each a batch of one element for each position."""
    ones = [1] * len(window)
    pads = windows.pads(padding, x.shape[1:-1], window, strides, ones)
    x = jnp.pad(x, [(0, 0), *pads, (0, 0)], constant_values=start)
    return [x[where] for where in windows.elements(x.shape[1:-1], window, strides, ones)]
