"""Recurrence over the time steps of a batch of sequences."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from kompat import engines
from kompat.backend.operands import cast_like, tensor
from kompat.engines.dtypes import dtype_name
from kompat.graph import loops
from kompat.graph.unranked import spec_like

__all__ = ["rnn"]

_exact = engines.current.exact
_arange = keras.ops.arange
_expand_dims = _exact(keras.ops.expand_dims)
_flip = _exact(keras.ops.flip)
_less = _exact(keras.ops.less)
_reshape = _exact(keras.ops.reshape)
_squeeze = keras.ops.squeeze
_swapaxes = _exact(keras.ops.swapaxes)
_where = _exact(keras.ops.where)
_zeros_like = _exact(keras.ops.zeros_like)

_flatten = keras.tree.flatten
_pack = keras.tree.pack_sequence_as


def rnn(
    step_function: Callable[[Any, Any], tuple[Any, Any]],
    inputs: Any,
    initial_states: Any,
    go_backwards: bool = False,
    mask: Any = None,
    constants: Any = None,
    unroll: bool = False,
    input_length: Any = None,
    time_major: bool = False,
    zero_output_for_mask: bool = False,
    return_all_outputs: bool = True,
) -> tuple[Any, Any, Any]:
    """Call a function for each time step, with the states that it returned for the one before.

    Args:
        step_function: `step_function(input, states)` returns an output and the new states, in the
            structure, shapes and dtypes of the states. It gets a tensor of shape
            ``(batch, ...)``, or several in the structure of `inputs`; and the states followed by
            the constants. It may compute with tensors and variables from outside, call layers and
            draw at random. Where a program is recorded it is called once or twice for all steps.
        inputs: a tensor of shape ``(batch, time, ...)`` and of rank 3 or more, or a nested
            structure of such tensors.
        initial_states: a list of tensors, which may be nested.
        go_backwards: whether to start with the last time step. The outputs stay in the order in
            which they were computed.
        mask: a tensor of shape ``(batch, time)`` or ``(batch, time, 1)``. Where it is zero, the
            states stay as they were, and the output is that of the step before, or zeros.
        constants: a list of tensors.
        unroll: whether graphs and compiled programs shall repeat the step for each time step,
            instead of one loop. The number of time steps must be known.
        input_length: a tensor with the number of time steps of each sample, which stands in for
            a mask; anything else is accepted without effect.
        time_major: whether `inputs`, `mask` and the outputs have shape ``(time, batch, ...)``.
        zero_output_for_mask: whether the output of a masked step is zeros.
        return_all_outputs: False gives the last output as the only one of the sequence.

    Returns:
        The last output, of shape ``(batch, ...)``; the outputs, of shape ``(batch, time, ...)``;
        and the last states.

    Raises:
        ValueError: an input has less than three dimensions, or no time steps; the numbers of time
            steps differ, or are unknown with `unroll`; a state changes its structure or shape, or
            lacks the batch dimension where there is a mask.
        TypeError: a state changes its dtype.

    Example:

    >>> def add(x, states):
    ...     return states[0] + x, [states[0] + x]
    >>> x = K.constant([[[1.], [2.], [3.]]])
    >>> last, sums, states = K.rnn(add, x, [K.constant([[0.]])])
    >>> K.eval(sums)
    array([[[1.],
            [3.],
            [6.]]], dtype=float32)
    """
    inputs = loops.each(tensor, inputs)
    steps = _time_steps(inputs, time_major)
    if unroll and steps is None:
        raise ValueError(
            "rnn: expected a known number of time steps with unroll=True, received None."
        )
    if not isinstance(initial_states, (list, tuple)):
        raise TypeError(
            f"rnn: expected a list of initial states, received {type(initial_states).__name__}."
        )
    constants = tuple(constants) if constants is not None else ()
    lengths = None
    if mask is not None:
        mask = cast_like(tensor(mask), "bool")
        if steps is not None and mask.shape[0 if time_major else 1] not in (steps, None):
            raise ValueError(
                f"rnn: expected a mask of {steps} time steps, received shape {tuple(mask.shape)}."
            )
    elif getattr(input_length, "shape", ()) != ():
        lengths = tensor(input_length)

    def step(x: Any, states: Any) -> Any:
        output, states = step_function(x, (*states, *constants))
        return output, states

    recurrence = _Recurrence(
        go_backwards, unroll, time_major, zero_output_for_mask, return_all_outputs
    )
    operands = (inputs, loops.each(tensor, tuple(initial_states)), mask, lengths)
    return loops.apply(recurrence, step, operands, unroll)


@dataclass(frozen=True)
class _Recurrence:
    """The options of `rnn`; its operands are the inputs, the states, the mask and the lengths."""

    go_backwards: bool
    unroll: bool
    time_major: bool
    zero_output_for_mask: bool
    return_all_outputs: bool

    def arguments(self, operands: Any) -> tuple:
        inputs, states, *_ = operands
        return loops.each(lambda x: loops.element_of(self._swapped(spec_like(x))), inputs), states

    def spec(self, operands: Any, result: Any) -> Any:
        inputs, states, *_ = operands
        last, new = (loops.each(tensor, part) for part in result)
        length = _time_steps(inputs, self.time_major) if self.return_all_outputs else 1
        outputs = loops.each(lambda x: self._swapped(loops.stack_of(length, x)), last)
        return loops.each(spec_like, last), outputs, loops.each(spec_like, _kept(states, new))

    def compute(self, step: Callable[..., Any], operands: Any) -> Any:
        inputs, states, mask, lengths = operands
        _time_steps(inputs, self.time_major)
        xs = [self._in_order(x) for x in _flatten(inputs)]
        masks = self._masks(xs[0], mask, lengths)
        count, structure = len(_flatten(states)), None

        def advance(carry: list[Any], slices: list[Any]) -> tuple[list[Any], list[Any]]:
            nonlocal structure
            before, previous = carry[:count], carry[count:]
            x = _pack(inputs, slices[: len(xs)])
            structure, new = (loops.each(tensor, part) for part in step(x, _pack(states, before)))
            outputs = _flatten(structure)
            after = _flatten(new) if self.unroll else _flatten(_kept(states, new))
            if masks:
                if self.zero_output_for_mask or not previous:
                    previous = [_zeros_like(output) for output in outputs]
                outputs = _chosen(slices[-1], outputs, previous)
                after = _chosen(slices[-1], after, before)
            return [*after, *outputs], outputs if self.return_all_outputs else []

        scan = loops.in_turn if self.unroll else loops.scan
        carry, outputs = scan(advance, _flatten(states), [*xs, *masks])
        after, last = carry[:count], carry[count:]
        outputs = outputs or [_expand_dims(x, 0) for x in last]
        return (
            _pack(structure, last),
            _pack(structure, [self._swapped(x) for x in outputs]),
            _pack(states, after),
        )

    def _swapped(self, x: Any) -> Any:
        """From batch first to time first, or back."""
        return x if self.time_major else _swapaxes(x, 0, 1)

    def _in_order(self, x: Any) -> Any:
        """Time first, in the order of the steps."""
        x = self._swapped(x)
        return _flip(x, axis=0) if self.go_backwards else x

    def _masks(self, x: Any, mask: Any, lengths: Any) -> list[Any]:
        """The mask, if there is one, in the order of the steps: of shape ``(time, batch)``."""
        if mask is not None:
            mask = self._in_order(mask)
            return [_squeeze(mask, -1) if len(mask.shape) == 3 and mask.shape[-1] == 1 else mask]
        if lengths is None:
            return []
        steps = _expand_dims(_arange(keras.ops.shape(x)[0], dtype=dtype_name(lengths)), 1)
        mask = _less(steps, _reshape(lengths, (1, -1)))
        return [_flip(mask, axis=0) if self.go_backwards else mask]


def _time_steps(inputs: Any, time_major: bool) -> int | None:
    """The number of time steps; None if it is unknown.

    Raises:
        ValueError: as `rnn`.
    """
    axis = 0 if time_major else 1
    for x in _flatten(inputs):
        if len(x.shape) < 3:
            raise ValueError(
                "rnn: expected inputs of rank 3 or more, (batch, time, ...), received shape "
                f"{tuple(x.shape)}."
            )
    lengths = {x.shape[axis] for x in _flatten(inputs)} - {None}
    if len(lengths) != 1:
        if not lengths:
            return None
        raise ValueError(f"rnn: expected inputs with as many time steps, received {lengths}.")
    if lengths == {0}:
        raise ValueError("rnn: expected at least one time step, received none.")
    return lengths.pop()


def _kept(states: Any, new: Any) -> Any:
    """The new states in the structure of the states.

    Raises:
        As `rnn`.
    """
    old, flat = _flatten(states), _flatten(new)
    if len(flat) != len(old):
        raise ValueError(f"rnn: expected {len(old)} new states, received {len(flat)}.")
    for before, after in zip(old, flat):
        loops.require_alike("a state of rnn", before, after)
    return _pack(states, flat)


def _chosen(mask: Any, new: list[Any], old: list[Any]) -> list[Any]:
    """`new` where the mask of a time step is true, else `old`."""
    return [_where(_beside(mask, x), x, y) for x, y in zip(new, old)]


def _beside(mask: Any, x: Any) -> Any:
    """The mask of a time step, in the rank of `x`."""
    if len(x.shape) == 0:
        raise ValueError(
            "rnn: expected states and outputs with a batch dimension beside a mask, received a "
            "number."
        )
    for _ in range(len(x.shape) - len(mask.shape)):
        mask = _expand_dims(mask, -1)
    return mask
