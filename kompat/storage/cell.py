"""A K.variable on JAX or NumPy: one value in up to two forms, on the host and on the device.

A write puts a host copy into a new cell, in a fraction of a microsecond; the device form is made
when something computes with it. A cell's forms never change once made, and the variable's cell is
replaced in one step, so that readers need no lock and never see half a write.
"""

import contextlib
import math
import operator
import threading
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import Any

import keras
import numpy as np

from kompat import engines
from kompat.errors import LossyWriteError, UnavailableValueError
from kompat.keras_private import scope as keras_scope, slot as keras_slot
from kompat.storage import plain
from kompat.values import keras as keras_values, locks as locks_of_values
from kompat.values.adapter import as_host
from kompat.values.conversion import accumulated, to_host
from kompat.values.locks import make_for_each_process, set_all

FLOAT32_MAX = float(np.finfo(np.float32).max)
# Multiplying it by a Python float makes a float32 in 0.07 us; calling np.float32 takes 0.3.
ONE = np.float32(1)

float32 = np.float32
_require_unrecorded = engines.current.require_unrecorded
_SCOPE = keras_scope.SCOPE
_keras_state = keras_scope.state

# The lock of `kompat.values.locks` under a name of this module, which is found sooner.
_swap: threading.RLock


def _take_lock() -> None:
    global _swap
    _swap = locks_of_values.swap


make_for_each_process(_take_lock)


_current_cell = operator.attrgetter("_cell")

Cell = tuple[Any, Any, Any]
"""One value of a variable: its host form, its device form and where the latter belongs.

The host form is a NumPy scalar or an array that nobody writes to, the device form the engine's
tensor; one of them may be None. The placement is None for the default device. A tuple, because
making an object of a class of its own would take a tenth of the time of a `set_value`.
"""


class CellAdapter(type(keras_values.VARIABLE)):  # type: ignore[misc]
    """Reads and writes cells; inside scopes it is as for any Keras variable."""

    def read(self, x: Any, copy: bool = True) -> Any:
        cell = x._cell
        if cell is None or _keras_state.GLOBAL_STATE_TRACKER.__dict__.get(_SCOPE) is not None:
            return super().read(x, copy)
        host = cell[0]
        if host is not None and x.scalar_type is not None:
            return host
        return self._read_cell(x, cell, copy)

    def read_slot(self, x: Any, copy: bool) -> Any:
        cell = x._cell
        return super().read_slot(x, copy) if cell is None else self._read_cell(x, cell, copy)

    def read_many(self, xs: Sequence[Any]) -> list[Any]:
        if keras_scope.active() is not None:
            return super().read_many(xs)
        values = []
        # All cells in one call of C: no write of a batch comes between two of them.
        for x, cell in zip(xs, list(map(_current_cell, xs))):
            if cell is None or cell[0] is None:
                values.append(self.read(x) if cell is None else self._read_cell(x, cell, True))
            else:
                values.append(cell[0] if x.scalar_type is not None else cell[0].copy())
        return values

    def _read_cell(self, x: Any, cell: Cell, copy: bool) -> Any:
        host, device, placement = cell
        if host is None:
            if copy:
                host = engines.current.host_form(device, self.name(x))
            else:
                host = self.to_host(x, device, copy)
            _complete(x, cell, (host, device, placement))
        if x.scalar_type is not None:
            return host
        return host.copy() if copy else _view(host)

    def write(self, x: Any, value: Any) -> None:
        """A scalar of the variable's own type needs no check; all else takes the two halves."""
        kind = x.scalar_type
        cell = x._cell
        if cell is None or _keras_state.GLOBAL_STATE_TRACKER.__dict__.get(_SCOPE) is not None:
            super().write(x, value)
            return
        if type(value) is float and kind is float32 and -FLOAT32_MAX <= value <= FLOAT32_MAX:
            value = ONE * value
        elif type(value) is not kind:
            super().write(x, value)
            return
        _require_unrecorded(x.path)
        new = value, None, cell[2]
        with _swap:
            x._cell = new

    def stage(self, x: Any, value: Any) -> Any:
        """The cell to put in place of the current one; in a scope, what it is to record."""
        if keras_scope.active() is not None:
            return super().stage(x, value)
        _require_unrecorded(x.path)
        self.reclaim(x)
        if _needs_no_check(x, value):
            return x.copied(value), None, x._cell[2]
        return _scalar_or_array(super().stage(x, value)), None, x._cell[2]

    def stage_many(self, pairs: Sequence[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
        """First everything is looked at, then copied: large copies leave the caches cold."""
        if keras_scope.active() is not None:
            return super().stage_many(pairs)
        _require_unrecorded("a batch")
        plan = []
        for x, value in pairs:
            if not _needs_no_check(x, value):
                return super().stage_many(pairs)
            plan.append((x.copied, value, x._cell[2]))
        cells = [(copied(value), None, placement) for copied, value, placement in plan]
        return [(x, cell) for (x, _), cell in zip(pairs, cells)]

    def stage_host(self, x: Any, value: Any) -> Any:
        (shape, dtype), name = self.spec(x), self.name(x)
        return as_host(value, shape, dtype, name, engines.current.allocate)

    def store(self, staged: Sequence[tuple[Any, Any]]) -> None:
        xs, cells = zip(*staged)
        with _swap:
            set_all(xs, repeat("_cell"), cells)

    def reclaim(self, x: Any) -> None:
        if x._cell is None:
            super().reclaim(x)

    def accumulate(self, x: Any, operand: Any, operation: Callable[[Any, Any], Any]) -> None:
        """A scalar on the host is computed there, all else on the device."""
        _require_unrecorded(x.path)
        if x._cell is None:
            self.reclaim(x)
        is_number = x.scalar_type is not None and _is_host_number(operand)
        number = self._scalar(x, operand) if is_number else None
        while True:
            old = x._cell
            host, _, placement = old
            if is_number and host is not None:
                new = self._sum(x, operation, host, number), None, placement
            else:
                new = self._on_device(x, old, operand, operation)
            with _swap:
                if x._cell is old:
                    x._cell = new
                    return

    def _scalar(self, x: Any, operand: Any) -> Any:
        """A host number as the NumPy type of a scalar variable."""
        kind = x.scalar_type
        if type(operand) is kind:
            return operand
        if type(operand) is float and kind is np.float32 and abs(operand) <= FLOAT32_MAX:
            return ONE * operand
        return to_host(operand, (), np.dtype(kind), self.name(x))[()]

    def _sum(self, x: Any, operation: Callable[[Any, Any], Any], host: Any, number: Any) -> Any:
        if host.dtype.kind == "f":
            return operation(host, number)
        return accumulated(operation, host, number, self.name(x))

    def _on_device(self, x: Any, cell: Cell, operand: Any, operation: Any) -> Cell:
        if not plain.is_engine_value(operand):
            operand = plain.exact_host(x, operand, keras_slot.dtype(x))
        elif isinstance(operand, keras.Variable):
            operand = _device_form(operand) if isinstance(operand, Storage) else operand.value
        host, device, placement = cell
        if device is None:
            device = engines.current.place(host, placement)
        with engines.current.eagerly(), engines.current.full_width(x, operand):
            total = operation(device, operand)
        keras_values.VARIABLE.require_unwrapped(x, operation, device, operand, total)
        (shape, dtype), name = self.spec(x), self.name(x)
        if tuple(total.shape) != shape or np.dtype(str(total.dtype)) != dtype:
            total = as_host(total, shape, dtype, name)
        return _cell_of(total, placement)


def _needs_no_check(x: Any, value: Any) -> bool:
    """Whether `value` has the type and shape of `x`, and `x` has its own value."""
    kind = type(value)
    return x._cell is not None and (
        kind is x.scalar_type
        or (kind is np.ndarray and value.dtype == x.numpy_dtype and value.shape == x.numpy_shape)
    )


def _copier(shape: tuple[int, ...], dtype: np.dtype) -> Callable[[np.ndarray], Any]:
    """The fastest way to make the host form of a value that needs no check."""
    if not shape:
        return _scalar_or_array
    size = math.prod(shape) * dtype.itemsize
    return np.ndarray.copy if size < engines.current.LARGE_BYTES else _aligned_copy


def _aligned_copy(value: np.ndarray) -> np.ndarray:
    fresh: np.ndarray = engines.current.allocate(value.shape, value.dtype)
    np.copyto(fresh, value)
    return fresh


def _cell_of(value: Any, placement: Any = None) -> Cell:
    if isinstance(value, (np.ndarray, np.generic)):
        return _scalar_or_array(np.array(value)), None, placement
    return None, value, engines.current.placement_of(value)


def _cell_with(value: Any, placement: Any) -> Cell:
    """A cell for the result of a program, which is where its inputs were."""
    on_host = isinstance(value, (np.ndarray, np.generic))
    return _cell_of(value, placement) if on_host else (None, value, placement)


def _scalar_or_array(host: Any) -> Any:
    return host if host.ndim else host[()]


def _view(host: np.ndarray) -> np.ndarray:
    """A read-only view; its base is read-only too, for it is within the reader's reach."""
    host.setflags(write=False)
    return host.view()


def _device_form(x: Any) -> Any:
    cell = x._cell
    host, device, placement = cell
    if device is None:
        device = engines.current.place(host, placement)
        _complete(x, cell, (host, device, placement))
    return device


def _complete(x: Any, cell: Cell, both: Cell) -> None:
    """Keep both forms of a value, unless the variable was written since."""
    with _swap:
        if x._cell is cell:
            x._cell = both


def _is_host_number(value: Any) -> bool:
    if type(value) is float:
        return True
    return isinstance(value, (int, float, complex, np.number)) and not isinstance(value, bool)


class Storage(plain.Storage):
    """Mixed into `keras.Variable`: overrides where it keeps its value."""

    adapter = CellAdapter()
    _cell: Cell | None = None
    scalar_type: type | None = None
    """The NumPy type of a scalar variable's values; None for arrays."""
    numpy_dtype: np.dtype
    numpy_shape: tuple[int, ...]
    copied: Callable[[np.ndarray], Any]
    """Makes the host form of an array that has the variable's dtype and shape."""

    @property
    def _value(self) -> Any:
        """The device form, where Keras's own code looks for it; None while the trainer has it."""
        return None if self._cell is None else _device_form(self)

    @_value.setter
    def _value(self, value: Any) -> None:
        self._cell = None if value is None else _cell_of(value)

    def _initialize(self, value: Any) -> None:
        super()._initialize(value)  # type: ignore[misc]
        self.numpy_dtype = keras_slot.dtype(self)
        self.numpy_shape = tuple(value.shape)
        self.copied = _copier(self.numpy_shape, self.numpy_dtype)
        if not value.shape:
            self.scalar_type = self.numpy_dtype.type

    def _direct_assign(self, value: Any) -> None:
        layout = getattr(self, "_layout", None)
        if layout is None and isinstance(value, np.ndarray):
            with _swap:
                self._cell = _scalar_or_array(value), None, self._cell[2] if self._cell else None
        elif layout is None:
            self._value = value
        else:
            super()._direct_assign(value)  # type: ignore[misc]

    def _convert_to_tensor(self, value: Any, dtype: Any = None) -> Any:
        """Host values stay on the host; an engine's tensor is never narrowed."""
        wide = engines.current.is_wide(np.dtype(dtype))
        if plain.is_engine_value(value) and not wide:
            value = keras_values.VARIABLE.fitting(self, value, dtype)
        if not plain.is_engine_value(value):
            return plain.exact_host(self, value, dtype)
        if wide and isinstance(value, keras.Variable):
            return plain.exact_host(self, value, dtype)
        if wide and np.dtype(str(value.dtype)) != np.dtype(dtype):
            if not keras_values.VARIABLE.is_concrete(value):
                raise LossyWriteError(
                    f"variable {self.path!r}: expected a {dtype} value, received a traced one of "
                    f"dtype {value.dtype}.",
                    "while jax_enable_x64 is off, JAX computes in 32 bits inside a trace.",
                    "jax.config.update('jax_enable_x64', True) at the top of the program.",
                )
            return plain.exact_host(self, value, dtype)
        return engines.current.exact(super()._convert_to_tensor)(value, dtype)

    @property
    def value(self) -> Any:
        """The engine's tensor.

        In a scope of Keras under a trace that is not a step of its trainer it is read when the
        program runs, so that the next run sees a later `set_value`.
        """
        if self._is_foreign_to_step():
            return self._maybe_autocast(self._read_at_run_time())
        if engines.current.is_narrowing(keras_slot.dtype(self)):
            raise UnavailableValueError(
                f"variable {self.path!r}: JAX would narrow its {self._dtype} value.",
                "outside JAX's 64-bit mode an array of 64 bits is cut to 32 by the next operation.",
                "compute with K's functions, read K.get_value(v), or set "
                "jax.config.update('jax_enable_x64', True) at the top of the program.",
            )
        return super().value  # type: ignore[misc]

    def _is_foreign_to_step(self) -> bool:
        """Whether a program is traced in a scope of Keras which the variable does not belong to."""
        scope = keras_scope.active()
        return (
            scope is not None
            and scope.get_current_value(self) is None
            and not self.scope_local
            and self._cell is not None
            and engines.current.tracing()
        )

    def _read_at_run_time(self) -> Any:
        return engines.current.at_run_time(
            lambda: np.asarray(self.adapter.read_slot(self, copy=True)),
            tuple(self.shape),
            keras_slot.dtype(self),
        )


def memory_of(variable: keras.Variable) -> Any:
    """As `plain.memory_of`; it makes no device form."""
    if not isinstance(variable, Storage):
        return plain.memory_of(variable)
    return None if variable._cell is None else variable._cell[1]


def snapshot(variable: keras.Variable) -> tuple[Any, Any]:
    """What a variable holds now: something to compare with later, and its value for a program."""
    if not isinstance(variable, Storage):
        return plain.snapshot(variable)
    variable.adapter.reclaim(variable)
    cell = variable._cell
    assert cell is not None
    host, device, placement = cell
    if device is None:
        device = _device_form(variable) if placement is not None else host
    return cell, device


def snapshots(variables: Sequence[keras.Variable]) -> list[tuple[Any, Any]]:
    """The snapshots of several variables at one moment: all of another's updates or none."""
    found = list(map(snapshot, variables))
    while True:
        with _swap:
            changed = [i for i, v in enumerate(variables) if not _is_unchanged(v, found[i][0])]
        if not changed:
            return found
        for i in changed:
            found[i] = snapshot(variables[i])


needs_locks = False
"""Whether a write goes unseen by `replace`: none does, for each makes a new cell or array."""


def locks(variables: Iterable[keras.Variable]) -> list[contextlib.AbstractContextManager]:
    """None: others may write at any time; `replace` sees it."""
    return []


def replace(changes: list[tuple[keras.Variable, Any, Any]]) -> bool:
    """Write new values of variables, unless one of them was written since its snapshot.

    Args:
        changes: variables, what their snapshots held, and tensors that will never change.
    """
    if not changes:
        return True
    changes = [(variable, seen, _where_it_was(value, seen)) for variable, seen, value in changes]
    new = [
        (v, "_cell", _cell_with(value, seen[2]))
        if isinstance(v, Storage)
        else (v, keras_slot.SLOT, value)
        for v, seen, value in changes
    ]
    with _swap:
        if not all(_is_unchanged(variable, seen) for variable, seen, _ in changes):
            return False
        set_all(*zip(*new))
    return True


def _where_it_was(value: Any, seen: Any) -> Any:
    """The result of a program in the sharding of what a variable held: the compiler chose its."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value
    placement = seen[2] if isinstance(seen, tuple) else engines.current.placement_of(seen)
    return value if placement is None else engines.current.moved(value, placement)


def _is_unchanged(variable: keras.Variable, seen: Any) -> bool:
    if not isinstance(variable, Storage):
        return keras_slot.read(variable) is seen
    now = variable._cell
    # A cell may have been completed since, by the other form of the same value.
    return now is seen or (
        now is not None and any(a is b and a is not None for a, b in zip(now[:2], seen[:2]))
    )
