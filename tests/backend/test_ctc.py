"""CTC against every alignment there is, for small cases."""

import itertools

import keras
import numpy as np
import pytest
from conftest import ENGINE
from hypothesis import given, strategies as st
from shares import examples


def collapsed(path, blank):
    """The labels of an alignment: repetitions and blanks left out."""
    return tuple(label for label, _ in itertools.groupby(path) if label != blank)


def probabilities_of_labels(y):
    """What each sequence of labels has, summed over all its alignments."""
    y = (y + 1e-7) / (y + 1e-7).sum(axis=1, keepdims=True)
    found = {}
    for path in itertools.product(range(y.shape[1]), repeat=len(y)):
        labels = collapsed(path, y.shape[1] - 1)
        found[labels] = found.get(labels, 0.0) + y[range(len(y)), path].prod()
    return found


# Times and classes; each is another program.
SIZES = [*itertools.product(range(1, 5), range(2, 5))] if ENGINE == "numpy" else [(1, 2), (4, 3)]


@st.composite
def outputs(draw, batch=1):
    time, classes = draw(st.sampled_from(SIZES))
    random = np.random.RandomState(draw(st.integers(0, 99)))
    y = random.dirichlet(np.ones(classes), (batch, time))
    return np.where(y < draw(st.sampled_from([0.0, 0.2])), 0, y)


@examples(40)
@given(outputs(), st.data())
def test_the_cost_is_that_of_all_alignments(K, y, data):
    time, classes = y.shape[1:]
    used = data.draw(st.integers(0, time))
    labels = data.draw(st.lists(st.integers(0, classes - 2), max_size=time + 1))
    padding = time + 3 - len(labels)
    padded = labels + data.draw(
        st.lists(st.integers(-1, classes), min_size=padding, max_size=padding)
    )
    target = np.array([padded], "int32").reshape(1, len(padded))
    cost = K.ctc_batch_cost(target, y, np.array([[used]]), np.array([[len(labels)]]))
    wanted = probabilities_of_labels(y[0, :used]).get(tuple(labels), 0.0)
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(K.get_value(cost), [[-np.log(wanted)]], rtol=1e-9, atol=1e-12)


def test_the_gradient_is_that_of_differences_and_never_nan(K, engine):
    if engine == "numpy":
        pytest.skip("no gradients on NumPy")
    y = np.random.RandomState(0).dirichlet(np.ones(3), (2, 4))
    labels, label_length = [[0, 0], [1, 0]], [[2], [1]]
    fed = [K.placeholder((None, None)), K.placeholder((None, None, 3), dtype="float64")]
    fed += [K.placeholder((None, 1)), K.placeholder((None, 1))]
    cost = K.ctc_batch_cost(*fed)
    f = K.function(fed, [cost, *K.gradients(cost, fed[1])])

    def differences(i):
        bump = np.zeros_like(y)
        bump.flat[i] = 1e-6
        more, less = (f([labels, z, [[4], [3]], label_length])[0] for z in (y + bump, y - bump))
        return (more - less).sum() / 2e-6

    _, gradient = f([labels, y, [[4], [3]], label_length])
    np.testing.assert_allclose(gradient.ravel(), [differences(i) for i in range(y.size)], atol=1e-5)
    cost, gradient = f([labels, y, [[2], [3]], label_length])  # "a a" needs three steps
    assert np.isinf(cost[0, 0])
    assert np.isfinite(cost[1, 0])
    assert (gradient[0] == 0).all()
    assert np.isfinite(gradient).all()


@examples(40)
@given(outputs())
def test_a_wide_beam_finds_the_most_probable_labels(K, y):
    wanted = probabilities_of_labels(y[0])
    paths = min(3, len(wanted))
    found, logs = K.ctc_decode(y, np.array([y.shape[1]]), greedy=False, top_paths=paths)
    figures = sorted(wanted.values(), reverse=True)[:paths]
    np.testing.assert_allclose(np.exp(K.get_value(logs)[0]), figures, rtol=1e-9)
    best = K.get_value(found[0])[0]
    closest = min(wanted, key=lambda labels: abs(wanted[labels] - figures[0]))
    assert best[best >= 0].tolist() == [label for label, _ in itertools.groupby(closest)]


@examples(40)
@given(outputs(batch=2), st.integers(0, 4))
def test_greedy_takes_the_best_class_of_each_step(K, y, used):
    lengths = np.minimum([used, y.shape[1]], y.shape[1])
    (found,), costs = K.ctc_decode(y, lengths)
    for sample, length in enumerate(lengths):
        part = y[sample, :length]
        labels = K.get_value(found)[sample]
        assert tuple(labels[labels >= 0]) == collapsed(part.argmax(axis=1), y.shape[2] - 1)
        assert (labels[(labels >= 0).sum() :] == -1).all()
        wanted = -np.log(part.max(axis=1) + 1e-7).sum()
        np.testing.assert_allclose(K.get_value(costs)[sample], [wanted], rtol=1e-9, atol=1e-12)


def test_epsilon_is_that_of_k(K):
    y, lengths = np.array([[[1.0, 0.0]]]), np.array([[1]])
    K.set_epsilon(0.25)
    cost = K.ctc_batch_cost(np.array([[0]]), y, lengths, lengths)
    _, figure = K.ctc_decode(y, lengths[0])
    np.testing.assert_allclose(K.get_value(cost), -np.log([[1.25 / 1.5]]))
    np.testing.assert_allclose(K.get_value(figure), -np.log([[1.25]]))


def test_inside_models_and_the_users_jit(K, engine):
    y = np.random.RandomState(3).dirichlet(np.ones(4), (2, 5)).astype("float32")
    lengths = np.array([5, 4])

    def decoded(y):
        return K.ctc_decode(y, K.constant(lengths), greedy=False)[0][0]

    def cost(y):
        return K.ctc_batch_cost(np.array([[0, 1], [2, 2]]), y, lengths[:, None], [[2], [2]])

    wanted = [K.get_value(f(y)) for f in (decoded, cost)]
    x = keras.Input((5, 4), batch_size=2)
    layers = [keras.layers.Lambda(f) for f in (decoded, cost)]
    models = [keras.Model(x, layer(x)) for layer in layers]
    models += [keras.Model(x, f(x)) for f in (decoded, cost)]
    runs = list(zip([m.predict for m in models], [{"verbose": 0}] * 4))
    if engine == "jax":
        import jax

        runs += [(jax.jit(f), {}) for f in (decoded, cost)]
    elif engine == "tensorflow":
        import tensorflow as tf

        runs += [(tf.function(f, autograph=False), {}) for f in (decoded, cost)]
    for i, (run, options) in enumerate(runs):
        np.testing.assert_allclose(K.get_value(run(y, **options)), wanted[i % 2], rtol=1e-5)


def test_errors_say_what_was_expected(K):
    y, lengths = K.ones((2, 3, 4)), K.ones((2,))
    with pytest.raises(ValueError, match="y_pred of rank 3"):
        K.ctc_decode(K.ones((2, 3)), lengths)
    with pytest.raises(ValueError, match="input_length of rank 1"):
        K.ctc_decode(y, K.ones((2, 1)))
    with pytest.raises(ValueError, match="one batch size"):
        K.ctc_decode(y, K.ones((3,)))
    for options in ({"top_paths": 0}, {"beam_width": 0}, {"beam_width": 2, "top_paths": 3}):
        with pytest.raises(ValueError, match="1 <= top_paths <= beam_width"):
            K.ctc_decode(y, lengths, greedy=False, **options)
    with pytest.raises(ValueError, match="y_true of rank 2"):
        K.ctc_batch_cost(lengths, y, K.ones((2, 1)), K.ones((2, 1)))
    with pytest.raises(ValueError, match="label_length of rank 2"):
        K.ctc_batch_cost(K.ones((2, 1)), y, K.ones((2, 1)), lengths)
    with pytest.raises(ValueError, match=r"input_length of shape \(batch, 1\)"):
        K.ctc_batch_cost(K.ones((2, 1)), y, K.ones((2, 2)), K.ones((2, 1)))
    with pytest.raises(ValueError, match="one batch size"):
        K.ctc_batch_cost(K.ones((3, 1)), y, K.ones((2, 1)), K.ones((2, 1)))
