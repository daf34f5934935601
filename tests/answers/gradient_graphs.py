"""Graphs with K.gradients whose values by tf.keras are recorded in gradients.json.

The recorder builds and runs them on real tf.keras in graph mode, the tests on kompat. So a graph
uses only what both have: names of K, operators, and a few layers of `keras` with fixed weights.

    graph = GRAPHS["cubic"]
    inputs, outputs = graph.build(K, keras)
    values = run(K, inputs, outputs, graph.feeds[0])

An output is a tensor, or None where K.gradients gave None.
"""

import ast
import hashlib
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Graph:
    """A graph, and the feeds that it is run with, one after another.

    `eager` is False where a part depends on variables alone: in eager mode that is a number.
    """

    build: Callable[[Any, Any], tuple[list, list]]
    feeds: tuple[list, ...]
    eager: bool

    @property
    def digest(self) -> str:
        """Tells whether answers were recorded for this version of the graph; layout is no part."""
        source = ast.parse(textwrap.dedent(inspect.getsource(self.build)))
        return hashlib.sha256(ast.unparse(source).encode()).hexdigest()[:12]


GRAPHS: dict[str, Graph] = {}


def graph(*feeds: list, eager: bool = True) -> Callable:
    def register(build: Callable) -> Callable:
        GRAPHS[build.__name__] = Graph(build, feeds, eager)
        return build

    return register


def run(K: Any, inputs: list, outputs: list, feed: list) -> list:
    """The outputs' values, with None in the places of None."""
    values = iter(K.function(inputs, [x for x in outputs if x is not None])(feed))
    return [None if x is None else next(values) for x in outputs]


def normal(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def positive(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.5, 2, size=shape).astype("float32")


def layer_with(weights: list[np.ndarray], layer: Any, x: Any) -> Any:
    """What `layer` makes of `x`, with these weights."""
    y = layer(x)
    layer.set_weights(weights)
    return y


def dense(keras: Any, seed: int, ins: int, outs: int, activation: str | None = "tanh") -> Any:
    """A layer with fixed weights."""
    layer = keras.layers.Dense(outs, activation=activation)
    layer.build((None, ins))
    layer.set_weights([normal(seed, ins, outs), normal(seed + 1, outs)])
    return layer


# ------------------------------------------------------------------- orders, points and losses


@graph([2.0], [-0.5])
def cubic(K, keras):
    x = K.placeholder(shape=())
    first = K.gradients(x * x * x, x)
    second = K.gradients(first, x)
    third = K.gradients(second, [x])
    return [x], [x * x * x, *first, *second, *third]


@graph([normal(0, 4)])
def transcendental_orders(K, keras):
    x = K.placeholder(shape=(None,))
    outputs = [K.sin(x) * K.exp(x) + K.log(K.square(x) + 1) * K.cos(x)]
    for _ in range(3):
        outputs += K.gradients(outputs[-1], x)
    return [x], outputs


@graph([normal(1, 3, 2)])
def variable_orders(K, keras):
    x, w = K.placeholder(shape=(None, 2)), K.variable(normal(2, 2))
    loss = K.mean(K.square(K.sin(x * w)) * w)
    first = K.gradients(loss, w)
    second = K.gradients(first, [w])
    third = K.gradients(second, [w, x])
    return [x], [loss, *first, *second, *third]


@graph([normal(3, 2, 3), normal(4, 2, 3)])
def mixed_second_order(K, keras):
    x, y = K.placeholder(shape=(None, 3)), K.placeholder(shape=(None, 3))
    by_x, by_y = K.gradients(K.sin(x * y) * y, [x, y])
    return [x, y], [by_x, by_y, *K.gradients(by_x, [x, y]), *K.gradients(by_y, [x, y])]


@graph([1.5])
def several_on_one_path(K, keras):
    a = K.placeholder(shape=())
    b = a * 3
    c = K.exp(b * a)
    return [a], K.gradients(c * b * a, [a, b, c])


@graph([1.5])
def partial_then_total(K, keras):
    a = K.placeholder(shape=())
    b = K.square(a)
    c = K.sin(b)
    loss = c * b * a
    by_b, by_c = K.gradients(loss, [b, c])
    return [a], [
        by_b,
        by_c,
        *K.gradients(by_b, [a, b, c]),
        *K.gradients(by_c, [a, b]),
        *K.gradients(K.gradients(by_b, a), [a, b]),
    ]


@graph([3.0])
def variable_beside_what_it_makes(K, keras):
    x, a = K.placeholder(shape=()), K.variable(0.5)
    b = x * a * 2
    by_a, by_b = K.gradients(K.square(b) * a, [a, b])
    return [x], [by_a, by_b, *K.gradients(by_a, [a, b, x]), *K.gradients(by_b, [a, b, x])]


@graph([0.7])
def same_point_twice(K, keras):
    x = K.placeholder(shape=())
    return [x], K.gradients(K.exp(x) * x, [x, x])


@graph([normal(5, 3)])
def loss_itself(K, keras):
    x = K.placeholder(shape=(3,))
    loss = K.square(x)
    return [x], K.gradients(loss, [loss, x])


@graph([normal(6, 2, 3)])
def non_scalar_loss(K, keras):
    x, w = K.placeholder(shape=(None, 3)), K.variable(normal(7, 3))
    loss = K.square(x) * w
    return [x], [loss, *K.gradients(loss, [x, w])]


@graph([normal(8, 2, 3)])
def list_of_losses(K, keras):
    x, w = K.placeholder(shape=(None, 3)), K.variable(normal(9, 3))
    losses = [K.square(x) * w, K.sum(x * w, axis=1), K.mean(w * K.exp(x))]
    first = K.gradients(losses, [x, w])
    return [x], [*losses, *first, *K.gradients(first, [x, w])]


@graph([normal(10, 3)])
def with_respect_to_a_gradient(K, keras):
    x = K.placeholder(shape=(3,))
    (slope,) = K.gradients(x * x * x, x)
    norm = K.sqrt(K.sum(K.square(slope)) + 1)
    return [x], [norm, *K.gradients(norm, [slope, x]), *K.gradients(norm * x, [slope, x])]


@graph([normal(11, 3)], eager=False)
def variables_alone(K, keras):
    x, w = K.placeholder(shape=(3,)), K.variable(normal(12, 3))
    penalty = K.sum(K.square(w) * w)
    first = K.gradients(K.sum(x * w) + penalty, [w, penalty])
    return [x], [penalty, *first, *K.gradients(penalty, w), *K.gradients(first[0], w)]


@graph([normal(13, 3)], eager=False)
def intermediate_of_variables(K, keras):
    x, w, v = K.placeholder(shape=(3,)), K.variable(normal(14, 3)), K.variable(2.0)
    scaled = K.exp(w) * v
    loss = K.sum(x * K.square(scaled) * w)
    by_w, by_v, by_scaled = K.gradients(loss, [w, v, scaled])
    return [x], [loss, by_w, by_v, by_scaled, *K.gradients(by_scaled, [w, v, scaled])]


# ------------------------------------------------------------------------- what is unconnected


@graph([normal(15, 3), normal(16, 3)])
def unconnected(K, keras):
    x, y = K.placeholder(shape=(3,)), K.placeholder(shape=(3,))
    w, unused = K.variable(normal(17, 3)), K.variable(1.0)
    beside = x * 2
    found = K.gradients(K.square(x) * w, [y, x, unused, w, beside])
    return [x, y], [*found, *K.gradients(found[1], [y, w, x])]


@graph([normal(18, 3)])
def stopped(K, keras):
    x, w = K.placeholder(shape=(3,)), K.variable(normal(19, 3))
    inner = K.square(x) * w
    loss = x * K.stop_gradient(inner)
    return [x], [
        *K.gradients(loss, [x, inner, w]),
        *K.gradients(K.stop_gradient(inner) * 2, [x, w]),
        *K.gradients(K.gradients(loss * x, x), [x, w]),
    ]


@graph([normal(92, 3)])
def gradients_that_are_constant(K, keras):
    x, w = K.placeholder(shape=(3,)), K.variable(normal(93, 3))
    first = K.gradients(x * w + x * K.stop_gradient(x), x)
    return [x], [*first, *K.gradients(first, [x, w])]


@graph([normal(20, 3)])
def stopped_gradient(K, keras):
    x = K.placeholder(shape=(3,))
    (slope,) = K.gradients(K.exp(x) * x, x)
    moved = x - 0.1 * K.stop_gradient(slope)
    free = x - 0.1 * slope
    return [x], [*K.gradients(K.square(moved), x), *K.gradients(K.square(free), [x, slope])]


@graph([normal(21, 3), np.array([1, -2, 3], "int32")])
def integers_and_comparisons(K, keras):
    x, whole = K.placeholder(shape=(3,)), K.placeholder(shape=(3,), dtype="int32")
    mask = K.cast(K.greater(x, 0.0), "float32")
    return [x, whole], [
        *K.gradients(x * mask, [x, mask]),
        *K.gradients(x * K.cast(whole, "float32"), [x, whole]),
        *K.gradients(K.cast(K.cast(x, "int32"), "float32") * 2, x),
        *K.gradients(mask, x),
    ]


# -------------------------------------------------------------------------- functions, one by one


@graph([normal(22, 2, 3)])
def absolute(K, keras):
    x = K.placeholder(shape=(None, 3))
    first = K.gradients(K.abs(x) * x, x)
    return [x], [*first, *K.gradients(first, x)]


@graph([np.array([0.0, -1.0, 2.0], "float32")])
def absolute_and_sign_at_zero(K, keras):
    x = K.placeholder(shape=(3,))
    return [x], [*K.gradients(K.abs(x), x), *K.gradients(K.sign(x) * x, x)]


@graph([normal(23, 3, 4)])
def max_and_min(K, keras):
    x = K.placeholder(shape=(None, 4))
    rows, columns = K.max(x, axis=1), K.min(x, axis=0, keepdims=True)
    first = K.gradients([K.square(rows), columns * x], x)
    return [x], [*first, *K.gradients(first, x), *K.gradients(K.max(x) * K.min(x), x)]


@graph([np.array([[1, 3, 3, 0], [2, 2, 2, 2]], "float32")])
def max_and_min_of_ties(K, keras):
    x = K.placeholder(shape=(None, 4))
    return [x], [*K.gradients(K.max(x, axis=1), x), *K.gradients(K.min(x), x)]


@graph([normal(24, 2, 3), normal(25, 2, 3)])
def maximum_and_minimum(K, keras):
    x, y = K.placeholder(shape=(None, 3)), K.placeholder(shape=(None, 3))
    first = K.gradients(K.square(K.maximum(x, y)) + K.minimum(x, 0.1) * y, [x, y])
    return [x, y], [*first, *K.gradients(first[0], [x, y])]


@graph([normal(26, 2, 4)])
def clipped(K, keras):
    x = K.placeholder(shape=(None, 4))
    first = K.gradients(K.square(K.clip(x, -0.5, 0.5)) * x, x)
    return [x], [*first, *K.gradients(first, x)]


@graph([positive(27, 3), normal(28, 3)])
def powers(K, keras):
    x, y = K.placeholder(shape=(3,)), K.placeholder(shape=(3,))
    first = K.gradients(K.pow(x, y), [x, y])
    cube = K.gradients(K.pow(y, 3.0) + y**2, y)
    square = K.gradients(cube, y)
    return [x, y], [*first, *K.gradients(first[0], [x, y]), *cube, *square]


@graph([np.array([0.0, -1.5, 2.0], "float32")])
def powers_of_zero_and_less(K, keras):
    x = K.placeholder(shape=(3,))
    outputs = [K.pow(x, 2.0) + x**3]
    for _ in range(3):
        outputs += K.gradients(outputs[-1], x)
    return [x], outputs


@graph([positive(29, 4)], [np.array([-1.0, 0.25, 4.0, -0.5], "float32")])
def square_roots(K, keras):
    x = K.placeholder(shape=(4,))
    first = K.gradients(K.sqrt(x) * x, x)
    return [x], [K.sqrt(x), *K.gradients(K.sqrt(x), x), *first, *K.gradients(first, x)]


@graph([normal(30, 2, 3)])
def products(K, keras):
    x = K.placeholder(shape=(None, 3))
    first = K.gradients(K.prod(x, axis=1) * K.sum(x, axis=1), x)
    return [x], [*first, *K.gradients(first[0] * x, x), *K.gradients(K.prod(x), x)]


@graph([np.array([[0, 2, 3], [0, 0, 4]], "float32")])
def products_of_zeros(K, keras):
    x = K.placeholder(shape=(None, 3))
    first = K.gradients(K.prod(x, axis=1), x)
    return [x], [*first, *K.gradients(first[0] * x, x), *K.gradients(K.prod(x, axis=0), x)]


@graph([normal(31, 3, 4)])
def deviations(K, keras):
    x = K.placeholder(shape=(None, 4))
    first = K.gradients(K.std(x, axis=0) * K.var(x, axis=0), x)
    whole = K.gradients(K.std(x), x)
    return [x], [*first, *K.gradients(K.square(first[0]), x), *whole, *K.gradients(whole[0] * x, x)]


@graph([normal(32, 2, 3)])
def cumulated(K, keras):
    x = K.placeholder(shape=(None, 3))
    first = K.gradients(K.square(K.cumsum(x, axis=1)) + K.cumprod(x, axis=1), x)
    return [x], [*first, *K.gradients(first[0] * x, x)]


@graph([normal(33, 2, 3, 4)])
def means_over_axes(K, keras):
    x = K.placeholder(shape=(None, 3, 4))
    centred = x - K.mean(x, axis=[1, 2], keepdims=True)
    loss = K.sum(K.exp(centred), axis=-1)
    first = K.gradients(K.square(loss), [x, centred])
    return [x], [*first, *K.gradients(first[0] * x, x)]


@graph([normal(34, 2, 3)])
def log_of_softmax(K, keras):
    x = K.placeholder(shape=(None, 3))
    shifted = K.exp(x - K.max(x, axis=1, keepdims=True))
    chances = shifted / K.sum(shifted, axis=1, keepdims=True)
    loss = -K.mean(K.log(K.clip(chances[:, 0], K.epsilon(), 1.0)))
    first = K.gradients(loss, [x, chances])
    return [x], [loss, *first, *K.gradients(first[0][:, 1], x)]


# ------------------------------------------------------------ shapes, dtypes, parts of an array


@graph([normal(35, 4, 1), normal(36, 3), 0.5])
def broadcasting(K, keras):
    x, y, s = K.placeholder(shape=(None, 1)), K.placeholder(shape=(3,)), K.placeholder(shape=())
    w = K.variable(normal(37, 4, 3))
    loss = K.exp(x * y) * w * s + y
    first = K.gradients(loss, [x, y, s, w])
    return [x, y, s], [*first, *K.gradients(first[0], [x, y, s, w])]


@graph([normal(38, 3)])
def casts(K, keras):
    x, w = K.placeholder(shape=(3,)), K.variable(normal(39, 3))
    half = K.cast(x, "float16")
    back = K.cast(half, "float32")
    first = K.gradients(K.square(back) * w, [x, w, half])
    return [x], [half, *first, *K.gradients(first[0], [w, x])]


@graph([normal(40, 3, 4)])
def indexing(K, keras):
    x, w = K.placeholder(shape=(None, 4)), K.variable(normal(41, 4))
    y = x * w
    loss = K.square(x[0]) * w + x[1:, ::2][0, 1] * y[..., -1][0] + K.sum(K.exp(y[:, 1]))
    first = K.gradients(loss, [x, w, y])
    return [x], [*first, *K.gradients(first[0][:, 1], [x, w])]


@graph([normal(90, 2, 3)], eager=False)
def indexing_of_variables(K, keras):
    x, w = K.placeholder(shape=(None, 3)), K.variable(normal(91, 3, 3))
    loss = x * w[0] + K.exp(w[1:, ::2][0, 1]) * K.square(w[:, -1] * x)
    first = K.gradients(loss, [x, w])
    return [x], [*first, *K.gradients(first[0][:, 1], [x, w])]


@graph([normal(42, 2, 3)])
def outer_products(K, keras):
    x = K.placeholder(shape=(None, 3))
    table = x[:, :, None] * x[:, None, :] + K.eye(3)
    first = K.gradients(K.sum(K.square(table)) + K.flatten(table)[3], [x, table])
    return [x], [*first, *K.gradients(first[0], x)]


# -------------------------------------------------------------------------- branches and phases


@graph([normal(43, 2, 3) + 2], [normal(44, 2, 3) - 2])
def switch_of_scalar(K, keras):
    x, w = K.placeholder(shape=(None, 3)), K.variable(normal(45, 3))
    outer = K.square(x) * w
    loss = K.switch(K.sum(x) > 0, lambda: K.sum(outer * w), lambda: K.sum(K.sin(outer)))
    first = K.gradients(loss, [x, w, outer])
    return [x], [loss, *first, *K.gradients(first[0], [x, w])]


@graph([2.0], [-2.0])
def switch_of_one_sided_points(K, keras):
    x, a, b = K.placeholder(shape=()), K.variable(3.0), K.variable(5.0)
    loss = K.switch(x > 0, lambda: x * x * a, lambda: x * b)
    return [x], [loss, *K.gradients(loss, [a, b, x])]


@graph([normal(46, 3, 2, 2)])
def switch_by_element(K, keras):
    x = K.placeholder(shape=(None, 2, 2))
    rows = K.switch(K.sum(x, axis=2) > 0, K.square(x), K.exp(x))
    each = K.switch(x > 0, x * x * x, K.sin(x))
    first = K.gradients([rows, each], x)
    return [x], [rows, each, *first, *K.gradients(first, x)]


@graph([2.0], [-2.0])
def switch_between_gradients(K, keras):
    x = K.placeholder(shape=())
    up, down = K.gradients(x * x * x, x)[0], K.gradients(K.sin(x), x)[0]
    chosen = K.switch(x > 0, lambda: up * x, lambda: down * x)
    return [x], [chosen, *K.gradients(chosen, [x, up, down])]


@graph([normal(47, 3), 0], [normal(47, 3), 1])
def train_phase(K, keras):
    x, w = K.placeholder(shape=(3,)), K.variable(normal(48, 3))
    loss = K.in_train_phase(lambda: K.square(x) * w, lambda: K.exp(x))
    first = K.gradients(loss, [x, w])
    other = K.gradients(K.in_test_phase(x * x * x, x * 2), x)
    return [x, K.learning_phase()], [loss, *first, *K.gradients(first[0], x), *other]


# ------------------------------------------------------------------------------------- layers


@graph([normal(50, 4, 3)])
def kernels_and_layer_outputs(K, keras):
    x = keras.Input((3,))
    first, last = dense(keras, 51, 3, 4), dense(keras, 53, 4, 2, "sigmoid")
    hidden = first(x)
    y = last(hidden)
    loss = K.mean(K.square(y - 0.5))
    return [x], [loss, *K.gradients(loss, [first.kernel, first.bias, last.kernel, hidden, y, x])]


@graph([normal(55, 3, 2)])
def second_order_of_kernels(K, keras):
    x = keras.Input((2,))
    layer = dense(keras, 56, 2, 2)
    loss = K.sum(K.square(layer(x)))
    first = K.gradients(loss, [layer.kernel, layer.bias])
    second = K.gradients(K.sum(K.square(first[0])), [layer.kernel, layer.bias, x])
    return [x], [loss, *first, *second, *K.gradients(second[0], [layer.kernel])]


@graph([normal(58, 3, 2)])
def hessian_vector_product(K, keras):
    x, v = keras.Input((2,)), K.constant(normal(59, 2, 3))
    first, last = dense(keras, 60, 2, 3), dense(keras, 62, 3, 1, None)
    loss = K.mean(K.square(last(first(x))))
    kernels = [first.kernel, last.kernel]
    slope = K.gradients(loss, kernels)
    return [x], [*slope, *K.gradients(K.sum(slope[0] * v), kernels)]


@graph([normal(64, 2, 3), normal(65, 2, 3), positive(66, 2, 1) / 2])
def penalty_of_wgan_gp(K, keras):
    real, fake = K.placeholder(shape=(None, 3)), K.placeholder(shape=(None, 3))
    weight = K.placeholder(shape=(None, 1))
    first, last = dense(keras, 67, 3, 4), dense(keras, 69, 4, 1, None)
    between = weight * real + (1 - weight) * fake
    (slope,) = K.gradients(last(first(between)), [between])
    penalty = K.mean(K.square(K.sqrt(K.sum(K.square(slope), axis=1)) - 1))
    loss = K.mean(last(first(fake))) - K.mean(last(first(real))) + 10 * penalty
    weights = [first.kernel, first.bias, last.kernel, last.bias]
    # The penalty does not depend on the last bias.
    return [real, fake, weight], [
        penalty,
        loss,
        *K.gradients(loss, weights),
        *K.gradients(penalty, [*weights[:3], real, fake]),
    ]


@graph([normal(71, 4, 2), normal(72, 4, 1)])
def a_step_inside_the_loss(K, keras):
    x, y = K.placeholder(shape=(None, 2)), K.placeholder(shape=(None, 1))
    w = K.variable(normal(73, 2))

    def loss(weights):
        return K.mean(K.square(K.sin(K.sum(x * weights, axis=1, keepdims=True)) - y))

    (slope,) = K.gradients(loss(w), w)
    stepped = w - 0.5 * slope
    return [x, y], [loss(stepped), *K.gradients(loss(stepped), [w, stepped, slope])]


@graph([normal(74, 1, 5, 5, 2)])
def convolution(K, keras):
    x = keras.Input((5, 5, 2))
    layer = keras.layers.Conv2D(2, 3, activation="tanh")
    y = layer_with([normal(75, 3, 3, 2, 2) / 3, normal(76, 2)], layer, x)
    loss = K.sum(K.square(y))
    by_kernel, by_x = K.gradients(loss, [layer.kernel, x])
    return [x], [loss, by_kernel, by_x, *K.gradients(K.sum(K.square(by_x)), [layer.kernel, x])]


@graph([normal(77, 1, 6, 6, 1)])
def saliency_and_dream(K, keras):
    x = keras.Input((6, 6, 1))
    layer = keras.layers.Conv2D(3, 3, strides=2, padding="same", activation="sigmoid")
    y = layer_with([normal(78, 3, 3, 1, 3), normal(79, 3)], layer, x)
    (slope,) = K.gradients(K.mean(y[:, :, :, 1]), x)
    slope /= K.sqrt(K.mean(K.square(slope))) + 1e-5
    pooled = K.mean(K.gradients(K.max(y, axis=-1), y)[0], axis=(0, 1, 2))
    return [x], [slope, pooled]


NORM = [positive(80, 3), normal(81, 3), normal(82, 3), positive(83, 3)]


@graph([normal(84, 5, 3)])
def normalization_in_training(K, keras):
    x = keras.Input((3,))
    layer = keras.layers.BatchNormalization()
    layer.build((None, 3))
    layer.set_weights(NORM)
    y = layer(x, training=True)
    loss = K.sum(K.sin(y) * y)
    first = K.gradients(loss, [x, layer.gamma, layer.beta])
    second = K.gradients(K.sum(K.square(first[0])), [x, layer.gamma, layer.beta])
    return [x], [y, *first, *second]


# The phase of inference comes first: training moves the averages.
@graph([normal(85, 5, 3), 0], [normal(85, 5, 3), 1])
def normalization_by_phase(K, keras):
    x = keras.Input((3,))
    norm, last = keras.layers.BatchNormalization(), dense(keras, 86, 3, 2)
    y = last(layer_with(NORM, norm, x))
    loss = K.mean(K.square(y))
    first = K.gradients(loss, [x, norm.gamma, norm.beta, last.kernel])
    second = K.gradients(K.sum(K.square(first[0])), [norm.gamma, last.kernel])
    return [x, K.learning_phase()], [y, *first, *second]


@graph([normal(88, 2, 3, 3, 3)])
def normalization_of_images(K, keras):
    x = keras.Input((3, 3, 3))
    layer = keras.layers.BatchNormalization()
    layer.build((None, 3, 3, 3))
    layer.set_weights(NORM)
    y = layer(x, training=True)
    return [x], [y, *K.gradients(K.sum(K.square(K.sin(y))), [x, layer.gamma, layer.beta])]
