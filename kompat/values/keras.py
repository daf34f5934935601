"""Keras 3 variables on every engine, and Keras's symbolic tensors.

A read is the value of the innermost `keras.StatelessScope` where it is concrete, else the
variable's own, wherever Keras keeps it at this moment; never autocast. A write inside a scope is
recorded there, as `variable.assign` does.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import filterfalse, repeat
from typing import Any

import keras
import numpy as np

from kompat.errors import LossyWriteError, SymbolicValueError, UnavailableValueError
from kompat.keras_private import patches, scope as keras_scope, slot as keras_slot
from kompat.values import locks
from kompat.values.adapter import (
    Adapter,
    ImmutableAdapter,
    InPlaceAdapter,
    adapter_of,
    as_host,
    host_value,
    view_refused,
)
from kompat.values.conversion import kind_of, may_change, require_unwrapped, to_host


class SymbolicAdapter(ImmutableAdapter):
    """`keras.KerasTensor`: a node of a model, without a value."""

    def read(self, x: Any, copy: bool = True) -> Any:
        return self.as_source(x)

    def as_source(self, x: Any) -> Any:
        raise SymbolicValueError(
            f"expected a concrete value, received the symbolic tensor {x.name!r} of shape "
            f"{tuple(x.shape)}.",
            "it is a node of a model; it has a value only when the model runs.",
            "run it: keras.Model(inputs, x).predict(arrays).",
        )

    def stage(self, x: Any, value: Any) -> Any:
        return self.as_source(x)


class KerasAdapter(Adapter):
    """What the engines share: names, specs, scopes."""

    def name(self, x: keras.Variable) -> str:
        return f"variable {x.path!r}"

    def spec(self, x: keras.Variable) -> tuple[tuple[int, ...], np.dtype]:
        return tuple(x.shape), keras_slot.dtype(x)

    def read(self, x: keras.Variable, copy: bool = True) -> Any:
        scope = keras_scope.active()
        if scope is not None:
            value = scope.get_current_value(x)
            if value is not None and self.is_concrete(value):
                return self.to_host(x, value, copy)
        return self.read_slot(x, copy)

    def read_slot(self, x: keras.Variable, copy: bool) -> Any:
        """The variable's own value, lifted out of any scope and trace."""
        return self.to_host(x, self.held(x), copy)

    def held(self, x: keras.Variable) -> Any:
        """The engine's tensor that the variable holds."""
        value = keras_slot.read(x)
        return self.absent(x) if value is None else value

    def absent(self, x: keras.Variable) -> Any:
        """The value of a variable whose slot is empty."""
        raise UnavailableValueError(
            f"{self.name(x)}: it has no value yet.",
            "its creation was deferred until the model or layer is built.",
            "build it first: model.build(input_shape), or call it on data.",
        )

    def to_host(self, x: keras.Variable, value: Any, copy: bool) -> Any:
        """`value` as NumPy, in the dtype the variable was declared with."""
        adapter = adapter_of(type(value))
        assert adapter is not None
        host = adapter.read(value, copy)
        dtype = keras_slot.dtype(x)
        return host if host.dtype == dtype else host.astype(dtype)[()]

    def is_concrete(self, value: Any) -> bool:
        """Whether `value` is more than a tracer or a stand-in for shape inference."""
        return True

    def stage(self, x: keras.Variable, value: Any) -> Any:
        value = self._in_trace(value)
        if self.is_traced(value):
            return self.stage_traced(x, value)
        return self.stage_host(x, value)

    def _in_trace(self, source: Any) -> Any:
        """The tracer that stands for a Keras variable in the active scope; else the source."""
        scope = keras_scope.active()
        if scope is None or not isinstance(source, keras.Variable):
            return source
        value = scope.get_current_value(source)
        return source if value is None or self.is_concrete(value) else value

    def is_traced(self, value: Any) -> bool:
        return adapter_of(type(value)) is not None and not self.is_concrete(value)

    def stage_traced(self, x: keras.Variable, value: Any) -> Any:
        """A value of the engine's own trace can only be recorded in a scope."""
        if keras_scope.active() is None:
            raise SymbolicValueError(
                f"{self.name(x)}: expected a concrete value, received a tracer.",
                "outside a keras.StatelessScope the trace would leak into the variable.",
                "return the new value from the function and write it afterwards.",
            )
        return self.fitting(x, value)

    def fitting(self, x: keras.Variable, tensor: Any, dtype: Any = None) -> Any:
        """`tensor`, if it can become the value of `x`: in the dtype of `x` where that may cut it.

        In a trace nobody can look at values: there an integer takes what dtypes show to be one.

        Raises:
            LossyWriteError: it would change.
        """
        have = np.dtype(keras.utils.standardize_dtype(tensor.dtype))
        want = np.dtype(dtype) if dtype is not None else keras_slot.dtype(x)
        if not may_change(have, want) or isinstance(tensor, keras.KerasTensor):
            return tensor
        if self.is_concrete(tensor):
            return as_host(tensor, None, want, self.name(x))
        scope = keras_scope.active()
        if hasattr(scope, "fitting"):
            return scope.fitting(x, tensor)  # a graph's run, which looks at the values
        if kind_of(want) in "bi":
            raise LossyWriteError(
                f"{self.name(x)}: expected a value that dtype {want.name} can hold, received a "
                f"traced one of dtype {have.name}.",
                "in a trace there are no values yet, so nobody can tell whether they would change.",
                f"say that they may: K.cast(value, {want.name!r}).",
            )
        return tensor

    def require_unwrapped(
        self, x: keras.Variable, operation: Any, old: Any, operand: Any, new: Any
    ) -> None:
        """Raise LossyWriteError if an integer wrapped in the sum or difference `new`."""
        if kind_of(keras_slot.dtype(x)) != "i" or not self.is_concrete(new):
            return
        parts = [host_value(part, self.name(x)) for part in (old, operand, new)]
        if all(np.asarray(part).dtype.kind in "iu" for part in parts):
            was, by, now = parts
            require_unwrapped(operation, was, by, now, self.name(x))

    def stage_host(self, x: keras.Variable, value: Any) -> Any:
        (shape, dtype), name = self.spec(x), self.name(x)
        return as_host(value, shape, dtype, name)

    def reclaim(self, x: keras.Variable) -> None:
        """Make sure that the variable itself, not a trainer, has the value."""

    def commit(self, staged: Sequence[tuple[Any, Any]]) -> None:
        if keras_scope.active() is None:
            self.store(staged)
        else:
            for x, value in staged:
                x.assign(value)

    def store(self, staged: Sequence[tuple[Any, Any]]) -> None:
        """Put staged values where the variables keep theirs."""
        raise NotImplementedError


class KerasElsewhere(KerasAdapter):
    """An engine without a class of its own here: Keras's functions read and write.

    Whether they write in place only the engine knows, so that readers take the lock too.
    """

    def read_slot(self, x: keras.Variable, copy: bool) -> Any:
        with self.lock(x):
            return super().read_slot(x, copy)

    def to_host(self, x: keras.Variable, value: Any, copy: bool) -> Any:
        if not copy:
            raise view_refused(self.name(x), "kompat does not know who writes to its memory")
        return np.array(keras.ops.convert_to_numpy(value), keras_slot.dtype(x))[()]

    def store(self, staged: Sequence[tuple[Any, Any]]) -> None:
        for x, host in staged:
            with self.lock(x):
                keras.Variable.assign(x, host)  # in graph mode K's own would add an operation


class KerasOnNumpy(KerasAdapter):
    """The slot holds an array, which every write replaces."""

    def to_host(self, x: keras.Variable, value: Any, copy: bool) -> Any:
        if not copy:
            raise view_refused(self.name(x), "whoever holds v.value may write to its memory")
        return np.array(value, keras_slot.dtype(x))[()]

    def store(self, staged: Sequence[tuple[Any, Any]]) -> None:
        replace_slots(self, *zip(*staged))


def replace_slots(adapter: KerasAdapter, variables: Sequence[Any], values: Sequence[Any]) -> None:
    """Put values into the slots of variables: all in one step, for interrupts and for readers."""

    def replace() -> None:
        with locks.swap:
            locks.set_all(variables, repeat(keras_slot.SLOT), values)

    locks.under(locks.ordered(map(adapter.lock, variables)), replace)


class KerasInPlace(KerasAdapter):
    """PyTorch and TensorFlow: the slot holds an object that others hold too; it stays."""

    def lock(self, x: keras.Variable) -> AbstractContextManager:
        """The lock of the object that is written: others may write it without the variable."""
        held = self.held(x)
        return _in_place(held).lock(held)

    def stage_host(self, x: keras.Variable, value: Any) -> Any:
        if keras_scope.active() is not None:
            return super().stage_host(x, value)
        held = self.held(x)
        adapter = _in_place(held)
        if adapter.spec(held)[1] != keras_slot.dtype(x):
            # Keras on PyTorch holds some unsigned integers in wider ones.
            value = super().stage_host(x, value)
        return adapter.stage_as(self.name(x), held, value)

    def store(self, staged: Sequence[tuple[Any, Any]]) -> None:
        held = [(self.held(x), value) for x, value in staged]
        _in_place(held[0][0]).commit(held)


def _in_place(held: Any) -> InPlaceAdapter:
    """Who writes the object in the slot of a variable."""
    adapter = adapter_of(type(held))
    assert isinstance(adapter, InPlaceAdapter)
    return adapter


class KerasOnTorch(KerasInPlace):
    def is_concrete(self, value: Any) -> bool:
        return not getattr(value, "is_meta", False)


class KerasOnTensorflow(KerasInPlace):
    def is_concrete(self, value: Any) -> bool:
        import tensorflow as tf

        return not tf.is_tensor(value) or hasattr(value, "numpy")

    def lock(self, x: keras.Variable) -> AbstractContextManager:
        return nullcontext() if _is_local(x) else super().lock(x)

    def stage_traced(self, x: keras.Variable, value: Any) -> Any:
        import tensorflow as tf

        inside = tf.inside_function()
        return self.fitting(x, value) if inside else super().stage_traced(x, value)

    def stage_host(self, x: keras.Variable, value: Any) -> Any:
        stage = KerasAdapter.stage_host if _is_local(x) else KerasInPlace.stage_host
        return stage(self, x, value)

    def store(self, staged: Sequence[tuple[Any, Any]]) -> None:
        for x, value in filter(_is_local_write, staged):
            x.assign(value)
        lasting = list(filterfalse(_is_local_write, staged))
        if lasting:
            super().store(lasting)


def _is_local(x: keras.Variable) -> bool:
    """Whether it was made in a `tf.function`: it holds a tensor, and ends with the trace."""
    return getattr(x, "scope_local", False)


def _is_local_write(write: tuple[keras.Variable, Any]) -> bool:
    return _is_local(write[0])


class KerasOnJax(KerasAdapter):
    """The slot holds an immutable array, or None while the trainer has it."""

    def is_concrete(self, value: Any) -> bool:
        import jax

        return not isinstance(value, jax.core.Tracer)

    def read_slot(self, x: keras.Variable, copy: bool) -> Any:
        from kompat.keras_private import jax_trainer
        from kompat.values import jax as jax_values

        while True:
            held = self.held(x)
            try:
                jax_values.require_readable(held, self.name(x))
                return self.to_host(x, held, copy)
            except UnavailableValueError:
                # The trainer, in another thread, has donated the buffer: ask it again.
                if not held.is_deleted():
                    raise
                if keras_slot.read(x) is held:
                    if not jax_trainer.runs_elsewhere(x):
                        raise
                    jax_trainer.wait()

    def absent(self, x: keras.Variable) -> Any:
        from kompat.keras_private import jax_trainer

        if keras_slot.initializer(x) is not None:
            return super().absent(x)
        return jax_trainer.current(x, self.name(x))

    def reclaim(self, x: keras.Variable) -> None:
        from kompat.keras_private import jax_trainer

        jax_trainer.require_mine(x, self.name(x))
        if keras_slot.read(x) is None:
            if keras_slot.initializer(x) is not None:
                super().absent(x)
            jax_trainer.reclaim(x, self.name(x))

    def stage_host(self, x: keras.Variable, value: Any) -> Any:
        from kompat.values import jax as jax_values

        if keras_scope.active() is None:
            jax_values.require_unrecorded(self.name(x))
            self.reclaim(x)
        (shape, dtype), name = self.spec(x), self.name(x)
        host = as_host(value, shape, dtype, name, jax_values.allocate)
        held = keras_slot.read(x)
        if held is None or held.dtype == dtype:
            return host
        # Outside JAX's 64-bit mode Keras holds a variable declared int64 as int32.
        where = f"{self.name(x)}, which Keras holds as {held.dtype} while jax_enable_x64 is off"
        return to_host(self._require_exact(host, held.dtype, where), shape, held.dtype, where)

    def _require_exact(self, host: np.ndarray, narrow: np.dtype, where: str) -> np.ndarray:
        with np.errstate(all="ignore"):
            same = host.astype(narrow).astype(host.dtype) == host
        if not np.all(same | np.isnan(host)):
            raise UnavailableValueError(
                f"{where}: it cannot hold {host[~same].ravel()[0]!r} exactly.",
                "Keras narrowed the variable when it made it.",
                "set jax.config.update('jax_enable_x64', True) before making the variable, or "
                "use K.variable(value, dtype=...), which holds 64 bits in any case.",
            )
        return host

    def store(self, staged: Sequence[tuple[Any, Any]]) -> None:
        from kompat.keras_private import jax_trainer
        from kompat.values import jax as jax_values

        placements = [jax_values.placement_of(keras_slot.read(x)) for x, _ in staged]
        arrays = jax_values.place([host for _, host in staged], placements)
        replace_slots(self, [x for x, _ in staged], arrays)
        for x, _ in staged:
            jax_trainer.require_mine(x, self.name(x))


_ENGINES = {
    "jax": KerasOnJax,
    "numpy": KerasOnNumpy,
    "tensorflow": KerasOnTensorflow,
    "torch": KerasOnTorch,
}
_SYMBOLIC = SymbolicAdapter()
VARIABLE = _ENGINES.get(keras.config.backend(), KerasElsewhere)()


def adapter_for(cls: type) -> Adapter | None:
    if issubclass(cls, keras.KerasTensor):
        return _SYMBOLIC
    return VARIABLE if issubclass(cls, keras.Variable) else None


patches.apply("values")
