"""What K's functions accept as a tensor, made ready for `keras.ops`."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from kompat import engines, mode
from kompat.engines.dtypes import WIDE, beside, default_number, dtype_name, promoted
from kompat.engines.kinds import is_symbolic, is_tensor
from kompat.errors import UnsupportedValueError
from kompat.graph.operations import Apply, ReadPhase, Shape, read
from kompat.graph.phase import PhaseNumber

_cast = engines.current.exact(keras.ops.cast)
_fused_cast = engines.current.fused(_cast, static=("dtype",))
_stack = engines.current.exact(keras.ops.stack)
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
    if isinstance(x, PhaseNumber):
        return _phase_number(x, like)
    if hasattr(x, "dtype") and hasattr(x, "shape"):
        if isinstance(x, (np.ndarray, np.generic)) and not _has_numbers(x):
            raise _no_operand(x)
        if _TAKES_OBJECTS and not hasattr(x, "__array__"):
            raise _no_operand(x)
        return beside(x, like)
    if isinstance(x, (int, float)):
        return x if hasattr(like, "dtype") else number(x)
    if engines.current.is_size(x):
        return np.array(x, object)
    if x is None or isinstance(x, (str, bytes, dict)):
        raise _no_operand(x)
    if _holds_tensors(x):
        return _stacked(x)
    try:
        found = _convert(x)
    except (ValueError, TypeError) as error:
        raise _no_operand(x) from error
    if dtype_name(found) == "string":  # TensorFlow has tensors of text
        raise _no_operand(x)
    return found


_TAKES_OBJECTS = engines.NAME == "numpy"
"""Whether the engine makes an array of one object out of whatever is none."""


def _has_numbers(x: np.ndarray | np.generic) -> bool:
    """Whether the elements of an array are numbers, or dimensions that are not known yet."""
    if x.dtype == object:
        return all(map(engines.current.is_size, x.flat))
    return x.dtype.kind not in "SUmM" and x.dtype.names is None


def _holds_tensors(x: Any) -> bool:
    """Whether tensors, variables or symbolic tensors stand in lists, at any depth."""
    if isinstance(x, (list, tuple)):
        return any(map(_holds_tensors, x))
    return isinstance(x, (keras.KerasTensor, keras.Variable, PhaseNumber)) or is_tensor(x)


def _stacked(x: Any) -> Any:
    """The tensors and numbers of a list, of one shape, as one tensor."""
    parts = [operand(part) for part in x]
    first = next((part for part in parts if is_tensor(part) or is_symbolic(part)), parts[0])
    return _stack([tensor(beside(part, first)) for part in parts])


def _phase_number(x: PhaseNumber, like: Any) -> Any:
    """Symbolic in graph mode, as it is beside a symbolic tensor, else the number of this moment."""
    if mode.building_graph():
        return ReadPhase(x).symbolic_call()
    return x if is_symbolic(like) else np.asarray(x)[()]


def number(x: float, like: Any = None) -> Any:
    """A Python number as NumPy's: in the dtype of `like` if that can hold it, else in its own."""
    if like is not None and (is_floating(like) or (type(x) is int and "int" in dtype_name(like))):
        return np.asarray(x, dtype_name(like))[()]
    return default_number(x)


def attribute(x: Any, name: str, function: str) -> Any:
    """The shape or dtype of `x`.

    Raises:
        AttributeError: it has none; as in tf.keras.
    """
    try:
        return getattr(x, name)
    except AttributeError:
        if hasattr(type(x), name):
            raise  # its own error says more
        raise AttributeError(
            f"{function} expects a tensor, a variable or an array, received {type(x).__name__}."
        ) from None


def tensor(x: Any) -> Any:
    """`x` as a tensor of the engine, or symbolic."""
    x = operand(x)
    if isinstance(x, (np.ndarray, np.generic)):
        return engines.current.place(np.array(x))
    if isinstance(x, keras.Variable):
        with engines.current.full_width(x):
            return engines.current.as_tensor(x.value)
    return x


def concrete(*operands: Any) -> list[Any]:
    """The operands, their variables as tensors; where one is symbolic the graph reads them."""
    if is_symbolic(operands):
        return list(operands)
    return [tensor(x) if isinstance(x, keras.Variable) else x for x in operands]


def floating(x: Any) -> Any:
    """`x` as `operand` makes it; integers and booleans become `K.floatx()`."""
    x = operand(x)
    if is_floating(x):
        return x
    return cast_to(x, keras.config.floatx())


def is_floating(x: Any) -> bool:
    """Whether the dtype of `x` is a float or complex one."""
    return dtype_name(x).startswith(("float", "bfloat", "complex"))


def cast_like(x: Any, dtype: str) -> Any:
    """`x`, cast to `dtype` if it has another."""
    return x if dtype_name(x) == dtype else cast_to(x, dtype)


def cast_to(x: Any, dtype: str) -> Any:
    """`x` as a tensor of `dtype`."""
    return (_cast if dtype in WIDE else _fused_cast)(x, dtype=dtype)


def common(*operands: Any) -> list[Any]:
    """The operands as tensors of one dtype: that to which Keras promotes theirs."""
    names = list(map(dtype_name, operands))
    if len(set(names)) == 1:
        return list(map(tensor, operands))
    dtype = promoted(names)
    return [cast_like(tensor(x), dtype) for x in operands]


def explained(
    name: str, function: Callable[..., Any], booleans: bool = False
) -> Callable[..., Any]:
    """`function`, whose failures say what K's function `name` expects.

    The operands are looked at once the engine has failed: to check them before would take a tenth
    of the time of a small function. A graph's are checked at once, for it would fail in its run.

    Args:
        name: for errors.
        function: computes something elementwise.
        booleans: whether it is defined for them too.
    """

    def compute(*operands: Any) -> Any:
        try:
            result = function(*operands)
        except Exception:
            if not booleans:
                require_numbers(name, *operands)
            require_broadcast(name, *operands)
            raise
        if not booleans and isinstance(result, keras.KerasTensor):
            require_numbers(name, *operands)
        return result

    return compute


def require_broadcast(name: str, *operands: Any) -> None:
    """Raise ValueError if the shapes of operands do not fit beside each other."""
    shapes = [tuple(operand(x).shape) for x in operands]
    try:
        np.broadcast_shapes(*([n if isinstance(n, int) else 1 for n in shape] for shape in shapes))
    except ValueError:
        listed = " and ".join(map(str, shapes))
        raise ValueError(f"{name} expects shapes that broadcast, received {listed}.") from None


def require_numbers(name: str, *operands: Any) -> None:
    """Raise TypeError for booleans alone; beside a number they become one."""
    if all(hasattr(x, "dtype") and dtype_name(x) == "bool" for x in operands):
        raise TypeError(f"{name} expects numbers, received booleans; cast them to integers.")


def apply(
    function: Callable[..., Any],
    shape: Callable[..., tuple],
    *operands: Any,
    extra: tuple[Any, ...] = (),
) -> Any:
    """Compute a function of tensors: at once, or where one is symbolic when the graph runs.

    Args:
        function: takes a list of tensors of one dtype, whose shapes it may read, and `extra`.
        shape: gives the shape of the result from those of the operands and `extra`, with None for
            what is unknown; it raises ValueError where they do not fit.
        operands: what `operand` made ready.
        extra: further arguments, numbers or symbolic.
    """

    def on_tensors(operands: list[Any], extra: Any) -> Any:
        shape(*map(_known_shape, operands), *extra)
        return function(common(*operands), *extra)

    def spec(operands: list[Any], extra: Any) -> keras.KerasTensor:
        known = shape(*map(_known_shape, operands), *extra)
        return keras.KerasTensor(known, dtype=promoted(list(map(dtype_name, operands))))

    shaped = [x if hasattr(x, "shape") else tensor(x) for x in operands]
    if any(isinstance(x, keras.KerasTensor) for x in (*shaped, *extra)):
        return Apply(on_tensors, spec).symbolic_call(shaped, extra)
    return on_tensors(shaped, extra)


def _known_shape(x: Any) -> tuple[int | None, ...]:
    return tuple(n if isinstance(n, int) else None for n in x.shape)


def data_format_of(data_format: str | None) -> str:
    """`data_format`; `K.image_data_format()` for None.

    Raises:
        ValueError: it is neither "channels_last" nor "channels_first".
    """
    if data_format is None:
        return keras.config.image_data_format()
    if data_format not in ("channels_last", "channels_first"):
        raise ValueError(
            f"expected data_format to be 'channels_last' or 'channels_first', received "
            f"{data_format!r}."
        )
    return data_format


def require_ranks(function: str, **expected: tuple[Any, int]) -> None:
    """Raise ValueError unless each argument of `function` has its rank."""
    for name, (x, rank) in expected.items():
        if len(x.shape) != rank:
            raise ValueError(
                f"{function}: expected {name} of rank {rank}, received shape {tuple(x.shape)}."
            )


def size(x: Any, axis: int) -> Any:
    """The size of an axis: an integer, or what will be one if it is not known yet."""
    known = x.shape[axis]
    if known is not None:
        return known
    return (Shape()(x) if isinstance(x, keras.KerasTensor) else keras.ops.shape(x))[axis]


def _no_operand(x: Any) -> UnsupportedValueError:
    if x is None:
        return UnsupportedValueError(
            "expected a tensor, a variable, an array or numbers, received None.",
            "K.gradients gives None for what a loss does not depend on, and a function without "
            "return gives it too.",
            "read the warning of K.gradients, and take K.zeros_like(variable) for its gradient.",
        )
    shown = np.array2string(x) if isinstance(x, np.ndarray) else repr(x)
    return UnsupportedValueError(
        f"expected a tensor, a variable, an array or numbers, received {shown:.60}.",
        "it has no numeric value.",
        "pass K.constant(list of numbers of one shape).",
    )
