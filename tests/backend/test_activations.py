"""What holds for activations on every engine, beside the recorded answers."""

import keras
import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as arrays
from shares import examples

import kompat

FINITE = arrays.arrays(
    np.float32, (3, 4), elements=st.floats(-50, 50, width=32, allow_subnormal=False)
)
ALL = ("elu", "hard_sigmoid", "l2_normalize", "relu", "sigmoid", "softmax", "softplus", "softsign")
SLOW = examples(40)


@SLOW
@given(
    FINITE,
    st.sampled_from([0.0, 0.25, -1.0]),
    st.sampled_from([None, 6, 2.5]),
    st.sampled_from([0.0, 1.0, 3]),
)
def test_relu_is_its_three_pieces(K, x, alpha, max_value, threshold):
    got = K.eval(K.relu(K.constant(x), alpha, max_value, threshold))
    above = x if max_value is None else np.minimum(x, max_value)
    want = np.where(x > threshold, above, np.float32(alpha) * (x - np.float32(threshold)))
    np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-6)


def test_relu_keeps_nan_and_infinities(K):
    x = K.constant([np.nan, np.inf, -np.inf])
    np.testing.assert_array_equal(K.eval(K.relu(x, threshold=1.0)), [np.nan, np.inf, 0])
    np.testing.assert_array_equal(K.eval(K.relu(x, max_value=6.0)), [np.nan, 6, 0])
    np.testing.assert_array_equal(K.eval(K.relu(x, alpha=0.5)), [np.nan, np.inf, -np.inf])


def test_a_slope_may_be_a_variable(K):
    alpha = K.variable(0.5)
    x = K.constant([-2.0, 2.0])
    np.testing.assert_array_equal(K.eval(K.relu(x, alpha=alpha)), [-1, 2])
    np.testing.assert_allclose(K.eval(K.elu(x, alpha)), [0.5 * np.expm1(-2.0), 2], rtol=1e-6)
    with kompat.graph_mode():
        result = K.relu(x, alpha=alpha)
    K.set_value(alpha, 0.25)
    np.testing.assert_array_equal(K.get_value(result), [-0.5, 2])


@SLOW
@given(FINITE, st.sampled_from([-1, 0, 1, (0, 1)]), st.sampled_from([-300, 3, 300]))
def test_softmax_sums_to_one_and_ignores_a_shift(K, x, axis, shift):
    probabilities = K.eval(K.softmax(K.constant(x), axis))
    np.testing.assert_allclose(probabilities.sum(axis), 1, rtol=1e-5)
    shifted = K.eval(K.softmax(K.constant(x + np.float32(shift)), axis))
    np.testing.assert_allclose(shifted, probabilities, rtol=1e-4, atol=1e-6)


@SLOW
@given(FINITE, st.sampled_from([None, 0, 1, (0, 1)]))
def test_a_normalised_vector_has_length_one(K, x, axis):
    x = x + np.float32(100)
    normal = K.eval(K.l2_normalize(K.constant(x), axis))
    np.testing.assert_allclose(np.square(normal).sum(axis), 1, rtol=1e-5)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_normalised_without_overflow_or_nan(K, dtype):
    normal = K.l2_normalize(K.constant([[300.0, 400.0], [0.0, 0.0]], dtype=dtype), axis=1)
    assert K.dtype(normal) == dtype
    values = np.asarray(K.eval(normal), np.float32)
    np.testing.assert_allclose(values, [[0.6, 0.8], [0, 0]], rtol=1e-2)


@pytest.mark.parametrize("name", ALL)
def test_integers_become_floats(K, name):
    x = [[1, -2], [3, 0]]
    of_floats = K.eval(getattr(K, name)(K.constant(x)))
    result = getattr(K, name)(K.constant(x, dtype="int32"))
    assert K.dtype(result) == ("int32" if name == "relu" else "float32")
    np.testing.assert_allclose(K.eval(result), of_floats)


@pytest.mark.parametrize("name", ALL)
def test_inside_a_trace_of_jax(K, engine, name):
    if engine != "jax":
        pytest.skip("traces of JAX")
    import jax

    x = np.array([[1.5, -2.0], [0.25, 3.0]], np.float32)
    function = getattr(K, name)
    np.testing.assert_allclose(jax.jit(function)(x), K.eval(function(x)), rtol=1e-6)
    slopes = jax.jit(jax.grad(lambda x: K.sum(K.square(function(x)))))(x)
    assert np.isfinite(slopes).all()


def test_another_number_compiles_nothing(K, engine):
    if engine != "jax":
        pytest.skip("only JAX compiles")
    import jax

    x = K.constant([[1.0, -2.0]])
    target = K.constant([[0.0, 1.0]])
    K.relu(x, alpha=0.5), K.elu(x, 0.5), K.binary_crossentropy(target, target)
    compiled = []
    jax.monitoring.register_event_duration_secs_listener(
        lambda event, *_, **__: compiled.append(event) if "backend_compile" in event else None
    )
    K.set_epsilon(1e-3)
    K.relu(x, alpha=0.25), K.elu(x, 0.125), K.binary_crossentropy(target, target)
    assert compiled == []
    K.relu(K.constant([1.0] * 17), alpha=0.5)
    assert compiled, "the listener hears nothing"


class TestDropout:
    N = 20_000

    @pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
    def test_the_level_is_the_part_that_is_dropped(self, K, level):
        dropped = K.eval(K.dropout(K.ones((self.N,)), level, seed=1))
        np.testing.assert_allclose(np.unique(dropped), [0, 1 / (1 - level)], rtol=1e-6)
        deviation = np.sqrt(level * (1 - level) / self.N)
        assert abs((dropped == 0).mean() - level) < 5 * deviation

    def test_a_seed_names_its_mask(self, K):
        x = K.ones((100,))
        first, again = K.eval(K.dropout(x, 0.5, seed=3)), K.eval(K.dropout(x, 0.5, seed=3))
        np.testing.assert_array_equal(first, again)
        assert (first != K.eval(K.dropout(x, 0.5, seed=4))).any()

    def test_without_one_each_call_has_its_own(self, K):
        x = K.ones((100,))
        assert (K.eval(K.dropout(x, 0.5)) != K.eval(K.dropout(x, 0.5))).any()

    @pytest.mark.parametrize("noise_shape", [(None, 1), (50, 1)])
    @pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
    def test_elements_share_the_fate_of_their_place(self, K, noise_shape, known):
        ones = np.ones((50, 4), np.float32)
        if known:
            dropped = K.eval(K.dropout(K.constant(ones), 0.5, noise_shape))
        else:
            x = K.placeholder((None, 4))
            dropped = K.function([x], [K.dropout(x, 0.5, noise_shape)])([ones])[0]
        assert (dropped == dropped[:, :1]).all()
        assert len(np.unique(dropped[:, 0])) == 2

    def test_a_graph_draws_anew_in_each_run(self, K):
        x = K.placeholder((None, 3))
        run = K.function([x], [K.dropout(x, 0.5, seed=5)])
        assert (run([np.ones((50, 3))])[0] != run([np.ones((50, 3))])[0]).any()

    def test_the_gradient_has_the_mask_of_the_value(self, K, engine):
        if engine == "numpy":
            pytest.skip("NumPy has no gradients")
        x = K.placeholder((None, 3))
        y = K.dropout(x, 0.25)
        value, slope = K.function([x], [y, K.gradients(y, x)[0]])([np.full((50, 3), 2.0)])
        np.testing.assert_allclose(slope, value / 2)

    def test_training_steps_have_their_own_masks(self, K, engine):
        if engine == "numpy":
            pytest.skip("Keras on NumPy does not train")
        losses = []
        layer = keras.layers.Lambda(lambda x: K.dropout(x, 0.5))
        model = keras.Sequential([keras.Input((100,)), layer, keras.layers.Dense(1)])
        model.layers[-1].set_weights([np.ones((100, 1)), np.zeros(1)])
        model.compile(keras.optimizers.SGD(0.0), "mse")
        record = keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: losses.append(logs["loss"])
        )
        x = np.ones((12, 100), np.float32)
        model.fit(x, np.zeros((12, 1)), batch_size=4, epochs=2, verbose=0, callbacks=[record])
        assert len(set(losses)) > 2

    def test_a_functional_model_draws_anew(self, K):
        x = keras.Input((100,))
        model = keras.Model(x, K.dropout(x, 0.5))
        ones = np.ones((1, 100), np.float32)
        assert (model.predict(ones, verbose=0) != model.predict(ones, verbose=0)).any()

    def test_a_seed_names_the_masks_of_a_model(self, K):
        def masks():
            x = keras.Input((100,))
            model = keras.Model(x, K.dropout(x, 0.5, seed=3))
            return [model.predict(np.ones((1, 100)), verbose=0) for _ in range(2)]

        np.testing.assert_array_equal(masks(), masks())

    @pytest.mark.parametrize("noise_shape", [(3, 3), (2,), (None,), (1, 2, 3)])
    def test_a_noise_shape_that_does_not_fit_is_refused(self, K, noise_shape):
        with pytest.raises(ValueError, match="noise_shape"):
            K.dropout(K.ones((2, 3)), 0.5, noise_shape)
