"""What holds for normalisation on every engine, beside the recorded answers."""

import keras
import numpy as np
import pytest

import kompat

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(2, 3), (3, 3), (2, 3, 4), (3, 3, 3), (2, 3, 4, 3)], ids=str)
def test_vectors_stand_along_any_axis(K, shape):
    x = RANDOM.normal(size=shape).astype("float32")
    for axis in range(-len(shape), len(shape)):
        size = shape[axis]
        mean, var, beta, gamma = RANDOM.uniform(0.5, 2.0, (4, size)).astype("float32")
        got = K.batch_normalization(K.constant(x), mean, var, beta, gamma, axis, epsilon=0.5)
        moved = np.moveaxis(x, axis, -1)
        want = np.moveaxis((moved - mean) / np.sqrt(var + 0.5) * gamma + beta, -1, axis)
        np.testing.assert_allclose(K.eval(got), want, rtol=1e-4, atol=1e-5)


def test_a_vector_of_another_length_is_refused(K):
    x = K.ones((2, 3))
    with pytest.raises(ValueError, match="fits axes"):
        K.batch_normalization(x, K.ones((2,)), K.ones((3,)), None, None)
    with pytest.raises(ValueError, match="fits axes"):
        K.normalize_batch_in_training(x, K.ones((2,)), None, [0])


@pytest.mark.parametrize("axes", [[0], [0, 1], [0, 2], [1, 2], [0, 1, 2]], ids=str)
@pytest.mark.parametrize("known", [True, False])
def test_a_batch_is_normalised_to_mean_0_and_variance_1(K, axes, known):
    data = RANDOM.normal(3, 5, size=(6, 5, 4)).astype("float32")
    x = K.constant(data) if known else K.placeholder((None, None, 4))
    results = K.normalize_batch_in_training(x, None, None, axes, epsilon=0.0)
    if known:
        normal, mean, var = map(K.eval, results)
    else:
        normal, mean, var = K.function([x], list(results))([data])
    np.testing.assert_allclose(normal.mean(tuple(axes)), 0, atol=1e-5)
    np.testing.assert_allclose(normal.var(tuple(axes)), 1, rtol=1e-4)
    np.testing.assert_allclose(mean, data.mean(tuple(axes)), rtol=1e-4)
    np.testing.assert_allclose(var, data.var(tuple(axes)), rtol=1e-4)


@pytest.mark.parametrize("static", [(2, 3, 4, 5), (None, 3, None, 5)], ids=str)
def test_the_variance_of_images_is_that_of_the_population(K, static):
    data = RANDOM.normal(size=(2, 3, 4, 5)).astype("float32")
    x = K.placeholder(static)
    _, _, var = K.normalize_batch_in_training(x, None, None, [0, 1, 2])
    got = K.function([x], [var])([data])[0]
    np.testing.assert_allclose(got, data.var((0, 1, 2), ddof=1), rtol=1e-5)


def test_one_value_has_no_variance(K):
    _, _, var = K.normalize_batch_in_training(K.ones((1, 1, 1, 2)), None, None, [0, 1, 2])
    np.testing.assert_array_equal(K.eval(var), [0, 0])


def test_half_precision_does_not_overflow(K):
    x = K.constant([[60000.0], [59904.0]], dtype="float16")
    normal, mean, _ = K.normalize_batch_in_training(x, None, None, [0])
    assert K.dtype(normal) == "float16"
    np.testing.assert_allclose(K.eval(normal), [[1], [-1]], rtol=1e-2)
    np.testing.assert_allclose(K.eval(mean), [59952], rtol=1e-3)


def test_normalisation_has_gradients_through_the_batch(K, engine):
    if engine == "numpy":
        pytest.skip("NumPy has no gradients")
    x = K.placeholder((None, 2))
    weights = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.0]], np.float32)
    normal, _, _ = K.normalize_batch_in_training(x, None, None, [0], epsilon=0.0)
    slopes = K.function([x], K.gradients(K.sum(normal * weights), x))
    data = RANDOM.normal(size=(3, 2)).astype("float32")
    got = slopes([data])[0]
    np.testing.assert_allclose(got.sum(0), 0, atol=1e-4)  # a shift of the batch changes nothing
    np.testing.assert_allclose((got * (data - data.mean(0))).sum(0), 0, atol=1e-4)


def test_a_moving_average_moves_when_the_graph_runs(K):
    v, layer = K.variable([1.0, 2.0]), keras.layers.BatchNormalization()
    layer.build((None, 2))
    x = K.placeholder((2,))
    with kompat.graph_mode():
        updates = [K.moving_average_update(each, x, 0.75) for each in (v, layer.moving_mean)]
    np.testing.assert_array_equal(K.get_value(v), [1, 2])
    run = K.function([x], [], updates=updates)
    run([[5.0, 2.0]])
    run([[5.0, 2.0]])
    np.testing.assert_allclose(K.get_value(v), [2.75, 2])
    np.testing.assert_allclose(K.get_value(layer.moving_mean), [2.1875, 0.875])


def test_a_moving_average_takes_a_momentum_of_the_graph(K):
    v, momentum = K.variable(1.0), K.placeholder(())
    run = K.function([momentum], [], updates=[K.moving_average_update(v, 3.0, momentum)])
    run([0.5])
    assert K.get_value(v) == 2
    run([0.0])
    assert K.get_value(v) == 3
