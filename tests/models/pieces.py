"""Networks with K in one place each, and the same networks of plain Keras beside them.

A `Place` names what K's `pieces` and Keras's own put into `network`: the functions and objects
that old code gave to layers, to `compile` and to the callbacks of `fit`.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

Pieces = dict[str, Any]

SAMPLES, FEATURES, CLASSES = 48, 4, 3
_rng = np.random.default_rng(7)
X = _rng.normal(size=(SAMPLES, FEATURES)).astype("float32")
Y = np.eye(CLASSES, dtype="float32")[_rng.integers(CLASSES, size=SAMPLES)]


class Place(NamedTuple):
    """Where K stands, and what plain Keras has there."""

    ours: Callable[[ModuleType], Pieces]
    plain: Callable[[], Pieces]


# Keras on NumPy infers shapes from memory as it comes, whose values may overflow.
@np.errstate(all="ignore")
def network(
    activation: Any = "tanh",
    layer: Any = None,
    between: Callable[[Any], Any] | None = None,
    loss: Any = "mse",
    metrics: Any = (),
    model: type[keras.Model] = keras.Model,
    **dense: Any,
) -> keras.Model:
    """Two dense layers with `layer` and the function `between` in the middle; not yet compiled."""
    x = keras.Input((FEATURES,), name="x")
    y = keras.layers.Dense(6, activation, name="first", **dense)(x)
    if layer is not None:
        y = layer(y)
    if between is not None:
        y = between(y)
    outputs = keras.layers.Dense(CLASSES, "softmax", name="last")(y)
    built = model(x, outputs)
    built.asked = {"loss": loss, "metrics": list(metrics)}
    return built


def compiled(model: keras.Model, **options: Any) -> keras.Model:
    """The model, ready for `fit` with what its pieces ask for and `options`."""
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), **model.asked, **options)
    return model


def _layer_of(call: Callable, **methods: Callable) -> keras.layers.Layer:
    """A layer with this `call` and other methods."""
    kind = type("Own", (keras.layers.Layer,), {"call": call, **methods})
    return kind()


# --- layers


def _dense(K):
    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 5), initializer="glorot_uniform")
        self.bias = self.add_weight(shape=(5,), initializer="zeros")
        self.built = True

    def call(self, x):
        return K.relu(K.bias_add(K.dot(x, self.kernel), self.bias), alpha=0.1)

    return {"layer": _layer_of(call, build=build)}


def _variables_of_k(K):
    def build(self, shape):
        self.scale = K.variable(np.linspace(0.5, 1.5, 6), name="scale")
        self.built = True

    def call(self, x):
        return x * self.scale

    return {"layer": _layer_of(call, build=build)}


def _weights_of_keras():
    def build(self, shape):
        initial = np.linspace(0.5, 1.5, 6).astype("float32")
        self.scale = self.add_weight(shape=(6,), initializer=lambda *_, **__: initial)
        self.built = True

    def call(self, x):
        return x * self.scale

    return {"layer": _layer_of(call, build=build)}


def _counting(update):
    def build(self, shape):
        self.mean = self.add_weight(shape=(6,), initializer="zeros", trainable=False)
        self.built = True

    def call(self, x, training=None):
        if training:
            update(self.mean, x)
        return x - self.mean

    return {"layer": _layer_of(call, build=build)}


def _moving_mean(K):
    return _counting(lambda v, x: K.moving_average_update(v, K.mean(x, axis=0), 0.8))


def _plain_moving_mean():
    return _counting(lambda v, x: v.assign(v * 0.8 + ops.mean(x, axis=0) * 0.2))


def _noisy(K):
    def call(self, x):
        return K.in_train_phase(lambda: x * 1.5, x)

    return {"layer": _layer_of(call)}


def _plain_noisy():
    def call(self, x, training=None):
        return x * 1.5 if training else x

    return {"layer": _layer_of(call)}


def _penalising(mean_square):
    def call(self, x):
        self.add_loss(0.1 * mean_square(x))
        return x

    return {"layer": _layer_of(call)}


def _swish(sigmoid):
    def swish(x):
        return x * sigmoid(1.5 * x)

    return swish


def _in_lambda(std):
    def spread(x):
        return x / (1 + std(x, axis=-1, keepdims=True))

    return keras.layers.Lambda(spread, output_shape=(6,))


# --- losses and metrics


def _huber(K):
    def loss(target, output):
        error = K.abs(target - output)
        return K.mean(K.switch(error < 0.5, 0.5 * K.square(error), 0.5 * error - 0.125), axis=-1)

    return {"loss": loss}


def _loss_class(K):
    class Hinge(keras.losses.Loss):
        def call(self, target, output):
            return K.mean(K.square(K.maximum(1.0 - (2 * target - 1) * output, 0.0)), axis=-1)

    return {"loss": Hinge()}


def _metric_class(K):
    class Hits(keras.metrics.Metric):
        def __init__(self, name="hits", dtype=None):
            super().__init__(name=name, dtype=dtype)
            self.hits = self.add_weight(shape=(), initializer="zeros")
            self.seen = K.variable(0.0, name="seen")

        def update_state(self, target, output, sample_weight=None):
            right = K.equal(K.argmax(target, axis=-1), K.argmax(output, axis=-1))
            K.update_add(self.hits, K.sum(K.cast(right, "float32")))
            K.update_add(self.seen, K.cast(K.shape(target)[0], "float32"))

        def result(self):
            return self.hits / (self.seen + K.epsilon())

        def reset_state(self):
            K.batch_set_value([(self.hits, 0.0), (self.seen, 0.0)])

    return {"metrics": [Hits()]}


def _error(mean, absolute):
    def error(target, output):
        return mean(absolute(target - output))

    return error


def _own_loss(mean_square):
    class Model(keras.Model):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return mean_square(y - y_pred) + 0.01 * mean_square(self.get_layer("first").kernel)

    return {"model": Model}


# --- what belongs to weights


def _elastic(K):
    class Elastic(keras.regularizers.Regularizer):
        def __call__(self, weight):
            return 0.01 * K.sum(K.abs(weight)) + 0.02 * K.sum(K.square(weight))

        def get_config(self):
            return {}

    return {"kernel_regularizer": Elastic()}


def _norm_at_most_half(K):
    class Norm(keras.constraints.Constraint):
        def __call__(self, weight):
            norm = K.sqrt(K.sum(K.square(weight), axis=0, keepdims=True))
            return weight * (K.clip(norm, 0, 0.5) / (K.epsilon() + norm))

    return {"kernel_constraint": Norm()}


def _small(K):
    def small(x):
        return 0.01 * K.sum(K.square(x))

    return small


def _tenths(K):
    def tenths(shape, dtype=None):
        return 0.1 * K.ones(shape)

    return tenths


# --- models in models


def _twins(distance):
    def between(y):
        shared = keras.Sequential([keras.Input((6,)), keras.layers.Dense(4, "tanh")], name="shared")
        return distance(shared(y), shared(y * 0.5))

    return {"between": between}


PLACES: dict[str, Place] = {
    "activation": Place(
        lambda K: {"activation": _swish(K.sigmoid)}, lambda: {"activation": _swish(ops.sigmoid)}
    ),
    "Lambda": Place(lambda K: {"layer": _in_lambda(K.std)}, lambda: {"layer": _in_lambda(ops.std)}),
    "call of a layer": Place(
        _dense, lambda: {"layer": keras.layers.Dense(5, keras.layers.LeakyReLU(0.1))}
    ),
    "variables of a layer": Place(_variables_of_k, _weights_of_keras),
    "state of a layer": Place(_moving_mean, _plain_moving_mean),
    "phase of a layer": Place(_noisy, _plain_noisy),
    "add_loss": Place(
        lambda K: _penalising(lambda x: K.mean(K.square(x))),
        lambda: _penalising(lambda x: ops.mean(ops.square(x))),
    ),
    "between layers": Place(
        lambda K: {"between": lambda y: K.concatenate([y, K.tile(K.max(y, 1, True), (1, 2))])},
        lambda: {
            "between": lambda y: ops.concatenate(
                [y, ops.tile(ops.max(y, 1, keepdims=True), (1, 2))], axis=-1
            )
        },
    ),
    "models applied twice": Place(
        lambda K: _twins(lambda a, b: K.exp(-K.abs(a - b))),
        lambda: _twins(lambda a, b: ops.exp(-ops.abs(a - b))),
    ),
    "loss": Place(_huber, lambda: {"loss": keras.losses.Huber(0.5)}),
    "loss class": Place(_loss_class, lambda: {"loss": keras.losses.SquaredHinge()}),
    "crossentropy": Place(
        lambda K: {"loss": K.categorical_crossentropy},
        lambda: {"loss": keras.losses.CategoricalCrossentropy()},
    ),
    "compute_loss": Place(
        lambda K: _own_loss(lambda x: K.mean(K.square(x))),
        lambda: _own_loss(lambda x: ops.mean(ops.square(x))),
    ),
    "metric": Place(
        lambda K: {"metrics": [_error(K.mean, K.abs)]},
        lambda: {"metrics": [_error(ops.mean, ops.abs)]},
    ),
    "metric class": Place(_metric_class, lambda: {"metrics": ["categorical_accuracy"]}),
    "regularizer": Place(
        _elastic, lambda: {"kernel_regularizer": keras.regularizers.L1L2(0.01, 0.02)}
    ),
    "activity regularizer": Place(
        lambda K: {"activity_regularizer": _small(K)},
        lambda: {"activity_regularizer": keras.regularizers.L2(0.01)},
    ),
    "constraint": Place(
        _norm_at_most_half, lambda: {"kernel_constraint": keras.constraints.MaxNorm(0.5)}
    ),
    "initializer": Place(
        lambda K: {"bias_initializer": _tenths(K)},
        lambda: {"bias_initializer": keras.initializers.Constant(0.1)},
    ),
}


TOGETHER = "all at once"
# What differs most in how Keras and K.function come to K.
OFTEN = (TOGETHER, "Lambda", "variables of a layer", "phase of a layer", "add_loss")
_PARTS = (
    "activation",
    "state of a layer",
    "models applied twice",
    "loss",
    "metric class",
    "regularizer",
    "constraint",
    "initializer",
)


def _together(pieces_of: Callable[[Place], Pieces]) -> Pieces:
    return {name: piece for part in _PARTS for name, piece in pieces_of(PLACES[part]).items()}


PLACES[TOGETHER] = Place(
    lambda K: _together(lambda place: place.ours(K)),
    lambda: _together(lambda place: place.plain()),
)
