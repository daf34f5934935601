"""K.switch, K.in_train_phase and the learning phase."""

import keras
import numpy as np
import pytest

import kompat

UP, DOWN = np.ones((2, 2), "float32"), -np.ones((2, 2), "float32")


@pytest.mark.parametrize("callables", [True, False])
def test_a_scalar_condition_chooses_a_branch(K, x, callables):
    then, otherwise = x * 2, x - 1
    branches = (lambda: then, lambda: otherwise) if callables else (then, otherwise)
    f = K.function([x], K.switch(K.sum(x) > 0, *branches))
    np.testing.assert_array_equal(f([UP]), 2 * UP)
    np.testing.assert_array_equal(f([DOWN]), DOWN - 1)


def test_a_condition_of_lower_rank_chooses_rows(K, x):
    f = K.function([x], K.switch(K.sum(x, axis=1) > 0, x, x * 10))
    np.testing.assert_array_equal(f([[[1, 1], [-1, -1]]]), [[1, 1], [-10, -10]])
    with pytest.raises(ValueError, match="Rank of `condition`"):
        K.switch(x > 0, K.sum(x), K.sum(x))


def test_only_the_taken_branch_updates(K, x):
    a, b = K.variable(0.0), K.variable(0.0)
    s = K.switch(K.sum(x) > 0, lambda: K.update_add(a, K.sum(x)), lambda: K.update_sub(b, K.sum(x)))
    f = K.function([x], s)
    assert [f([UP]), f([UP]), f([UP]), f([DOWN])] == [4, 8, 12, 4]
    assert (K.get_value(a), K.get_value(b)) == (12, 4)


def test_layers_in_a_branch_update_only_when_it_is_taken(K, x):
    norm = keras.layers.BatchNormalization()
    norm.build((None, 2))
    f = K.function([x], K.switch(K.sum(x) > 0, lambda: norm(x, training=True), lambda: x))
    f([DOWN])
    np.testing.assert_array_equal(K.get_value(norm.moving_mean), 0)
    f([UP])
    np.testing.assert_allclose(K.get_value(norm.moving_mean), 0.01, rtol=1e-5)


def test_branches_close_over_tensors_and_variables_and_are_differentiable(K, x, engine):
    if engine == "numpy":
        pytest.skip("no gradients on NumPy")
    w = K.variable([1.0, 2.0])
    outer = x * w
    loss = K.switch(K.sum(x) > 0, lambda: K.sum(outer * w), lambda: K.sum(outer))
    f = K.function([x], [loss, *K.gradients(loss, [w, x])])
    for data in (UP, DOWN):
        value = np.array([1.0, 2.0])
        power = 2 if data.sum() > 0 else 1
        total, by_w, by_x = f([data])
        np.testing.assert_allclose(total, (data * value**power).sum())
        np.testing.assert_allclose(by_w, (data * power * value ** (power - 1)).sum(axis=0))
        np.testing.assert_allclose(by_x, np.ones_like(data) * value**power)


@pytest.mark.parametrize("block", [kompat.eager_mode, kompat.graph_mode])
def test_a_branch_reads_and_draws_in_each_run(K, x, block):
    v = K.variable(1.0)
    with block():
        y = K.switch(K.sum(x) > 0, lambda: v * K.ones_like(x), lambda: K.random_normal((2, 2)))
    f = K.function([x], [y])
    assert f([UP])[0].max() == 1
    K.set_value(v, 5.0)
    assert f([UP])[0].max() == 5
    assert (f([DOWN])[0] != f([DOWN])[0]).all()


def test_switches_nest(K, x):
    def inner():
        return K.switch(K.sum(x) > 10, lambda: x * 0, lambda: x * 2)

    f = K.function([x], K.switch(K.sum(x) > 0, inner, lambda: x))
    np.testing.assert_array_equal(f([UP]), 2 * UP)
    np.testing.assert_array_equal(f([100 * UP]), 0 * UP)
    np.testing.assert_array_equal(f([DOWN]), DOWN)


def test_concrete_conditions_call_one_branch(K):
    called = []
    K.switch(K.constant(1.0), lambda: called.append("then"), lambda: called.append("else"))
    assert called == ["then"]


def test_in_train_phase_follows_the_phase_of_the_run(K, x):
    f = K.function([x, K.learning_phase()], [K.in_train_phase(x * 2, x), K.in_test_phase(x, 0 * x)])
    for phase, expected in ((1, [2 * UP, 0 * UP]), (0, [UP, UP])):
        for ours, theirs in zip(f([UP, phase]), expected):
            np.testing.assert_array_equal(ours, theirs)
    assert K.get_value(K.in_train_phase(K.constant(1.0), K.constant(2.0), training=True)) == 1


def test_only_the_branch_of_the_phase_updates(K, x):
    v = K.variable(0.0)
    y = K.in_train_phase(lambda: x + K.update_add(v, K.sum(x)), lambda: x)
    f = K.function([x, K.learning_phase()], y)
    f([UP, 0])
    assert K.get_value(v) == 0
    f([UP, 1])
    assert K.get_value(v) == 4


def test_the_phase_is_like_an_integer(K):
    phase = K.learning_phase()
    assert phase == 0
    assert not phase
    assert int(phase) == 0
    assert phase + 1 == 1
    with K.learning_phase_scope(1):
        assert phase == 1
        assert phase
        with K.learning_phase_scope(0):
            assert phase == 0
    K.set_learning_phase(1)
    try:
        assert K.learning_phase() == 1
    finally:
        K.set_learning_phase(0)
    for bad in (2, "train", None):
        with pytest.raises(ValueError, match="0 or 1"):
            K.set_learning_phase(bad)


def test_layers_see_the_phase_that_keras_gives_them(K, engine):
    if engine == "numpy":
        pytest.skip("Keras on NumPy does not train")
    seen = []

    class Watch(keras.layers.Layer):
        def call(self, x):
            seen.append(int(K.learning_phase()))
            return K.in_train_phase(x * 1, x * 2)

    class Outer(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.watch = Watch()

        def call(self, x, training=None):
            return self.watch(x)

    layer = Outer()
    assert K.get_value(layer(np.ones((1, 1)), training=True)) == 1
    assert K.get_value(layer(np.ones((1, 1)), training=False)) == 2
    assert seen[-2:] == [1, 0]


def test_print_tensor_prints_each_run(K, capfd, x):
    f = K.function([x], K.print_tensor(K.sum(x), "sum:"))
    for times in (1, 2, 3):
        f([times * UP])
    if K.backend() == "jax":
        import jax

        jax.effects_barrier()
    out = capfd.readouterr().out
    assert out.split() == ["sum:", "4.", "sum:", "8.", "sum:", "12."]


@pytest.mark.parametrize(
    ("summarize", "shown"), [(1, "[0. ... 9.]"), (-1, "[0. 1. 2. 3. 4. 5. 6. 7. 8. 9.]")]
)
def test_print_tensor_shows_the_ends(K, capfd, summarize, shown):
    K.print_tensor(K.arange(10, dtype="float32"), "all:", summarize)
    assert capfd.readouterr().out == f"all: {shown}\n"


def test_symbolic_shapes_are_integers_on_the_host(K, x):
    n = K.shape(x)[0]
    f = K.function(
        [x], [n, n * 2 // 3, K.shape(x), K.random_uniform((n, 3)), K.sum(x) / K.cast(n, "float32")]
    )
    rows, part, shape, drawn, mean = f([np.ones((6, 2))])
    assert (rows, part, mean) == (6, 4, 2)
    np.testing.assert_array_equal(shape, [6, 2])
    assert drawn.shape == (6, 3)
    assert (drawn < 1).all()
    assert (drawn >= 0).all()


def test_seeded_draws_repeat_and_others_do_not(K):
    with kompat.graph_mode():
        seeded = [K.function([], [K.random_normal((3,), seed=7)]) for _ in range(2)]
        free = [K.function([], [K.random_normal((3,))]) for _ in range(2)]
    for _ in range(2):
        a, b = (f([])[0] for f in seeded)
        np.testing.assert_array_equal(a, b)
    assert (free[0]([])[0] != free[1]([])[0]).any()


def test_layers_in_a_branch_work_in_keras_models(K):
    norm = keras.layers.BatchNormalization(momentum=0.5)
    norm.build((None, 2))
    x = keras.Input((2,))
    model = keras.Model(x, K.switch(K.sum(x) > 0, lambda: norm(x), lambda: x))
    np.testing.assert_array_equal(K.get_value(model(DOWN, training=True)), DOWN)
    np.testing.assert_array_equal(K.get_value(norm.moving_mean), 0)
    np.testing.assert_allclose(K.get_value(model(UP, training=True)), 0, atol=1e-6)
    np.testing.assert_allclose(K.get_value(norm.moving_mean), 0.5)


def test_an_array_chooses_between_numbers(K, x):
    values = np.array([[1.0, -2.0], [-3.0, 4.0]], "float32")
    for then, otherwise, want in [
        (1, 0, [[1, 0], [0, 1]]),
        (1.0, -1.0, [[1, -1], [-1, 1]]),
        (lambda: 1, lambda: 0, [[1, 0], [0, 1]]),
    ]:
        f = K.function([x], [K.switch(x > 0, then, otherwise)])
        np.testing.assert_array_equal(f([values])[0], want)
        now = K.switch(K.constant(values) > 0, then, otherwise)
        np.testing.assert_array_equal(K.eval(now), want)
    zeroed = K.function([x], [K.switch(x > 0, 0, x), K.switch(x > 0, x, 0)])([values])
    np.testing.assert_array_equal(zeroed[0], np.minimum(values, 0))
    np.testing.assert_array_equal(zeroed[1], np.maximum(values, 0))


def test_branches_of_other_shapes(K):
    condition, twice = K.placeholder([]), K.placeholder((2, 3))
    rows = K.constant([[1.0, 2.0, 3.0]])
    y = K.switch(condition > 0, rows + 0 + 0 + 0, lambda: twice * 2)
    f = K.function([condition, twice], [y])
    assert K.int_shape(y) == (None, 3)
    for value in (1.0, -1.0, 1.0):
        want = [[1, 2, 3]] if value > 0 else np.full((2, 3), 8.0)
        np.testing.assert_array_equal(f([value, np.full((2, 3), 4.0)])[0], want)


LARGE = 2**53 + 1


@pytest.mark.parametrize("dtype", ["int64", "uint64", "float64"])
def test_branches_of_64_bits(K, engine, dtype):
    if (engine, dtype) == ("torch", "uint64"):
        pytest.skip("PyTorch computes nothing with uint64")
    value = np.array([LARGE if dtype != "float64" else 1 + 2**-50, 1], dtype)
    a, b = (K.placeholder((2,), dtype=dtype) for _ in range(2))
    c = K.placeholder(())
    chosen = [K.switch(c, a, b), K.switch(c, lambda: a, lambda: b), K.in_train_phase(a, b)]
    f = K.function([a, b, c, K.learning_phase()], [*chosen, K.switch(a > 5, a, b)])
    for phase, want in [(1, value), (0, value[::-1])]:
        for found in f([value, value[::-1], float(phase), phase])[:3]:
            assert found.dtype == dtype
            np.testing.assert_array_equal(found, want)


def test_in_eager_mode_values_are_chosen_by_the_phase_of_the_moment(K):
    v, w = K.variable(1.0), K.variable(2.0)
    for phase in (0, 1):
        with K.learning_phase_scope(phase):
            for train, test in [(v, w), (lambda: v, lambda: w), (lambda: v * 1, w)]:
                chosen = K.in_train_phase(train, test), K.in_test_phase(train, test)
                assert not any(map(K.is_symbolic, chosen))
                assert [K.get_value(x) for x in chosen] == ([1, 2] if phase else [2, 1])


def test_a_symbolic_branch_makes_the_other_symbolic(K, x):
    with K.learning_phase_scope(1):
        y = K.in_train_phase(K.constant([[5.0, 6.0]]), x)
    f = K.function([x, K.learning_phase()], [y])
    np.testing.assert_array_equal(f([[[1, 2]], 0])[0], [[1, 2]])
    np.testing.assert_array_equal(f([[[1, 2]], 1])[0], [[5, 6]])
