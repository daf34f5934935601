"""An engine that kompat has no file for: everything through Keras's public functions."""

import contextlib
import functools
from collections.abc import Callable
from typing import Any, TypeVar

import keras
import numpy as np

from kompat.engines import windows
from kompat.engines.host import host_function
from kompat.engines.width import computes_wide
from kompat.errors import GradientsUnavailableError

STORAGE = "plain"
LARGE_BYTES = float("inf")
allocate = np.empty

Function = TypeVar("Function", bound=Callable[..., Any])


def place(host: Any, placement: Any = None) -> Any:
    """Put a host array on the engine's device, in its own dtype, which Keras might cut."""
    return keras.ops.convert_to_tensor(host, keras.utils.standardize_dtype(host.dtype))


def host_form(tensor: Any, name: str) -> Any:
    """The value of `tensor` on the host, for its owner to keep."""
    return keras.ops.convert_to_numpy(tensor)[()]


def as_tensor(value: Any) -> Any:
    """What a variable's `value` gives, as a tensor."""
    return value


def placement_of(tensor: Any) -> Any:
    """Where `tensor` must stay: engines with one device do not say."""
    return None


def moved(tensor: Any, placement: Any) -> Any:
    """`tensor` where `placement_of` says."""
    return tensor


def is_wide(dtype: np.dtype) -> bool:
    """Whether the engine may narrow `dtype`."""
    return False


is_narrowing = is_wide


def is_size(x: Any) -> bool:
    """Whether `x` is a dimension that is not known yet."""
    return False


def duplicate(tensor: Any) -> Any:
    """`tensor` itself: variables are written by copying it."""
    return tensor


def copy_of(tensor: Any) -> Any:
    """The same value in memory of its own."""
    return keras.ops.copy(tensor)


def shares_memory(tensor: Any, other: Any) -> bool:
    """Whether a write to one of two tensors, or its donation, would be seen in the other."""
    return tensor is other


def tracing() -> bool:
    """Whether the engine is recording a program in this thread."""
    return False


def comparable(tensor: Any) -> Any:
    """An integer tensor in a dtype that the engine compares."""
    return tensor


def require_unrecorded(name: str) -> None:
    """Raise where a write would happen only while a program is recorded: here it never is."""


def at_run_time(read: Callable[[], Any], shape: tuple[int, ...], dtype: Any) -> Any:
    """A tensor that is read when the traced program runs."""
    return keras.ops.convert_to_tensor(read())


def seed_at_run_time(new: Callable[[], int]) -> Any:
    """Inside a trace, a seed that is another one in each run of the program."""
    return at_run_time(lambda: np.array([new(), 0], "uint32"), (2,), "uint32")


def eagerly() -> contextlib.AbstractContextManager:
    """Compute at once, whatever is being traced."""
    return contextlib.nullcontext()


def full_width(*operands: Any) -> contextlib.AbstractContextManager:
    """A context in which 64-bit operands keep their width: any, on most engines."""
    return contextlib.nullcontext()


def exact(function: Function) -> Function:
    """`function` of `keras.ops`, exact where an operand has 64 bits.

    Then NumPy's function of the same name runs, on the host: Keras's own may cast its operands to
    32 bits. That has no gradients; an engine that has some needs an `exact` of its own.
    """
    wide_function = host_function(function)

    @functools.wraps(function)
    def in_full_width(*args: Any, **kwargs: Any) -> Any:
        if not computes_wide(args, kwargs):
            return function(*args, **kwargs)
        return place(wide_function(*map(_on_host, args), **kwargs))

    return in_full_width  # type: ignore[return-value]  # functools.wraps keeps the signature


def _on_host(operand: Any) -> Any:
    if isinstance(operand, (list, tuple)):
        return [_on_host(x) for x in operand]
    is_tensor = keras.ops.is_tensor(operand) or isinstance(operand, keras.Variable)
    return keras.ops.convert_to_numpy(operand) if is_tensor else operand


def fused(function: Function, static: tuple[str, ...] = ()) -> Function:
    """`function` as it is: one operation after the other."""
    return function


def stamp(tensor: Any) -> Any:
    """The same for ever: the engine does not write to its tensors."""
    return None


def restoring_modes(function: Callable[..., Any], *args: Any) -> Any:
    """Call `function`; the engine's modes of this thread are then as before, interrupted or not."""
    return function(*args)


def forget() -> None:
    """Free what the engine keeps of programs: it keeps none, or Keras's `clear_session` does it."""


def without_history() -> contextlib.AbstractContextManager:
    """A context in which nothing is kept for gradients: most engines keep nothing anyway."""
    return contextlib.nullcontext()


infer = None
compile = None
cond = None
scan = None
sparse = None
sparse_where = None


def differentiate(
    forward: Callable[..., Any], wanted: list[tuple[int, list[int]]]
) -> tuple[list[list[Any]], Any]:
    """Gradients: this engine has none."""
    raise GradientsUnavailableError(
        f"K.gradients: the engine {keras.config.backend()!r} computes no gradients.",
        "it has no automatic differentiation, or kompat has no file for it.",
        "choose another: KERAS_BACKEND=jax, torch or tensorflow.",
    )


def convolve(x: Any, kernel: Any, strides: Any, padding: str, dilation: Any) -> Any:
    """A convolution, by Keras."""
    return keras.ops.conv(x, kernel, strides, padding, "channels_last", dilation)


def _spread(x: Any, axis: int, stride: int) -> Any:
    """`x` with stride - 1 zeros between its elements along an axis."""
    shape = list(x.shape)
    widths = [(0, stride - 1) if n == axis + 1 else (0, 0) for n in range(len(shape) + 1)]
    padded = keras.ops.pad(keras.ops.expand_dims(x, axis + 1), widths)
    spread = keras.ops.reshape(padded, [*shape[:axis], shape[axis] * stride, *shape[axis + 1 :]])
    last = (shape[axis] - 1) * stride + 1
    return spread[(slice(None),) * axis + (slice(last),)]


def transpose_of(convolve: Callable[..., Any]) -> Callable[..., Any]:
    """The transpose of `convolve`: a convolution over the input with zeros in between."""

    def convolve_transposed(
        x: Any, kernel: Any, sizes: Any, strides: Any, padding: str, dilation: Any
    ) -> Any:
        """The transpose of a convolution, of the given sizes."""
        before, window = x.shape[1:-1], kernel.shape[:-2]
        pads = windows.transposed_pads(padding, before, window, strides, dilation, sizes)
        for axis, stride in enumerate(strides, 1):
            x = _spread(x, axis, stride)
        x = keras.ops.pad(x, [(0, 0), *pads, (0, 0)])
        spatial = tuple(range(len(sizes)))
        kernel = keras.ops.swapaxes(keras.ops.flip(kernel, spatial), -1, -2)
        return convolve(x, kernel, (1,) * len(sizes), "valid", dilation)

    return convolve_transposed


convolve_transposed = transpose_of(convolve)


def max_pool(x: Any, window: Any, strides: Any, padding: str) -> Any:
    """The maximum of each window, by Keras."""
    return keras.ops.max_pool(x, window, strides, padding, "channels_last")


def average_pool(x: Any, window: Any, strides: Any, padding: str) -> Any:
    """The average of each window, by Keras."""
    return keras.ops.average_pool(x, window, strides, padding, "channels_last")


def observe(show: Callable[[Any], None], x: Any) -> None:
    """Call `show` with the value of `x`."""
    show(keras.ops.convert_to_numpy(x))


def on_host(
    compute: Callable[..., list[np.ndarray]], specs: list[tuple[tuple, str]], *tensors: Any
) -> list[Any]:
    """What NumPy computes from tensors, each of its own shape and dtype in `specs`."""
    results = compute(*map(keras.ops.convert_to_numpy, tensors))
    return [keras.ops.convert_to_tensor(x, dtype=dtype) for x, (_, dtype) in zip(results, specs)]


def is_sparse(x: Any) -> bool:
    """Whether `x` is a sparse tensor: this engine has none."""
    return False
