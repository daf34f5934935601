"""Placeholders made without a shape: fed with any rank, for functions that need to know none."""

import contextlib
import itertools

import keras
import numpy as np
import pytest
from scipy import special
from shares import where_compiled

import kompat


def relu(x):
    return np.where(x > 0.5, x, 0.1 * (x - 0.5))


RANKS = [(), (3,), (2, 3), (2, 1, 3), (1, 2, 1, 2)]

# Functions that need no rank, beside NumPy's.
RANK_FREE = {
    "operators": (lambda K, x: 2 * x**2 + 1 / (x + 1), lambda x: 2 * x**2 + 1 / (x + 1)),
    "abs": (lambda K, x: K.abs(-x), np.abs),
    "square": (lambda K, x: K.square(x), np.square),
    "sqrt": (lambda K, x: K.sqrt(x), np.sqrt),
    "exp and log": (lambda K, x: K.log(K.exp(x)), lambda x: x),
    "clip": (lambda K, x: K.clip(x, 0.4, 0.8), lambda x: np.clip(x, 0.4, 0.8)),
    "pow": (lambda K, x: K.pow(x, 3), lambda x: x**3),
    "maximum": (lambda K, x: K.maximum(x, 1 - x), lambda x: np.maximum(x, 1 - x)),
    "less": (lambda K, x: K.less(x, 0.6), lambda x: x < np.float32(0.6)),
    "cast": (lambda K, x: K.cast(x * 10, "int32"), lambda x: (x * 10).astype("int32")),
    "sigmoid": (lambda K, x: K.sigmoid(x), special.expit),
    "relu": (lambda K, x: K.relu(x, alpha=0.1, threshold=0.5), relu),
    "tanh": (lambda K, x: K.tanh(x), np.tanh),
    "zeros_like": (lambda K, x: K.zeros_like(x) + 1, np.ones_like),
    "stop_gradient": (lambda K, x: K.stop_gradient(x), lambda x: x),
    "sum": (lambda K, x: K.sum(x), np.sum),
    "mean": (lambda K, x: K.mean(x), np.mean),
    "max": (lambda K, x: K.max(x), np.max),
    "std": (lambda K, x: K.std(x), np.std),
    "flatten": (lambda K, x: K.flatten(x), np.ravel),
    "reshape": (lambda K, x: K.reshape(x, (-1, 1)), lambda x: x.reshape(-1, 1)),
    "shape": (lambda K, x: K.shape(x), lambda x: np.array(x.shape, "int32")),
    "size": (lambda K, x: K.size(x), np.size),
    "with a variable": (lambda K, x: x * K.variable(3.0), lambda x: 3 * x),
}  # fmt: skip


def values(shape):
    return np.linspace(0.1, 0.9, int(np.prod(shape)), dtype="float32").reshape(shape)


MODES = [*itertools.product(RANK_FREE, ["eager", "graph"])]
CHOSEN = [case for case in MODES if case[1] == "eager" or case[0] in ("operators", "shape")]


@pytest.mark.parametrize(("name", "mode"), where_compiled(MODES, CHOSEN))
def test_functions_that_need_no_rank(K, name, mode):
    ours, numpys = RANK_FREE[name]
    with kompat.graph_mode() if mode == "graph" else contextlib.nullcontext():
        x = K.placeholder()
        f = K.function([x], [ours(K, x)])
        for shape in RANKS:
            got, want = f([values(shape)])[0], np.asarray(numpys(values(shape)))
            assert got.shape == want.shape
            np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "use",
    [
        lambda K, x: K.softmax(x),
        lambda K, x: K.sum(x, axis=0),
        lambda K, x: K.batch_dot(x, x),
        lambda K, x: K.expand_dims(x, 0),
        lambda K, x: K.concatenate([x, x]),
        lambda K, x: K.permute_dimensions(x, (1, 0)),
        lambda K, x: len(x.shape),
        lambda K, x: x.shape[0],
        lambda K, x: keras.layers.Dense(2)(x),
    ],
)
def test_what_needs_the_rank_says_so(K, use):
    x = K.placeholder(name="rows")
    with pytest.raises(kompat.errors.UnknownRankError) as raised:
        use(K, x)
    text = str(raised.value)
    assert "'rows'" in text
    assert "test_unranked.py" in text
    assert "K.placeholder(ndim=2)" in text


def test_what_it_tells_of_itself(K):
    x = K.placeholder(dtype="float64", name="rows")
    y = K.square(x)
    for tensor in (x, y):
        assert K.int_shape(tensor) is None
        assert K.ndim(tensor) is None
        assert K.dtype(tensor) == "float64"
        assert K.is_keras_tensor(tensor)
        assert "unknown" in repr(tensor)
    assert K.is_placeholder(x)
    assert not K.is_placeholder(y)
    assert K.int_shape(K.sum(x)) == ()
    assert K.int_shape(K.shape(x)) == (None,)
    assert K.int_shape(K.reshape(x, (2, 3))) == (2, 3)


def test_gradients(K, engine):
    if engine == "numpy":
        pytest.skip("NumPy has no gradients")
    x = K.placeholder()
    (slope,) = K.gradients(K.sum(x**3), [x])
    (second,) = K.gradients(slope, [x])
    assert K.int_shape(slope) is None
    f = K.function([x], [slope, second])
    for shape in RANKS:
        found = f([values(shape)])
        np.testing.assert_allclose(found[0], 3 * values(shape) ** 2, rtol=1e-5)
        np.testing.assert_allclose(found[1], 6 * values(shape), rtol=1e-5)


def test_sessions_feed_it_by_its_name(K):
    tf = kompat.tf.compat.v1
    with kompat.graph_mode(), tf.Session() as session:
        x = tf.placeholder(tf.float32, name="anything")
        doubled = x * 2
        assert session.run(doubled, {x: 3.0}) == 6
        np.testing.assert_array_equal(session.run(doubled, {"anything:0": [1.0, 2.0]}), [2, 4])
        with pytest.raises(kompat.errors.UnfedPlaceholderError, match="anything"):
            session.run(doubled)


def test_a_rank_alone(K):
    assert K.int_shape(K.placeholder(ndim=2)) == (None, None)


def test_a_ragged_one_is_refused(K):
    with pytest.raises(ValueError, match="ragged"):
        K.placeholder((None, None), ragged=True)


def test_a_sparse_one_needs_a_shape(K):
    with pytest.raises(ValueError, match="sparse"):
        K.placeholder(sparse=True)
