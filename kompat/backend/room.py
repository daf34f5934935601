"""A function of K allocates nothing for a number that was passed by mistake.

A size that slips in as 10**12 would make the machine swap, or end the process. Before a function
whose arguments say how large its result is runs, the result is compared with the memory that is
free: beyond it the call is refused, and nothing has been allocated.
"""

import functools
import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kompat import mode
from kompat.backend.operands import data_format_of
from kompat.engines import windows
from kompat.errors import TooLargeError
from kompat.graph.shapes import run_sizes

_SMALL = 2**26
"""Elements below which nobody asks how much memory there is."""

_BYTES = 16
"""What an element takes while it is made: NumPy makes float64 first, a copy of it is float32, and
another copy lies on the device."""

_MOST = 10**300
"""More elements than this are as many, so that the message can be written."""


def bounded(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, which refuses sizes among its arguments whose result the memory cannot hold."""
    elements = _ELEMENTS.get(function.__name__)
    if elements is None:
        return function

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            needed = max(elements(*args, **kwargs), 0)
        except Exception:  # of arguments that the function itself refuses
            needed = 0
        if needed > _SMALL:
            require_room(needed)
        return function(*args, **kwargs)

    return call


def require_room(elements: float) -> None:
    """Raise TooLargeError if that many elements do not fit into the memory that is free."""
    elements = min(elements, _MOST)
    needed, free = elements * _BYTES, free_bytes()
    if needed > free:
        raise TooLargeError(
            f"expected a result that fits into the memory, of which {_rounded(free)} are free, "
            f"received sizes of {elements:.3g} elements, which take {_rounded(needed)}.",
            "nothing was allocated.",
            "look at the sizes; make parts of the result one after the other.",
        )


def _rounded(count: float) -> str:
    return f"{count / 2**30:.3g} GB"


def free_bytes() -> float:
    """The memory that this process can still get: of the machine, its container and its limits."""
    return min(_of_machine(), _of_container(), _of_limits())


def _of_machine() -> float:
    """Where the system tells nothing, what can be addressed."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(int(x.split()[1]) for x in lines if x.startswith("MemAvailable:")) * 1024
    except (OSError, StopIteration):
        names = ("SC_PHYS_PAGES", "SC_PAGE_SIZE")
        known = set(names) <= {*getattr(os, "sysconf_names", ())}
        return math.prod(map(os.sysconf, names)) if known else 2**47


def _of_container() -> float:
    """The limit of a control group of Linux."""
    try:
        return int(Path("/sys/fs/cgroup/memory.max").read_text())
    except (OSError, ValueError):  # ValueError: "max"
        return math.inf


def _of_limits() -> float:
    """What the limit of the process leaves of its address space."""
    try:
        import resource
    except ImportError:
        return math.inf
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    pages = Path("/proc/self/statm")
    if limit == resource.RLIM_INFINITY or not pages.exists():
        return math.inf
    return limit - int(pages.read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def _all(sizes: Any) -> float:
    """How many elements a tensor of these sizes has; sizes that are not known yet count as 1."""
    if isinstance(sizes, Sequence) and not isinstance(sizes, str):  # bytes are sizes for NumPy
        return math.prod(map(_all, sizes))
    if isinstance(sizes, keras.KerasTensor) or mode.is_traced(sizes):
        return 1
    found = run_sizes(sizes)
    return (
        found if isinstance(found, (int, float)) else _all(found) if isinstance(found, tuple) else 1
    )


def _of(x: Any) -> float:
    return _all(tuple(x.shape) if hasattr(x, "shape") else np.shape(x))


def _in_windows(
    x: Any, window: Any, strides: Any, padding: str, data_format: Any, dilation: Any
) -> float:
    """The elements that are added around `x`, so that windows fit."""
    sizes = _spatial_sizes(x, data_format)
    window, strides, dilation = (
        tuple(each) if isinstance(each, (list, tuple)) else (each,) * len(sizes)
        for each in (window, strides, dilation)
    )
    added = windows.pads(padding, sizes, window, strides, dilation)
    longer = [
        size + sum(pair) + (stride if stride > size else 0)
        for size, pair, stride in zip(sizes, added, strides)
    ]
    return _grown(x, sizes, longer)


def _spatial_sizes(x: Any, data_format: Any) -> Sequence[int]:
    return x.shape[2:] if data_format_of(data_format) == "channels_first" else x.shape[1:-1]


def _grown(x: Any, before: Sequence[int], after: Sequence[int]) -> float:
    return _of(x) // math.prod(before) * (math.prod(after) - math.prod(before))


def _padded(x: Any, padding: Any, data_format: Any) -> float:
    pairs = padding if isinstance(padding[0], (list, tuple)) else [padding]
    sizes = _spatial_sizes(x, data_format)
    return _grown(x, sizes, [size + sum(map(int, pair)) for size, pair in zip(sizes, pairs)])


def _decoded(y_pred: Any, greedy: bool, beam_width: int, top_paths: int) -> float:
    """The sequences that the beam keeps, of which there are not more than the classes allow."""
    batch, time, classes = y_pred.shape
    kept = min(beam_width, classes**time) * (classes + time)
    return 1 if greedy else kept + _all(top_paths) * batch * max(time, 100)


def _convolved(
    x: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: Any = None,
    dilation_rate: Any = 1,
) -> float:
    return _in_windows(x, kernel.shape[:-2], strides, padding, data_format, dilation_rate)


def _convolved_apart(
    x: Any, depthwise_kernel: Any, pointwise_kernel: Any, *args: Any, **kwargs: Any
) -> float:
    return _convolved(x, depthwise_kernel, *args, **kwargs)


def _pooled(
    x: Any,
    pool_size: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: Any = None,
    pool_mode: Any = None,
) -> float:
    return _in_windows(x, pool_size, strides, padding, data_format, 1)


# The parameters are those of K's functions, by position and by name; _ is what does not matter.
_ELEMENTS: dict[str, Callable[..., float]] = {
    **dict.fromkeys(
        ("zeros", "ones", "random_normal", "random_uniform", "truncated_normal", "random_binomial")
        + ("random_bernoulli", "random_normal_variable", "random_uniform_variable"),
        lambda shape, *_, **__: _all(shape),
    ),
    "arange": lambda start, stop=None, step=1, *_, **__: (
        (start if stop is None else stop - start) / step
    ),
    "constant": lambda value, dtype=None, shape=(), *_, **__: _all(shape),
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), _convolved),
    **dict.fromkeys(
        ("conv2d_transpose", "conv3d_transpose"),
        lambda x, kernel, output_shape, *_, **__: _all(output_shape),
    ),
    "ctc_decode": lambda y_pred, input_length, greedy=True, beam_width=100, top_paths=1: _decoded(
        y_pred, greedy, beam_width, top_paths
    ),
    "depthwise_conv2d": lambda x, depthwise_kernel, *args, **kwargs: _convolved(
        x, depthwise_kernel, *args, **kwargs
    ),
    "dropout": lambda x, level, noise_shape=(), *_, **__: _all(noise_shape),
    "eye": lambda size, *_, **__: _all(size) ** 2,
    "local_conv1d": lambda inputs, kernel, kernel_size, strides, *_, **__: _in_windows(
        inputs, kernel_size, strides, "valid", None, 1
    ),
    "local_conv2d": lambda inputs, kernel, kernel_size, strides, *_, **__: _in_windows(
        inputs, kernel_size, strides, "valid", None, 1
    ),
    "one_hot": lambda indices, num_classes: _of(indices) * _all(num_classes),
    "placeholder": lambda shape=None, ndim=None, *_, **__: 1 if ndim is None else ndim,
    **dict.fromkeys(("pool2d", "pool3d"), _pooled),
    "repeat": lambda x, n: _of(x) * _all(n),
    "repeat_elements": lambda x, rep, axis: _of(x) * _all(rep),
    "resize_images": lambda x, height_factor, width_factor, *_, **__: (
        _of(x) * _all((height_factor, width_factor))
    ),
    "resize_volumes": lambda x, depth_factor, height_factor, width_factor, *_, **__: (
        _of(x) * _all((depth_factor, height_factor, width_factor))
    ),
    **dict.fromkeys(("separable_conv1d", "separable_conv2d"), _convolved_apart),
    "spatial_2d_padding": lambda x, padding, data_format=None: _padded(x, padding, data_format),
    "spatial_3d_padding": lambda x, padding, data_format=None: _padded(x, padding, data_format),
    "temporal_padding": lambda x, padding: _padded(x, padding, "channels_last"),
    "tile": lambda x, n: _of(x) * _all(n),
}
"""Function -> how many elements it makes for its arguments, at least."""
