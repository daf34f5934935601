"""A K.variable on JAX or NumPy: one value in up to two forms, on the host and on the device.

A write puts a host copy into a new cell, in a fraction of a microsecond; the device form is made
when something computes with it. A cell's forms never change once made, and the variable's cell is
replaced in one step, so that readers need no lock and never see half a write.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras.src.backend.common import global_state

from kompat import engines
from kompat.errors import LossyWriteError, UnavailableValueError
from kompat.storage import plain
from kompat.values import keras as keras_values, keras_slot
from kompat.values.adapter import host_value
from kompat.values.conversion import to_host

FLOAT32_MAX = float(np.finfo(np.float32).max)
# Multiplying it by a Python float makes a float32 in 0.07 us; calling np.float32 takes 0.3.
ONE = np.float32(1)

float32 = np.float32
_SCOPE = keras_slot.SCOPE

# Guards the replacement of cells, for a few bytecodes at a time, and nothing else.
_swap = threading.Lock()
_acquire, _release = _swap.acquire, _swap.release


class Cell:
    """One value of a variable, in at least one of its two forms.

    The defaults live on the class: an instance then costs two thirds of one with `__init__`.
    """

    host: Any = None
    """A NumPy scalar or a read-only array."""

    device: Any = None
    """The engine's tensor."""

    placement: Any = None
    """Where the device form belongs; None for the default device."""


def host_cell(host: Any, placement: Any = None) -> Cell:
    """A cell of a fresh host array, or scalar, that nobody else writes to."""
    if isinstance(host, np.ndarray):
        host.setflags(write=False)
        host = host if host.ndim else host[()]
    cell = Cell()
    cell.host = host
    if placement is not None:
        cell.placement = placement
    return cell


class CellAdapter(type(keras_values.VARIABLE)):  # type: ignore[misc]
    """Reads and writes cells; inside scopes it is as for any Keras variable."""

    def read(self, x: Any, copy: bool = True) -> Any:
        cell = x._cell
        if cell is None or global_state.GLOBAL_STATE_TRACKER.__dict__.get(_SCOPE) is not None:
            return super().read(x, copy)
        if x.scalar_type is not None and cell.host is not None:
            return cell.host
        return self._read_cell(x, cell, copy)

    def read_slot(self, x: Any, copy: bool) -> Any:
        cell = x._cell
        return super().read_slot(x, copy) if cell is None else self._read_cell(x, cell, copy)

    def read_many(self, xs: Sequence[Any]) -> list[Any]:
        if keras_slot.active_scope() is not None:
            return super().read_many(xs)
        values = []
        for x in xs:
            cell = x._cell
            if cell is None or cell.host is None:
                values.append(self.read(x))
            else:
                values.append(cell.host if x.scalar_type is not None else cell.host.copy())
        return values

    def _read_cell(self, x: Any, cell: Cell, copy: bool) -> Any:
        host = cell.host
        if host is None:
            if copy:
                host = cell.host = engines.current.host_form(cell.device, self.name(x))
            else:
                host = cell.host = self.to_host(x, cell.device, copy)
        if x.scalar_type is not None:
            return host
        return host.copy() if copy else host.view()

    def write(self, x: Any, value: Any) -> None:
        """A scalar of the variable's own type needs no check; all else takes the two halves."""
        kind = x.scalar_type
        cell = x._cell
        if (
            kind is None
            or cell is None
            or global_state.GLOBAL_STATE_TRACKER.__dict__.get(_SCOPE) is not None
        ):
            return super().write(x, value)
        if type(value) is not kind:
            if type(value) is not float or kind is not float32 or abs(value) > FLOAT32_MAX:
                return super().write(x, value)
            value = ONE * value
        new = Cell()
        new.host = value
        if cell.placement is not None:
            new.placement = cell.placement
        _acquire()
        try:
            x._cell = new
        finally:
            _release()

    def stage(self, x: Any, value: Any) -> Any:
        """A scalar or an array of the variable's own dtype and shape needs no check."""
        if type(value) is x.scalar_type and x._cell is not None:
            return value
        if (
            type(value) is np.ndarray
            and value.dtype == x.numpy_dtype
            and value.shape == x.numpy_shape
            and keras_slot.active_scope() is None
        ):
            self.reclaim(x)
            if value.nbytes < engines.current.LARGE_BYTES:
                return value.copy()
            fresh = engines.current.allocate(value.shape, value.dtype)
            np.copyto(fresh, value)
            return fresh
        return super().stage(x, value)

    def stage_host(self, x: Any, value: Any) -> Any:
        if keras_slot.active_scope() is None:
            self.reclaim(x)
        shape, dtype = self.spec(x)
        return to_host(host_value(value), shape, dtype, self.name(x), engines.current.allocate)

    def store(self, staged: Sequence[tuple[Any, Any]]) -> None:
        cells = [(x, host_cell(host, x._cell.placement)) for x, host in staged]
        with _swap:
            for x, cell in cells:
                x._cell = cell

    def reclaim(self, x: Any) -> None:
        if x._cell is None:
            super().reclaim(x)

    def accumulate(self, x: Any, operand: Any, operation: Callable[[Any, Any], Any]) -> None:
        """A scalar on the host is computed there, all else on the device."""
        self.reclaim(x)
        while True:
            old = x._cell
            if old.host is not None and x.scalar_type is not None and _is_host_number(operand):
                host = operation(old.host, self._scalar(x, operand))
                new = host_cell(host, old.placement)
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

    def _on_device(self, x: Any, cell: Cell, operand: Any, operation: Any) -> Cell:
        if not plain.is_engine_value(operand):
            operand = plain.exact_host(x, operand, keras_slot.dtype(x))
        elif isinstance(operand, keras.Variable):
            operand = _device_form(operand._cell) if isinstance(operand, Storage) else operand.value
        with engines.current.full_width(x, operand):
            total = operation(_device_form(cell), operand)
        shape, dtype = self.spec(x)
        if tuple(total.shape) != shape or np.dtype(str(total.dtype)) != dtype:
            total = to_host(host_value(total), shape, dtype, self.name(x))
        return _cell_of(total, cell.placement)


def _cell_of(value: Any, placement: Any = None) -> Cell:
    if isinstance(value, (np.ndarray, np.generic)):
        return host_cell(np.array(value), placement)
    cell = Cell()
    cell.device = value
    cell.placement = engines.current.placement_of(value)
    return cell


def _device_form(cell: Any) -> Any:
    if cell.device is None:
        cell.device = engines.current.place(cell.host, cell.placement)
    return cell.device


def _is_host_number(value: Any) -> bool:
    return isinstance(value, (int, float, complex, np.number)) and not isinstance(value, bool)


class Storage(plain.Storage):
    """Mixed into `keras.Variable`: overrides where it keeps its value."""

    adapter = CellAdapter()
    _cell: Cell | None = None
    scalar_type: type | None = None
    """The NumPy type of a scalar variable's values; None for arrays."""
    numpy_dtype: np.dtype
    numpy_shape: tuple[int, ...]

    @property
    def _value(self) -> Any:
        """The device form, where Keras's own code looks for it; None while the trainer has it."""
        cell = self._cell
        return None if cell is None else _device_form(cell)

    @_value.setter
    def _value(self, value: Any) -> None:
        self._cell = None if value is None else _cell_of(value)

    def _initialize(self, value: Any) -> None:
        super()._initialize(value)  # type: ignore[misc]
        self.numpy_dtype = keras_slot.dtype(self)
        self.numpy_shape = tuple(value.shape)
        if not value.shape:
            self.scalar_type = self.numpy_dtype.type

    def _direct_assign(self, value: Any) -> None:
        layout = getattr(self, "_layout", None)
        if layout is None and isinstance(value, np.ndarray):
            cell = host_cell(value, self._cell.placement if self._cell else None)
            with _swap:
                self._cell = cell
        elif engines.NAME == "numpy":
            self._value = value
        else:
            super()._direct_assign(value)  # type: ignore[misc]

    def _convert_to_tensor(self, value: Any, dtype: Any = None) -> Any:
        """Host values stay on the host; an engine's tensor is never narrowed."""
        wide = engines.current.is_wide(np.dtype(dtype))
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

        Inside a compiled Keras step that does not own the variable it is read when the step runs,
        so that the next batch sees a later `set_value`.
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
        """Whether a Keras step is being compiled to which the variable does not belong."""
        scope = keras_slot.active_scope()
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
