"""``merge`` and ``Merge`` of Keras 1: one function for all ways to join tensors."""

from collections.abc import Sequence
from typing import Any

import keras

_MODES = {
    "sum": keras.layers.Add,
    "mul": keras.layers.Multiply,
    "ave": keras.layers.Average,
    "max": keras.layers.Maximum,
}


def merge(
    inputs: Sequence[Any],
    mode: Any = "sum",
    concat_axis: int = -1,
    dot_axes: Any = -1,
    output_shape: Any = None,
    output_mask: Any = None,
    arguments: Any = None,
    name: str | None = None,
) -> Any:
    """Join tensors.

    Args:
        inputs: the tensors.
        mode: "sum", "mul", "ave", "max", "concat", "dot", "cos", or a function of their list.
        concat_axis: the axis along which "concat" joins them.
        dot_axes: the axes along which "dot" and "cos" multiply: one, or a pair for the two tensors.
        output_shape: the shape that a function makes, without the batch, or a function of shapes.
        output_mask: a mask that a function makes.
        arguments: further arguments of a function.
        name: that of the layer.

    Raises:
        ValueError: there is no such mode.
    """
    layer = _layer(mode, concat_axis, dot_axes, output_shape, output_mask, arguments, name)
    return layer(list(inputs))


def _layer(
    mode: Any,
    concat_axis: int,
    dot_axes: Any,
    output_shape: Any,
    output_mask: Any,
    arguments: Any,
    name: str | None,
) -> Any:
    if callable(mode):
        return keras.layers.Lambda(mode, output_shape, output_mask, arguments, name=name)
    if mode == "concat":
        return keras.layers.Concatenate(axis=concat_axis, name=name)
    if mode == "dot":
        return keras.layers.Dot(_pair(dot_axes), name=name)
    if mode == "cos":
        return _Cosine(_pair(dot_axes), name=name)
    if mode not in _MODES:
        raise ValueError(
            f"merge expects a mode of {[*_MODES, 'concat', 'dot', 'cos']}, or a "
            f"function; received {mode!r}."
        )
    return _MODES[mode](name=name)


def _pair(axes: Any) -> Any:
    """Axes of `Dot`; Keras 1 had ((1,), (2,)) too."""
    if isinstance(axes, int):
        return axes
    return tuple(one if isinstance(one, int) else one[0] for one in axes)


class _Cosine(keras.layers.Dot):
    """The cosine of the angle between two tensors."""

    def __init__(self, axes: Any, **keywords: Any):
        super().__init__(axes, normalize=True, **keywords)


class Merge(keras.layers.Layer):
    """Joins the outputs of models or layers; stands first in a Sequential in Keras 1.

    Args:
        layers: the models, whose outputs are joined; None where the layer is called on tensors.
        mode, concat_axis, dot_axes, output_shape, output_mask, arguments: as of `merge`.
    """

    def __init__(
        self,
        layers: Sequence[Any] | None = None,
        mode: Any = "sum",
        concat_axis: int = -1,
        dot_axes: Any = -1,
        output_shape: Any = None,
        output_mask: Any = None,
        arguments: Any = None,
        node_indices: Any = None,
        tensor_indices: Any = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        self.branches = list(layers or ())
        self.joining = _layer(
            mode, concat_axis, dot_axes, output_shape, output_mask, arguments, None
        )

    def call(self, inputs: Any) -> Any:
        """What the models make of their inputs, joined."""
        if not self.branches:
            return self.joining(inputs)
        rest, outputs = list(inputs), []
        for branch in self.branches:
            own = [rest.pop(0) for _ in branch.inputs]
            outputs.append(branch(own[0] if len(own) == 1 else own))
        return self.joining(outputs)
