"""What kind of value an operand is: a tensor, symbolic, on the host, a size not known yet."""

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np

OBJECT = np.dtype(object)
"""The dtype that NumPy gives dimensions which are not known yet."""

_HOST = {np.ndarray, bool, int, float, str, *np.sctypeDict.values()}


def is_tensor(x: Any) -> bool:
    """Whether `x` is a tensor of the engine; NumPy's arrays and numbers are none."""
    return keras.ops.is_tensor(x) and not isinstance(x, (np.ndarray, np.generic))


def is_symbolic(x: Any) -> bool:
    """Whether `x` is, or holds at any depth of lists, a symbolic tensor."""
    if isinstance(x, keras.KerasTensor):
        return True
    return isinstance(x, (list, tuple)) and any(map(is_symbolic, x))


def is_host(x: Any) -> bool:
    """Whether `x` is a NumPy value, a Python number, a word, or a list of them."""
    return type(x) in _HOST or (isinstance(x, (list, tuple)) and all(map(is_host, x)))


def has_sizes(operands: Iterable[Any]) -> bool:
    """Whether some of them are dimensions that are not known yet: objects, for NumPy."""
    return any(has_sizes(x) if isinstance(x, (list, tuple)) else is_sizes(x) for x in operands)


def is_sizes(x: Any) -> bool:
    """Whether `x` is an array of dimensions that are not known yet."""
    return getattr(x, "dtype", None) is OBJECT
