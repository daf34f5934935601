"""K.gradients against calculus, finite differences and the engine's own gradients."""

import keras
import numpy as np
import pytest

from kompat.errors import SymbolicValueError


@pytest.fixture(autouse=True)
def engine_with_gradients(engine, K):
    if engine == "numpy":
        x = K.placeholder(shape=())
        with pytest.raises(NotImplementedError, match="jax, torch or tensorflow"):
            K.function([x], K.gradients(x * x, x))([1.0])
        pytest.skip("NumPy has no gradients; the error was checked")


def test_orders_one_to_three(K):
    x = K.placeholder(shape=())
    first = K.gradients(x * x * x, x)
    second = K.gradients(first[0], [x])
    third = K.gradients(second, x)
    f = K.function([x], [*first, *second, *third])
    np.testing.assert_allclose(f([2.0]), [12, 12, 6])


def test_several_points_on_one_path(K):
    a = K.placeholder(shape=())
    b = a * 3
    f = K.function([a], K.gradients(b * b, [a, b]))
    np.testing.assert_allclose(f([2.0]), [36, 12])


def test_points_a_and_b_of_a(K):
    a = K.variable(1.0)
    x = K.placeholder(shape=())
    b = x * a * 2
    f = K.function([x], K.gradients(b * a, [a, b]))
    np.testing.assert_allclose(f([3.0]), [12, 1])


def test_losses_are_summed_and_lists_of_them_too(K):
    x = K.placeholder(shape=(None,))
    f = K.function([x], [*K.gradients(x * x, x), *K.gradients([x * x, x], x)])
    ours = f([[1.0, 2.0]])
    np.testing.assert_allclose(ours[0], [2, 4])
    np.testing.assert_allclose(ours[1], [3, 5])


def test_variables_of_layers_inputs_and_layer_outputs(K):
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(4, activation="tanh"),
            keras.layers.Dense(2, activation="sigmoid"),
        ]
    )
    loss = K.mean(K.square(model.outputs[0]))
    points = [*model.trainable_variables, model.inputs[0], model.layers[0].output]
    f = K.function([model.inputs[0]], [loss, *K.gradients(loss, points)])
    data = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    _, *found = f([data])
    for variable, gradient in zip(model.trainable_variables, found):
        check_by_differences(K, variable, gradient, lambda: f([data])[0])
    assert [g.shape for g in found[-2:]] == [(5, 3), (5, 4)]
    step = np.zeros_like(data)
    step[1, 2] = 1e-2
    slope = (f([data + step])[0] - f([data - step])[0]) / 2e-2
    np.testing.assert_allclose(found[-2][1, 2], slope, rtol=2e-2, atol=1e-5)


def check_by_differences(K, variable, gradient, loss):
    value = K.get_value(variable)
    index = np.unravel_index(np.abs(gradient).argmax(), gradient.shape)
    losses = []
    for sign in (1, -1):
        moved = value.copy()
        moved[index] += sign * 1e-2
        K.set_value(variable, moved)
        losses.append(loss())
    K.set_value(variable, value)
    np.testing.assert_allclose(gradient[index], (losses[0] - losses[1]) / 2e-2, rtol=3e-2)


def test_the_penalty_of_wgan_gp(K):
    critic = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(4, activation="tanh"), keras.layers.Dense(1)]
    )
    slope = K.gradients(critic.outputs[0], [critic.inputs[0]])[0]
    penalty = K.mean(K.square(K.sqrt(K.sum(K.square(slope), axis=1)) - 1))
    kernel = critic.layers[0].kernel
    f = K.function([critic.inputs[0]], [penalty, *K.gradients(penalty, [kernel])])
    data = np.random.default_rng(1).normal(size=(4, 3)).astype("float32")
    gradient = f([data])[1]
    check_by_differences(K, kernel, gradient, lambda: f([data])[0])


def test_a_training_step_in_the_style_of_2016(K):
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(64, 3)).astype("float32")
    true = np.array([1.0, -2.0, 0.5], "float32")
    x, y = K.placeholder(shape=(None, 3)), K.placeholder(shape=(None,))
    w = K.variable(np.zeros(3))
    loss = K.mean(K.square(K.sum(x * w, axis=1) - y))
    (gradient,) = K.gradients(loss, [w])
    step = K.function([x, y], [loss], updates=[K.update_sub(w, 0.1 * gradient)])
    losses = [step([inputs, inputs @ true])[0] for _ in range(100)]
    assert losses[-1] < 1e-4 < losses[0]
    np.testing.assert_allclose(K.get_value(w), true, atol=1e-2)


def test_what_is_unconnected_is_none_with_a_warning(K):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    again = model(keras.Input((2,)))
    other = K.variable(1.0)
    with pytest.warns(UserWarning, match="applies the model"):
        assert K.gradients(again, [model.inputs[0]]) == [None]
    with pytest.warns(UserWarning, match="variable"):
        found = K.gradients(model.outputs[0], [model.inputs[0], other])
    assert found[0] is not None
    assert found[1] is None
    with pytest.warns(UserWarning, match="stop_gradient"):
        assert K.gradients(K.stop_gradient(model.inputs[0]) * 2, model.inputs[0]) == [None]
    whole = K.placeholder(shape=(), dtype="int32")
    with pytest.warns(UserWarning, match="int32"):
        assert K.gradients(K.cast(whole, "float32") * 2, whole) == [None]


def test_stop_gradient_stops_one_of_two_paths(K):
    x = K.placeholder(shape=())
    f = K.function([x], K.gradients(x * K.stop_gradient(x), x))
    assert f([3.0]) == [3]


def test_a_computed_loss_raises(K):
    v = K.variable(2.0)
    with pytest.raises(SymbolicValueError, match="graph_mode"):
        K.gradients(K.square(v), v)
    with pytest.raises(
        SymbolicValueError, match=r"received ndarray(.|\n)*layers(.|\n)*GradientTape"
    ):
        K.gradients(K.placeholder(shape=()) * 2, np.ones(2))


def test_a_gradient_inside_a_keras_model_raises(K):
    x = keras.Input((2,))
    model = keras.Model(x, K.gradients(x * x, x)[0])
    with pytest.raises(TypeError, match=r"K\.function"):
        model(np.ones((1, 2)))


def test_a_gradient_that_is_none_is_called_so(K):
    with pytest.raises(ValueError, match=r"received None.*\n.*K.gradients.*\n.*zeros_like"):
        K.square(None)


def test_why_there_is_no_gradient_names_the_tensor_of_the_outer_model(K, engine):
    if engine == "numpy":
        pytest.skip("NumPy has no gradients")
    inner = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3), keras.layers.Dense(1)])
    inputs = keras.Input((2,), name="pictures")
    loss = K.sum(inner(inputs))
    with pytest.warns(UserWarning, match=rf"{inner.name!r} again.*'pictures' of shape"):
        assert K.gradients(loss, inner.inputs) == [None]
    with pytest.warns(UserWarning, match="inside of the model.*Make it an output"):
        assert K.gradients(loss, inner.layers[0].output) == [None]
    with pytest.warns(UserWarning, match="or only through stop_gradient or integers.$"):
        assert K.gradients(loss, K.placeholder((2,))) == [None]
