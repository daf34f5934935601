"""What old arguments ask of an object that Keras has made: the rows name these functions."""

import functools
from collections.abc import Sequence
from typing import Any


def input_shape(layer: Any, shape: Any) -> None:
    """Let a Sequential that starts with the layer be built at once."""
    vars(layer).setdefault("batch_input_shape", (None, *shape))


def batch_input_shape(layer: Any, shape: Any) -> None:
    """The same, with the size of the batch."""
    vars(layer)["batch_input_shape"] = tuple(shape)


def weights(layer: Any, values: Sequence[Any] | None) -> None:
    """Give the layer its values as soon as it has weights."""
    if values is None:
        return
    if layer.built:
        layer.set_weights(values)
        return
    build = layer.build

    @functools.wraps(build)
    def build_with_values(*arguments: Any, **keywords: Any) -> None:
        build(*arguments, **keywords)
        layer.set_weights(values)

    vars(layer)["build"] = build_with_values


def decay(optimizer: Any, rate: float) -> None:
    """Divide the learning rate by 1 + decay * iterations."""
    vars(optimizer)["decay"] = rate
    if not rate:
        return
    step = optimizer._backend_update_step

    def decayed_step(gradients: Any, variables: Any, learning_rate: Any) -> Any:
        from keras import ops

        iterations = ops.cast(optimizer.iterations, "float32")
        return step(gradients, variables, learning_rate / (1.0 + rate * iterations))

    vars(optimizer)["_backend_update_step"] = decayed_step


def period(callback: Any, epochs: int) -> None:
    """Let a callback act at the end of every so many epochs."""
    vars(callback)["period"] = epochs
    act = callback.on_epoch_end

    def act_at_times(epoch: int, logs: Any = None) -> None:
        if (epoch + 1) % epochs == 0:
            act(epoch, logs)

    if epochs != 1:
        vars(callback)["on_epoch_end"] = act_at_times


def filepath(callback: Any, path: Any) -> None:
    """Save to a file of any name."""
    callback.filepath = str(path)
