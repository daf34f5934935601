"""Methods that layers, models and metrics had: those that are gone, and what goes around others.

What goes around a method that is there is a function of that method.
"""

import functools
from collections.abc import Callable
from typing import Any

import keras

Method = Callable[..., Any]


def add(own: Method) -> Method:
    """A Sequential that starts with a layer of a known shape is built at once."""

    @functools.wraps(own)
    def add(model: Any, layer: Any, rebuild: bool = True) -> Any:
        shape = vars(layer).get("batch_input_shape")
        if shape is not None and not model._layers:
            own(model, keras.layers.InputLayer(batch_shape=shape))
        return own(model, layer, rebuild)

    return add
