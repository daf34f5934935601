"""K.map_fn, K.foldl and K.foldr against Python's own, and wherever they run."""

import functools

import keras
import numpy as np
import pytest
from hypothesis import given, strategies as st
from shares import examples

import kompat

NUMBERS = st.lists(st.integers(-9, 9), min_size=1, max_size=6)


def evaluated(K, mode, call, *arrays):
    """What `call` of tensors gives: at once, or in a graph of unknown dimensions."""
    if mode == "eager":
        return K.get_value(call(*(K.constant(a, a.dtype.name) for a in arrays)))
    fed = [K.placeholder((None,) * a.ndim, dtype=a.dtype.name) for a in arrays]
    return K.function(fed, call(*fed))(list(arrays))


@pytest.mark.parametrize("mode", ["eager", "graph"])
@examples(25)
@given(NUMBERS, st.none() | st.integers(-9, 9))
def test_folds_are_those_of_functools(K, mode, numbers, initial):
    def combine(a, v):
        return a * 2 - v * v

    start = () if initial is None else (initial,)
    elems = np.array(numbers, "int32")
    for fold, order in ((K.foldl, numbers), (K.foldr, numbers[::-1])):
        got = evaluated(K, mode, lambda x, fold=fold: fold(combine, x, initial), elems)
        assert got == functools.reduce(combine, order, *start)
        assert got.dtype == "int32"


@pytest.mark.parametrize("mode", ["eager", "graph"])
@examples(25)
@given(NUMBERS, st.integers(0, 3))
def test_maps_are_lists_of_calls(K, mode, numbers, width):
    x = np.array(numbers, "float32")[:, None] * np.ones(width, "float32")
    got = evaluated(K, mode, lambda x: K.map_fn(lambda v: v * v - 1.0, x), x)
    np.testing.assert_array_equal(got, [row * row - 1 for row in x])


@pytest.mark.parametrize("mode", ["eager", "symbolic", "graph"])
def test_every_element_draws_anew(K, mode):
    def draw(v):
        return v + K.random_uniform((2,))

    if mode == "eager":
        runs = [K.get_value(K.map_fn(draw, np.zeros((4, 2), "float32"))) for _ in range(2)]
    else:
        with kompat.graph_mode() if mode == "graph" else kompat.eager_mode():
            x = K.placeholder((None, 2))
            f = K.function([x], K.map_fn(draw, x))
        runs = [f([np.zeros((4, 2))]) for _ in range(2)]
    assert len(np.unique(runs)) == 16


def test_what_is_symbolic_may_hide_in_the_closure(K):
    x = K.placeholder((None, 2))
    numbers = np.arange(5, dtype="float32")
    calls = []

    def combine(a, v):
        calls.append(v)
        return a + v * K.sum(x)

    parts = K.map_fn(lambda v: K.sum(x) * v, numbers)
    f = K.function([x], [parts, K.foldl(combine, numbers)])
    parts, total = f([np.ones((3, 2))])
    np.testing.assert_array_equal(parts, numbers * 6)
    assert total == 60
    assert len(calls) == 2  # at once, which shows that it cannot be, and traced


def test_concrete_elements_are_computed_at_once_in_graphs_too(K):
    with kompat.graph_mode():
        got = K.map_fn(lambda v: v * 2, K.constant([1.0, 2.0]))
    assert not isinstance(got, keras.KerasTensor)
    np.testing.assert_array_equal(K.get_value(got), [2, 4])


def test_updates_happen_once_an_element_and_in_order(K):
    last, count = K.variable(0.0), K.variable(0.0)
    with kompat.graph_mode():
        x = K.placeholder((None,))
        f = K.function([x], K.map_fn(lambda v: K.update(last, v) + K.update_add(count, 1.0), x))
    np.testing.assert_array_equal(f([[5, 7, 6]]), [6, 9, 9])
    assert (K.get_value(last), K.get_value(count)) == (6, 3)


def test_gradients_of_both_orders(K, engine):
    if engine == "numpy":
        pytest.skip("no gradients on NumPy")
    x, w = K.placeholder((None,)), K.variable(3.0)
    loss = K.foldl(lambda a, v: a * w + v * v, x) + K.sum(K.map_fn(lambda v: v * v * v * w, x))
    first = K.gradients(loss, [x, w])
    second = K.gradients(K.sum(first[0]), x)[0]
    a, b = 2.0, 5.0
    by_x, by_w, again = K.function([x], [*first, second])([[a, b]])
    np.testing.assert_allclose(by_x, [3 + 9 * a**2, 2 * b + 9 * b**2])
    np.testing.assert_allclose(by_w, a + a**3 + b**3)
    np.testing.assert_allclose(again, [18 * a, 2 + 18 * b])


def test_inside_the_users_jit(K, engine):
    def both(x):
        return K.map_fn(lambda v: v * 2, x), K.foldr(lambda a, v: a - v, x, 1.0)

    if engine == "jax":
        import jax

        run = jax.jit(both)
        drawn = jax.jit(lambda x: K.map_fn(lambda v: v + K.random_uniform(()), x))
        assert len(np.unique(drawn(np.zeros(5, "float32")))) == 5
    elif engine == "tensorflow":
        import tensorflow as tf

        shapes = [tf.TensorSpec((None,))]
        run = tf.function(both, autograph=False, input_signature=shapes)
    else:
        pytest.skip("nothing to trace")
    for x in ([2.0], [1.0, 2.0, 4.0]):
        doubled, difference = run(np.array(x, "float32"))
        np.testing.assert_array_equal(K.get_value(doubled), np.multiply(x, 2))
        assert K.get_value(difference) == 1 - sum(x)


def test_errors_say_what_was_expected(K):
    x = K.ones((2, 3))
    with pytest.raises(ValueError, match="rank 1 or more"):
        K.map_fn(lambda v: v, K.constant(1.0))
    with pytest.raises(ValueError, match="as many elements"):
        K.foldl(lambda a, v: a, (x, K.ones((3,))))
    with pytest.raises(ValueError, match="at least one element"):
        K.map_fn(lambda v: v, np.zeros((0, 3)))
    with pytest.raises(ValueError, match="an element or an initializer"):
        K.foldr(lambda a, v: a, np.zeros((0, 3)))
    with pytest.raises(TypeError, match="returns int32, as dtype says, received float32"):
        K.map_fn(lambda v: v, x, dtype="int32")
    with pytest.raises(ValueError, match="keep its shape"):
        K.map_fn(lambda v: K.ones((int(K.get_value(v)),)), K.constant([1.0, 2.0]))
    with pytest.raises(ValueError, match="the value of foldl to keep its shape"):
        K.foldl(lambda a, v: K.sum(a), K.placeholder((None, 3)))
    with pytest.raises(TypeError, match="the value of foldr to keep its dtype"):
        K.foldr(lambda a, v: K.cast(a, "int32"), K.placeholder((None, 3)))


def test_the_elements_may_be_indices(K):
    x = K.placeholder((None, 3))
    values = np.arange(12.0, dtype="float32").reshape(4, 3)
    rows = K.map_fn(lambda i: x[i] * 2, K.arange(4))
    sums = K.map_fn(lambda i: K.sum(x[i]), K.arange(K.shape(x)[0]), dtype="float32")
    got = K.function([x], [rows, sums])([values])
    np.testing.assert_array_equal(got[0], values * 2)
    np.testing.assert_array_equal(got[1], values.sum(1))


LOOPS = {
    "map_fn": (lambda K, x: K.map_fn(lambda e: e * 2, x), lambda a: a * 2),
    "foldl": (
        lambda K, x: K.foldl(lambda a, e: a + e, K.permute_dimensions(x, (1, 0, 2))),
        lambda a: a.sum(1),
    ),
    "rnn": (
        lambda K, x: K.rnn(lambda e, s: (e + s[0], [e + s[0]]), x, [K.zeros_like(x[:, 0])])[1],
        lambda a: a.cumsum(1),
    ),
    "rnn backwards": (
        lambda K, x: K.rnn(
            lambda e, s: (e + s[0], [e + s[0]]), x, [K.zeros_like(x[:, 0])], go_backwards=True
        )[1],
        lambda a: a[:, ::-1].cumsum(1),
    ),
}


# To infer shapes Keras computes with what it finds in memory, on NumPy.
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", LOOPS)
def test_loops_in_a_model_over_axes_of_unknown_length(K, name):
    loop, want = LOOPS[name]
    inputs = keras.Input((None, 3))
    model = keras.Model(inputs, keras.layers.Lambda(lambda x: loop(K, x))(inputs))
    for steps in (4, 6):
        x = np.arange(2 * steps * 3, dtype="float32").reshape(2, steps, 3)
        np.testing.assert_array_equal(model.predict(x, verbose=0), want(x))


def test_gradients_of_each_element(K, engine):
    if engine == "numpy":
        pytest.skip("NumPy has no gradients")
    rows = np.arange(12.0, dtype="float32").reshape(4, 3)
    x, w = K.placeholder((4, 3)), K.variable([[1.0], [2.0], [3.0]])
    squares = K.square(K.dot(x, w))
    by_variable = K.map_fn(lambda i: K.gradients(squares[i], w)[0], K.arange(4))
    by_tensor = K.map_fn(lambda i: K.gradients(squares[i], x)[0], K.arange(4))
    got = K.function([x], [by_variable, by_tensor])([rows])
    products = rows @ [1, 2, 3]
    np.testing.assert_allclose(got[0][..., 0], 2 * products[:, None] * rows)
    want = np.zeros((4, 4, 3))
    want[range(4), range(4)] = 2 * products[:, None] * [1, 2, 3]
    np.testing.assert_allclose(got[1], want)
