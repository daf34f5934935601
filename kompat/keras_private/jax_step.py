"""Private corner of Keras: what a step of its JAX trainer reads and writes beside its own state.

Keras gives a step the values of the model's variables, and takes new ones from it. A variable that
the model does not own, such as the weights of another model in the closure of a loss or a
K.variable in which a metric counts, would be a constant of the compiled step, and what is written
to it would be lost with the trace. Here:

- such a variable is an argument of the compiled step, read before each run: a later write counts
  from the next batch, on every path by which the step reaches the variable;
- what the step writes to it is a result of the step, seen by later reads in the same step and
  written when it has run;
- what the model itself writes to a variable that is trained stands, and the optimizer's step is
  added to it; Keras would drop it;
- a variable of the model that is read where Keras does not provide it, such as the learning rate
  in a metric, has the value with which the step began.

A step is traced for its arguments first: one that meets variables which are no arguments yet is
abandoned, and traced again with them.
"""

import contextlib
import functools
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp

from kompat.keras_private import jax_trainer, scope as keras_scope, slot as keras_slot

_TRACES = 10
"""How often a step is traced for its arguments: one may make new variables in each trace."""


class _Active(threading.local):
    run: "_Run | None" = None


_active = _Active()


class _Run:
    """A step that computes at once: variables hold their values, and are written in place.

    Args:
        state: what Keras gives the step, a list of values a group of variables.
    """

    def __init__(self, state: Any):
        self._state = state
        self.written: dict[int, Any] = {}
        """Variables that are not the model's, by id, and what the step wrote to them."""
        self._written_trained: dict[int, Any] = {}

    def record(self, scope: Any, variable: Any, value: Any) -> None:
        """Take note of what is written to a variable in a scope of Keras."""
        key = id(variable)
        # A value that is being differentiated belongs to the differentiation.
        value = jax.lax.stop_gradient(value)
        if key in self.written or key not in scope.state_mapping:
            if _lives_outside(variable) and key not in self._own:
                self._write(variable, value)
        elif key in self._own and not self._is_of_optimizer(scope):
            self._written_trained[key] = value

    def _is_of_optimizer(self, scope: Any) -> bool:
        own = jax_trainer.variables(jax_trainer.innermost(), "optimizer")
        return any(id(variable) in scope.state_mapping for variable in own)

    def completed(self, outputs: Any) -> Any:
        """The outputs of the step, with what the model wrote to the variables that are trained."""
        if not self._written_trained:
            return outputs
        logs, (trained, *others) = outputs
        variables = jax_trainer.variables(jax_trainer.innermost(), "trainable")
        values = [
            self._written_trained[id(variable)] + (new - old)
            if id(variable) in self._written_trained
            else new
            for variable, new, old in zip(variables, trained, self._state[0])
        ]
        return logs, (values, *others)

    @functools.cached_property
    def _own(self) -> dict[int, Any]:
        """The model's variables, by id, and their values."""
        trainer = jax_trainer.innermost()
        groups = {4: "fit", 3: "evaluate", 2: "predict"}[len(self._state)]
        return {
            id(variable): value
            for group, values in zip(jax_trainer.LOOPS[groups], self._state)
            for variable, value in zip(jax_trainer.variables(trainer, group), values)
        }

    def read(self, variable: Any) -> Any:
        """The value of a variable that the active scope does not have; None for its own."""
        if not _lives_outside(variable):
            return None
        own = self._own.get(id(variable))
        return self._read(variable) if own is None else own

    def _read(self, variable: Any) -> Any:
        return None

    def _write(self, variable: Any, value: Any) -> None:
        self.written[id(variable)] = value
        _put(variable, value)


class _Trace(_Run):
    """A step that is compiled: variables that are not the model's are its arguments and results."""

    def __init__(self, state: Any, variables: list[Any], values: list[Any]):
        super().__init__(state)
        self._variables = variables
        self._values = values

    @property
    def is_complete(self) -> bool:
        """Whether each variable that the step met is among its arguments."""
        return len(self._values) == len(self._variables)

    def results(self) -> dict[int, Any]:
        """What is written, by the position of the variable; nothing else holds these arrays."""
        return {
            i: jnp.copy(self.written[id(variable)])
            for i, variable in enumerate(self._variables)
            if id(variable) in self.written
        }

    def _read(self, variable: Any) -> Any:
        if id(variable) in self.written:
            return self.written[id(variable)]
        position = self._position(variable)
        return self._values[position] if position < len(self._values) else _held(variable)

    def _write(self, variable: Any, value: Any) -> None:
        self._position(variable)
        self.written[id(variable)] = value

    def _position(self, variable: Any) -> int:
        for i, known in enumerate(self._variables):
            if known is variable:
                return i
        self._variables.append(variable)
        return len(self._variables) - 1


class _Incomplete(Exception):
    """A trace met variables that are no arguments of the step yet."""


class Step:
    """A step function of the trainer, compiled with the variables that it meets as arguments."""

    def __init__(self, function: Callable[..., Any], out_shardings: Any = None, **options: Any):
        if out_shardings is not None:
            out_shardings = (out_shardings, None)
        self._function = function
        self._variables: list[Any] = []
        self._compiled = jax.jit(self._trace, out_shardings=out_shardings, **options)

    def __call__(self, state: Any, data: Any, results: deque | None = None) -> Any:
        """Run the step.

        A signal arrives between two bytecodes, most likely right after the long call: what the
        program returned would be gone, and what it was given is donated. `extend` calls it and
        keeps what it returns without a bytecode between.

        Args:
            state: the values of the model's variables, which are donated.
            data: a batch.
            results: takes the outputs and what is written to variables that are not the model's.
        """
        results = deque(maxlen=1) if results is None else results
        for self._traces_left in reversed(range(_TRACES)):
            values = [_held(x) for x in self._variables]
            with contextlib.suppress(_Incomplete):
                results.extend(map(self._compiled, (state,), (data,), (values,)))
                break
        outputs, written = results[-1]
        for position, value in written.items():
            _put(self._variables[position], value)
        return outputs

    def _trace(self, state: Any, data: Any, values: list[Any]) -> Any:
        run = _Trace(state, self._variables, values)
        with _running(run):
            outputs = run.completed(self._function(state, data))
        if self._traces_left and not run.is_complete:
            raise _Incomplete
        return outputs, run.results()


@contextlib.contextmanager
def _running(run: _Run) -> Iterator[None]:
    outer = _active.run
    _active.run = run
    try:
        yield
    finally:
        _active.run = outer


def at_once(step: Callable[..., Any]) -> Callable[..., Any]:
    """A step function that Keras does not compile (`run_eagerly`); a compiled one as it is."""
    if isinstance(step, Step):
        return step

    @functools.wraps(step)
    def run(state: Any, data: Any) -> Any:
        started = _Run(state)
        with _running(started):
            return started.completed(step(state, data))

    return run


def _lives_outside(variable: Any) -> bool:
    """Whether a variable has a value of its own, which the trace can take at full width."""
    return (
        not getattr(variable, "scope_local", False)
        and keras_slot.initializer(variable) is None
        and jax.dtypes.canonicalize_dtype(keras_slot.dtype(variable)) == keras_slot.dtype(variable)
    )


def _held(variable: Any) -> Any:
    with keras_scope.outside():
        held = keras_slot.read(variable)
        name = f"variable {variable.path!r}"
        return jax_trainer.current(variable, name) if held is None else held


def _put(variable: Any, value: Any) -> None:
    with keras_scope.outside():
        variable._direct_assign(value)


class Jit:
    """`jit` in the trainer's module: what it compiles with donation is a step."""

    def __init__(self, jit: Callable[..., Any]):
        self._jit = jit

    def __call__(self, function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
        return (Step if "donate_argnums" in options else self._jit)(function, **options)


def reading(get: Callable[..., Any]) -> Callable[..., Any]:
    """`StatelessScope.get_current_value`, which the running step answers where Keras does not."""

    @functools.wraps(get)
    def get_current_value(self: Any, variable: Any) -> Any:
        value = get(self, variable)
        if value is None and _active.run is not None:
            return _active.run.read(variable)
        return value

    return get_current_value


def writing(add: Callable[..., Any]) -> Callable[..., Any]:
    """`StatelessScope.add_update`, of which the running step takes note."""

    @functools.wraps(add)
    def add_update(self: Any, update: tuple[Any, Any]) -> None:
        if _active.run is not None:
            _active.run.record(self, *update)
        add(self, update)

    return add_update
