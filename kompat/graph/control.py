"""A choice between two subgraphs when the graph runs: `K.switch` and `K.in_train_phase`.

Each branch is traced once, in a frame that tells its own nodes from the tensors that it captures
from outside. Only the branch that is taken is computed, and only its updates happen.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from kompat import engines, mode
from kompat.engines.dtypes import promoted
from kompat.graph import fit, history
from kompat.graph.evaluation import Run, Schedule, evaluate
from kompat.graph.gradients import depends
from kompat.graph.operations import Gradient, GraphOperation, read
from kompat.graph.shapes import may_be_alike
from kompat.graph.state import surrounding, unperturbed
from kompat.keras_private import call_context

_cast = engines.current.exact(keras.ops.cast)


class Branch:
    """A callable traced as a subgraph, or a value from outside."""

    def __init__(self, branch: Any):
        with history.frame() as nodes:
            self.given = branch() if callable(branch) else branch
            # An output that is a variable is read when the graph runs.
            self.outputs = keras.tree.map_structure(_as_node, self.given)
        self._own = {id(node) for node in nodes}
        gradients = [node.operation for node in nodes if isinstance(node.operation, Gradient)]
        self._wrt = [x for operation in gradients for x in operation.wrt]
        self.flat = keras.tree.flatten(self.outputs)
        self.symbolic = [x for x in self.flat if isinstance(x, keras.KerasTensor)]

    def captured(self) -> list[Any]:
        """The symbolic tensors from outside that the branch computes with.

        What lies between a loss and that by which the branch differentiates it is computed inside.
        """
        found: dict[int, Any] = {}
        stack = list(self.symbolic)
        visited = set()
        while stack:
            tensor = stack.pop()
            node = history.node_of(tensor)
            if node is None or not (id(node) in self._own or self._is_differentiated(tensor)):
                found[id(tensor)] = tensor
            elif id(node) not in visited:
                visited.add(id(node))
                stack += history.parents(node)
        return list(found.values())

    def _is_differentiated(self, tensor: Any) -> bool:
        is_last = history.is_input(history.node_of(tensor)) or any(x is tensor for x in self._wrt)
        return bool(self._wrt) and not is_last and depends(tensor, self._wrt)


def _as_node(x: Any) -> Any:
    return read(x) if isinstance(x, keras.Variable) else history.own(x)


class Subgraphs(GraphOperation):
    """An operation with subgraphs: in a Keras model it runs in the state that stands around it."""

    def call(self, *args: Any) -> Any:
        phase = int(bool(call_context.training()))
        with surrounding() as state:
            return self.evaluate(Run(state, unperturbed, phase), *args)


class Switch(Subgraphs):
    """Compute one of two branches.

    On JAX a compiled branch has the shapes of the other. Where they differ, a condition that
    follows from fed numbers is known when the program is compiled, once for each.

    Args:
        then, otherwise: the branches, with outputs of equal structure and ranks.
    """

    def __init__(self, then: Branch, otherwise: Branch):
        super().__init__()
        self.then = then
        self.otherwise = otherwise
        self.inner = [*then.flat, *otherwise.flat]
        shapes = [map(_shape, branch.flat) for branch in (then, otherwise)]
        self._shapes_differ = not all(map(may_be_alike, *shapes))
        captured = {id(x): x for branch in (then, otherwise) for x in branch.captured()}
        self.captured = list(captured.values())
        self._schedules = {
            id(branch): Schedule(branch.symbolic, captured) for branch in (then, otherwise)
        }

    def compute_output_spec(self, condition: Any, captured: list[Any]) -> Any:
        return keras.tree.map_structure(_common_spec, self.then.outputs, self.otherwise.outputs)

    def sizes(self, node: Any) -> Any:
        """The condition, where it decides on a shape."""
        return history.arguments(node, lambda x: x)[0][0] if self._shapes_differ else []

    def evaluate(self, run: Run, condition: Any, captured: list[Any]) -> Any:
        feeds = {id(x): value for x, value in zip(self.captured, captured)}
        if isinstance(condition, (bool, int, np.ndarray, np.generic)):
            return self._at_once(run, bool(condition), feeds)
        if not engines.current.traces or (self._shapes_differ and not mode.is_traced(condition)):
            return self._at_once(run, bool(keras.ops.convert_to_numpy(condition)), feeds)
        return self._compiled(run, condition, feeds)

    def _run(
        self,
        branch: Branch,
        run: Run,
        feeds: dict[int, Any],
        read: Callable[[Any], Any],
        seen: dict[int, keras.Variable],
    ) -> Run:
        schedule = self._schedules[id(branch)]
        return evaluate(schedule, feeds, read, seen, run.phase, run.state)

    def _at_once(self, run: Run, condition: bool, feeds: dict[int, Any]) -> Any:
        branch = self.then if condition else self.otherwise
        inner = self._run(branch, run, feeds, run.state.value_before, run.state.seen)
        run.state.enter(inner.state)
        return self._outputs(branch, inner)

    def _compiled(self, run: Run, condition: Any, feeds: dict[int, Any]) -> Any:
        written, assigned, fits = self._discover(run, feeds)

        def of(branch: Branch) -> Callable[[], Any]:
            def compute() -> Any:
                inner = self._run(branch, run, feeds, run.state.value_before, run.state.seen)
                return (
                    self._outputs(branch, inner),
                    {key: inner.state.get_current_value(v) for key, v in written.items()},
                    {key: inner.state.value_assigned(v) for key, v in assigned.items()},
                    {key: inner.state.fits.get(key, fit.YES) for key in fits},
                )

            return compute

        condition = keras.ops.cast(condition, "bool")
        outputs, new, newly_assigned, fit_now = engines.current.cond(
            condition, of(self.then), of(self.otherwise)
        )
        run.state.written.update(new)
        run.state.assigned.update(newly_assigned)
        run.state.fits.update(fit_now)
        return outputs

    def _discover(self, run: Run, feeds: dict[int, Any]) -> tuple[dict, dict, set[int]]:
        """The variables that a branch writes, and the ids of those that its values may not fit.

        All that either branch reads get their values outside.
        """
        written: set[int] = set()
        assigned: set[int] = set()
        fits: set[int] = set()
        touched: dict[int, keras.Variable] = {}

        def look() -> list[Any]:
            for branch in (self.then, self.otherwise):
                inner = self._run(branch, run, feeds, run.state.peek, touched)
                written.update(inner.state.written)
                assigned.update(inner.state.assigned)
                fits.update(inner.state.fits)
            return []

        engines.current.infer(look)
        for variable in touched.values():
            run.state.value_before(variable)
        variables = {**run.state.seen, **touched}
        return (
            {key: variables[key] for key in sorted(written) if key in variables},
            {key: variables[key] for key in sorted(assigned) if key in variables},
            fits,
        )

    def _outputs(self, branch: Branch, inner: Run) -> list[Any]:
        """What a branch gives, in the dtypes that both have in common."""
        dtypes = map(_common_dtype, self.then.flat, self.otherwise.flat)
        return [_cast(inner.value(x), dtype) for x, dtype in zip(branch.flat, dtypes)]


def _dtype(x: Any) -> str:
    dtype = getattr(x, "dtype", None)
    if dtype is not None:
        return keras.utils.standardize_dtype(dtype)
    return (
        "bool" if isinstance(x, bool) else "int32" if isinstance(x, int) else keras.config.floatx()
    )


def _shape(x: Any) -> tuple[int | None, ...]:
    return tuple(getattr(x, "shape", ()))


def _common_dtype(then: Any, otherwise: Any) -> str:
    names = _dtype(then), _dtype(otherwise)
    return names[0] if names[0] == names[1] else promoted(names)


def _common_spec(then: Any, otherwise: Any) -> keras.KerasTensor:
    shapes = [_shape(x) for x in (then, otherwise)]
    if len(shapes[0]) != len(shapes[1]):
        raise ValueError(
            f"K.switch: expected branches of one rank, received shapes {shapes[0]} and {shapes[1]}."
        )
    shape = [a if a == b else None for a, b in zip(*shapes)]
    return keras.KerasTensor(shape, dtype=_common_dtype(then, otherwise))


def choose(condition: Any, then: Branch, otherwise: Branch) -> Any:
    """The symbolic outputs of a `Switch`, in the structure of the branches."""
    keras.tree.assert_same_structure(then.outputs, otherwise.outputs)
    operation = Switch(then, otherwise)
    return operation.symbolic_call(condition, operation.captured)
