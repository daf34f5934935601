"""The class of K.variable: a `keras.Variable` that never narrows, aliases or loses a value.

Keras tracks and trains it like its own; operators take a symbolic tensor on either side.
"""

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from kompat import engines, mode
from kompat.engines.dtypes import beside, dtype_name
from kompat.errors import SymbolicValueError
from kompat.graph.operations import read
from kompat.keras_private import patches, scope as keras_scope
from kompat.storage import Storage, apart
from kompat.storage.plain import is_engine_value
from kompat.values import get_value, keras as keras_values, set_value
from kompat.values.adapter import register_adapter


class Variable(Storage, keras.Variable):
    """A variable made by `K.variable`.

    Args:
        value: a number, nested lists of numbers, or an array, tensor or variable of any framework.
        dtype: a string.
        name: a string; slashes make name scopes. Keras chooses one by default.
        constraint: applied by optimizers after each step, never by `set_value`.
        trainable: whether layers that hold the variable train it. Integers never are.

    Raises:
        SymbolicValueError: `value` is symbolic.
        As `set_value` for other values.
    """

    graph_variables_made = 0
    serial = 0
    """Which of the variables made in graph mode it is, from 1; 0 for one made in eager mode."""
    initial_value: Any = None
    """The value it was made with, kept in graph mode: sessions made by hand start from it."""

    def __init__(
        self,
        value: Any,
        dtype: str,
        name: str | None = None,
        constraint: Callable | None = None,
        trainable: bool = True,
    ):
        if isinstance(value, keras.KerasTensor):
            raise SymbolicValueError(
                f"expected a concrete initial value, received the symbolic tensor {value.name!r}.",
                "a variable must have a value before any model runs.",
                "use the tensor itself, or start from K.zeros(shape).",
            )
        self.scope_local = self.made_in_trace()
        if not self.scope_local and mode.is_traced(value):
            raise SymbolicValueError(
                "expected a concrete initial value, received a tracer.",
                "the trace would leak into the variable, which outlives it.",
                "use the tensor itself, or make the variable before the function.",
            )
        if is_engine_value(value):
            value = _copied(value, dtype)
        *parents, leaf = name.split("/") if name else [None]
        with keras_scope.outside(), contextlib.ExitStack() as scopes:
            for parent in parents:
                scopes.enter_context(keras.name_scope(parent))
            super().__init__(
                value, dtype=dtype, name=leaf, trainable=trainable and _is_differentiable(dtype)
            )
        self.constraint = constraint
        if mode.building_graph():
            Variable.graph_variables_made += 1
            self.serial = Variable.graph_variables_made
            self.initial_value = own_value(self)

    def _convert_to_tensor(self, value: Any, dtype: Any = None) -> Any:
        """What enters takes the declared dtype; Keras 3.12 asks for that of the autocast scope."""
        return super()._convert_to_tensor(value, getattr(self, "_dtype", dtype))

    def get_value(self) -> Any:
        """The current value, as `K.get_value(self)`."""
        return get_value(self)

    def set_value(self, value: Any) -> None:
        """Replace the value, as `K.set_value(self, value)`."""
        set_value(self, value)

    def numpy(self) -> Any:
        """The current value, as `K.get_value(self)`."""
        return get_value(self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.asarray(get_value(self), dtype)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(next(iter(self.shape))))

    def __int__(self) -> int:
        return int(get_value(self))

    def __float__(self) -> float:
        return float(get_value(self))

    def __complex__(self) -> complex:
        return complex(get_value(self))

    def __getitem__(self, index: Any) -> Any:
        keys = index if isinstance(index, tuple) else (index,)
        if mode.building_graph() or any(isinstance(x, keras.KerasTensor) for x in keys):
            return read(self)[tuple(map(_symbolic, keys))]
        with engines.current.full_width(self):
            return apart(self.value[tuple(map(_at_once, keys))], self)

    def __reduce__(self) -> Any:
        arguments = get_value(self), self._dtype, self.path, self.constraint, self.trainable
        state = {"_autocast": self._autocast, "_regularizer": self._regularizer}
        return _remake, (type(self), *arguments), state

    __hash__ = object.__hash__


def own_value(x: keras.Variable) -> Any:
    """The value of a variable itself, whatever session is current."""
    adapter = Variable.adapter if isinstance(x, Variable) else None
    return (adapter or keras_values.VARIABLE).read_slot(x, copy=True)


def _copied(value: Any, dtype: str) -> Any:
    """The value of a tensor or variable in memory of its own, where it is not converted anyway."""
    if dtype_name(value) != dtype:
        return value
    if isinstance(value, keras.Variable):
        return (
            value if engines.current.is_narrowing(np.dtype(dtype)) else _copied(value.value, dtype)
        )
    return engines.current.copy_of(value)


def _is_differentiable(dtype: str) -> bool:
    return dtype.startswith(("float", "bfloat", "complex"))


def _remake(cls: type[Variable], *arguments: Any) -> Variable:
    """A variable with the value of a pickled or copied one."""
    variable = cls.__new__(cls)
    Variable.__init__(variable, *arguments)
    return variable


def _operator(name: str, function: Callable, reflected: bool) -> Callable:
    """An operator that computes at once, in full width, or symbolically with a KerasTensor."""
    exact = engines.current.exact(function)

    def operate(self: Variable, other: Any) -> Any:
        other = beside(_symbolic(other), self)
        if mode.building_graph():
            return function(other, read(self)) if reflected else function(read(self), other)
        return exact(other, self) if reflected else exact(self, other)

    operate.__name__ = name
    return operate


def _at_once(x: Any) -> Any:
    return engines.current.as_tensor(x.value) if isinstance(x, keras.Variable) else x


def _symbolic(x: Any) -> Any:
    """A variable in graph mode as a symbolic read; all else as it is."""
    return read(x) if isinstance(x, keras.Variable) and mode.building_graph() else x


def _define_operators() -> None:
    """Give `Variable` its operators."""
    both_sides = {
        "add": keras.ops.add,
        "sub": keras.ops.subtract,
        "mul": keras.ops.multiply,
        "truediv": keras.ops.true_divide,
        "floordiv": keras.ops.floor_divide,
        "mod": keras.ops.mod,
        "pow": keras.ops.power,
        "matmul": keras.ops.matmul,
    }
    comparisons = {
        "eq": keras.ops.equal,
        "ne": keras.ops.not_equal,
        "lt": keras.ops.less,
        "le": keras.ops.less_equal,
        "gt": keras.ops.greater,
        "ge": keras.ops.greater_equal,
    }
    operators = {f"__{name}__": (f, False) for name, f in (both_sides | comparisons).items()}
    operators |= {f"__r{name}__": (f, True) for name, f in both_sides.items()}
    for name, (function, reflected) in operators.items():
        setattr(Variable, name, _operator(name, function, reflected))
    unary = {"__neg__": keras.ops.negative, "__abs__": keras.ops.absolute}
    for name, function in unary.items():
        exact = engines.current.exact(function)
        setattr(Variable, name, lambda self, _exact=exact: _exact(_symbolic(self)))


def live(at_once: Callable) -> Callable:
    """An operator of all Keras variables that is symbolic in graph mode or beside a tensor that is.

    Keras computes it at once, or fails beside a symbolic tensor.
    """

    @functools.wraps(at_once)
    def operate(self: keras.Variable, *operands: Any) -> Any:
        if mode.building_graph() or any(isinstance(x, keras.KerasTensor) for x in operands):
            return getattr(read(self), at_once.__name__)(*map(_symbolic, operands))
        return apart(at_once(self, *operands), self)

    return operate


_define_operators()
if Storage.adapter is not None:
    register_adapter(Variable, Storage.adapter)
# Here, since a variable that is unpickled needs them too, where nobody has imported K.
patches.apply("K")
