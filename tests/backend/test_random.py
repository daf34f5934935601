"""Random tensors: their distributions, seeds, and draws anew in each run."""

import keras
import numpy as np
import pytest
from scipy import stats

import kompat

MANY = (4000,)
# Each draw as a function of a shape and settings, and the distribution function it must follow.
DISTRIBUTIONS = {
    "random_normal": (lambda K: K.random_normal(MANY, 3.0, 0.5), stats.norm(3.0, 0.5).cdf),
    "random_uniform": (lambda K: K.random_uniform(MANY, -1.0, 2.0), stats.uniform(-1.0, 3.0).cdf),
    "truncated_normal": (
        lambda K: K.truncated_normal(MANY, 3.0, 0.5),
        stats.truncnorm(-2, 2, 3.0, 0.5).cdf,
    ),
    "random_normal_variable": (
        lambda K: K.random_normal_variable(MANY, 3.0, 0.5),
        stats.norm(3.0, 0.5).cdf,
    ),
    "random_uniform_variable": (
        lambda K: K.random_uniform_variable(MANY, -1.0, 2.0),
        stats.uniform(-1.0, 3.0).cdf,
    ),
}
DRAWS = ["random_normal", "random_uniform", "truncated_normal", "random_bernoulli"]


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_draws_follow_their_distribution(K, name, graph):
    draw, distribution = DISTRIBUTIONS[name]
    np.random.seed(5)
    with kompat.graph_mode() if graph else kompat.eager_mode():
        drawn = K.eval(draw(K))
    # One seed in a thousand would fail; this one does not, on any engine.
    assert stats.kstest(drawn, distribution).pvalue > 1e-3


@pytest.mark.parametrize("name", ["random_bernoulli", "random_binomial"])
def test_ones_come_with_their_probability(K, name):
    np.random.seed(5)
    drawn = K.eval(getattr(K, name)(MANY, p=0.3))
    assert set(drawn) == {0.0, 1.0}
    assert stats.binomtest(int(drawn.sum()), MANY[0], 0.3).pvalue > 1e-3


def test_integers_are_drawn_evenly_and_below_the_bound(K):
    np.random.seed(5)
    drawn = K.eval(K.random_uniform(MANY, 2, 6, dtype="int32"))
    assert stats.chisquare(np.bincount(drawn, minlength=6)[2:]).pvalue > 1e-3
    assert drawn.min() == 2
    assert drawn.max() == 5


@pytest.mark.parametrize("name", ["random_normal_variable", "random_uniform_variable"])
def test_seeds_name_the_values_of_variables(K, name):
    def made(seed):
        return K.get_value(getattr(K, name)((100,), 0.0, 1.0, seed=seed))

    np.testing.assert_array_equal(made(7), made(7))
    assert (made(7) != made(8)).any()


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
@pytest.mark.parametrize("name", [*DRAWS, "random_binomial"])
def test_seeds_name_the_numbers(K, name, graph):
    def drawn(**seed):
        settings = {"p": 0.5} if name in ("random_bernoulli", "random_binomial") else {}
        with kompat.graph_mode() if graph else kompat.eager_mode():
            return K.eval(getattr(K, name)((100,), **settings, **seed))

    np.testing.assert_array_equal(drawn(seed=7), drawn(seed=7))
    assert (drawn(seed=7) != drawn(seed=8)).any()
    assert (drawn() != drawn()).any()
    np.random.seed(3)
    first = drawn()
    np.random.seed(3)
    np.testing.assert_array_equal(drawn(), first)


@pytest.mark.parametrize("name", DRAWS)
def test_each_run_draws_anew_compiled_or_not(K, name):
    settings = {"p": 0.5} if name == "random_bernoulli" else {}
    x = K.placeholder((None, 50))
    drawn = getattr(K, name)(K.shape(x), **settings)
    f = K.function([x], [drawn * 1 * 1 * 1 * 1, drawn])
    runs = [f([np.zeros((2, 50))]) for _ in range(3)]
    for same, other in runs:
        np.testing.assert_array_equal(same, other)
    assert (runs[0][1] != runs[1][1]).any()
    assert (runs[1][1] != runs[2][1]).any()


# Draws whose parameters are tensors, from a function that makes such a tensor of an array.
MOVED = {
    "random_normal": (lambda K, t: K.random_normal((4, 2), t([9, 90]), t([0, 0])), [9, 90]),
    "truncated_normal": (lambda K, t: K.truncated_normal((4, 2), t([9, 90]), t([0, 0])), [9, 90]),
    "random_uniform": (lambda K, t: K.random_uniform((4, 2), t([9, 90]), t([9, 90])), [9, 90]),
    "random_bernoulli": (lambda K, t: K.random_bernoulli((4, 2), t([0, 1])), [0, 1]),
}


@pytest.mark.parametrize("kind", ["variable", "constant", "array", "placeholder"])
@pytest.mark.parametrize("name", MOVED)
def test_parameters_may_be_tensors(K, name, kind):
    draw, expected = MOVED[name]
    fed = []

    def made(numbers):
        array = np.array(numbers, "float32")
        if kind == "array":
            return array
        if kind != "placeholder":
            return getattr(K, kind)(array)
        fed.append((K.placeholder((2,)), array))
        return fed[-1][0]

    drawn = draw(K, made)
    keys, values = [key for key, _ in fed], [value for _, value in fed]
    drawn = K.function(keys, [drawn])(values)[0] if fed else K.eval(drawn)
    np.testing.assert_array_equal(drawn, np.tile(np.float32(expected), (4, 1)))


@pytest.mark.parametrize("name", ["random_normal", "truncated_normal", "random_uniform"])
def test_tensors_move_the_same_draws_as_numbers_do(K, name):
    draw = getattr(K, name)
    expected = K.eval(draw((50,), 2.0, 5.0, "float64", seed=3))
    got = K.eval(draw((50,), K.constant(2.0, dtype="float64"), K.variable(5.0), "float64", seed=3))
    assert got.dtype == np.float64
    np.testing.assert_allclose(got, expected, rtol=1e-6)


@pytest.mark.parametrize("eagerly", [False, True])
def test_a_seed_in_a_layer_names_a_sequence(K, eagerly):
    def noise(x):
        return x + K.random_normal(K.shape(x), seed=7)

    def drawn():
        K.clear_session()
        model = keras.Sequential([keras.Input((3,)), keras.layers.Lambda(noise)])
        model.compile(run_eagerly=eagerly)
        first, second = np.split(model.predict(np.zeros((8, 3)), batch_size=4, verbose=0), 2)
        run = K.function([model.inputs[0]], [model.outputs[0]])
        return [first, second, *(run([np.zeros((4, 3))])[0] for _ in range(3))]

    draws = drawn()
    for i, one in enumerate(draws):
        assert not any(np.array_equal(one, other) for other in draws[:i])
    np.testing.assert_array_equal(draws[0], drawn()[0])


@pytest.mark.parametrize("name", ["random_normal", "truncated_normal"])
@pytest.mark.parametrize("settings", [{"mean": np.nan}, {"stddev": np.nan}], ids=["mean", "stddev"])
def test_around_nan_everything_is_nan(K, name, settings):
    assert np.isnan(K.eval(getattr(K, name)((3,), **settings))).all()
