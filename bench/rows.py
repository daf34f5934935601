"""The rows with budgets: what is timed, against what, and what it may cost.

A row's subject is a line of a user's code. Where tf_keras has the same functions, its peer runs
the same line, so this file imports NumPy alone; `K` is handed in.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from bench import graphs
from bench.arrays import array, resnet50_shapes, settle_memory
from bench.timing import Pace, Result, Statement, compare, interleaved

KILOBYTE = (2**8,)
MEGABYTE = (2**18,)
HUNDRED_MEGABYTES = (100 * 2**18,)

BOTH = ("eager", "graph")
EAGER = ("eager",)
GRAPH = ("graph",)

# Each row is measured in so many sittings, with fresh variables and arrays; one that is over its
# budget in as many again, and then judged by all its rounds together.
_SITTINGS = 3


Names = Callable[[Any], dict[str, Any]]


@dataclass(frozen=True)
class Row:
    """A line of the table; without a baseline the budget is one of microseconds."""

    name: str
    subject: str
    baseline: str | None
    budget: float | None
    names: Names
    """Makes, given K, what the two statements name; rows that share it may share the result."""
    peers: tuple[str, ...] = ()
    """The modes in which tf_keras runs the subject."""
    setup: str = ""
    waits: bool = False
    """Whether both statements wait for the engine's threads."""


def scalar(K: Any) -> dict[str, Any]:
    """A variable, and a new value for it in two forms."""
    return {"v": K.variable(0.25), "a": np.float32(0.5), "number": 0.5}


@cache
def written(shape: tuple[int, ...]) -> Names:
    """A variable whose value came from the host."""

    def names(K: Any) -> dict[str, Any]:
        a = array(shape)
        return {"v": K.variable(a), "a": a, "box": SimpleNamespace(a=a.copy())}

    return names


@cache
def computed(shape: tuple[int, ...]) -> Names:
    """A variable whose value the device has computed, as after a training step."""

    def names(K: Any) -> dict[str, Any]:
        made = written(shape)(K)
        _compute([made["v"]])
        return made

    return names


@cache
def many(shapes: tuple[tuple[int, ...], ...], on_device: bool = False) -> Names:
    """Variables, and an array or a scalar for each."""

    def names(K: Any) -> dict[str, Any]:
        arrays = [array(shape) if shape else np.float32(0.5) for shape in shapes]
        variables = [K.variable(a) for a in arrays]
        if on_device:
            _compute(variables)
        box = SimpleNamespace(a=[a.copy() for a in arrays])
        return {"variables": variables, "arrays": arrays, "box": box}

    return names


def unread(K: Any) -> dict[str, Any]:
    """What makes scalars that the device has just computed and nobody has read: JAX keeps the
    host form of an array once it was asked for."""
    import jax.numpy as jnp

    def compute() -> list[Any]:
        tensors = [(jnp.float32(0.5) + i).block_until_ready() for i in range(100)]
        for variable, tensor in zip(variables, tensors):
            variable.assign(tensor)
        return tensors

    variables = [K.variable(0.0) for _ in range(100)]
    return {"variables": variables, "compute": compute}


def _compute(variables: list[Any]) -> None:
    for variable in variables:
        variable.assign((variable.value * 2).block_until_ready())


def small(K: Any) -> dict[str, Any]:
    """A tensor whose functions cost what calling them costs."""
    return {"x": K.constant(array((4, 4)))}


_TINY = ((3,),) * 1000
_SCALARS = ((),) * 1000
_RESNET = tuple(resnet50_shapes())

_GET, _VIEW, _SET = "K.get_value(v)", "K.get_value(v, copy=False)", "K.set_value(v, a)"
_GET_MANY = "K.batch_get_value(variables)"
_SET_MANY = "K.batch_set_value(zip(variables, arrays))"
_USE, _PUT = "; v.value.block_until_ready()", "jax.device_put(a).block_until_ready()"

# The budget of update_add is 2 us. It is scaled to the speed that the machine has at the moment:
# np.array(0.5) takes 0.2 us where that budget was set, so it is ten times np.array(0.5).

# A variable holds a value between writes, and its old one until the new one is complete. The
# baseline of a write does so too: `box.a` is bound to the new copy before the old one goes.
_COPY, _KEEP = "a.copy()", "box.a = a.copy()"
_COPIES, _KEEP_COPIES = "[a.copy() for a in arrays]", "box.a = [a.copy() for a in arrays]"
_SCALAR_COPIES = "[np.array(a) for a in arrays]"
_KEEP_SCALARS = "box.a = [np.array(a) for a in arrays]"
_UNREAD = "[np.asarray(x) for x in tensors]"

_FORWARD, _HAND_FORWARD = "forward([a])", "hand_forward(a)"
_STEP, _HAND_STEP = "step([a, b])", "hand_step(a, b)"
_FIRST = "training_step(K, net)([a, b])"
_GRAPH = "with graph(): "

FUNCTIONS = (
    Row("function, forward", _FORWARD, _HAND_FORWARD, 1.2, graphs.mlp, GRAPH, waits=True),
    Row("function, training step", _STEP, _HAND_STEP, 1.2, graphs.mlp, GRAPH, waits=True),
)

ROWS = (
    Row("get scalar", _GET, "np.array(a)", 2.0, scalar, BOTH),
    Row("set scalar, np.float32", _SET, "np.array(a)", 4.0, scalar, BOTH),
    Row("set scalar, float", "K.set_value(v, number)", "np.array(number)", 4.0, scalar, BOTH),
    Row("get + 1, then set", "K.set_value(v, K.get_value(v) + 1)", None, None, scalar, BOTH),
    Row("update_add, float", "K.update_add(v, number)", "np.array(number)", 10.0, scalar, EAGER),
    Row("get 100 unread scalars", _GET_MANY, _UNREAD, None, unread, (), "tensors = compute()"),
    Row("set, then use: scalar", _SET + _USE, _PUT, 1.0, scalar, waits=True),
    Row("set, then use: 1 MB", _SET + _USE, _PUT, 1.0, written(MEGABYTE), waits=True),
    Row("get 1 MB", _GET, _COPY, 1.2, written(MEGABYTE), BOTH),
    Row("get 1 MB, on device", _GET, _COPY, 1.2, computed(MEGABYTE)),
    Row("set 1 MB", _SET, _KEEP, 1.2, written(MEGABYTE), BOTH),
    Row("get 100 MB", _GET, _COPY, 1.1, written(HUNDRED_MEGABYTES), BOTH),
    Row("get 100 MB, on device", _GET, _COPY, 1.1, computed(HUNDRED_MEGABYTES)),
    Row("set 100 MB", _SET, _KEEP, 1.1, written(HUNDRED_MEGABYTES), BOTH),
    Row("view 1 KB", _VIEW, None, 10.0, written(KILOBYTE)),
    Row("view 1 KB, on device", _VIEW, None, 10.0, computed(KILOBYTE)),
    Row("view 100 MB", _VIEW, None, 10.0, written(HUNDRED_MEGABYTES)),
    Row("view 100 MB, on device", _VIEW, None, 10.0, computed(HUNDRED_MEGABYTES)),
    Row("batch_get 1,000 x (3,)", _GET_MANY, _COPIES, 2.0, many(_TINY), BOTH),
    Row("batch_set 1,000 x (3,)", _SET_MANY, _KEEP_COPIES, 4.0, many(_TINY), BOTH),
    Row("batch_get 1,000 scalars", _GET_MANY, _SCALAR_COPIES, 2.0, many(_SCALARS)),
    Row("batch_set 1,000 scalars", _SET_MANY, _KEEP_SCALARS, 4.0, many(_SCALARS)),
    Row("batch_get ResNet-50", _GET_MANY, _COPIES, 1.1, many(_RESNET), BOTH),
    Row("batch_get ResNet-50, on device", _GET_MANY, _COPIES, 1.1, many(_RESNET, on_device=True)),
    Row("batch_set ResNet-50", _SET_MANY, _KEEP_COPIES, 1.1, many(_RESNET), BOTH),
    Row("square (4, 4)", "K.square(x)", "ops.square(x)", 1.2, small, EAGER),
    Row("sum", "K.sum(x)", "ops.sum(x)", 1.2, small, EAGER),
    Row("mean", "K.mean(x)", "ops.mean(x)", 1.2, small, EAGER),
    Row("dot", "K.dot(x, x)", "ops.matmul(x, x)", 1.2, small, EAGER),
    Row("relu", "K.relu(x)", None, 15.0, small, EAGER),
    Row("softmax", "K.softmax(x)", None, 15.0, small, EAGER),
    Row("concatenate", "K.concatenate([x, x])", "ops.concatenate([x, x])", 1.2, small, EAGER),
    Row("reshape", "K.reshape(x, (2, 8))", "ops.reshape(x, (2, 8))", 1.2, small, EAGER),
    Row("cast", "K.cast(x, 'float16')", "ops.cast(x, 'float16')", 1.2, small, EAGER),
    *FUNCTIONS,
    Row("the same, 1,000 variables alive", _STEP, _HAND_STEP, 1.2, graphs.crowded, waits=True),
    Row("build gradients and a function", "training_step(K, net)", None, None, graphs.mlp),
    Row("build it and call it once", _FIRST, None, None, graphs.mlp, waits=True),
    Row("graph mode: get", _GRAPH + _GET, None, None, graphs.graph_variable),
    Row("graph mode: set", _GRAPH + _SET, None, None, graphs.graph_variable),
)


def measure(
    K: Any, modules: dict[str, Any], pace: Pace, asked: Sequence[Row] = ROWS
) -> Iterator[Result]:
    """Measure rows in turn.

    Args:
        K: the backend whose functions the subjects call.
        modules: what the statements name beside K and the row's own names.
        pace: how long each row is measured.
        asked: the rows.
    """
    settle_memory()
    for row in asked:
        texts = [row.subject] if row.baseline is None else [row.subject, row.baseline]
        times: list[list[float]] = [[] for _ in texts]
        for sitting in range(2 * _SITTINGS):
            # Where arrays lie in memory changes the time of a copy by a third: move them.
            spacer = array(((1 + sitting) * 77_777,))
            names = {"K": K, **modules, **row.names(K), "spacer": spacer}
            statements = [Statement(text, names, row.setup, row.waits) for text in texts]
            for rounds, more in zip(times, interleaved(statements, pace.share(_SITTINGS))):
                rounds += more
            result = compare(row.name, row.subject, row.baseline, row.budget, times)
            if sitting + 1 >= _SITTINGS and not result.missed:
                break
        yield result
