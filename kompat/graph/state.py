"""The values of variables while a graph is evaluated."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import keras

from kompat.values import keras_slot

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

    def value_assigned(self, variable: keras.Variable) -> Any:
        """What the next assignment builds on."""
        assigned = self.assigned.get(id(variable))
        return self.value_before(variable) if assigned is None else assigned

    def enter(self, outer: "State") -> None:
        """Go on from what `outer` has written so far."""
        self.written = dict(outer.written)
        self.assigned = dict(outer.assigned)

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
    scope = keras_slot.active_scope()
    if isinstance(scope, State):
        yield scope
        return

    def read(variable: keras.Variable) -> Any:
        with keras_slot.within(scope):
            return variable.value

    state = State(read, unperturbed, {})
    with state:
        yield state
    for key, value in state.after().items():
        state.seen[key].assign(value)
