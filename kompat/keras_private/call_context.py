"""Private corner of Keras: the context that tells layers whether they train.

A layer that is called without `training` takes it from the layer around it; Keras offers no other
way to tell nested models and layers of layers the phase.
"""

import contextlib
from collections.abc import Iterator

from keras.src.backend.common import global_state
from keras.src.layers.layer import CallContext

_CONTEXT = "current_call_ctx"


def training() -> bool | None:
    """What the layers being called were told; None outside of layers."""
    context = global_state.get_global_attribute(_CONTEXT)
    return None if context is None else context.get_value("training")


@contextlib.contextmanager
def of_training(value: bool) -> Iterator[None]:
    """Layers called inside take `training=value` unless their caller says otherwise."""
    outer = global_state.get_global_attribute(_CONTEXT)
    context = CallContext(entry_layer=None)
    context.set_value("training", value)
    global_state.set_global_attribute(_CONTEXT, context)
    try:
        yield
    finally:
        global_state.set_global_attribute(_CONTEXT, outer)
