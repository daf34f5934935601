"""The dtypes of operands: which have 64 bits, and what NumPy values become beside a tensor.

Keras cuts 64 bits to 32 on every engine but TensorFlow.
"""

import functools
from collections.abc import Iterable, Sequence
from typing import Any

import keras
import numpy as np

from kompat.engines.kinds import OBJECT, is_symbolic

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


def default_number(x: float) -> Any:
    """A Python number as NumPy's, in the dtype that K gives it where nothing else says one."""
    if isinstance(x, bool):
        return np.bool_(x)
    return np.int32(x) if isinstance(x, int) else np.asarray(x, keras.config.floatx())[()]


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
    return "object" if dtype is OBJECT else _standard_name(dtype)


_standard_name = functools.cache(keras.utils.standardize_dtype)
