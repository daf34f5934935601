"""Functions that are called once per element: what K.rnn, K.map_fn and K.foldl are made of.

On values, `scan` calls the function in turn; where the engine records a program, in one loop of
that program. On symbolic tensors the function is traced once as a subgraph, and the whole loop is
one node: a graph does not grow with the length of its sequences.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import keras

from kompat import engines, mode
from kompat.engines.dtypes import dtype_name
from kompat.graph.control import Branch, Subgraphs
from kompat.graph.evaluation import Run, Schedule, evaluate
from kompat.graph.shapes import may_be_alike
from kompat.graph.state import State, surrounding, unperturbed
from kompat.graph.unranked import spec_like
from kompat.keras_private import scope as keras_scope

_stack = engines.current.exact(keras.ops.stack)

Step = Callable[[list[Any], list[Any]], tuple[list[Any], list[Any]]]


class Kind(Protocol):
    """A kind of loop over nested tensors, the operands."""

    def arguments(self, operands: Any) -> tuple:
        """What the function is called with: tensors of the same shapes and dtypes."""

    def spec(self, operands: Any, result: Any) -> Any:
        """What `compute` returns, as symbolic tensors, when the function returns `result`."""

    def compute(self, function: Callable[..., Any], operands: Any) -> Any:
        """Go through the elements; with values."""


def apply(kind: Kind, function: Callable[..., Any], operands: Any, unrolled: bool = False) -> Any:
    """Go through the elements at once; where something is symbolic by one node, or `unrolled`.

    What is symbolic may be an operand, or hidden in the closure of `function`. Then `function` is
    called in graph mode: what it reads and draws, it reads and draws when the graph runs.
    """
    flat = keras.tree.flatten(operands)
    if not _symbolic(flat):
        try:
            with engines.current.full_width(*flat):
                return kind.compute(_concrete(function), operands)
        except _SymbolicResultError:
            pass
    with mode.graph_mode():
        if unrolled:
            return kind.compute(function, operands)
        loop = Loop(kind, function, operands)
        return loop.symbolic_call(operands, loop.captured)


class _SymbolicResultError(Exception):
    pass


def _concrete(function: Callable[..., Any]) -> Callable[..., Any]:
    def called(*args: Any) -> Any:
        result = function(*args)
        if _symbolic(result):
            raise _SymbolicResultError
        return result

    return called


def _symbolic(nested: Any) -> bool:
    return any(isinstance(x, keras.KerasTensor) for x in keras.tree.flatten(nested))


class Loop(Subgraphs):
    """Call a function once per element.

    Args:
        kind: which loop.
        function: traced once, on symbolic tensors like `kind.arguments(operands)`.
        operands: nested tensors.
    """

    def __init__(self, kind: Kind, function: Callable[..., Any], operands: Any):
        super().__init__()
        self._kind = kind
        arguments = each(spec_like, kind.arguments(operands))
        self._body = Branch(lambda: function(*arguments))
        self._arguments = [id(x) for x in keras.tree.flatten(arguments)]
        self._kept = arguments
        self.captured = [x for x in self._body.captured() if id(x) not in self._arguments]
        self._schedule = Schedule(
            self._body.symbolic, {*self._arguments, *(id(x) for x in self.captured)}
        )
        self.inner = self._body.flat

    def compute_output_spec(self, operands: Any, captured: list[Any]) -> Any:
        return self._kind.spec(operands, self._body.outputs)

    def evaluate(self, run: Run, operands: Any, captured: list[Any]) -> Any:
        outside = {id(x): value for x, value in zip(self.captured, captured)}

        def function(*values: Any) -> Any:
            state = keras_scope.active()
            feeds = {**outside, **dict(zip(self._arguments, keras.tree.flatten(values)))}
            inner = evaluate(
                self._schedule, feeds, state.value_before, state.seen, run.phase, state
            )
            state.enter(inner.state)
            return each(inner.value, self._body.outputs)

        return self._kind.compute(function, operands)


def each(function: Callable[[Any], Any], nested: Any) -> Any:
    """`function` of each tensor of a nested structure.

    Keras's own `map_structure` would call it from inside of Keras, where no graph is built.
    """
    return keras.tree.pack_sequence_as(nested, [function(x) for x in keras.tree.flatten(nested)])


def element_of(x: Any) -> keras.KerasTensor:
    """A symbolic tensor like an element of `x` along the first dimension."""
    return keras.KerasTensor(tuple(x.shape)[1:], dtype=dtype_name(x))


def stack_of(length: int | None, x: Any) -> keras.KerasTensor:
    """A symbolic tensor like `length` tensors like `x` along a new first dimension."""
    return keras.KerasTensor((length, *x.shape), dtype=dtype_name(x))


def require_alike(what: str, before: Any, after: Any) -> None:
    """Raise unless a tensor that is carried through a loop keeps its shape and dtype.

    Raises:
        ValueError: the shapes differ.
        TypeError: the dtypes differ.
    """
    if not may_be_alike(before.shape, after.shape):
        raise ValueError(
            f"expected {what} to keep its shape {tuple(before.shape)}, received one of shape "
            f"{tuple(after.shape)}."
        )
    if _width_unknown(before, after):
        return
    if dtype_name(before) != dtype_name(after):
        raise TypeError(
            f"expected {what} to keep its dtype {dtype_name(before)}, received one of dtype "
            f"{dtype_name(after)}."
        )


def _width_unknown(before: Any, after: Any) -> bool:
    """Whether the dtypes may differ in width alone: Keras has 32 bits for symbolic 64."""
    names = [dtype_name(x).replace("64", "32") for x in (before, after)]
    return isinstance(after, keras.KerasTensor) and names[0] == names[1]


def scan(step: Step, carry: list[Any], xs: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Call `carry, ys = step(carry, slices)` for each slice of `xs` along the first dimension.

    The first call may get fewer tensors in `carry` than it returns.

    Returns:
        The last `carry`, and the `ys` of all calls, stacked.
    """
    if not engines.current.tracing():
        return in_turn(step, carry, xs)
    return _recorded(step, carry, xs)


def in_turn(step: Step, carry: list[Any], xs: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """As `scan`, one call after the other even in a program that is being recorded."""
    rows = []
    length = next((x.shape[0] for x in xs if x.shape[0] is not None), None)
    for slices in zip(*(keras.ops.unstack(x, length) for x in xs)):
        carry, ys = step(carry, list(slices))
        rows.append(ys)
        for first, y in zip(rows[0], ys):
            require_alike("the result of a loop's function", first, y)
    return carry, [_stack(list(column)) for column in zip(*rows)]


def _recorded(step: Step, carry: list[Any], xs: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """As `scan`, in a loop of the program that the engine records.

    The first call stands before the loop and tells what the others carry on: the tensors, and the
    variables that `step` writes. A value written inside the loop means nothing outside it.
    """
    first = [x[0] for x in xs]

    def checked(carry: list[Any], slices: list[Any]) -> tuple[list[Any], list[Any]]:
        after, ys = step(carry, slices)
        for old, new in zip(carry, after):
            require_alike("the value of a loop", old, new)
        return after, ys

    if keras_scope.active() is None:
        carry, ys = step(carry, first)
        return engines.current.scan(checked, carry, ys, xs)
    with surrounding() as outer:
        before = [dict(part) for part in _parts(outer)]
        carry, ys = step(carry, first)
        changes = list(map(_changes, before, _parts(outer)))

        def threaded(everything: Any, slices: list[Any]) -> tuple[Any, list[Any]]:
            carry, changes = everything
            inner = State(outer.value_before, unperturbed, outer.seen)
            inner.enter(outer)
            for part, changed in zip(_parts(inner), changes):
                part.update(changed)
            with inner:
                carry, ys = checked(carry, slices)
            return (
                carry,
                [
                    {key: part[key] for key in changed}
                    for part, changed in zip(_parts(inner), changes)
                ],
            ), ys

        everything, stacked = engines.current.scan(threaded, (carry, changes), ys, xs)
        carry, changes = everything
        for part, changed in zip(_parts(outer), changes):
            part.update(changed)
    return carry, stacked


def _parts(state: State) -> tuple[dict[int, Any], ...]:
    """What a step may change for the next one."""
    return state.written, state.assigned, state.fits


def _changes(before: dict[int, Any], after: dict[int, Any]) -> dict[int, Any]:
    return {key: value for key, value in after.items() if before.get(key) is not value}
