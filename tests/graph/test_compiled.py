"""K.function as engines compile it: how often, that it computes the same, and how it fails."""

import keras
import numpy as np
import pytest
from shares import where_compiled

from kompat import engines

ONES = np.ones((3, 2), "float32")


def test_a_new_batch_size_compiles_once(K, engine, x):
    f = K.function([x], K.sum(x * 2) + 1)
    for _ in range(3):
        for size in (1, 2, 3):
            f([np.ones((size, 2))])
    assert f.compilations <= 3


def _training_step(K, layers, shape):
    """A function that trains the layers and gives its loss, and the layers' weights."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input(shape), *layers()])
    loss = K.mean(K.square(model.outputs[0] - 1.0))
    gradients = K.gradients(loss, model.trainable_weights)
    updates = [K.update_sub(w, 0.1 * g) for w, g in zip(model.trainable_weights, gradients)]
    phase = K.learning_phase()
    return K.function([model.inputs[0], phase], [loss], updates=updates), model.weights


NETWORKS = {
    "dense": (lambda: [keras.layers.Dense(4, "relu"), keras.layers.Dense(1)], (3,)),
    "convolution": (
        lambda: [
            keras.layers.Conv2D(4, 3, padding="same"),
            keras.layers.BatchNormalization(),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(2, "softmax"),
        ],
        (6, 6, 2),
    ),
    "recurrence": (lambda: [keras.layers.LSTM(3), keras.layers.Dense(1)], (5, 2)),
    "attention": (lambda: [SelfAttention(), keras.layers.LayerNormalization()], (4, 6)),
}


class SelfAttention(keras.layers.Layer):
    def build(self, shape):
        self.inner = keras.layers.MultiHeadAttention(2, 3)
        self.inner.build(shape, shape)

    def call(self, x):
        return self.inner(x, x)


@pytest.mark.parametrize("name", where_compiled(NETWORKS, ["dense", "recurrence"]))
def test_compiled_steps_train_as_steps_at_once_do(K, engine, name, monkeypatch):
    if engine == "numpy":
        pytest.skip("no gradients")
    layers, shape = NETWORKS[name]
    data = np.random.default_rng(0).normal(size=(8, *shape)).astype("float32")
    compiled, ours = _training_step(K, layers, shape)
    losses = [compiled([data, 1])[0] for _ in range(5)]
    assert compiled.compilations == int(engines.current.compiles)
    at_once, theirs = _training_step(K, layers, shape)
    with monkeypatch.context() as patch:
        patch.setattr(engines.current, "compiles", False)
        np.testing.assert_allclose(losses, [at_once([data, 1])[0] for _ in range(5)], rtol=1e-4)
    assert losses[-1] < losses[0]
    for one, other in zip(K.batch_get_value(ours), K.batch_get_value(theirs)):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


def test_branches_that_write_other_variables_in_turn(K, engine):
    x = K.placeholder((None, 2))
    first, second = K.variable(0.0), K.variable(0.0)
    total = K.switch(
        K.sum(x) > 0,
        lambda: K.update_add(first, K.sum(x)),
        lambda: K.update_add(second, K.sum(x)),
    )
    f = K.function([x], [total])
    for size, sign in ((1, 1), (1, -1), (2, 1), (2, -1), (3, 1)):
        f([np.full((size, 2), sign)])
    assert K.batch_get_value([first, second]) == [12, -6]


def test_a_wide_variable_in_the_closure_of_a_layer(K):
    wide = K.variable(2.0, dtype="float64")
    x = keras.Input((2,))
    y = keras.layers.Lambda(lambda x: x * K.cast(wide, "float32"))(x)
    f = K.function([x], [K.sum(y * 1.0 + 0.0)])
    for _ in range(3):
        assert f([np.ones((1, 2))]) == [4]


def test_what_pytorch_cannot_record_runs_at_once(K, engine):
    if engine != "torch":
        pytest.skip("the others compile draws")
    x = K.placeholder((None, 100))
    f = K.function([x], [K.dropout(x, 0.5, seed=3) + 0])
    runs = [f([np.ones((2, 100))])[0] for _ in range(4)]
    assert f.compilations == 0
    assert {float(value) for run in runs for value in run.ravel()} == {0.0, 2.0}


# What is computed from a product of matrices, whose memory may be used again once it is done with.
NEEDED = {
    "once": lambda K, m: [m * 2],
    "twice": lambda K, m: [m * 2, m + 1],
    "as an output too": lambda K, m: [m * 2, m],
    "on both sides": lambda K, m: [m * m],
    "in a chain": lambda K, m: [1 - (m * 2 + 3) / 4],
    "in a row of another shape": lambda K, m: [m[:1] * 2 + m, m[0] * 3],
    "by a view": lambda K, m: [K.transpose(m) * 2, K.reshape(m, (-1,)) + 1],
    "in another dtype": lambda K, m: [K.cast(m, "float16") * 2, m * 2],
    "after it was divided": lambda K, m: [(m / 2) * (m / 2), m / 2],
}


@pytest.mark.parametrize("name", NEEDED)
def test_memory_is_used_again_only_for_what_nothing_needs(K, x, name):
    weights = np.linspace(-1, 1, 6, dtype="float32").reshape(2, 3)
    given = np.linspace(0, 3, 6, dtype="float32").reshape(3, 2)
    v = K.variable(weights)
    f = K.function([x], NEEDED[name](K, K.dot(x, v)), updates=[(v, v + 0 * K.sum(x))])
    wanted = [K.eval(y) for y in NEEDED[name](K, K.constant(given @ weights))]
    for _ in range(3):
        for got, want in zip(f([given]), wanted, strict=True):
            assert got.dtype == want.dtype
            np.testing.assert_allclose(got, want, rtol=2e-3 if got.dtype == "float16" else 1e-6)
    if K.backend() in ("jax", "torch", "tensorflow"):
        assert f.compilations == 1
    np.testing.assert_array_equal(K.get_value(v), weights)


def _double_a_part(t):
    t.chunk(2, 1)[0].mul_(2)
    return t


@pytest.mark.parametrize("write", [lambda t: t.mul_(2), _double_a_part], ids=["all", "a part"])
def test_what_is_fed_stays_as_it_is(K, x, engine, write):
    given = np.ones((3, 2), "float32")
    function = write if engine == "torch" else lambda t: t * 2
    doubled = keras.layers.Lambda(function, output_shape=(2,))(x)
    for f in (K.function([x], doubled), K.function([x], K.identity(x))):
        for _ in range(3):
            result = f([given])
            result += 1
            np.testing.assert_array_equal(given, ONES)


def test_a_run_that_fails_half_way_has_written_nothing(K, x, engine, monkeypatch):
    if engine == "jax":
        pytest.skip("its programs print beside the run, not in it")
    first, second = K.variable(1.0), K.variable(1.0)
    seen = K.sum(K.print_tensor(x, "here") * 2 + 1) * 3
    f = K.function([x], [], updates=[K.update(first, K.sum(x)), K.update_add(second, seen)])
    for _ in range(2):
        f([ONES])

    def fail(*words):
        raise ZeroDivisionError

    monkeypatch.setattr("builtins.print", fail)
    before = K.batch_get_value([first, second])
    with pytest.raises(Exception) as caught:  # noqa: PT011  # TensorFlow has its own
        f([ONES])
    assert "ZeroDivisionError" in f"{caught.value!r} {caught.value}"
    assert K.batch_get_value([first, second]) == before


def test_a_division_that_fails_in_a_recorded_run_has_written_nothing(K, engine):
    if engine != "tensorflow":
        pytest.skip("only TensorFlow's programs refuse a division of integers by 0")
    n = K.placeholder((), dtype="int32")
    first, second = K.variable(1, "int32"), K.variable(1, "int32")
    # The division comes late: a write that does not wait for it is there before it fails.
    slow = K.ones((400, 400), dtype="float32") * K.cast(n, "float32")
    for _ in range(6):
        slow = K.dot(slow, slow) * 1e-3
    quotient = keras.ops.floor_divide(K.cast(K.sum(slow) * 0.0, "int32") + 12, n)
    f = K.function(
        [n], [], updates=[K.update_add(first, n * 0 + 1), K.update_add(second, quotient)]
    )
    f([1]), f([1])
    for _ in range(50):
        with pytest.raises(Exception, match="division by zero"):
            f([0])
    assert K.batch_get_value([first, second]) == [3, 25]
