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


KEYS = {
    "a constant": lambda K: K.constant(1, dtype="int32"),
    "a variable": lambda K: K.variable(1, dtype="int32"),
    "a NumPy array": lambda K: np.array(1),
    "a symbolic tensor": lambda K: K.shape(K.placeholder((1,)))[0],
}


@pytest.mark.parametrize("name", KEYS)
def test_a_key_may_be_a_tensor_without_dimensions(K, name):
    x = K.placeholder((None, 3, 4))
    if name == "a symbolic tensor":
        one = K.shape(x)[0] - 1
    else:
        one = KEYS[name](K)
    made, wanted = [x[one], x[:, one]], [X[1], X[:, 1]]
    if name != "a variable":  # whose value a compiled program does not know
        made += [x[..., one:], x[one, None, :one]]
        wanted += [X[..., 1:], X[1, None, :1]]
    for found, want in zip(K.function([x], made)([X]), wanted, strict=True):
        np.testing.assert_array_equal(found, want)


@pytest.mark.parametrize("key", [np.array([0, 1]), np.array(1.0), "first", [0, 1]], ids=repr)
def test_another_key_is_refused(K, key):
    with pytest.raises(TypeError, match=r"expected an integer or a slice[^\n]*\n.*\n.*K.gather"):
        K.placeholder((None, 3))[key]


@pytest.mark.parametrize(
    "key",
    [np.s_[::-1], np.s_[::-1, ..., ::-2], np.s_[5:0:-1, None, -1:-3:-1], np.s_[0:2:-1]],
    ids=str,
)
def test_keys_go_backwards(K, key):
    x = K.placeholder((None, 3, 4))
    np.testing.assert_array_equal(K.function([x], [x[key]])([X])[0], X[key])
    assert K.placeholder((2, 3, 4))[key].shape == X[key].shape


def test_a_shape_backwards(K):
    x = K.placeholder((None, 3, 4))
    turned = K.reshape(x, K.shape(x)[::-1])
    assert K.int_shape(turned) == (4, 3, None)
    np.testing.assert_array_equal(K.function([x], [turned])([X])[0], X.reshape(4, 3, 2))


def test_a_slice_at_symbolic_places(K):
    place = K.placeholder((), dtype="int32")
    x, table = K.placeholder((None, 4)), K.constant(X[0])
    parts = [
        K.slice(table, [0, place], [-1, 2]),
        K.slice(x, K.stack([0, place]), K.stack([2, 1])),
    ]
    for n in (1, 2):
        got = K.function([place, x], parts)([n, X[1]])
        np.testing.assert_array_equal(got[0], X[0][:, n : n + 2])
        np.testing.assert_array_equal(got[1], X[1][:2, n : n + 1])


# What old layers compute from the sizes of their input, and what it is for ones.
IN_LAYERS = {
    "tile by a stack": lambda K, x: K.tile(x[:, :1], K.stack([1, K.shape(x)[1], 1])),
    "tile by a concatenation": lambda K, x: K.tile(
        x[:, :1], K.concatenate([one(K), K.shape(x)[1:2], one(K)])
    ),
    "zeros": lambda K, x: x + K.zeros(K.stack([K.shape(x)[0], K.shape(x)[1], 3])),
    "ones": lambda K, x: x * K.ones((K.shape(x)[0], K.shape(x)[1], 3)),
    "constant": lambda K, x: x * K.constant(1.0, shape=K.shape(x)),
    "constant of many": lambda K, x: (
        x * K.constant([1.0] * 3, shape=K.stack([1, 1, K.shape(x)[2]]))
    ),
    "slice": lambda K, x: K.slice(
        x, K.stack([0, 0, 0]), K.stack([K.shape(x)[0], K.shape(x)[1], 3])
    ),
    "dropout": lambda K, x: K.dropout(x, 0.0, noise_shape=K.stack([K.shape(x)[0], 1, 1])),
    "arange": lambda K, x: x + 0 * K.cast(K.arange(K.shape(x)[0]), "float32")[:, None, None],
    "cast": lambda K, x: x * K.cast(K.shape(x)[1], "float32") / K.cast(K.shape(x)[1], "float32"),
    "squeeze": lambda K, x: K.squeeze(K.expand_dims(x, 1)[:, : K.shape(x)[1]], 1),
    "resize": lambda K, x: K.resize_images(x[..., None], 2, 1, "channels_last", "bilinear")[
        :, ::2, :, 0
    ],
    "a comparison": lambda K, x: K.switch(K.shape(x)[0] > 1, x, x * 2),
    "map_fn": lambda K, x: K.map_fn(lambda row: row * 1.0, x),
}


def one(K):
    return K.constant([1], dtype="int32")


@pytest.mark.parametrize("name", IN_LAYERS)
def test_sizes_inside_a_layer_whose_axes_are_unknown(K, name):
    inputs = keras.Input((None, 3))
    y = keras.layers.Lambda(lambda x: IN_LAYERS[name](K, x))(inputs)
    model = keras.Model(inputs, y)
    assert len(y.shape) == 3
    assert y.shape[-1] in (3, None)
    for batch, steps in [(2, 4), (3, 5)]:
        want = np.ones((batch, steps, 3), "float32")
        np.testing.assert_array_equal(model.predict(want, verbose=0), want)
