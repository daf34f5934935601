"""Methods that layers, models and metrics had: those that are gone, and what goes around others.

What goes around a method that is there is a function of that method.
"""

import functools
import itertools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from kompat import backend as K

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


def fit_generator(
    self: Any,
    generator: Any,
    steps_per_epoch: int | None = None,
    epochs: int = 1,
    verbose: Any = 1,
    callbacks: Any = None,
    validation_data: Any = None,
    validation_steps: int | None = None,
    class_weight: Any = None,
    max_queue_size: int = 10,
    workers: int = 1,
    use_multiprocessing: bool = False,
    shuffle: bool = True,
    initial_epoch: int = 0,
    validation_freq: Any = 1,
    samples_per_epoch: int | None = None,
    nb_val_samples: int | None = None,
) -> Any:
    """Train on what a generator yields; `fit` takes generators today."""
    steps_per_epoch, generator = _steps(steps_per_epoch, samples_per_epoch, generator)
    if not isinstance(validation_data, tuple):
        validation_steps, validation_data = _steps(
            validation_steps, nb_val_samples, validation_data
        )
    given = _batches(generator)
    return self.fit(
        given,
        steps_per_epoch=steps_per_epoch,
        epochs=epochs,
        verbose=verbose,
        callbacks=callbacks,
        validation_data=_batches(validation_data),
        validation_steps=validation_steps,
        class_weight=class_weight,
        shuffle=shuffle and given is generator,
        initial_epoch=initial_epoch,
        validation_freq=validation_freq,
    )


def evaluate_generator(
    self: Any,
    generator: Any,
    steps: int | None = None,
    max_queue_size: int = 10,
    workers: int = 1,
    use_multiprocessing: bool = False,
    verbose: int = 0,
    val_samples: int | None = None,
) -> Any:
    """Evaluate on what a generator yields; `evaluate` takes generators today."""
    steps, generator = _steps(steps, val_samples, generator)
    return self.evaluate(_batches(generator), steps=steps, verbose=verbose)


def predict_generator(
    self: Any,
    generator: Any,
    steps: int | None = None,
    max_queue_size: int = 10,
    workers: int = 1,
    use_multiprocessing: bool = False,
    verbose: int = 0,
    val_samples: int | None = None,
) -> Any:
    """Predict for what a generator yields; `predict` takes generators today."""
    steps, generator = _steps(steps, val_samples, generator)
    return self.predict(_batches(generator, inputs_alone=True), steps=steps, verbose=verbose)


def _steps(steps: int | None, samples: int | None, generator: Any) -> tuple[int | None, Any]:
    """The steps, or how many batches have so many samples; the generator with its first batch."""
    if samples is None:
        return steps, generator
    if hasattr(generator, "batch_size"):
        return -(-samples // generator.batch_size), generator
    first = next(generator)
    inputs = first[0] if isinstance(first, tuple) else first
    size = len(inputs[0] if isinstance(inputs, list) else inputs)
    return -(-samples // size), itertools.chain([first], generator)


def _batches(source: Any, inputs_alone: bool = False) -> Any:
    """An iterator as a generator of tuples, which is what Keras takes; anything else as it is."""
    if isinstance(source, keras.utils.PyDataset) or not hasattr(source, "__next__"):
        return source
    if inputs_alone:
        return (batch if isinstance(batch, tuple) else (batch,) for batch in source)
    # tf.data takes a list for a tensor.
    return (
        tuple(tuple(part) if isinstance(part, list) else part for part in batch) for batch in source
    )


def predict_proba(model: Any, x: Any, batch_size: int = 32, verbose: int = 0) -> Any:
    """`predict` under the name that it had for classifiers."""
    return model.predict(x, batch_size=batch_size, verbose=verbose)


def predict_classes(model: Any, x: Any, batch_size: int = 32, verbose: int = 0) -> Any:
    """The number of the most probable class of each row, or whether one is more than 0.5."""
    predicted = model.predict(x, batch_size=batch_size, verbose=verbose)
    if predicted.shape[-1] > 1:
        return np.argmax(predicted, axis=-1)
    return (predicted > 0.5).astype("int32")


@property  # type: ignore[misc]
def input_shape(layer: Any) -> Any:
    """The shape of its input, or a list of those of its inputs."""
    return _shapes(layer.input)


@property  # type: ignore[misc]
def output_shape(layer: Any) -> Any:
    """The shape of its output, or a list of those of its outputs."""
    return _shapes(layer.output)


@property  # type: ignore[misc]
def inbound_nodes(layer: Any) -> list[Any]:
    """The calls of the layer."""
    return layer._inbound_nodes


@property  # type: ignore[misc]
def outbound_nodes(layer: Any) -> list[Any]:
    """The calls of other layers on what the layer made."""
    return layer._outbound_nodes


def get_input_at(layer: Any, node_index: int) -> Any:
    """What the layer was called on, counted by its calls."""
    return _single(list(_node(layer, node_index).input_tensors))


def get_output_at(layer: Any, node_index: int) -> Any:
    """What the layer made, counted by its calls."""
    return _single(list(_node(layer, node_index).output_tensors))


def get_input_shape_at(layer: Any, node_index: int) -> Any:
    """The shape of `get_input_at`."""
    return _shapes(get_input_at(layer, node_index))


def get_output_shape_at(layer: Any, node_index: int) -> Any:
    """The shape of `get_output_at`."""
    return _shapes(get_output_at(layer, node_index))


def get_output_shape_for(layer: Any, input_shape: Any) -> Any:
    """`compute_output_shape`."""
    return layer.compute_output_shape(input_shape)


def _node(layer: Any, index: int) -> Any:
    if index >= len(layer._inbound_nodes):
        raise ValueError(
            f"The layer {layer.name!r} was called {len(layer._inbound_nodes)} times, "
            f"so that there is no call of the number {index}."
        )
    return layer._inbound_nodes[index]


def _single(tensors: list[Any]) -> Any:
    return tensors[0] if len(tensors) == 1 else tensors


def _shapes(tensors: Any) -> Any:
    if isinstance(tensors, (list, tuple)):
        return [tuple(tensor.shape) for tensor in tensors]
    return tuple(tensors.shape)


class Shape(tuple[int | None, ...]):
    """The shape of a symbolic tensor, as TensorFlow 1 gave it out."""

    def as_list(self) -> list[int | None]:
        """Its sizes in a list."""
        return list(self)

    @property
    def ndims(self) -> int:
        """How many axes it has."""
        return len(self)


def get_shape(tensor: Any) -> Shape:
    """The shape of a symbolic tensor."""
    return Shape(tensor.shape)


@property  # type: ignore[misc]
def keras_shape(tensor: Any) -> tuple[int | None, ...]:
    """The shape of a symbolic tensor."""
    return tuple(tensor.shape)


def trainable_weights(own: Any) -> Any:
    """The list may be assigned, as layers of Keras 1 do."""

    def assign(layer: Any, variables: Any) -> None:
        held = {id(variable) for variable in layer.weights}
        for variable in variables:
            if id(variable) not in held:
                layer._track_variable(variable)

    return property(own.fget, assign, doc=own.__doc__)


def non_trainable_weights(own: Any) -> Any:
    """The list may be assigned, as layers of Keras 1 do."""

    def assign(layer: Any, variables: Any) -> None:
        held = {id(variable) for variable in layer.weights}
        for variable in variables:
            variable.trainable = False
            if id(variable) not in held:
                layer._track_variable(variable)

    return property(own.fget, assign, doc=own.__doc__)


def reset_states(metric: Any) -> None:
    """`reset_state`."""
    metric.reset_state()


def reset_states_of_layers(model: Any) -> None:
    """Let the layers that are stateful start anew."""
    for layer in model.layers:
        if hasattr(layer, "reset_states"):
            layer.reset_states()


def metrics_names(own: Any) -> Any:
    """The names of what `evaluate` returns, the loss first."""

    def names(model: Any) -> list[str]:
        known = [name for name in model.get_metrics_result() if name != "loss"]
        return ["loss", *known]

    return property(names, doc=names.__doc__)


def get_weights(optimizer: Any) -> list[np.ndarray]:
    """The values of its variables."""
    return [K.get_value(variable) for variable in optimizer.variables]
