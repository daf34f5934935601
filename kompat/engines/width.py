"""The dtypes of operands: which have 64 bits, and what NumPy values become beside a tensor.

Keras cuts 64 bits to 32 on every engine but TensorFlow.
"""

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from types import ModuleType
from typing import Any

import keras
import numpy as np

_NUMBERS = frozenset([bool, int, float, type(None)])
WIDE = frozenset(["int64", "uint64", "float64", "complex128"])


def any_wide(operands: Iterable[Any]) -> bool:
    """Whether an operand, at any depth of lists, has a 64-bit dtype or names one.

    Symbolic tensors do not count: the model that holds them runs in the width it was made for.
    """
    for operand in operands:
        if type(operand) in _NUMBERS:
            continue
        dtype = getattr(operand, "dtype", None)
        if dtype is not None:
            if _is_wide(dtype) and not isinstance(operand, keras.KerasTensor):
                return True
        elif isinstance(operand, (list, tuple)):
            if any_wide(operand):
                return True
        elif isinstance(operand, str):
            if operand in WIDE:
                return True
        elif isinstance(operand, (np.dtype, type)) and _is_wide(operand):
            return True
    return False


@functools.cache  # NumPy takes a microsecond to name a dtype
def _is_wide(dtype: Any) -> bool:
    """Whether "float64", np.float64, np.dtype("float64") or torch.float64 has 64 bits."""
    if isinstance(dtype, str):
        return dtype in WIDE
    name = getattr(dtype, "name", None) or getattr(dtype, "__name__", None)
    return (name or str(dtype).removeprefix("torch.")) in WIDE


def computes_wide(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a call computes with 64 bits now: a symbolic operand computes later."""
    return (any_wide(args) or any_wide(kwargs.values())) and not is_symbolic(args)


def is_tensor(x: Any) -> bool:
    """Whether `x` is a tensor of the engine; NumPy's arrays and numbers are none."""
    return keras.ops.is_tensor(x) and not isinstance(x, (np.ndarray, np.generic))


def default_number(x: float) -> Any:
    """A Python number as NumPy's, in the dtype that K gives it where nothing else says one."""
    if isinstance(x, bool):
        return np.bool_(x)
    return np.int32(x) if isinstance(x, int) else np.asarray(x, keras.config.floatx())[()]


def is_symbolic(x: Any) -> bool:
    """Whether `x` is, or holds at any depth of lists, a symbolic tensor."""
    if isinstance(x, keras.KerasTensor):
        return True
    return isinstance(x, (list, tuple)) and any(map(is_symbolic, x))


def is_host(x: Any) -> bool:
    """Whether `x` is a NumPy value, a Python number, a word, or a list of them."""
    return type(x) in _HOST or (isinstance(x, (list, tuple)) and all(map(is_host, x)))


_OBJECT = np.dtype(object)
_HOST = {np.ndarray, bool, int, float, str, *np.sctypeDict.values()}


def has_sizes(operands: Iterable[Any]) -> bool:
    """Whether some of them are dimensions that are not known yet: objects, for NumPy."""
    return any(has_sizes(x) if isinstance(x, (list, tuple)) else is_sizes(x) for x in operands)


def is_sizes(x: Any) -> bool:
    """Whether `x` is an array of dimensions that are not known yet."""
    return getattr(x, "dtype", None) is _OBJECT


# What NumPy calls the parameters of keras.ops that have names of their own.
_NAMES = {"newshape": "shape", "repeats": "reps", "x_max": "max", "x_min": "min"}


def function_of(library: ModuleType, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function of NumPy, or of a library like it, that computes what `function` does.

    It takes the parameters of `function` of `keras.ops`, and is `function` itself where the
    library has none of its name, or none that knows its parameters.
    """
    found = getattr(library, function.__name__, None)
    if found is None:
        return function
    names = inspect.signature(found).parameters.keys()

    def call(*args: Any, **kwargs: Any) -> Any:
        settings = {
            name if name in names else _NAMES.get(name, name): tuple(x) if type(x) is list else x
            for name, x in kwargs.items()
        }
        if not settings.keys() <= names:
            return function(*args, **kwargs)
        return found(*args, **settings)

    return call


def beside(x: Any, tensor: Any) -> Any:
    """A NumPy value takes the dtype of the tensor beside it, as in tf.keras.

    Without this a float64 array would widen every float32 tensor that it meets. An integer tensor
    does not make a float integer.
    """
    if not isinstance(x, (np.ndarray, np.generic)) or isinstance(tensor, (np.ndarray, np.generic)):
        return x
    if not hasattr(tensor, "dtype"):
        return x
    dtype = np.dtype(dtype_name(tensor))
    fits = np.can_cast(x.dtype, dtype, "same_kind") or (x.dtype.kind in "biu" and dtype.kind != "b")
    return x.astype(dtype) if fits and x.dtype != dtype else x


def promoted(names: Sequence[str]) -> str:
    """The dtype to which Keras promotes others, never cut to 32 bits."""
    floats = {name for name in names if name.startswith(("float", "bfloat", "complex"))}
    wide = (floats or {*names}) & WIDE
    return wide.pop() if len(wide) == 1 else keras.backend.result_type(*names)


def dtype_name(x: Any) -> str:
    """The dtype of a tensor of any engine as a string."""
    dtype = x.dtype
    if isinstance(dtype, str):
        return dtype
    return "object" if dtype is _OBJECT else _standard_name(dtype)


_standard_name = functools.cache(keras.utils.standardize_dtype)
