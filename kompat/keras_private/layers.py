"""Private corner of Keras: what a layer or a model consists of."""

from collections.abc import Iterable
from typing import Any


def within(layer: Any) -> Iterable[Any]:
    """A layer and those inside it, at any depth."""
    return layer._flatten_layers()


def without_activation(layer: Any) -> Any:
    """A layer of the same weights that does not apply its activation, and has no calls yet."""
    twin = object.__new__(type(layer))
    twin.__dict__.update(vars(layer))
    twin.__dict__.update(
        name=f"{layer.name}_logits",
        activation=None,
        activity_regularizer=None,
        _losses=[],
        _loss_ids=set(),
        _inbound_nodes=[],
        _outbound_nodes=[],
    )
    return twin


def structure_of_inputs(model: Any) -> Any:
    """The inputs of a model in the structure that it was made with, or None."""
    return getattr(model, "_inputs_struct", None)


def structure_of_outputs(model: Any) -> Any:
    """The outputs of a model in the structure that it was made with, or None."""
    return getattr(model, "_outputs_struct", None)
