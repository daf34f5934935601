"""TensorFlow variables and tensors: eager, inside `tf.function`, and in TensorFlow 1 graphs.

Reading is lifted out of any `tf.function`. A variable of a TensorFlow 1 graph is read and written
through a session: the user's own where one is open, else one that kompat keeps for the graph. In
both, variables that have no value yet are initialised first.
"""

import collections
import contextlib
import functools
from collections.abc import Sequence
from itertools import repeat
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python import pywrap_tfe
from tensorflow.python.eager import context
from tensorflow.python.ops.resource_variable_ops import ResourceVariable

from kompat.errors import (
    ImmutableValueError,
    ShapeMismatchError,
    SymbolicValueError,
    UnavailableValueError,
    UnsupportedValueError,
)
from kompat.values.adapter import (
    Adapter,
    ImmutableAdapter,
    InPlaceAdapter,
    host_value,
    view_refused,
)
from kompat.values.conversion import is_number, to_host
from kompat.values.locks import lock_of, ordered, under

_GRAPH_STATE = "_kompat_graph_state"


class TensorAdapter(ImmutableAdapter):
    """`tf.Tensor`: a concrete one, or a symbolic one that has no value."""

    mend = "put it into a tf.Variable(value) and write that."

    def name(self, x: Any) -> str:
        return f"tf.{type(x).__name__} of shape {x.shape}"

    def read(self, x: Any, copy: bool = True) -> Any:
        graph = None if hasattr(x, "numpy") else graph_of(x)
        if graph is None and not hasattr(x, "numpy"):
            raise SymbolicValueError(
                f"{self.name(x)}: expected a concrete value, received a symbolic tensor.",
                "inside tf.function it has no value until the function runs.",
                "return it from the function and read the result.",
            )
        if not copy:
            raise view_refused(self.name(x), "TensorFlow gives no view in constant time")
        if graph is None:
            return np.array(x.numpy())[()]
        return self._evaluate(x, graph)

    def _evaluate(self, x: Any, graph: tf.Graph) -> Any:
        """The value of a TensorFlow 1 tensor in its graph's session."""
        try:
            return np.array(run(graph, lambda session: session.run(x), [x]))[()]
        except tf.errors.InvalidArgumentError as error:
            raise SymbolicValueError(
                f"tf.Tensor {x.name!r}: it cannot be evaluated.",
                "it depends on a placeholder, which has no value here, or one of its operations "
                "failed: see TensorFlow's own error above.",
                "feed what it depends on: session.run(x, {placeholder: value}).",
            ) from error


class CompositeAdapter(TensorAdapter):
    """`tf.SparseTensor`, `tf.IndexedSlices` and `tf.RaggedTensor`: read as dense arrays."""

    def read(self, x: Any, copy: bool = True) -> Any:
        if not all(hasattr(part, "numpy") for part in tf.nest.flatten(x, expand_composites=True)):
            raise SymbolicValueError(
                f"{self.name(x)}: expected a concrete value, received a symbolic tensor.",
                "inside tf.function or a TensorFlow 1 graph it has no value until it runs.",
                "return it from the function, or run it: session.run(x).",
            )
        try:
            dense = self._dense(x)
        except (ValueError, tf.errors.InvalidArgumentError) as error:
            raise UnavailableValueError(
                f"{self.name(x)}: it has no dense value.",
                f"{error}",
                "read its parts, x.values and x.indices.",
            ) from error
        return super().read(dense, copy)

    def _dense(self, x: Any) -> tf.Tensor:
        if isinstance(x, tf.SparseTensor):
            return tf.sparse.to_dense(tf.sparse.reorder(x))
        return x.to_tensor() if isinstance(x, tf.RaggedTensor) else tf.convert_to_tensor(x)


class VariableAdapter(InPlaceAdapter):
    """`tf.Variable`, `MirroredVariable` and the other kinds."""

    def name(self, x: tf.Variable) -> str:
        return f"tf.Variable {x.name!r}"

    def spec(self, x: tf.Variable) -> tuple[tuple[int, ...], np.dtype]:
        shape = x.shape if x.shape.is_fully_defined() else self.read(x).shape
        return tuple(shape), self._dtype(x)

    def _dtype(self, x: tf.Variable) -> np.dtype:
        dtype = np.dtype(x.dtype.base_dtype.as_numpy_dtype)
        if not is_number(dtype):
            raise UnsupportedValueError(
                f"{self.name(x)}: expected a variable of numbers, it is of dtype "
                f"{x.dtype.base_dtype.name}.",
                "kompat writes numbers only.",
                "assign to it with TensorFlow's own x.assign(value).",
            )
        return dtype

    def _to_host(self, name: str, x: tf.Variable, value: Any) -> np.ndarray:
        """`value` as an array of the variable's shape, in which an unknown size takes any."""
        dtype = self._dtype(x)
        if x.shape.is_fully_defined():
            return to_host(value, tuple(x.shape), dtype, name)
        host = to_host(value, None, dtype, name)
        if not x.shape.is_compatible_with(host.shape):
            raise ShapeMismatchError(
                f"{name}: expected a value of shape {x.shape}, received one of shape {host.shape}.",
                "a variable keeps the sizes that it was declared with.",
                "pass an array of a shape that fits.",
            )
        return host

    def read(self, x: tf.Variable, copy: bool = True) -> Any:
        if not copy:
            raise view_refused(self.name(x), "TensorFlow may write the variable in place")
        graph = graph_of(x)
        if graph is not None:
            return run(graph, lambda session: session.run(x), [x])
        with lock_of(x), tf.init_scope(), context.eager_mode():
            value = np.array(x.numpy())[()]
            # TensorFlow reads a variable without a value as an empty array.
            if value.size == 0 and not x.is_initialized():
                raise UnavailableValueError(
                    f"{self.name(x)}: it has no value yet.",
                    "it was made inside a tf.function that has not run since, or by hand.",
                    "call the function, or assign a value first.",
                )
            return value

    def read_many(self, xs: Sequence[Any]) -> list[Any]:
        graphs = {graph_of(x) for x in xs}
        graph = graphs.pop()
        if graph is None or graphs:
            return super().read_many(xs)
        return run(graph, lambda session: session.run(list(xs)), xs)

    def stage_as(self, name: str, x: tf.Variable, value: Any) -> Any:
        graph = graph_of(x)
        if graph is None and tf.inside_function() and tf.is_tensor(value):
            return value
        host = self._to_host(name, x, host_value(value, name))
        if graph is not None:
            _prepare_assignment(graph, x, name)
        return host

    def lock(self, x: tf.Variable) -> contextlib.AbstractContextManager:
        """None where nothing is written yet, or where replicas write together.

        Inside `strategy.run` the replicas are threads that meet in `assign`: one that held the
        lock there would wait for the others for ever.
        """
        graph = graph_of(x)
        if graph is not None:
            return lock_of(graph)
        return contextlib.nullcontext() if _in_replica() or tf.inside_function() else lock_of(x)

    def accumulate(self, x: tf.Variable, operand: Any, operation: Any) -> None:
        if tf.inside_function():
            x.assign(operation(x, operand))
        else:
            super().accumulate(x, operand, operation)

    def commit(self, staged: Sequence[tuple[Any, Any]]) -> None:
        locks = ordered(self.lock(x) for x, _ in staged)
        under(locks, functools.partial(self._assign_all, staged))

    def _assign_all(self, staged: Sequence[tuple[Any, Any]]) -> None:
        by_graph: dict[Any, list[tuple[Any, Any]]] = {}
        for x, value in staged:
            by_graph.setdefault(graph_of(x), []).append((x, value))
        eager = by_graph.pop(None, [])
        for graph, pairs in by_graph.items():
            _assign_in_graph(graph, pairs)
        if eager and tf.inside_function():
            for x, value in eager:
                x.assign(value)
        elif eager:
            _assign_together(*zip(*eager))


def _assign_together(xs: Sequence[tf.Variable], values: Sequence[np.ndarray]) -> None:
    """Assign to eager variables: to all of them, or to none where an interrupt comes between."""
    with contextlib.nullcontext() if tf.executing_eagerly() else context.eager_mode():
        if all(type(x) is ResourceVariable for x in xs):
            tensors = list(map(_tensor_of, values))
            handles = [x.handle for x in xs]
            _assign_in_c(handles, tensors)
            return
        before = [tf.identity(x) if x.is_initialized() else None for x in xs]
        try:
            for x, value in zip(xs, values):
                _assign(x, value)
        except BaseException:
            for x, old in zip(xs, before):
                if old is not None:
                    _assign(x, old)
            raise


def _tensor_of(value: np.ndarray) -> tf.Tensor:
    """A tensor; an interrupt that comes inside of TensorFlow arrives as itself."""
    try:
        return tf.convert_to_tensor(value)
    except SystemError as error:
        if error.__context__ is None:
            raise
        raise error.__context__ from None


def _assign_in_c(handles: Sequence[Any], tensors: Sequence[tf.Tensor]) -> None:
    """One call of C for all variables: no interrupt comes between two of them."""
    execute = functools.partial(
        pywrap_tfe.TFE_Py_FastPathExecute, context.context(), "AssignVariableOp", None
    )
    collections.deque(
        map(execute, handles, tensors, repeat("validate_shape"), repeat(False)), maxlen=0
    )


def _in_replica() -> bool:
    """Whether this is code of one of the replicas of a strategy."""
    return tf.distribute.has_strategy() and not tf.distribute.in_cross_replica_context()


def _assign(x: tf.Variable, value: Any) -> None:
    """Give `x` a value. A sum over replicas, which TensorFlow would divide, is one replica's."""
    is_sum = x.aggregation == tf.VariableAggregation.SUM
    is_sum &= x.synchronization == tf.VariableSynchronization.ON_READ
    if is_sum and hasattr(x, "values") and not _in_replica():
        first, *others = x.values
        first.assign(value)
        for other in others:
            other.assign(tf.zeros_like(other))
    else:
        x.assign(value)


def graph_of(x: Any) -> tf.Graph | None:
    """The TensorFlow 1 graph that owns `x`; None for what belongs to eager TensorFlow."""
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


def run(graph: tf.Graph, action: Any, xs: Sequence[Any]) -> Any:
    """Run `action(session)` for `xs`, initialising variables that have no value yet."""
    with lock_of(graph), graph.as_default():
        session = session_of(graph)
        try:
            try:
                return action(session)
            except tf.errors.FailedPreconditionError:
                _initialise(graph, session, xs)
                return action(session)
        except (RuntimeError, tf.errors.FailedPreconditionError) as error:
            names = ", ".join(repr(x.name) for x in xs[:3]) + (", ..." if len(xs) > 3 else "")
            raise UnavailableValueError(
                f"{type(xs[0]).__name__} {names}: its graph cannot be run.",
                f"{error}",
                "open a session on the graph, `with tf.compat.v1.Session(graph=graph):`, "
                "and read or write inside it.",
            ) from error


def _initialise(graph: tf.Graph, session: tf.compat.v1.Session, xs: Sequence[Any]) -> None:
    """Run the initialiser of every variable without a value; those with one keep it."""
    keys = tf.compat.v1.GraphKeys
    known = [
        *graph.get_collection(keys.GLOBAL_VARIABLES),
        *graph.get_collection(keys.LOCAL_VARIABLES),
    ]
    asked = [x for x in xs if not isinstance(x, tf.Tensor)]
    variables = list({v.name: v for v in [*known, *asked]}.values())
    if graph.finalized:
        variables = [v for v in variables if _check(graph, v) is not None or v in asked]
    pending = _without_value(graph, session, variables)
    while pending:
        try:
            session.run([v.initializer for v in pending])
        except tf.errors.FailedPreconditionError:
            # The initial value of one is computed from another: one after the other.
            for v in pending:
                with contextlib.suppress(tf.errors.FailedPreconditionError):
                    session.run(v.initializer)
        before, pending = pending, _without_value(graph, session, pending)
        if len(pending) == len(before):
            return


def _without_value(graph: tf.Graph, session: Any, variables: Sequence[Any]) -> list[Any]:
    checks = [_check(graph, v) for v in variables]
    known = iter(session.run([check for check in checks if check is not None]))
    return [
        v
        for v, check in zip(variables, checks)
        if not (_has_value(session, v) if check is None else next(known))
    ]


def _has_value(session: Any, v: tf.Variable) -> bool:
    """For reference variables of a finalized graph, to which no check can be added."""
    try:
        session.run(v)
    except tf.errors.FailedPreconditionError:
        return False
    return True


def _check(graph: tf.Graph, v: tf.Variable) -> Any:
    """The tensor that tells whether `v` has a value; resource variables bring their own."""
    own = getattr(v, "_is_initialized_op", None)
    if own is not None:
        return own
    checks = _state(graph).initialised
    if v.name not in checks and not graph.finalized:
        checks[v.name] = tf.compat.v1.is_variable_initialized(v)
    return checks.get(v.name)


def _prepare_assignment(graph: tf.Graph, x: tf.Variable, name: str) -> None:
    """Add the placeholder and the assign op of `x`, once in the life of its graph."""
    assignments = _state(graph).assignments
    with lock_of(graph):
        if getattr(session_of(graph), "_closed", False):
            raise UnavailableValueError(
                f"{name}: its graph cannot be run.",
                "the current session is closed.",
                "write it inside an open one, `with tf.compat.v1.Session(graph=graph):`.",
            )
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
    run(graph, lambda session: session.run(operations, feeds), [x for x, _ in pairs])


_TENSOR, _COMPOSITE, _VARIABLE = TensorAdapter(), CompositeAdapter(), VariableAdapter()


def adapter_for(cls: type) -> Adapter | None:
    if issubclass(cls, tf.Variable) or "DistributedVariable" in {c.__name__ for c in cls.__mro__}:
        return _VARIABLE
    if issubclass(cls, (tf.SparseTensor, tf.IndexedSlices, tf.RaggedTensor)):
        return _COMPOSITE
    return _TENSOR if issubclass(cls, tf.Tensor) else None
