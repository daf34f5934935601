"""The learning phase: 1 while training, 0 otherwise; one int-like object that code can pass on."""

import contextlib
import operator
import threading
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from kompat.engines.dtypes import default_number
from kompat.keras_private import call_context


class _Phase(threading.local):
    running: int | None = None
    scopes: tuple[int, ...] = ()


_phase = _Phase()


class _Default:
    value: int | None = None


class PhaseNumber:
    """A number that follows from the learning phase: in a graph, from that of each run.

    Elsewhere it is the number of this moment, as in `if` and comparisons.

    Args:
        at: gives the number for a phase.
    """

    shape = ()
    __array_ufunc__ = None  # NumPy leaves the operators to this class

    def __init__(self, at: Callable[[int], Any]):
        self.at = at

    @property
    def now(self) -> Any:
        """The number of this moment."""
        return self.at(_current())

    def number(self, phase: int) -> np.generic:
        """The number for a phase as NumPy's."""
        value = self.at(phase)
        return value if isinstance(value, np.generic) else default_number(value)

    @property
    def dtype(self) -> np.dtype:
        """Its dtype as a tensor."""
        return self.number(_current()).dtype

    def cast(self, dtype: str) -> "PhaseNumber":
        """The same as a NumPy number of a dtype."""
        return PhaseNumber(lambda phase: np.asarray(self.at(phase), dtype)[()])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.number(_current()), dtype)

    def __int__(self) -> int:
        return int(self.now)

    def __bool__(self) -> bool:
        return bool(self.now)

    def __float__(self) -> float:
        return float(self.now)

    def __eq__(self, other: object) -> bool:
        return self is other or self.now == other

    def __hash__(self) -> int:
        return hash(self.at)

    def __repr__(self) -> str:
        return f"<of the learning phase: {self.now}>"


class LearningPhase(PhaseNumber):
    """The phase of the thread that asks: usable in `if`, `==`, `training=`, and as a feed key.

    Its value is that of the running function or session, else of the Keras layer that is being
    called, else of the innermost `learning_phase_scope`, else what `set_learning_phase` said,
    else 0.
    """

    name = "learning_phase"

    def __init__(self) -> None:
        super().__init__(int)

    __index__ = PhaseNumber.__int__

    def __repr__(self) -> str:
        return f"<learning phase {self.now}>"


def _current() -> int:
    for value in (_phase.running, call_context.training(), asked()):
        if value is not None:
            return int(value)
    return 0


def _arithmetic(function: Callable[[Any, Any], Any]) -> Any:
    """An operator of phase numbers: with a number another one, with a tensor a tensor."""

    def operate(self: PhaseNumber, other: Any) -> Any:
        if isinstance(other, PhaseNumber):
            return PhaseNumber(lambda phase: function(self.at(phase), other.at(phase)))
        if type(other) in (bool, int, float):
            return PhaseNumber(lambda phase: function(self.at(phase), other))
        symbolic = isinstance(other, keras.KerasTensor)
        return NotImplemented if symbolic else function(self.now, other)

    return operate


def _reflected(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda a, b: function(b, a)


def _comparison(function: Callable[[Any, Any], Any]) -> Any:
    return lambda self, other: function(self.now, other)


for _name in ("add", "sub", "mul", "truediv"):
    _function = getattr(operator, _name)
    setattr(PhaseNumber, f"__{_name}__", _arithmetic(_function))
    setattr(PhaseNumber, f"__r{_name}__", _arithmetic(_reflected(_function)))
for _name in ("lt", "le", "gt", "ge"):
    setattr(PhaseNumber, f"__{_name}__", _comparison(getattr(operator, _name)))

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


def in_scope() -> bool:
    """Whether this code is in a `learning_phase_scope` of its thread."""
    return bool(_phase.scopes)


def asked() -> int | None:
    """What the innermost scope, else `set_learning_phase`, says; None if neither does."""
    return _phase.scopes[-1] if _phase.scopes else _Default.value


def is_default_set() -> bool:
    """Whether somebody set what the phase is where nothing else says it."""
    return _Default.value is not None


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
