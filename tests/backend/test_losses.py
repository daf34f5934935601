"""What holds for losses on every engine, beside the recorded answers."""

import gc
import warnings

import keras
import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as arrays
from scipy import special
from shares import examples

from kompat.backend import probabilities
from kompat.keras_private import mask as keras_mask

LOGITS = arrays.arrays(np.float32, (4, 3), elements=st.floats(-80, 80, width=32))
CLASSES = arrays.arrays(np.int32, (4,), elements=st.integers(0, 2))
SLOW = examples(40)
FAR = np.array([[1000.0, 0.0], [0.0, 300.0]], np.float32)
ONES = np.array([[0.0, 1.0], [1.0, 0.0]], np.float32)


@SLOW
@given(LOGITS, CLASSES)
def test_logits_give_the_exact_losses(K, logits, classes):
    wide = logits.astype("float64")
    rows = np.arange(4)
    want = -special.log_softmax(wide, axis=-1)[rows, classes]
    one_hot = np.eye(3, dtype="float32")[classes]
    sparse = K.sparse_categorical_crossentropy(classes, K.constant(logits), from_logits=True)
    np.testing.assert_allclose(K.eval(sparse), want, rtol=1e-5, atol=1e-5)
    dense = K.categorical_crossentropy(one_hot, K.constant(logits), from_logits=True)
    np.testing.assert_allclose(K.eval(dense), want, rtol=1e-5, atol=1e-5)
    binary = K.binary_crossentropy(one_hot, K.constant(logits), from_logits=True)
    want = -special.log_expit(np.where(one_hot == 1, wide, -wide))
    np.testing.assert_allclose(K.eval(binary), want, rtol=1e-5, atol=1e-30)


@SLOW
@given(LOGITS, CLASSES)
def test_probabilities_give_the_losses_of_what_they_are_clipped_to(K, logits, classes):
    p = special.softmax(logits.astype("float64"), axis=-1).astype("float32")
    want = -np.log(np.clip(p, 1e-7, 1 - 1e-7)[np.arange(4), classes])
    dense = K.categorical_crossentropy(np.eye(3, dtype="float32")[classes], K.constant(p))
    np.testing.assert_allclose(K.eval(dense), want, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", ["binary", "categorical", "sparse"])
def test_the_slope_by_the_logits_is_prediction_minus_target(K, engine, kind):
    if engine == "numpy":
        pytest.skip("NumPy has no gradients")
    x = K.placeholder((None, 2))
    values = np.concatenate([FAR, [[0.0, 0.0]]]).astype("float32")
    target = np.concatenate([ONES, [[1.0, 0.0]]]).astype("float32")
    if kind == "binary":
        loss, want = K.binary_crossentropy(target, K.sigmoid(x)), special.expit(values) - target
    elif kind == "categorical":
        loss = K.categorical_crossentropy(target, K.softmax(x))
        want = special.softmax(values, axis=-1) - target
    else:
        loss = K.sparse_categorical_crossentropy(target.argmax(-1), K.softmax(x))
        want = special.softmax(values, axis=-1) - target
    slopes = K.function([x], K.gradients(loss, x))([values])[0]
    np.testing.assert_allclose(slopes, want, atol=1e-6)


def crossentropy(K, p):
    """Of the far classes: 1000 and 300 from logits, 16.1 from clipped probabilities."""
    return K.categorical_crossentropy(K.constant(ONES), p)


EXACT, CLIPPED = [1000, 300], [16.118095] * 2


def with_identity(layer):
    return layer(2, kernel_initializer="identity", activation="softmax")


MAKERS = {
    "K.softmax": (lambda K, x: K.softmax(x), EXACT),
    "K.softmax of one axis": (lambda K, x: K.softmax(x, axis=1), EXACT),
    "keras.ops": (lambda K, x: keras.ops.softmax(x), EXACT),
    "keras.activations": (lambda K, x: keras.activations.softmax(x), EXACT),
    "Softmax": (lambda K, x: keras.layers.Softmax()(x), EXACT),
    "Activation": (lambda K, x: keras.layers.Activation("softmax")(x), EXACT),
    "Activation of K": (lambda K, x: keras.layers.Activation(K.softmax)(x), EXACT),
    "Dense": (lambda K, x: with_identity(keras.layers.Dense)(x), EXACT),
    "Dense of K": (
        lambda K, x: keras.layers.Dense(2, K.softmax, kernel_initializer="identity")(x),
        EXACT,
    ),
    "another axis": (lambda K, x: K.softmax(x, axis=0), None),
    "a function of it": (lambda K, x: K.abs(K.softmax(x)), CLIPPED),
    "a layer after it": (lambda K, x: keras.layers.Identity()(K.softmax(x)), CLIPPED),
    "a sigmoid": (lambda K, x: K.sigmoid(x), None),
}


@pytest.mark.parametrize("name", MAKERS)
def test_which_symbolic_probabilities_are_taken_back_to_logits(K, name):
    make, want = MAKERS[name]
    x = keras.Input((2,))
    got = K.function([x], [crossentropy(K, make(K, x))])([FAR])[0]
    if want is None:
        assert (got < 17).all()
    else:
        np.testing.assert_allclose(got, want, rtol=1e-5)
    in_model = keras.Model(x, crossentropy(K, make(K, x))).predict(FAR, verbose=0)
    np.testing.assert_allclose(in_model, got, rtol=1e-5)


def test_a_subclass_may_do_anything_after_its_activation(K):
    class Doubled(keras.layers.Dense):
        def call(self, inputs):
            return super().call(inputs) * 0.5

    x = keras.Input((2,))
    p = Doubled(2, activation="softmax", kernel_initializer="identity")(x)
    np.testing.assert_allclose(K.function([x], [crossentropy(K, p)])([FAR])[0], CLIPPED, rtol=1e-5)


def test_weights_behind_a_layer_get_the_exact_slopes(K, engine):
    if engine == "numpy":
        pytest.skip("NumPy has no gradients")
    x = keras.Input((2,))
    layer = with_identity(keras.layers.Dense)
    p = layer(x)
    bias = K.gradients(crossentropy(K, p), layer.bias)
    np.testing.assert_allclose(K.function([x], bias)([FAR[:1]])[0], [1, -1])
    with pytest.warns(UserWarning, match="None for"):
        assert K.gradients(crossentropy(K, p), p) == [None]


def test_losses_of_a_layer_share_its_logits(K):
    x = keras.Input((2,))
    p = with_identity(keras.layers.Dense)(x)
    crossentropy(K, p)
    before = len(x._keras_history.operation._outbound_nodes)
    for _ in range(3):
        crossentropy(K, p)
    assert len(x._keras_history.operation._outbound_nodes) == before


def test_a_layer_with_an_activity_loss_has_it_once(K):
    x = keras.Input((2,))
    layer = keras.layers.Dense(
        2, activation="softmax", kernel_initializer="identity", activity_regularizer="l1"
    )
    model = keras.Model(x, [layer(x), crossentropy(K, layer.output)])
    model(FAR)
    assert len(model.losses) == 1


@pytest.mark.parametrize("loss", ["binary", "categorical"])
def test_a_tensor_remembers_its_logits_while_it_lives(K, loss):
    activation = K.sigmoid if loss == "binary" else K.softmax
    known = len(probabilities._made)
    p = activation(K.constant(FAR))
    assert len(probabilities._made) == known + 1
    got = K.eval(getattr(K, f"{loss}_crossentropy")(K.constant(ONES), p))
    assert got.max() == 1000
    del p
    gc.collect()
    assert len(probabilities._made) == known


def test_logits_that_were_overwritten_are_not_used(K):
    v = K.variable(FAR)
    p = K.softmax(v)
    K.set_value(v, np.zeros((2, 2)))
    got = K.eval(crossentropy(K, p))
    assert got.min() > 16, "the loss of the new value was taken for that of the old"


def test_probabilities_that_were_overwritten_are_probabilities(K, engine):
    if engine not in ("numpy", "torch"):
        pytest.skip("its tensors cannot be overwritten")
    p = K.softmax(K.constant(FAR))
    p[:] = 0.5
    np.testing.assert_allclose(K.eval(crossentropy(K, p)), [np.log(2)] * 2, rtol=1e-6)


def test_a_deleted_tensor_is_not_used(K, engine):
    if engine != "jax":
        pytest.skip("only JAX deletes tensors")
    x = K.constant(FAR)
    p = K.softmax(x)
    x.delete()
    np.testing.assert_allclose(K.eval(crossentropy(K, p)), CLIPPED, rtol=1e-5)


def test_in_a_trace_of_jax(K, engine):
    if engine != "jax":
        pytest.skip("traces of JAX")
    import jax

    known = len(probabilities._made)
    step = jax.jit(jax.grad(lambda x: K.sum(crossentropy(K, K.softmax(x)))))
    np.testing.assert_allclose(step(FAR), [[1, -1], [-1, 1]])
    gc.collect()
    assert len(probabilities._made) == known


@pytest.mark.parametrize("symbolic", [True, False])
def test_from_logits_is_doubted_where_it_cannot_be(K, symbolic):
    x = keras.Input((2,)) if symbolic else K.constant(FAR)
    for activation, loss in (
        (K.softmax, K.categorical_crossentropy),
        (K.sigmoid, K.binary_crossentropy),
        (K.sigmoid, K.binary_focal_crossentropy),
    ):
        words = (
            f"`{loss.__name__}` received `from_logits=True`, but the `output` argument was "
            f"produced by a {activation.__name__.title()} activation"
        )
        with pytest.warns(UserWarning, match=words) as caught:
            loss(K.constant(ONES), activation(x), from_logits=True)
        assert caught[0].filename == __file__
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            loss(K.constant(ONES), activation(x))
            loss(K.constant(ONES), K.constant(FAR), from_logits=True)


def test_a_class_that_there_is_not_has_no_loss(K):
    p = K.constant([[0.5, 0.5]] * 4)
    got = K.eval(K.sparse_categorical_crossentropy(np.array([0, 2, -1, 7]), p))
    np.testing.assert_array_equal(np.isnan(got), [False, True, True, True])
    ignoring = K.sparse_categorical_crossentropy(np.array([0, 2, -1, 7]), p, ignore_class=7)
    np.testing.assert_array_equal(np.isnan(K.eval(ignoring)), [False, True, True, False])


def test_what_is_ignored_is_masked(K):
    p = K.constant([[[0.5, 0.5], [0.9, 0.1]]])
    loss = K.sparse_categorical_crossentropy(
        K.constant([[1, -1]], dtype="int32"), p, ignore_class=-1
    )
    np.testing.assert_array_equal(K.eval(keras_mask.of(loss)), [[True, False]])
    assert keras_mask.of(K.sparse_categorical_crossentropy(np.array([[1, 0]]), p)) is None


def test_keras_averages_over_what_counts(K):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Activation("softmax")])
    model.compile(
        loss=lambda y, p: K.sparse_categorical_crossentropy(y, p, ignore_class=-1),
        run_eagerly=K.backend() == "numpy",
    )
    x = np.log([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8], [0.3, 0.3, 0.4]]).astype("float32")
    got = model.evaluate(x, np.array([0, 2, -1]), verbose=0)
    assert got == pytest.approx(-np.log([0.5, 0.8]).mean(), rel=1e-5)


def test_the_gradient_of_what_is_ignored_is_zero_even_of_nan(K, engine):
    if engine == "numpy":
        pytest.skip("NumPy has no gradients")
    x = K.placeholder((None, 2))
    loss = K.sparse_categorical_crossentropy(np.array([0, 5]), x, True, ignore_class=5)
    slopes = K.function([x], K.gradients(loss, x))([[[0.0, 0.0], [np.nan, 1.0]]])[0]
    np.testing.assert_allclose(slopes, [[-0.5, 0.5], [0, 0]])


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_focal_gradients_are_finite_at_the_ends(K, engine, gamma):
    if engine == "numpy":
        pytest.skip("NumPy has no gradients")
    p = K.placeholder((None,))
    loss = K.binary_focal_crossentropy(np.array([0.0, 1.0, 1.0], "float32"), p, gamma=gamma)
    slopes = K.function([p], K.gradients(loss, p))([[0.0, 1.0, 0.5]])[0]
    assert np.isfinite(slopes).all()


@SLOW
@given(
    arrays.arrays(np.float32, (4, 5), elements=st.integers(-9, 9).map(float)),
    CLASSES,
    st.integers(0, 5),
)
def test_in_top_k_counts_what_is_likelier(K, scores, classes, k):
    own = scores[np.arange(4), classes]
    want = (scores > own[:, None]).sum(1) < k
    got = K.in_top_k(K.constant(scores), K.constant(classes, dtype="int32"), k)
    np.testing.assert_array_equal(K.eval(got), want)


@pytest.mark.parametrize("shape", [(2, 3), (3,), (2, 2, 1)])
def test_class_numbers_that_do_not_fit_are_refused(K, shape):
    with pytest.raises(ValueError, match="class numbers of shape"):
        K.sparse_categorical_crossentropy(np.zeros(shape, "int32"), K.constant(FAR))


def test_a_sigmoid_and_a_softmax_are_not_taken_for_each_other(K):
    x, target = K.constant(FAR), K.constant(ONES)
    p, q = K.softmax(x), K.sigmoid(x)
    for loss, made in ((K.binary_crossentropy, p), (K.categorical_crossentropy, q)):
        plain = K.constant(K.eval(made))
        np.testing.assert_allclose(K.eval(loss(target, made)), K.eval(loss(target, plain)))


TARGETS = np.array([[1.0, 0.0, 0.0], [0.0, 0.5, 0.5]], "float32")
OUTPUTS = np.array([[0.5, 0.25, 0.25], [0.2, 0.3, 0.5]], "float32")


@pytest.mark.parametrize("axis", [-1, 1, 0])
def test_crossentropies_of_placeholders_of_unknown_rank(K, axis):
    target, output = K.placeholder(), K.placeholder()
    shaped = OUTPUTS / OUTPUTS.sum(axis, keepdims=True)
    want = -(TARGETS * np.log(shaped)).sum(axis)
    f = K.function([target, output], [K.categorical_crossentropy(target, output, axis=axis)])
    np.testing.assert_allclose(f([TARGETS, OUTPUTS])[0], want, rtol=1e-5)
    numbers = K.placeholder(dtype="int32")
    sparse = K.sparse_categorical_crossentropy(numbers, output)
    found = K.function([numbers, output], [sparse])([[0, 2], OUTPUTS])[0]
    np.testing.assert_allclose(found, -np.log([0.5, 0.5]), rtol=1e-5)
    binary = K.function([target, output], [K.binary_crossentropy(target, output)])
    want = -(TARGETS * np.log(OUTPUTS) + (1 - TARGETS) * np.log(1 - OUTPUTS))
    np.testing.assert_allclose(binary([TARGETS, OUTPUTS])[0], want, rtol=1e-4)
