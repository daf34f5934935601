"""What K's functions accept as a tensor, made ready for `keras.ops`."""

from typing import Any

import keras
import numpy as np

from kompat import engines, mode
from kompat.engines.width import beside, dtype_name
from kompat.errors import UnsupportedValueError
from kompat.graph.operations import Shape, read

_cast = engines.current.exact(keras.ops.cast)
_convert = engines.current.exact(keras.ops.convert_to_tensor)


def operand(x: Any, like: Any = None) -> Any:
    """`x` as something that has a shape and a dtype, with its dtype kept.

    Args:
        x: a tensor, variable or array, a number, or nested lists of numbers. A Python number
            takes the dtype of `like` if that can hold it, else int32 or `K.floatx()`.
        like: the other operand.

    Raises:
        UnsupportedValueError: `x` is None, a string or a ragged list.
    """
    if isinstance(x, keras.Variable) and mode.building_graph():
        return read(x)
    if hasattr(x, "dtype") and hasattr(x, "shape"):
        return beside(x, like)
    if isinstance(x, (int, float)) and hasattr(like, "dtype"):
        return x
    if x is None or isinstance(x, (str, bytes, dict)):
        raise _no_operand(x)
    try:
        return _convert(x)
    except (ValueError, TypeError) as error:
        raise _no_operand(x) from error


def tensor(x: Any) -> Any:
    """`x` as a tensor of the engine, or symbolic."""
    x = operand(x)
    if isinstance(x, (np.ndarray, np.generic)):
        return engines.current.place(np.array(x))
    if isinstance(x, keras.Variable):
        with engines.current.full_width(x):
            return engines.current.as_tensor(x.value)
    return x


def floating(x: Any) -> Any:
    """`x` as `operand` makes it; integers and booleans become `K.floatx()`."""
    x = operand(x)
    if is_floating(x):
        return x
    return _cast(x, keras.config.floatx())


def is_floating(x: Any) -> bool:
    """Whether the dtype of `x` is a float or complex one."""
    return dtype_name(x).startswith(("float", "bfloat", "complex"))


def cast_like(x: Any, dtype: str) -> Any:
    """`x`, cast to `dtype` if it has another."""
    return x if dtype_name(x) == dtype else _cast(x, dtype)


def size(x: Any, axis: int) -> Any:
    """The size of an axis: an integer, or what will be one if it is not known yet."""
    known = x.shape[axis]
    if known is not None:
        return known
    return (Shape()(x) if isinstance(x, keras.KerasTensor) else keras.ops.shape(x))[axis]


def _no_operand(x: Any) -> UnsupportedValueError:
    shown = np.array2string(x) if isinstance(x, np.ndarray) else repr(x)
    return UnsupportedValueError(
        f"expected a tensor, a variable, an array or numbers, received {shown:.60}.",
        "it has no numeric value.",
        "pass K.constant(list of numbers of one shape).",
    )
