"""The logits behind symbolic probabilities: what a softmax or a sigmoid was computed from."""

import inspect
from collections.abc import Collection
from typing import Any

import keras

from kompat.graph import history
from kompat.keras_private import layers as keras_layers

# Their activation comes last, and nothing else does.
_ACTIVATED = (
    keras.layers.Conv1D,
    keras.layers.Conv1DTranspose,
    keras.layers.Conv2D,
    keras.layers.Conv2DTranspose,
    keras.layers.Conv3D,
    keras.layers.Conv3DTranspose,
    keras.layers.Dense,
    keras.layers.DepthwiseConv1D,
    keras.layers.DepthwiseConv2D,
    keras.layers.EinsumDense,
    keras.layers.SeparableConv1D,
    keras.layers.SeparableConv2D,
)


def behind(tensor: Any, operation: str, activations: Collection[Any]) -> tuple[Any, Any]:
    """The logits of a symbolic tensor, and the axis of its softmax.

    Args:
        tensor: a symbolic tensor.
        operation: "Softmax" or "Sigmoid", the operation and the layer that make probabilities.
        activations: the functions that do so, as the activation of a layer.

    Returns:
        None and None for what comes of anything else.
    """
    node = history.node_of(tensor)
    if node is None:
        return None, None
    maker = node.operation
    inputs = history.parents(node)
    if type(maker).__name__ == operation and len(inputs) == 1:
        return inputs[0], getattr(maker, "axis", -1)
    activation = getattr(maker, "activation", None)
    if activation is None or inspect.unwrap(activation) not in map(inspect.unwrap, activations):
        return None, None
    if type(maker) is keras.layers.Activation:
        return inputs[0], -1
    if type(maker) in _ACTIVATED:
        return _before_activation(tensor, node), -1
    return None, None


def _before_activation(tensor: Any, node: Any) -> Any:
    """The output of the same call without the activation, made once for each tensor."""
    found = getattr(tensor, "_kompat_logits", None)
    if found is None:
        args, kwargs = history.arguments(node, lambda leaf: leaf)
        twin = keras_layers.without_activation(node.operation)
        found = tensor._kompat_logits = twin(*args, **kwargs)
    return found
