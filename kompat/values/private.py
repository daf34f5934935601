"""Values that stand in for the variables' own: those of a session made by hand.

Inside such a session `get_value` and `set_value` of a Keras variable mean the session's value.
Nothing here costs anything before the first such session is entered.
"""

import contextvars
import weakref
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from kompat.errors import SessionError, UninitializedVariableError
from kompat.values.adapter import Adapter, as_host, view_refused
from kompat.values.locks import OwnLock


class PrivateValues:
    """A value for each variable that was initialised or written here; held weakly."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[weakref.ref, Any]] = {}
        self._swap = OwnLock()
        self._exclusive = OwnLock()

    def exclusive(self) -> AbstractContextManager:
        """Held by a run that updates variables; other such runs wait."""
        return self._exclusive.now

    def snapshot(self, variable: Any) -> tuple[Any, Any]:
        """The value of a variable, to compare with later and to compute with.

        Raises:
            UninitializedVariableError: it has none here.
        """
        held = self._held.get(id(variable))
        if held is None:
            raise UninitializedVariableError(
                f"variable {variable.path!r}: it has no value in this session yet.",
                "a session made by hand starts with uninitialised variables, as in TensorFlow 1.",
                "run kompat.tf.compat.v1.global_variables_initializer() in it, write the variable "
                "with K.set_value, or work in K.get_session().",
            )
        return held[1], held[1]

    def replace(self, changes: Sequence[tuple[Any, Any, Any]]) -> bool:
        """Write new values, unless a variable was written since its snapshot."""
        new = self._entries((variable, value) for variable, _, value in changes)
        with self._swap.now:
            for variable, seen, _ in changes:
                held = self._held.get(id(variable))
                if seen is not None and (held is None or held[1] is not seen):
                    return False
            self._held.update(new)
        return True

    def snapshots(self, variables: Sequence[Any]) -> list[tuple[Any, Any]]:
        """The snapshots of several variables, at one moment where they have values."""
        for variable in variables:
            self.snapshot(variable)
        with self._swap.now:
            return [self.snapshot(variable) for variable in variables]

    needs_locks = False
    recorded_value = record_writes = None

    def locks(self, variables: Any) -> list[AbstractContextManager]:
        """None: others may write at any time; `replace` sees it."""
        return []

    def write(self, pairs: Iterable[tuple[Any, Any]]) -> None:
        """Give variables values that nobody else will change: all in one step."""
        self._held.update(self._entries(pairs))

    def _entries(self, pairs: Iterable[tuple[Any, Any]]) -> dict[int, tuple[weakref.ref, Any]]:
        return {id(variable): (self._reference(variable), value) for variable, value in pairs}

    def _reference(self, variable: Any) -> weakref.ref:
        key = id(variable)
        held = self._held.get(key)
        return held[0] if held else weakref.ref(variable, lambda _: self._held.pop(key, None))

    def has(self, variable: Any) -> bool:
        """Whether a variable has a value here."""
        return id(variable) in self._held

    def items(self) -> list[tuple[Any, Any]]:
        """The living variables and their values."""
        pairs = [(ref(), value) for ref, value in list(self._held.values())]
        return [(variable, value) for variable, value in pairs if variable is not None]


_current: contextvars.ContextVar[PrivateValues | None] = contextvars.ContextVar(
    "current", default=None
)


def current() -> PrivateValues | None:
    """The private values of this thread's or task's session; None in the default session."""
    return _current.get()


def make_current(values: PrivateValues | None) -> PrivateValues | None:
    """Replace what `current` gives in this thread or task; returns what it was."""
    before = _current.get()
    _current.set(values)
    return before


def require_own_values(caller: str) -> None:
    """Raise SessionError if this thread's session has values of its own."""
    if current() is not None:
        raise SessionError(
            f"{caller}: expected the default session, received a session with values of its own.",
            "Keras trains the variables' own values, not those of a session made by hand.",
            "call K.set_session(session) first: then its values are the variables' own.",
        )


class PrivateAdapter(Adapter):
    """Serves the values of this thread's session where it has its own, else as `own` does."""

    def __init__(self, own: Adapter):
        self.own = own

    def __getattr__(self, name: str) -> Any:
        return getattr(self.own, name)

    def name(self, x: Any) -> str:
        return self.own.name(x)

    def spec(self, x: Any) -> Any:
        return self.own.spec(x)

    def lock(self, x: Any) -> AbstractContextManager:
        values = current()
        return self.own.lock(x) if values is None else values.exclusive()

    def read(self, x: Any, copy: bool = True) -> Any:
        values = current()
        if values is None:
            return self.own.read(x, copy)
        if not copy:
            raise view_refused(self.name(x), "the values of a session are copied out")
        shape, dtype = self.spec(x)
        return as_host(values.snapshot(x)[1], shape, dtype, self.name(x))[()]

    def read_many(self, xs: Sequence[Any]) -> list[Any]:
        return self.own.read_many(xs) if current() is None else [self.read(x) for x in xs]

    def stage(self, x: Any, value: Any) -> Any:
        return self.own.stage(x, value) if current() is None else Adapter.stage(self, x, value)

    def stage_many(self, pairs: Sequence[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
        return self.own.stage_many(pairs) if current() is None else super().stage_many(pairs)

    def commit(self, staged: Sequence[tuple[Any, Any]]) -> Any:
        values = current()
        if values is None:
            return self.own.commit(staged)
        values.write(staged)
        return None

    def write(self, x: Any, value: Any) -> None:
        if current() is None:
            self.own.write(x, value)
        else:
            self.commit(self.stage_many([(x, value)]))

    def accumulate(self, x: Any, operand: Any, operation: Any) -> None:
        if current() is None:
            self.own.accumulate(x, operand, operation)
        else:
            Adapter.accumulate(self, x, operand, operation)
