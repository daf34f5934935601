"""Sessions: which value each variable has, and running graphs on these values.

The default session is the variables' own values, which Keras trains too. A `Session` made by hand
has values of its own, as in TensorFlow 1.
"""

import contextlib
import contextvars
import functools
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np

from kompat import engines, storage
from kompat.errors import SessionError
from kompat.graph import default, history
from kompat.graph.feeds import Feed, fetchable, split_phase
from kompat.graph.program import Program
from kompat.graph.program_cache import ProgramCache
from kompat.values import adapter, batch_set_value, get_value, keras as keras_values, private
from kompat.values.locks import OwnLock
from kompat.variable import Variable, own_value

__all__ = ["Initializer", "Session", "current_session", "current_values", "set_default_session"]


class _OwnValues:
    """The variables' own values."""

    snapshot = staticmethod(storage.snapshot)
    replace = staticmethod(storage.replace)
    locks = staticmethod(storage.locks)
    needs_locks = storage.needs_locks
    recorded_value = staticmethod(storage.recorded_value)
    record_writes = staticmethod(storage.record_writes)
    snapshots = staticmethod(storage.snapshots)

    def __init__(self) -> None:
        self._lock = OwnLock()

    def has(self, variable: Any) -> bool:
        """Whether a variable has a value here."""
        return True

    def exclusive(self) -> Any:
        """Held by a run that updates variables; other such runs wait."""
        return self._lock.now


_OWN = _OwnValues()


def current_values() -> Any:
    """The values that variables have for functions and fetches in this thread."""
    return private.current() or _OWN


class Initializer:
    """What `global_variables_initializer()` returns: run it to give variables their first values.

    It covers the variables that exist when it is made: K's, and those of Keras.
    """

    name = "init"

    def __init__(self) -> None:
        self._made_before = Variable.graph_variables_made

    def run(self, feed_dict: Any = None, session: "Session | None" = None) -> None:
        """Run it in a session, the current one by default."""
        (session or current_session()).run(self)

    def covers(self, variable: keras.Variable) -> bool:
        """Whether it initialises `variable`."""
        return getattr(variable, "serial", 0) <= self._made_before


class _InitialisedValues(private.PrivateValues):
    """Private values where variables covered by an initializer get their first value when read."""

    def __init__(self) -> None:
        super().__init__()
        self._initializers: list[Initializer] = []

    def initialise(self, initializer: Initializer) -> None:
        """Give all variables that it covers their first values, again where they have one."""
        covered = [variable for variable, _ in self.items() if initializer.covers(variable)]
        self.write([(variable, _initial_value(variable)) for variable in covered])
        self._initializers = [initializer]

    def snapshot(self, variable: Any) -> tuple[Any, Any]:
        if not self.has(variable) and any(i.covers(variable) for i in self._initializers):
            self.write([(variable, _initial_value(variable))])
        return super().snapshot(variable)


def _initial_value(variable: Any) -> Any:
    """The value from before all sessions: as it was made in graph mode, else as it is."""
    initial = getattr(variable, "initial_value", None)
    return engines.current.place(np.array(own_value(variable) if initial is None else initial))


class Session:
    """Runs graphs. Made by hand it has values of its own, none of them initialised.

    Args:
        target, graph, config: accepted for TensorFlow 1; there is one machine and one graph.

    Example:

    >>> import kompat
    >>> with kompat.graph_mode(), kompat.Session() as session:
    ...     v = K.variable(3.)
    ...     session.run(kompat.tf.compat.v1.global_variables_initializer())
    ...     print(session.run(v * 2))
    6.0
    """

    def __init__(self, target: str = "", graph: Any = None, config: Any = None):
        self.graph = default.get_default_graph() if graph is None else graph
        self._values: _InitialisedValues | None = _InitialisedValues()
        self._closed = False
        adopt_private_values()

    def run(
        self,
        fetches: Any,
        feed_dict: Any = None,
        options: Any = None,
        run_metadata: Any = None,
    ) -> Any:
        """Compute tensors, and perform the updates among them.

        Args:
            fetches: a tensor, variable, operation, the name of one, or a nested structure.
            feed_dict: values by tensor, variable or learning phase; or pairs of these.
            options, run_metadata: accepted for TensorFlow 1.

        Returns:
            NumPy values in the structure of `fetches`; None for an initializer.

        Raises:
            SessionError: the session is closed, or a fetch is nothing that can be computed.
            UnfedPlaceholderError: a fetch depends on a placeholder that is not fed.
            FeedError: a value does not suit what it is fed to.
            UninitializedVariableError: a variable has no value in this session.
        """
        if self._closed:
            raise SessionError(
                "expected an open session, received a closed one.",
                "close() was called, or its with block has ended.",
                "run inside the block, or make a new kompat.Session().",
            )
        flat = [_resolve(x) for x in keras.tree.flatten(fetches)]
        pairs = list(feed_dict.items() if isinstance(feed_dict, Mapping) else feed_dict or ())
        keys = [_resolve(key) for key, _ in pairs]
        fed, phase, values = split_phase(keys, [value for _, value in pairs])
        for x in flat:
            if isinstance(x, Initializer) and self._values is not None:
                self._values.initialise(x)
        feeds = [Feed(key)(value) for key, value in zip(fed, values)]
        program = _program([x for x in flat if not isinstance(x, Initializer)], fed, phase)
        try:
            computed = iter(program(self._values or _OWN, feeds))
        except Exception as error:
            error.add_note("in Session.run")
            raise
        results = [None if isinstance(x, Initializer) else next(computed) for x in flat]
        is_nested = isinstance(fetches, (list, tuple, dict))
        return keras.tree.pack_sequence_as(fetches, results) if is_nested else results[0]

    def close(self) -> None:
        """Forget the session's values; running raises from now on."""
        self._closed = True
        if self._values is not None:
            self._values = _InitialisedValues()

    @contextlib.contextmanager
    def as_default(self) -> Iterator["Session"]:
        """A block that makes the session current, and does not close it."""
        self.__enter__()
        try:
            yield self
        finally:
            self._leave()

    def __enter__(self) -> "Session":
        outer, entered = private.current(), _entered.get()
        try:
            private.make_current(self._values)
            _entered.set((*entered, (self, outer)))
            return self
        except BaseException:  # an interrupt: nobody would call __exit__
            private.make_current(outer)
            _entered.set(entered)
            raise

    def __exit__(self, *exception: Any) -> None:
        self._leave()
        self.close()

    def _leave(self) -> None:
        """Undo `__enter__` without closing."""
        *others, (_, outer) = _entered.get()
        _entered.set(tuple(others))
        private.make_current(outer)

    def adopt_own_values(self) -> None:
        """Let the variables themselves take this session's values, and work on them from now on."""
        if self._values is not None:
            pairs = [(v, get_value(value)) for v, value in self._values.items()]
            outer = private.make_current(None)
            try:
                batch_set_value(pairs)
            finally:
                private.make_current(outer)
            self._values = None


_entered: contextvars.ContextVar[tuple[tuple[Session, Any], ...]] = contextvars.ContextVar(
    "entered", default=()
)
"""The sessions whose `with` blocks are open in this thread or task, each with what it replaced."""


class _Default:
    session: Session | None = None


def current_session() -> Session:
    """The session of the innermost `with` block of this thread, else K's."""
    entered = entered_session()
    if entered is not None:
        return entered
    if _Default.session is None or _Default.session._closed:
        session = Session()
        session.adopt_own_values()
        _Default.session = session
    return _Default.session


def entered_session() -> Session | None:
    """The session of the innermost `with` block of this thread, if there is one."""
    entered = _entered.get()
    return entered[-1][0] if entered else None


def set_default_session(session: Any) -> None:
    """Make `session` K's own: from now on its values are those of the variables themselves."""
    if isinstance(session, Session):
        session.adopt_own_values()
    elif session is not None:
        _leave_out(session)
        return
    _Default.session = session


def _leave_out(session: Any) -> None:
    """Say so of a session of TensorFlow's own, whose settings are for its devices."""
    if not type(session).__module__.startswith("tensorflow."):
        raise SessionError(
            f"expected a session, received {type(session).__name__}.",
            "K's graph runs in kompat's sessions.",
            "pass kompat.Session().",
        )
    warnings.warn(
        "K.set_session: K does not compute in TensorFlow's session, so it is left out; "
        "K.get_session() and kompat.Session() run K's graph.",
        stacklevel=4,
    )


def _resolve(x: Any) -> Any:
    """A fetch or feed key: the tensor of a name, else `x` itself, if it can be computed."""
    if isinstance(x, str):
        tensor = history.named(x.partition(":")[0])
        if tensor is None:
            raise SessionError(
                f"expected the name of a tensor in the graph, received {x!r}.",
                "no living symbolic tensor has this name.",
                "pass the tensor itself, or give it a name when it is made.",
            )
        return tensor
    if not isinstance(x, Initializer):
        fetchable(x)
    return x


def _program(fetches: list[Any], fed: list[Any], phase: int) -> Program:
    """The program for these fetches and feeds; kept as long as the first symbolic fetch lives."""
    first = next((x for x in fetches if isinstance(x, keras.KerasTensor)), None)
    if first is None:
        return Program(fetches, [], fed, phase)
    programs = first.__dict__.setdefault("_kompat_programs", ProgramCache("fetches with feeds"))
    key = (phase, tuple(map(id, fetches)), tuple(map(id, fed)))
    # The program holds fetches and feeds, so that their ids stay theirs.
    return programs.get_or_make(key, lambda: Program(fetches, [], fed, phase))


class _SymbolicAdapter(keras_values.SymbolicAdapter):
    """`get_value` of a symbolic tensor: its value in the current session."""

    def read(self, x: Any, copy: bool = True) -> Any:
        return current_session().run(x)


@functools.cache
def adopt_private_values() -> None:
    """Let `get_value` and `set_value` know sessions."""
    adapter.register_adapter(keras.Variable, private.PrivateAdapter(keras_values.VARIABLE))
    if Variable.adapter is not None:
        adapter.register_adapter(Variable, private.PrivateAdapter(Variable.adapter))


adapter.register_adapter(keras.KerasTensor, _SymbolicAdapter())
