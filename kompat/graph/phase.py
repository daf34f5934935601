"""The learning phase: 1 while training, 0 otherwise; one int-like object that code can pass on."""

import contextlib
import operator
import threading
from collections.abc import Iterator
from typing import Any

from kompat.graph import call_context


class _Phase(threading.local):
    running: int | None = None
    scopes: tuple[int, ...] = ()


_phase = _Phase()


class _Default:
    value: int | None = None


class LearningPhase:
    """The phase of the thread that asks: usable in `if`, `==`, `training=`, and as a feed key.

    Its value is that of the running function or session, else of the Keras layer that is being
    called, else of the innermost `learning_phase_scope`, else what `set_learning_phase` said,
    else 0.
    """

    name = "learning_phase"

    def __int__(self) -> int:
        for value in (_phase.running, call_context.training(), *_phase.scopes[-1:], _Default.value):
            if value is not None:
                return int(value)
        return 0

    __index__ = __int__

    def __bool__(self) -> bool:
        return bool(int(self))

    def __float__(self) -> float:
        return float(int(self))

    def __eq__(self, other: object) -> bool:
        return self is other or int(self) == other

    def __hash__(self) -> int:
        return hash(LearningPhase)

    def __repr__(self) -> str:
        return f"<learning phase {int(self)}>"


def _arithmetic(name: str) -> Any:
    function = getattr(operator, name)
    return lambda self, other: function(int(self), other)


def _reflected(name: str) -> Any:
    function = getattr(operator, name)
    return lambda self, other: function(other, int(self))


for _name in ("add", "sub", "mul", "truediv"):
    setattr(LearningPhase, f"__{_name}__", _arithmetic(_name))
    setattr(LearningPhase, f"__r{_name}__", _reflected(_name))
for _name in ("lt", "le", "gt", "ge"):
    setattr(LearningPhase, f"__{_name}__", _arithmetic(_name))

LEARNING_PHASE = LearningPhase()


def checked(value: Any) -> int:
    """A phase as 0 or 1.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, LearningPhase) or value in (0, 1):
        return int(value)
    raise ValueError(f"Expected learning phase to be 0 or 1, received {value!r}.")


def set_default(value: int | None) -> None:
    """What the phase is where nothing else says it; None for 0."""
    _Default.value = value


def is_running() -> bool:
    """Whether a function, a session or a Keras layer says what the phase is."""
    return _phase.running is not None or call_context.training() is not None


@contextlib.contextmanager
def scope(value: int) -> Iterator[None]:
    """The phase inside a block of this thread."""
    outer = _phase.scopes
    _phase.scopes = (*outer, value)
    try:
        yield
    finally:
        _phase.scopes = outer


@contextlib.contextmanager
def running(value: int) -> Iterator[None]:
    """The phase of a run."""
    outer = _phase.running
    _phase.running = value
    try:
        yield
    finally:
        _phase.running = outer
