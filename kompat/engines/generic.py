"""An engine that kompat has no file for: everything through Keras's public functions."""

import contextlib
from collections.abc import Callable
from typing import Any, TypeVar

import keras
import numpy as np

from kompat.errors import GradientsUnavailableError

LARGE_BYTES = float("inf")
allocate = np.empty

Function = TypeVar("Function", bound=Callable[..., Any])


def place(host: Any, placement: Any = None) -> Any:
    """Put a host array on the engine's device."""
    return keras.ops.convert_to_tensor(host)


def host_form(tensor: Any, name: str) -> Any:
    """The value of `tensor` on the host, for its owner to keep."""
    return keras.ops.convert_to_numpy(tensor)[()]


def as_tensor(value: Any) -> Any:
    """What a variable's `value` gives, as a tensor."""
    return value


def placement_of(tensor: Any) -> Any:
    """Where `tensor` must stay: engines with one device do not say."""
    return None


def is_wide(dtype: np.dtype) -> bool:
    """Whether the engine may narrow `dtype`."""
    return False


is_narrowing = is_wide


def duplicate(tensor: Any) -> Any:
    """`tensor` itself: variables are written by copying it."""
    return tensor


def tracing() -> bool:
    """Whether the engine is recording a program in this thread."""
    return False


def at_run_time(read: Callable[[], Any], shape: tuple[int, ...], dtype: Any) -> Any:
    """A tensor that is read when the traced program runs."""
    return keras.ops.convert_to_tensor(read())


def eagerly() -> contextlib.AbstractContextManager:
    """Compute at once, whatever is being traced."""
    return contextlib.nullcontext()


def full_width(*operands: Any) -> contextlib.AbstractContextManager:
    """A context in which 64-bit operands keep their width: any, on most engines."""
    return contextlib.nullcontext()


def exact(function: Function) -> Function:
    """`function` as it is: the engine computes in the dtype of its operands."""
    return function


infer = None
compile = None
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
