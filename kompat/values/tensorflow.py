"""TensorFlow variables and tensors: eager, inside `tf.function`, and in TensorFlow 1 graphs.

Reading is lifted out of any `tf.function`. A variable of a TensorFlow 1 graph is read and written
through a session: the user's own where one is open, else one that kompat keeps for the graph. In
both, variables that have no value yet are initialised first.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from kompat.errors import ImmutableValueError, SymbolicValueError, UnavailableValueError
from kompat.values.adapter import Adapter, ImmutableAdapter, host_value, view_refused
from kompat.values.locks import lock_of

_GRAPH_STATE = "_kompat_graph_state"


class TensorAdapter(ImmutableAdapter):
    """`tf.Tensor`: a concrete one, or a symbolic one that has no value."""

    mend = "put it into a tf.Variable(value) and write that."

    def name(self, x: Any) -> str:
        return f"tf.{type(x).__name__} of shape {x.shape}"

    def read(self, x: Any, copy: bool = True) -> Any:
        if not hasattr(x, "numpy"):
            raise SymbolicValueError(
                f"{self.name(x)}: expected a concrete value, received a symbolic tensor.",
                "inside tf.function or a TensorFlow 1 graph it has no value until it runs.",
                "return it from the function, or run it: session.run(x).",
            )
        if not copy:
            raise view_refused(self.name(x), "TensorFlow gives no view in constant time")
        return np.array(x.numpy())[()]


class CompositeAdapter(TensorAdapter):
    """`tf.SparseTensor`, `tf.IndexedSlices` and `tf.RaggedTensor`: read as dense arrays."""

    def read(self, x: Any, copy: bool = True) -> Any:
        if isinstance(x, tf.SparseTensor):
            dense = tf.sparse.to_dense(tf.sparse.reorder(x))
        elif isinstance(x, tf.RaggedTensor):
            dense = x.to_tensor()
        else:
            dense = tf.convert_to_tensor(x)
        return super().read(dense, copy)


class VariableAdapter(Adapter):
    """`tf.Variable`, `MirroredVariable` and the other kinds."""

    def name(self, x: tf.Variable) -> str:
        return f"tf.Variable {x.name!r}"

    def spec(self, x: tf.Variable) -> tuple[tuple[int, ...], np.dtype]:
        if not x.shape.is_fully_defined() and x.shape.rank is not None:
            return tuple(self.read(x).shape), np.dtype(x.dtype.base_dtype.as_numpy_dtype)
        return tuple(x.shape), np.dtype(x.dtype.base_dtype.as_numpy_dtype)

    def read(self, x: tf.Variable, copy: bool = True) -> Any:
        if not copy:
            raise view_refused(self.name(x), "TensorFlow may write the variable in place")
        graph = graph_of(x)
        if graph is not None:
            return run(graph, lambda session: session.run(x), self.name(x))
        with lock_of(x), tf.init_scope():
            try:
                return np.array(x.numpy())[()]
            except tf.errors.FailedPreconditionError as error:
                raise UnavailableValueError(
                    f"{self.name(x)}: it has no value.",
                    str(error).partition("\n")[0],
                    "assign a value first.",
                ) from error

    def read_many(self, xs: Sequence[Any]) -> list[Any]:
        graphs = {graph_of(x) for x in xs}
        graph = graphs.pop()
        if graph is None or graphs:
            return super().read_many(xs)
        return run(graph, lambda session: session.run(list(xs)), f"{len(xs)} variables")

    def stage(self, x: tf.Variable, value: Any) -> Any:
        graph = graph_of(x)
        if graph is None and tf.inside_function() and tf.is_tensor(value):
            return value
        host = super().stage(x, host_value(value))
        if graph is not None:
            _prepare_assignment(graph, x, self.name(x))
        return host

    def accumulate(self, x: tf.Variable, operand: Any, operation: Any) -> None:
        if tf.inside_function():
            x.assign(operation(x, operand))
        else:
            super().accumulate(x, operand, operation)

    def commit(self, staged: Sequence[tuple[Any, Any]]) -> None:
        by_graph: dict[Any, list[tuple[Any, Any]]] = {}
        for x, value in staged:
            by_graph.setdefault(graph_of(x), []).append((x, value))
        for x, value in by_graph.pop(None, []):
            with lock_of(x):
                x.assign(value)
        for graph, pairs in by_graph.items():
            _assign_in_graph(graph, pairs)


def graph_of(x: tf.Variable) -> tf.Graph | None:
    """The TensorFlow 1 graph that owns `x`; None for a variable of eager TensorFlow."""
    try:
        graph = x.graph
    except AttributeError:
        return None
    return None if graph is None or graph.building_function else graph


class _GraphState:
    """What kompat keeps for one graph: its session, and how each variable is assigned."""

    def __init__(self) -> None:
        self.session: tf.compat.v1.Session | None = None
        self.initialised: dict[str, Any] = {}
        self.assignments: dict[str, tuple[Any, Any]] = {}


def _state(graph: tf.Graph) -> _GraphState:
    """The state lives on the graph and dies with it."""
    state = getattr(graph, _GRAPH_STATE, None)
    if state is None:
        state = _GraphState()
        setattr(graph, _GRAPH_STATE, state)
    return state


def session_of(graph: tf.Graph) -> tf.compat.v1.Session:
    """The session in which variables of `graph` are read and written."""
    session = tf.compat.v1.get_default_session()
    if session is not None and session.graph is graph:
        return session
    state = _state(graph)
    if state.session is None:
        state.session = tf.compat.v1.Session(graph=graph)
    return state.session


def run(graph: tf.Graph, action: Any, name: str) -> Any:
    """Run `action(session)`, initialising the graph's variables that have no value yet."""
    with lock_of(graph), graph.as_default():
        session = session_of(graph)
        try:
            try:
                return action(session)
            except tf.errors.FailedPreconditionError:
                _initialise(graph, session)
                return action(session)
        except RuntimeError as error:
            raise UnavailableValueError(
                f"{name}: its graph cannot be run.",
                f"{error}",
                "open a session on the graph, `with tf.compat.v1.Session(graph=graph):`, "
                "and read or write inside it.",
            ) from error


def _initialise(graph: tf.Graph, session: tf.compat.v1.Session) -> None:
    """Run the initialiser of every variable without a value; those with one keep it."""
    variables = graph.get_collection(tf.compat.v1.GraphKeys.GLOBAL_VARIABLES)
    checks = _state(graph).initialised
    for variable in variables:
        if variable.name not in checks:
            checks[variable.name] = tf.compat.v1.is_variable_initialized(variable)
    known = session.run([checks[v.name] for v in variables])
    session.run([v.initializer for v, done in zip(variables, known) if not done])


def _prepare_assignment(graph: tf.Graph, x: tf.Variable, name: str) -> None:
    """Add the placeholder and the assign op of `x`, once in the life of its graph."""
    assignments = _state(graph).assignments
    with lock_of(graph):
        if x.name in assignments:
            return
        if graph.finalized:
            raise ImmutableValueError(
                f"{name}: its graph is finalized, and no assignment was prepared before.",
                "the first write of a variable adds a placeholder and an assign operation.",
                "write the variable once before graph.finalize().",
            )
        with graph.as_default(), tf.device(None):
            feed = tf.compat.v1.placeholder(x.dtype.base_dtype, x.shape)
            assignments[x.name] = feed, x.assign(feed, read_value=False)


def _assign_in_graph(graph: tf.Graph, pairs: Sequence[tuple[Any, Any]]) -> None:
    assignments = _state(graph).assignments
    feeds = {assignments[x.name][0]: value for x, value in pairs}
    operations = [assignments[x.name][1] for x, _ in pairs]
    run(graph, lambda session: session.run(operations, feeds), f"{len(pairs)} variable(s)")


_TENSOR, _COMPOSITE, _VARIABLE = TensorAdapter(), CompositeAdapter(), VariableAdapter()


def adapter_for(cls: type) -> Adapter | None:
    if issubclass(cls, tf.Variable) or "DistributedVariable" in {c.__name__ for c in cls.__mro__}:
        return _VARIABLE
    if issubclass(cls, (tf.SparseTensor, tf.IndexedSlices, tf.RaggedTensor)):
        return _COMPOSITE
    return _TENSOR if issubclass(cls, tf.Tensor) else None
