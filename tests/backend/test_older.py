"""Names that K had before tf.keras."""

import contextlib

import keras
import numpy as np
import pytest
from scipy.special import logsumexp

import kompat

X = np.array([[1.0, -2.0, 3.0], [0.5, 2.0, -1.0]], np.float32)


def test_data_formats_have_two_names(K):
    K.set_image_dim_ordering("th")
    assert K.image_data_format() == "channels_first"
    assert K.image_dim_ordering() == "th"
    K.set_image_dim_ordering("tf")
    assert K.image_data_format() == "channels_last"
    assert K.normalize_data_format(None) == "channels_last"
    assert K.normalize_data_format("Channels_First") == "channels_first"
    for refuse in (K.set_image_dim_ordering, K.normalize_data_format):
        with pytest.raises(ValueError, match="expected"):
            refuse("middle")


@pytest.mark.parametrize("axis", [None, 0, -1, [0, 1]])
@pytest.mark.parametrize("keepdims", [False, True])
def test_logsumexp(K, axis, keepdims):
    x = X * 300
    want = logsumexp(x, tuple(axis) if isinstance(axis, list) else axis, keepdims=keepdims)
    np.testing.assert_allclose(K.eval(K.logsumexp(x, axis, keepdims)), want, rtol=1e-6)


@pytest.mark.parametrize("graph", [False, True])
def test_slice(K, graph):
    with kompat.graph_mode() if graph else kompat.eager_mode():
        x = K.variable(X)
        np.testing.assert_array_equal(K.eval(K.slice(x, [0, 1], [2, 1])), X[:, 1:2])
        np.testing.assert_array_equal(K.eval(K.slice(x, (1, 1), (1, -1))), X[1:, 1:])
        with pytest.raises(ValueError, match="each axis"):
            K.slice(x, [0], [1])


def test_a_slice_with_symbolic_bounds(K):
    x = K.placeholder((None, 3))
    rows = K.shape(x)[0]
    part = K.slice(x, [rows - 1, 0], [1, 2])
    np.testing.assert_array_equal(K.function([x], [part])([X])[0], X[1:, :2])


def test_identity_is_another_tensor_with_the_same_value(K):
    v = K.variable(X)
    copy = K.identity(v)
    assert copy is not v
    K.set_value(v, X + 1)
    np.testing.assert_array_equal(K.eval(copy), X)
    x = K.placeholder((2, 3))
    same = K.identity(x)
    assert same is not x
    np.testing.assert_array_equal(K.function([x], [same])([X])[0], X)


def test_size(K):
    assert K.eval(K.size(K.constant(X))) == 6
    assert K.eval(K.size(2.5)) == 1
    x = K.placeholder((None, 3))
    assert K.function([x], [K.size(x)])([X])[0] == 6


def test_kinds_of_tensors(K):
    constant, variable, placeholder = K.constant(1.0), K.variable(1.0), K.placeholder(())
    assert [K.is_tensor(x) for x in (constant, variable, placeholder, X, 2.0)][1:] == [
        True, True, False, False,
    ]  # fmt: skip
    assert [K.is_variable(x) for x in (constant, variable, placeholder)] == [False, True, False]
    assert [K.is_symbolic(x) for x in (constant, variable, placeholder)] == [False, False, True]
    assert [K.is_placeholder(x) for x in (variable, placeholder, placeholder * 2)] == [
        False, True, False,
    ]  # fmt: skip
    assert K.get_variable_shape(K.variable(X)) == (2, 3)


def test_functions_choose_their_mode(K):
    v = K.variable(2.0)

    @K.symbolic
    def build(x):
        return x * 2

    @K.eager
    def compute(x):
        """Doubles."""
        return x * 2

    with kompat.graph_mode():
        assert not K.is_symbolic(compute(v))
    assert compute.__doc__ == "Doubles."
    doubled = build(v)
    assert K.is_symbolic(doubled)
    K.set_value(v, 5.0)
    assert K.eval(doubled) == 10


def test_what_is_built_after_an_update_runs_it_and_sees_it(K):
    v = K.variable(1.0)
    x = K.placeholder(())
    with kompat.graph_mode():
        update = K.update_add(v, x)
        with K.control_dependencies([update]):
            y = x * 10
            after = K.identity(v)
            with K.control_dependencies(update):
                nested = after + y
    assert K.function([x], [y])([2.0]) == [20]
    assert K.get_value(v) == 3
    assert K.function([x], [nested])([4.0]) == [47]
    assert K.get_value(v) == 7
    assert K.function([x], [x + 1])([2.0]) == [3]
    assert K.get_value(v) == 7


def test_computed_values_need_no_order(K):
    with K.control_dependencies([K.variable(1.0), K.constant(2.0)]):
        assert K.eval(K.constant(1.0) + 1) == 2


def test_the_phase_and_the_graph_of_eager_mode(K):
    with K.eager_learning_phase_scope(1):
        assert K.learning_phase() == 1
    assert K.get_graph() is K.get_session().graph


def test_a_cleared_session_has_another_graph(K):
    before = K.get_graph()
    K.clear_session()
    assert K.get_graph() is not before
    assert K.get_graph() is K.get_graph()
    assert K.get_graph() is K.get_session().graph


def test_in_graph_mode_a_placeholder_is_no_tensor_of_a_layer(K):
    inputs, x = keras.Input((3,)), K.placeholder((None, 3))
    made = [inputs, keras.layers.Dense(2)(inputs), x, K.square(x), K.placeholder()]
    with kompat.graph_mode():
        assert [K.is_keras_tensor(t) for t in made] == [True, True, False, False, False]
    assert all(map(K.is_keras_tensor, made))


def test_inner_names_that_programs_import(K):
    assert K.symbolic_learning_phase() is K.learning_phase()
    assert K.is_tf_random_generator_enabled() is True
    for value in (0, 1):
        K.clear_session()
        assert not K.global_learning_phase_is_set()
        K.set_learning_phase(value)
        assert K.global_learning_phase_is_set()


def test_a_placeholder_with_a_default_may_be_fed(K):
    v = K.variable([1.0, 2.0])
    x = K.placeholder_with_default(v, (None,))
    assert K.int_shape(x) == (None,)
    np.testing.assert_array_equal(K.function([], [x * 3.0])([])[0], [3, 6])
    np.testing.assert_array_equal(K.function([x], [x * 3.0])([[1.0, 1.0, 1.0]])[0], [3, 3, 3])
    K.set_value(v, [5.0, 5.0])
    np.testing.assert_array_equal(K.function([], [x * 3.0])([])[0], [15, 15])
    with pytest.raises(ValueError, match=r"expected a default of shape \(3,\)"):
        K.placeholder_with_default(v, (3,))


@pytest.mark.parametrize("graph", [False, True])
def test_a_generator_draws_the_sequence_of_its_seed(K, graph):
    with kompat.graph_mode() if graph else contextlib.nullcontext():

        def draws(**options):
            generator = K.RandomGenerator(7, **options)
            return [
                K.eval(x)
                for x in (
                    generator.random_normal((50,)),
                    generator.random_normal((50,)),
                    generator.random_uniform((50,), 2.0, 3.0),
                    generator.truncated_normal((50,), stddev=0.5),
                    generator.dropout(K.ones((50,)), 0.5),
                )
            ]

        first, second, uniform, truncated, dropped = draws()
        np.testing.assert_array_equal(
            np.stack(draws()), [first, second, uniform, truncated, dropped]
        )
    assert (first != second).all()
    assert uniform.min() >= 2
    assert uniform.max() < 3
    assert np.abs(truncated).max() <= 1
    assert set(dropped) == {0, 2}
    one, other, *_ = draws(rng_type="stateless")
    np.testing.assert_array_equal(one, other)


def test_a_generator_of_no_kind_is_refused(K):
    with pytest.raises(ValueError, match="stateful"):
        K.RandomGenerator(7, rng_type="other")
    with pytest.raises(ValueError, match="needs a seed"):
        K.RandomGenerator(rng_type="stateless")


def test_a_convolution_of_its_own_kernels_by_rank(K):
    rng = np.random.default_rng(0)
    x, kernel = rng.random((1, 8, 3)), rng.random((6, 9, 4))
    got = K.eval(K.local_conv(x, kernel, (3,), (1,), (6,)))
    want = [x[0, i : i + 3].ravel() @ kernel[i] for i in range(6)]
    np.testing.assert_allclose(got[0], want, rtol=1e-5)
    x, kernel = rng.random((1, 4, 4, 1)), rng.random((9, 4, 2))
    got = K.eval(K.local_conv(x, kernel, (2, 2), (1, 1), (3, 3)))
    want = x[0, 1:3, 2:4].ravel() @ kernel[5]
    np.testing.assert_allclose(got[0, 1, 2], want, rtol=1e-5)
    with pytest.raises(ValueError, match="1 or 2 axes"):
        K.local_conv(x, kernel, (2, 2, 2), (1, 1, 1), (3, 3, 3))
