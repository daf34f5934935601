"""Compute symbolic tensors: a schedule of their nodes, and one pass over it.

Gradients belong to the pass. A zero is added to each tensor and variable that something is
differentiated with respect to, and the pass is differentiated with respect to these zeros; all
other values come out of it beside the losses. So layers update their state once, a dropout has
one mask, and gradients of gradients are passes within passes: a tensor's level says how many.
"""

from collections import defaultdict
from collections.abc import Callable, Collection
from functools import partial
from typing import Any

import keras
import numpy as np

from kompat import engines
from kompat.engines.dtypes import any_wide
from kompat.errors import UnfedPlaceholderError
from kompat.graph import history
from kompat.graph.operations import Gradient, GraphOperation, Shape
from kompat.graph.phase import PhaseNumber
from kompat.graph.state import Perturb, State
from kompat.keras_private import call_context
from kompat.keras_private.operations import public_function


class Schedule:
    """The nodes that compute `fetches` from the tensors in `fed`, each after those it needs.

    Args:
        fetches: symbolic tensors.
        fed: ids of the tensors and variables whose values are given.

    Raises:
        UnfedPlaceholderError: a fetch needs a placeholder that is not in `fed`.
    """

    def __init__(self, fetches: Collection[Any], fed: Collection[int]):
        self.fed = fed
        self.levels: dict[int, list[Any]] = defaultdict(list)
        self._level: dict[int, int] = {}
        for fetch in fetches:
            self._visit(fetch)
        self.depth = max(self.levels, default=0)

    def _visit(self, fetch: Any) -> None:
        if id(fetch) in self.fed:
            return
        stack = [(self._node(fetch, fetch), False)]
        while stack:
            node, ready = stack.pop()
            if id(node) in self._level:
                continue
            if ready:
                self._append(node)
                continue
            stack.append((node, True))
            stack += [
                (self._node(tensor, fetch), False)
                for tensor in reversed(history.needs(node))
                if id(tensor) not in self.fed
            ]

    def _node(self, tensor: Any, fetch: Any) -> Any:
        node = history.node_of(tensor)
        if history.is_input(node):
            raise UnfedPlaceholderError(
                f"expected a value for the placeholder {history.describe(tensor)}, received none.",
                f"the output {history.describe(fetch)} depends on it.",
                "add it to the inputs of K.function, or to feed_dict; "
                "a model computes its outputs by model.predict(arrays).",
            )
        return node

    def _append(self, node: Any) -> None:
        level = int(isinstance(node.operation, Gradient))
        level += max((self.level(tensor) for tensor in history.needs(node)), default=0)
        self._level[id(node)] = level
        self.levels[level].append(node)

    def level(self, tensor: Any) -> int:
        """How many differentiations lie behind a tensor."""
        return 0 if id(tensor) in self.fed else self._level[id(history.node_of(tensor))]

    def gradients(self, level: int) -> list[Any]:
        """The gradient nodes of a level."""
        return [node for node in self.levels[level] if isinstance(node.operation, Gradient)]

    def nodes(self) -> list[Any]:
        """All nodes."""
        return [node for level in sorted(self.levels) for node in self.levels[level]]

    def fed_sizes(self) -> set[int]:
        """The ids of what is fed and becomes a size, which compiling must know."""
        visit = [
            tensor
            for node in self.nodes()
            if isinstance(node.operation, GraphOperation)
            for tensor in keras.tree.flatten(node.operation.sizes(node))
        ]
        seen: set[int] = set()
        while visit:
            tensor = visit.pop()
            if isinstance(tensor, keras.KerasTensor) and id(tensor) not in seen:
                seen.add(id(tensor))
                node = None if id(tensor) in self.fed else history.node_of(tensor)
                if node is not None and not isinstance(node.operation, Shape):
                    visit += history.parents(node)
        return seen & {*self.fed}


class Run:
    """One evaluation: the values so far, the variables, and the phase."""

    def __init__(self, state: State, perturb: Perturb, phase: int):
        self.state = state
        self.phase = phase
        self.values: dict[int, Any] = {}
        self._perturb = perturb

    def put(self, tensor: Any, value: Any) -> None:
        """Keep the value of a symbolic tensor."""
        self.values[id(tensor)] = self._perturb(id(tensor), value)

    def value(self, x: Any) -> Any:
        """The value of a symbolic tensor, a variable, a number of the phase, or a constant."""
        if isinstance(x, keras.KerasTensor):
            return self.values[id(x)]
        if isinstance(x, keras.Variable):
            return self.state.value_before(x)
        return x.number(self.phase) if isinstance(x, PhaseNumber) else x

    def compute(self, node: Any) -> None:
        """Compute the outputs of a node whose inputs have values."""
        operation = node.operation
        try:
            with self.state:
                result = self._call(operation, node)
        except Exception as error:
            outputs = ", ".join(map(history.describe, history.outputs(node)))
            error.add_note(f"while computing {outputs} by {operation.name!r}")
            raise
        for tensor, value in zip(history.outputs(node), keras.tree.flatten(result)):
            self.put(tensor, value)

    def _call(self, operation: Any, node: Any) -> Any:
        if isinstance(operation, keras.Layer):
            args, kwargs = history.arguments(node, self._of_layer)
            if not history.was_told_to_train(node):
                kwargs.pop("training", None)
            # What a layer first read inside a loop of the engine would mean nothing outside of it.
            for variable in operation.variables:
                self.state.value_before(variable)
            # A layer leaves in the context what it was told, so each gets one of its own.
            with call_context.of_training(bool(self.phase)):
                return operation(*args, **kwargs)
        args, kwargs = history.arguments(node, self.value)
        if isinstance(operation, GraphOperation):
            return operation.evaluate(self, *args, **kwargs)
        compute = _exact(operation, args)
        if self._is_on_host(node):
            with engines.current.eagerly():
                return keras.tree.map_structure(np.asarray, compute(*args, **kwargs))
        return compute(*args, **kwargs)

    def _of_layer(self, x: Any) -> Any:
        if isinstance(x, keras.KerasTensor):
            return self.values[id(x)]
        return bool(x.at(self.phase)) if isinstance(x, PhaseNumber) else x

    def _is_on_host(self, node: Any) -> bool:
        """Whether everything that a node computes with is known without running: shapes."""
        parents = history.parents(node)
        return (
            bool(parents)
            and all(isinstance(self.values[id(t)], (np.ndarray, np.generic)) for t in parents)
            and not any(isinstance(x, keras.Variable) for x in history.leaves(node))
        )

    def tensors(self) -> tuple[dict, ...]:
        """All values of the engine: what a differentiated pass gives beside its losses."""
        values = {key: v for key, v in self.values.items() if not isinstance(v, np.ndarray)}
        return values, *self.state.tensors()

    def restore(self, tensors: tuple[dict, ...], inner: "Run") -> None:
        """Take over the values of the pass `inner`, which came out as `tensors`."""
        values, *of_state = tensors
        self.state.restore(of_state)
        self.values = {**inner.values, **values}


def _exact(operation: keras.Operation, args: tuple) -> Callable[..., Any]:
    """How to compute an operation without cutting 64 bits, as Keras does on some engines."""
    if any_wide(args) or any_wide(vars(operation).values()):
        function, settings = public_function(operation)
        if function is not None:
            return partial(engines.current.exact(function), **settings)
    return operation.call


def evaluate(
    schedule: Schedule,
    feeds: dict[int, Any],
    read: Callable[[Any], Any],
    seen: dict[int, keras.Variable],
    phase: int,
    entering: State | None = None,
) -> Run:
    """Run a schedule.

    Args:
        schedule: what to compute.
        feeds: values by id of the tensor or variable.
        read: gives the value of a variable before the run.
        seen: takes the variables that the run touches, by id.
        phase: the learning phase.
        entering: what earlier parts of the same run wrote to variables.
    """

    def read_or_fed(variable: keras.Variable) -> Any:
        return feeds[id(variable)] if id(variable) in feeds else read(variable)

    def up_to(level: int, perturb: Perturb) -> Run:
        run = Run(State(read_or_fed, perturb, seen), perturb, phase)
        if level:
            _differentiate(schedule, level, up_to, perturb, run)
        else:
            run.values = {key: perturb(key, value) for key, value in feeds.items()}
            if entering is not None:
                run.state.enter(entering)
        for node in schedule.levels[level]:
            if not isinstance(node.operation, Gradient):
                run.compute(node)
        return run

    return up_to(schedule.depth, lambda key, value: value)


def _total(loss: Any) -> Any:
    return keras.ops.sum(loss) if loss.shape else loss


def _differentiate(
    schedule: Schedule, level: int, up_to: Callable, perturb: Perturb, run: Run
) -> None:
    """Run all levels below `level` in one differentiated pass, and put its gradients."""
    nodes = schedule.gradients(level)
    of = [id(history.parents(node)[0]) for node in nodes]
    losses = list(dict.fromkeys(of))
    points = {id(x) for node in nodes for x in node.operation.wrt}
    passes: list[Run] = []

    def forward(add: Perturb) -> tuple[list[Any], Any]:
        inner = up_to(level - 1, lambda key, v: perturb(key, add(key, v) if key in points else v))
        passes.append(inner)
        return [_total(inner.values[key]) for key in losses], inner.tensors()

    wanted = [
        (losses.index(loss), [id(x) for x in node.operation.wrt]) for loss, node in zip(of, nodes)
    ]
    gradients, tensors = engines.current.differentiate(forward, wanted)
    run.restore(tensors, passes[-1])
    for node, found in zip(nodes, gradients):
        for x, tensor, gradient in zip(node.operation.wrt, history.outputs(node), found):
            run.put(tensor, keras.ops.zeros_like(run.value(x)) if gradient is None else gradient)
