"""Shapes that are computed: in functions, in models and their training, in traces, and as feeds."""

import keras
import numpy as np
import pytest

import kompat

X = np.arange(24.0, dtype="float32").reshape(2, 3, 4)

# Ways of old code to write a shape, and what they give for X.
SHAPES = {
    "an element": (lambda K, s: (s[0], -1), (2, 12)),
    "a product": (lambda K, s: (s[0], s[1] * s[2]), (2, 12)),
    "a quotient": (lambda K, s: (s[0], s[1] * 2, s[2] // 2), (2, 6, 2)),
    "a stack": (lambda K, s: K.stack([s[0], s[2], s[1]]), (2, 4, 3)),
    "a stack of a number too": (lambda K, s: K.stack([s[0], 12]), (2, 12)),
    "K.prod": (lambda K, s: K.stack([s[0], K.prod(s[1:])]), (2, 12)),
    "K.concatenate": (lambda K, s: K.concatenate([s[:1], [12]]), (2, 12)),
    "a maximum": (lambda K, s: (K.maximum(s[0], 1), K.max(s[1:]) * 3), (2, 12)),
    "a cast": (lambda K, s: (K.cast(s[0] / 2, "int32") * 2, 12), (2, 12)),
    "a difference": (lambda K, s: (s[0], s[1] + 1, s[2] - 1), (2, 4, 3)),
    "a flipped one": (lambda K, s: K.reverse(s, 0), (4, 3, 2)),
    "K.gather": (lambda K, s: K.gather(s, [2, 0, 1]), (4, 2, 3)),
}


def reshaped(K, name):
    shape, want = SHAPES[name]
    return lambda x: K.reshape(x, shape(K, K.shape(x))), want


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
@pytest.mark.parametrize("name", SHAPES)
def test_in_a_function(K, name, graph):
    reshape, want = reshaped(K, name)
    with kompat.graph_mode() if graph else kompat.eager_mode():
        x = K.placeholder((None, None, None))
        y = reshape(x)
        got = K.function([x], [y])([X])[0]
    np.testing.assert_array_equal(got, X.reshape(want))
    assert len(y.shape) == len(want)


@pytest.mark.parametrize("name", SHAPES)
def test_at_once(K, name):
    reshape, want = reshaped(K, name)
    np.testing.assert_array_equal(K.eval(reshape(K.constant(X))), X.reshape(want))


@pytest.mark.parametrize("name", SHAPES)
def test_what_is_static_is_known(K, name):
    reshape, want = reshaped(K, name)
    assert K.int_shape(reshape(K.placeholder((2, 3, 4)))) == want


TRAINED = sorted(set(SHAPES) - {"a flipped one", "K.gather"})  # which move the batch


# JAX's unknown dimensions cannot be divided into fractions.
@pytest.mark.parametrize("name", sorted({*TRAINED} - {"a cast"}))
def test_in_a_lambda_of_a_model_that_trains(K, name, engine):
    if engine == "numpy":
        pytest.skip("Keras on NumPy does not train")
    reshape, want = reshaped(K, name)
    inputs = keras.Input((3, 4))
    scaled = keras.layers.Dense(4, use_bias=False)(inputs)
    y = keras.layers.Lambda(reshape)(scaled)
    model = keras.Model(inputs, y)
    model.compile("sgd", "mse")
    model.fit(X, np.zeros(want, "float32"), verbose=0, batch_size=2)
    assert model.predict(X, verbose=0).shape == want


@pytest.mark.parametrize("name", TRAINED)
def test_between_the_layers_of_a_model_that_trains(K, name, engine):
    if engine == "numpy":
        pytest.skip("Keras on NumPy does not train")
    reshape, want = reshaped(K, name)
    inputs = keras.Input((3, 4))
    model = keras.Model(inputs, reshape(keras.layers.Dense(4, use_bias=False)(inputs)))
    model.compile("sgd", "mse")
    model.fit(X, np.zeros(want, "float32"), verbose=0, batch_size=2)
    assert model.predict(X, verbose=0).shape == want


@pytest.mark.parametrize("name", SHAPES)
def test_under_jit(K, name, engine):
    if engine != "jax":
        pytest.skip("a matter of jax.jit")
    import jax

    reshape, want = reshaped(K, name)
    np.testing.assert_array_equal(jax.jit(reshape)(X), X.reshape(want))


def test_sizes_of_other_functions(K):
    x = K.placeholder((None, 4))
    rows = K.shape(x)[0]
    made = [
        K.tile(K.constant([[1.0, 2.0]]), K.stack([rows, 1])),
        K.zeros((rows, 2)),
        K.ones(K.shape(x), dtype="int32"),
        K.arange(0, rows * 2, 2),
        K.random_normal((rows, 4)),
        K.repeat(x, rows),
        x[: rows - 1],
        x[rows - 1],
    ]
    tiled, zeros, ones, numbers, drawn, repeated, most, last = K.function([x], made)([X[0]])
    np.testing.assert_array_equal(tiled, [[1, 2]] * 3)
    np.testing.assert_array_equal(zeros, np.zeros((3, 2)))
    np.testing.assert_array_equal(ones, np.ones((3, 4)))
    assert ones.dtype == "int32"
    np.testing.assert_array_equal(numbers, [0, 2, 4])
    assert drawn.shape == (3, 4)
    assert repeated.shape == (3, 3, 4)
    np.testing.assert_array_equal(most, X[0][:2])
    np.testing.assert_array_equal(last, X[0][2])


def test_sizes_that_are_fed(K, engine):
    size = K.placeholder((), dtype="int32")
    draw = K.function([size], [K.random_uniform((size, 2)), K.zeros((size * 2,)), size + 1])
    for n in (3, 4, 3):
        drawn, zeros, more = draw([n])
        assert drawn.shape == (n, 2)
        assert zeros.shape == (2 * n,)
        assert more == n + 1
    if engine in ("jax", "tensorflow"):
        assert draw.compilations == 2


def test_a_fed_number_that_is_no_size_does_not_compile_again(K, engine):
    if engine not in ("jax", "tensorflow"):
        pytest.skip("the others do not compile")
    x, n = K.placeholder((None, 3)), K.placeholder((), dtype="int32")
    f = K.function([x, n], [K.reshape(x, (K.shape(x)[0], 3)) * K.cast(n, "float32") * 1 * 1 * 1])
    for value in range(4):
        np.testing.assert_array_equal(f([X[0][:, :3], value])[0], X[0][:, :3] * value)
    assert f.compilations <= 1


@pytest.mark.parametrize(
    "key",
    [
        np.s_[1:], np.s_[:2], np.s_[::2], np.s_[-1], np.s_[0], np.s_[..., 1:3], np.s_[:, 1],
        np.s_[None, 1], np.s_[..., None], np.s_[1, :, ::-1], np.int64(1),
    ],
    ids=str,
)  # fmt: skip
def test_symbolic_tensors_take_the_keys_of_arrays(K, key):
    x = K.placeholder((None, 3, 4))
    np.testing.assert_array_equal(K.function([x], [x[key]])([X])[0], X[key])
    known = K.placeholder((2, 3, 4))[key]
    assert tuple(known.shape) == X[key].shape


def test_a_shape_with_other_elements_is_refused(K):
    for shape in [(5, 2), (-1, 5), (-1, -1), "shape", 2.5]:
        with pytest.raises((ValueError, TypeError), match="expected"):
            K.reshape(K.constant(X), shape)
