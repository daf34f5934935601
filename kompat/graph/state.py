"""The values of variables while a graph is evaluated."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras

from kompat.graph import fit
from kompat.keras_private import scope as keras_scope
from kompat.values import keras as keras_values

Perturb = Callable[[int, Any], Any]


class State(keras.StatelessScope):
    """Reads each variable when it is first asked for, and keeps what layers write to it.

    Args:
        read: gives the value of a variable before the run.
        perturb: `perturb(key, value)` gives the value to use for it; see `evaluation`.
        seen: takes the variables that were asked for, by id.
    """

    def __init__(
        self, read: Callable[[Any], Any], perturb: Perturb, seen: dict[int, keras.Variable]
    ):
        super().__init__(initialize_variables=False)
        self._read = read
        self._perturb = perturb
        self.seen = seen
        self.before: dict[int, Any] = {}
        self.written: dict[int, Any] = {}
        self.assigned: dict[int, Any] = {}
        self.fits: dict[int, Any] = {}
        """Whether what was written to a variable fits it, where its dtype does not tell."""

    def value_before(self, variable: keras.Variable) -> Any:
        """The value from before the run's updates; None for a variable that the run itself made."""
        if getattr(variable, "scope_local", False):
            return None
        key = id(variable)
        if key not in self.before:
            self.seen[key] = variable
            self.before[key] = self._perturb(key, self._read(variable))
        return self.before[key]

    def peek(self, variable: keras.Variable) -> Any:
        """As `value_before`, leaving no trace here: for a pass that is thrown away."""
        key = id(variable)
        return self.before[key] if key in self.before else self._read(variable)

    def get_current_value(self, variable: keras.Variable) -> Any:
        """Keras asks for the value of a variable: what layers wrote in this run, or the first."""
        written = self.written.get(id(variable))
        return self.value_before(variable) if written is None else written

    def add_update(self, update: tuple[keras.Variable, Any]) -> None:
        """Keras writes: visible to layers at once."""
        variable, value = update
        self.value_before(variable)
        self.written[id(variable)] = value

    def assign(self, variable: keras.Variable, value: Any) -> None:
        """K writes: visible to nobody but the next assignment before the run has ended."""
        self.value_before(variable)
        self.assigned[id(variable)] = value

    def fitting(self, variable: keras.Variable, value: Any) -> Any:
        """`value` in the dtype of `variable`; the run tells whether it fits."""
        return fit.cast(self, variable, value)

    def note_fit(self, variable: keras.Variable, fits: Any) -> None:
        """Keep whether what is written to a variable fits; once it did not, it does not."""
        key = id(variable)
        self.fits[key] = keras.ops.logical_and(self.fits[key], fits) if key in self.fits else fits

    def value_assigned(self, variable: keras.Variable) -> Any:
        """What the next assignment builds on."""
        assigned = self.assigned.get(id(variable))
        return self.value_before(variable) if assigned is None else assigned

    def enter(self, outer: "State") -> None:
        """Go on from what `outer` has written so far."""
        self.written = dict(outer.written)
        self.assigned = dict(outer.assigned)
        self.fits = dict(outer.fits)

    def tensors(self) -> tuple[dict[int, Any], ...]:
        """All that it holds, for `restore`."""
        return self.before, self.written, self.assigned, self.fits

    def restore(self, tensors: Sequence[dict[int, Any]]) -> None:
        """Hold what `tensors` gave elsewhere."""
        self.before, self.written, self.assigned, self.fits = tensors

    def after(self) -> dict[int, Any]:
        """The new values of the variables that were written, by id."""
        new = {**self.written, **self.assigned}
        return {key: value for key, value in new.items() if key in self.seen}


def unperturbed(key: int, value: Any) -> Any:
    """Differentiate with respect to nothing."""
    return value


@contextlib.contextmanager
def surrounding() -> Iterator[State]:
    """The state of the run that is going on; outside of runs one that reads from where it stands,
    in a scope of Keras or in none, and writes there at the end.
    """
    scope = keras_scope.active()
    if isinstance(scope, State):
        yield scope
        return

    def read(variable: keras.Variable) -> Any:
        with keras_scope.within(scope):
            return variable.value

    state = State(read, unperturbed, {})
    with state:
        yield state
    known = [k for k, flag in state.fits.items() if keras_values.VARIABLE.is_concrete(flag)]
    fit.require_fits([state.seen[k] for k in known], [state.fits[k] for k in known])
    for key, value in state.after().items():
        state.seen[key].assign(value)
