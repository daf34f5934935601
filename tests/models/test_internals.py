"""K.function and K.gradients inside models that trained, against plain Keras and the engine.

Each model has K in one place. What its layers put out is compared with the same model of plain
Keras and the same weights, gradients with what the engine's own differentiation gives there.
"""

import keras
import numpy as np
import pytest
from models.pieces import OFTEN, PLACES, TOGETHER, X, Y, compiled, network
from models.slopes import slopes
from shares import where_compiled

EXACT = {"rtol": 1e-4, "atol": 1e-6}
POLICIES = ["mixed_bfloat16", "mixed_float16"]


def pair(K, place):
    """The network with K, and the plain one with its weights."""
    ours, plain = network(**PLACES[place].ours(K)), network(**PLACES[place].plain())
    plain.set_weights(ours.get_weights())
    return ours, plain


def outputs_of(model):
    """What comes out of each layer of `model`, last of all the model itself."""
    return [layer.output for layer in model.layers[1:] if len(layer._inbound_nodes) == 1]


def at_once(model, tensors, x, training=False):
    """What Keras itself computes for symbolic tensors of `model`."""
    found = keras.Model(model.inputs[0], tensors)(x, training=training)
    return [keras.ops.convert_to_numpy(y) for y in keras.tree.flatten(found)]


def test_the_input_of_an_input_layer_is_its_tensor(K):
    """The line of Keras's own FAQ, for a functional model and a Sequential."""
    inputs = keras.Input((3,))
    x = keras.layers.Dense(4, activation="relu")(inputs)
    x = keras.layers.Dropout(0.5)(x)
    functional = keras.Model(inputs, keras.layers.Dense(2)(x))
    sequential = keras.Sequential([keras.Input((3,)), *functional.layers[1:]])
    data = np.arange(6, dtype="float32").reshape(2, 3)
    assert functional.layers[0].input is inputs
    for model, last in ((functional, 3), (sequential, 2)):
        first = [model.layers[0].input, K.learning_phase()]
        function = K.function(first, [model.layers[last].output])
        (found,) = function([data, 0])
        np.testing.assert_allclose(found, functional.predict(data, verbose=0), **EXACT)
    copied = keras.models.clone_model(functional)
    assert [*map(type, copied.layers)] == [*map(type, functional.layers)]


def squares(K, output):
    return K.mean(K.square(output - Y))


def plain_squares(output):
    return keras.ops.mean(keras.ops.square(keras.ops.subtract(output, Y)))


@pytest.mark.parametrize("place", where_compiled(PLACES, OFTEN))
def test_outputs_of_layers_in_both_phases_before_and_after_training(K, engine, place):
    keras.utils.set_random_seed(11)
    ours, plain = pair(K, place)
    f = K.function([ours.inputs[0], K.learning_phase()], outputs_of(ours))

    def check():
        for phase in (0, 1, 0):
            expected = at_once(plain, outputs_of(plain), X, training=bool(phase))
            for a, b in zip(f([X, phase]), expected, strict=True):
                np.testing.assert_allclose(a, b, **EXACT)
            for a, b in zip(ours.get_weights(), plain.get_weights(), strict=True):
                np.testing.assert_allclose(a, b, **EXACT)

    check()
    if engine != "numpy":
        compiled(ours).fit(X, Y, batch_size=8, verbose=0)
        plain.set_weights(ours.get_weights())
        check()


@pytest.mark.parametrize("place", where_compiled(PLACES, OFTEN))
def test_gradients_of_inputs_intermediates_and_weights_after_training(K, engine, place):
    if engine == "numpy":
        pytest.skip("NumPy has no gradients")
    keras.utils.set_random_seed(12)
    ours, plain = pair(K, place)
    middle = ours.get_layer("first").output
    points = [ours.inputs[0], *ours.trainable_variables, middle]
    made_before = K.function([ours.inputs[0]], K.gradients(squares(K, ours.outputs[0]), points))
    compiled(ours).fit(X, Y, batch_size=8, verbose=0)
    made_after = K.function([ours.inputs[0]], K.gradients(squares(K, ours.outputs[0]), points))
    plain.set_weights(ours.get_weights())

    middle = plain.get_layer("first").output
    rest = keras.Model(middle, plain.outputs[0])
    halfway = at_once(plain, [middle], X)[0]
    expected = [*slopes(plain, plain_squares, X), slopes(rest, plain_squares, halfway)[0]]
    for f in (made_before, made_after):
        for a, b in zip(f([X]), expected, strict=True):
            np.testing.assert_allclose(a, b, **EXACT)


def test_the_graph_of_a_nested_model_and_of_its_second_use(K, engine):
    """The inner graph, and each application of it, have values and gradients of their own."""
    keras.utils.set_random_seed(13)
    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "tanh")], name="inner")
    x = keras.Input((4,))
    first, second = inner(x), inner(K.square(x))
    model = keras.Model(x, K.sum(first * second, axis=-1, keepdims=True))
    kernel, bias = inner.get_weights()
    once, twice = np.tanh(X @ kernel + bias), np.tanh(X**2 @ kernel + bias)

    f = K.function([x], [first, second, model.outputs[0]])
    expected = [once, twice, (once * twice).sum(-1, keepdims=True)]
    for a, b in zip(f([X]), expected):
        np.testing.assert_allclose(a, b, **EXACT)
    inside = K.function([inner.inputs[0]], [inner.layers[0].output])
    np.testing.assert_allclose(inside([X])[0], once, **EXACT)
    if engine == "numpy":
        return
    loss = K.sum(model.outputs[0])
    g = K.function([x], K.gradients(loss, [first, second, inner.layers[0].kernel, x]))
    by_once, by_twice = twice * (1 - once**2), once * (1 - twice**2)
    expected = [
        twice,
        once,
        X.T @ by_once + (X**2).T @ by_twice,
        by_once @ kernel.T + 2 * X * (by_twice @ kernel.T),
    ]
    for a, b in zip(g([X]), expected):
        np.testing.assert_allclose(a, b, **EXACT)


@pytest.mark.parametrize("policy", where_compiled(POLICIES, POLICIES[:1]))
def test_internals_in_mixed_precision_have_the_dtypes_of_keras(K, engine, policy):
    """Outputs in half as Keras makes them, gradients in the dtype of what they are taken by."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        keras.utils.set_random_seed(14)
        ours, plain = pair(K, TOGETHER)
    finally:
        keras.config.set_dtype_policy(before)
    found = K.function([ours.inputs[0]], outputs_of(ours))([X])
    expected = at_once(plain, outputs_of(plain), X)
    assert found[-1].dtype == policy.removeprefix("mixed_")
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a.astype("f4"), np.asarray(b, "f4"), rtol=2e-2, atol=2e-2)
    if engine == "numpy":
        return
    loss = squares(K, K.cast(ours.outputs[0], "float32"))
    found = K.function([ours.inputs[0]], K.gradients(loss, ours.trainable_variables))([X])
    expected = slopes(plain, lambda y: plain_squares(keras.ops.cast(y, "float32")), X)[1:]
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == "float32"
        np.testing.assert_allclose(a, b, rtol=5e-2, atol=2e-3)


def put_together(*layers):
    """A Sequential whose layers come one by one, and its outputs as each layer had come."""
    model = keras.Sequential([keras.Input((4,))])
    outputs = []
    for layer in layers:
        model.add(layer)
        outputs.append(model.layers[-1].output)
    return model, outputs


def test_outputs_of_layers_of_a_sequential_lead_to_its_output(K, engine):
    Dense = keras.layers.Dense
    model, (first, *_) = put_together(Dense(5, "tanh"), Dense(4, "tanh"), Dense(3))
    assert model.layers[0].output is first
    rest = K.function([first], [model.outputs[0]])
    (hidden,) = K.function([model.inputs[0]], [first])([X])
    np.testing.assert_allclose(rest([hidden])[0], model.predict(X, verbose=0), **EXACT)
    if engine == "numpy":
        return
    (slope,) = K.function([first], K.gradients(model.outputs[0], [first]))([hidden])
    second, third = (K.get_value(layer.kernel) for layer in model.layers[1:])
    tanh = np.tanh(hidden @ second + K.get_value(model.layers[1].bias))
    expected = ((1 - tanh**2) * third.sum(axis=1)) @ second.T
    np.testing.assert_allclose(slope, expected, **EXACT)


def test_a_sequential_computes_a_layer_once_for_its_output_and_the_models(K):
    model, (dropped, _) = put_together(keras.layers.Dropout(0.5), keras.layers.Dense(3))
    f = K.function([model.inputs[0], K.learning_phase()], [dropped, model.outputs[0]])
    for _ in range(3):
        hidden, output = f([X, 1])
        np.testing.assert_allclose(output, hidden @ model.get_weights()[0], **EXACT)


def test_layers_of_a_sequential_may_be_taken_off_and_used_elsewhere(K):
    Dense = keras.layers.Dense
    model, (first, _) = put_together(Dense(5, "tanh"), Dense(4))
    model.pop()
    model.add(Dense(2))
    elsewhere, (other, _) = put_together(model.layers[0], Dense(3))
    assert other is first, "a layer tells its first call"
    (hidden,) = K.function([model.inputs[0]], [first])([X])
    np.testing.assert_allclose(
        K.function([first], [model.outputs[0]])([hidden])[0], model.predict(X, verbose=0), **EXACT
    )
    kernel, bias = elsewhere.layers[-1].get_weights()
    np.testing.assert_allclose(elsewhere.predict(X, verbose=0), hidden @ kernel + bias, **EXACT)
