"""Convolution and pooling against their definitions, written out in NumPy."""

import itertools

import keras
import numpy as np
import pytest
from answers.windows import assembled, channels_first, convolved, windows
from hypothesis import given, strategies as st
from shares import examples

FIRST = "channels_first"
property_test = examples(25)
CONV = {1: "conv1d", 2: "conv2d", 3: "conv3d"}


def filled(*shape, dtype="float32"):
    """Small whole numbers, whose sums are exact in every dtype."""
    return np.resize([3, -1, 2, 0, -3, 1, -2, 4, 1, 2, -4], shape).astype(dtype)


@st.composite
def convolutions(draw, ranks=(1, 2, 3)):
    """Input, kernel, strides, padding and dilation of a convolution whose window fits."""
    rank = draw(st.sampled_from(ranks))
    window = draw(st.tuples(*[st.integers(1, 4 - rank // 2)] * rank))
    moves = draw(st.tuples(*[st.integers(1, 3)] * rank))
    strided = draw(st.booleans())
    ones = (1,) * rank
    strides, dilation = (moves, ones) if strided else (ones, moves)
    padding = draw(st.sampled_from(["valid", "same", "causal"][: 3 if rank == 1 else 2]))
    least = [(w - 1) * d + 1 if padding == "valid" else 1 for w, d in zip(window, dilation)]
    sizes = [n + draw(st.integers(0, 3)) for n in least]
    groups, channels, filters = draw(st.sampled_from([(1, 1, 2), (1, 3, 2), (2, 2, 3), (3, 1, 2)]))
    x = filled(draw(st.integers(1, 2)), *sizes, groups * channels)
    return x, filled(*window, channels, groups * filters), strides, padding, dilation


@property_test
@given(convolutions(), st.booleans())
def test_convolution_is_the_sum_over_windows(K, case, first):
    x, kernel, strides, padding, dilation = case
    want = convolved(*case)
    got = getattr(K, CONV[len(strides)])(
        K.constant(channels_first(x) if first else x),
        K.constant(kernel),
        strides,
        padding,
        FIRST if first else "channels_last",
        dilation,
    )
    np.testing.assert_array_equal(K.eval(got), channels_first(want) if first else want)


@property_test
@given(convolutions(ranks=(2, 3)), st.data())
def test_the_transposed_convolution_is_the_adjoint(K, case, data):
    """<conv(x), y> is <x, transposed(y)>, whatever the sizes."""
    x, kernel, strides, padding, dilation = case
    if x.shape[-1] != kernel.shape[-2]:
        return
    if len(strides) == 3:
        function, options = K.conv3d_transpose, {}
        strides = tuple(np.multiply(strides, dilation)) if max(strides) > 1 else strides
        dilation = (1, 1, 1)
        sizes = [max(n, w) for n, w in zip(x.shape[1:], kernel.shape[:3])]
        x = filled(x.shape[0], *sizes, x.shape[-1])
    else:
        function, options = K.conv2d_transpose, {"dilation_rate": dilation}
    there = convolved(x, kernel, strides, padding, dilation)
    y = filled(*there.shape)[..., ::-1].copy()
    first = data.draw(st.booleans())
    shape = (None, *(channels_first(x) if first else x).shape[1:])
    back = function(
        K.constant(channels_first(y) if first else y),
        K.constant(kernel),
        shape,
        strides,
        padding,
        FIRST if first else "channels_last",
        **options,
    )
    back = np.moveaxis(K.eval(back), 1, -1) if first else K.eval(back)
    assert back.shape == x.shape
    for axes in itertools.product(*map(range, x.shape)):
        unit = np.zeros_like(x)
        unit[axes] = 1
        assert back[axes] == (convolved(unit, kernel, strides, padding, dilation) * y).sum()


@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_a_separable_convolution_is_one_with_the_product_of_its_kernels(K, padding, dilation):
    x, deep, point = filled(2, 7, 3), filled(3, 3, 2), filled(1, 6, 4)
    kernel = np.einsum("wcm,cmf->wcf", deep, point.reshape(3, 2, 4))
    want = convolved(x, kernel, (1,), padding, (dilation,))
    got = K.separable_conv1d(x, deep, point, 1, padding, "channels_last", dilation)
    np.testing.assert_array_equal(K.eval(got), want)
    got = K.separable_conv1d(channels_first(x), deep, point, 1, padding, FIRST, dilation)
    np.testing.assert_array_equal(K.eval(got), channels_first(want))


def test_a_separable_convolution_moves_by_its_strides(K):
    x, deep, point = filled(2, 7, 3), filled(2, 3, 1), filled(1, 3, 4)
    want = convolved(x, deep[..., 0][..., None] * point[0], (3,), "same", (1,))
    got = K.separable_conv1d(x, deep, point, strides=3, padding="same")
    np.testing.assert_array_equal(K.eval(got), want)


def test_a_causal_convolution_does_not_see_what_comes_later(K):
    kernel = filled(3, 2, 4)
    x, y = filled(1, 6, 2), filled(1, 6, 2)
    y[:, 4:] += 1
    for format, place in (("channels_last", lambda a: a), (FIRST, channels_first)):
        first, second = (
            K.eval(K.conv1d(place(each), kernel, 1, "causal", format)) for each in (x, y)
        )
        steps = 1 if format == "channels_last" else 2
        assert first.shape[steps] == 6
        alike = (first == second).all(axis=tuple({0, 1, 2} - {steps}))
        assert alike.tolist() == [True] * 4 + [False] * 2


@st.composite
def poolings(draw):
    rank = draw(st.sampled_from([2, 3]))
    window = draw(st.tuples(*[st.integers(1, 5 - rank)] * rank))
    strides = draw(st.tuples(*[st.integers(1, 3)] * rank))
    padding = draw(st.sampled_from(["valid", "same"]))
    least = window if padding == "valid" else (1,) * rank
    sizes = [n + draw(st.integers(0, 4)) for n in least]
    x = np.array(draw(st.permutations(range(int(np.prod(sizes))))), "float32")
    return x.reshape(1, *sizes, 1) * [1, -1], window, strides, padding


@property_test
@given(poolings(), st.booleans())
def test_pooling_is_over_what_is_there(K, case, first):
    x, window, strides, padding = case
    axes = tuple(range(1, x.ndim - 1))
    for mode, function in (("max", np.nanmax), ("avg", np.nanmean)):
        seen = windows(x, window, strides, padding, fill=np.nan)
        want = assembled((place, function(w, axes)) for place, w in seen)
        got = getattr(K, f"pool{len(window)}d")(
            K.constant(channels_first(x) if first else x),
            window,
            strides,
            padding,
            FIRST if first else "channels_last",
            mode,
        )
        want = channels_first(want) if first else want
        np.testing.assert_allclose(K.eval(got), want, rtol=1e-6, atol=1e-5)


def test_pooling_without_strides_moves_by_the_window(K):
    x = filled(1, 6, 6, 2)
    np.testing.assert_array_equal(
        K.eval(K.pool2d(x, (2, 3), strides=None)), K.eval(K.pool2d(x, (2, 3), strides=(2, 3)))
    )


@pytest.mark.parametrize("size", [2, 4], ids=["few", "many"])
def test_the_maximum_of_a_window_with_nan_is_nan(K, size):
    for place in itertools.product(range(size), repeat=2):
        x = np.ones((1, size, size, 1))
        x[0, *place, 0] = np.nan
        assert np.isnan(K.eval(K.pool2d(K.constant(x), (size, size)))).all()


@pytest.mark.parametrize("mode", ["max", "avg"])
@pytest.mark.parametrize("size", [2, 4], ids=["few", "many"])
def test_each_window_sends_its_gradient_back(K, engine, mode, size):
    """All of it to its first maximum, or in equal shares."""
    if engine == "numpy":
        pytest.skip("NumPy has no gradients")
    x = K.placeholder(shape=(1, size, size + 1, 1))
    value = np.ones((1, size, size + 1, 1))
    (gradient,) = K.gradients(K.sum(K.pool2d(x, (size, size), pool_mode=mode)), x)
    got = K.function([x], [gradient])([value])[0][0, :, :, 0]
    want = np.zeros((size, size + 1))
    for start in (0, 1):
        if mode == "max":
            want[0, start] += 1
        else:
            want[:, start : start + size] += 1 / size**2
    np.testing.assert_allclose(got, want, rtol=1e-6)


@st.composite
def local_convolutions(draw):
    window = draw(st.tuples(*[st.integers(1, 3)] * 2))
    strides = draw(st.tuples(*[st.integers(1, 3)] * 2))
    positions = draw(st.tuples(*[st.integers(1, 3)] * 2))
    more = draw(st.tuples(*[st.integers(0, 2)] * 2))
    sizes = [w + s * (p - 1) + m for w, s, p, m in zip(window, strides, positions, more)]
    x = filled(2, *sizes, 2)
    kernel = filled(int(np.prod(positions)), int(np.prod(window)) * 2, 3)
    return x, kernel, window, strides, positions


@property_test
@given(local_convolutions())
def test_a_local_convolution_has_a_kernel_for_each_position(K, case):
    x, kernel, window, strides, positions = case
    seen = [
        (place, elements)
        for place, elements in windows(x, window, strides, "valid")
        if all(n < most for n, most in zip(place, positions))
    ]
    last = assembled((p, w.reshape(2, -1) @ k) for (p, w), k in zip(seen, kernel))
    first = assembled((p, channels_first(w).reshape(2, -1) @ k) for (p, w), k in zip(seen, kernel))
    np.testing.assert_array_equal(
        K.eval(K.local_conv2d(x, kernel, window, strides, positions)), last
    )
    np.testing.assert_array_equal(
        K.eval(K.local_conv2d(channels_first(x), kernel, window, strides, positions, FIRST)),
        channels_first(first),
    )


CALLS = {
    "conv1d": lambda K, x: K.conv1d(x[:, 0], filled(3, 2, 4)),
    "conv2d": lambda K, x: K.conv2d(x, filled(2, 3, 2, 4)),
    "conv2d same": lambda K, x: K.conv2d(x, filled(2, 2, 2, 4), (2, 2), "same"),
    "conv2d_transpose": lambda K, x: K.conv2d_transpose(
        x, filled(2, 2, 3, 2), (None, 10, 12, 3), (2, 2)
    ),
    "depthwise_conv2d": lambda K, x: K.depthwise_conv2d(x, filled(2, 2, 2, 2)),
    "separable_conv2d": lambda K, x: K.separable_conv2d(x, filled(2, 2, 2, 2), filled(1, 1, 4, 3)),
    "pool2d": lambda K, x: K.pool2d(x, (2, 2), (2, 2), "same"),
    "pool2d avg": lambda K, x: K.pool2d(x, (2, 2), (2, 2), "same", pool_mode="avg"),
    "pool2d of many": lambda K, x: K.pool2d(x, (4, 3)),
}


# Keras on NumPy infers shapes from memory that nobody has set, which may overflow.
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", CALLS)
def test_sizes_may_be_unknown_in_models_and_in_layers(K, name):
    call, value = CALLS[name], filled(2, 5, 6, 2)
    want = K.eval(call(K, K.constant(value)))
    # A given output shape holds for one size only, and Keras tries others to infer shapes.
    x = keras.Input((5, 6, 2) if name == "conv2d_transpose" else (None, None, 2))
    layer = keras.layers.Lambda(lambda t: call(K, t))
    for model in (keras.Model(x, call(K, x)), keras.Model(x, layer(x))):
        np.testing.assert_array_equal(model.predict(value, verbose=0), want)


@pytest.mark.parametrize("name", CALLS)
def test_no_samples_give_no_results(K, name):
    want = (0, *K.int_shape(CALLS[name](K, K.constant(filled(2, 5, 6, 2))))[1:])
    assert K.eval(CALLS[name](K, K.constant(np.zeros((0, 5, 6, 2))))).shape == want


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64", "int32", "int64"])
@pytest.mark.parametrize("channels", [2, 1], ids=["whole", "depthwise"])
def test_the_dtype_is_kept(K, dtype, channels):
    x, kernel = filled(2, 5, 6, 2), filled(2, 2, channels, 2)
    results = [
        (K.conv2d(K.cast(x, dtype), K.cast(kernel, dtype)), K.conv2d(x, kernel)),
        (K.pool2d(K.cast(x, dtype), (2, 2)), K.pool2d(x, (2, 2))),
    ]
    for got, want in results:
        assert K.dtype(got) == dtype
        np.testing.assert_array_equal(np.asarray(K.eval(got), "float32"), K.eval(want))


def test_integers_are_convolved_exactly(K):
    x, kernel = K.constant([[[2**40 + 1], [1]]], dtype="int64"), K.ones((2, 1, 1), "int64")
    assert K.eval(K.conv1d(x, kernel)) == 2**40 + 2


@pytest.mark.parametrize("name", sorted(set(CALLS) - {"pool2d avg"}))
def test_booleans_are_refused(K, name):
    with pytest.raises(TypeError, match="booleans"):
        CALLS[name](K, K.placeholder(shape=(2, 5, 6, 2), dtype="bool"))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda K: K.conv1d(K.ones((2, 3)), K.ones((1, 3, 1))), "rank 3"),
        (lambda K: K.conv1d(K.ones((2, 3, 4)), K.ones((3, 4))), "kernel of rank 3"),
        (lambda K: K.conv2d(K.ones((1, 4, 4, 3)), K.ones((5, 1, 3, 2))), "windows that fit"),
        (lambda K: K.conv2d(K.ones((1, 4, 4, 4)), K.ones((1, 1, 2, 3))), "divides its filters"),
        (lambda K: K.pool2d(K.ones((1, 4, 4, 1)), (5, 1)), "windows that fit"),
        (lambda K: K.pool2d(K.ones((1, 4, 4, 1)), (2.0, 2.0)), "integers"),
        (lambda K: K.pool3d(K.ones((1, 4, 4, 1)), (2, 2, 2)), "rank 5"),
        (
            lambda K: K.conv2d_transpose(K.ones((2, 3, 3, 2)), K.ones((2, 2, 3, 2)), (1, 4, 4, 3)),
            "2 samples",
        ),
        (
            lambda K: K.conv2d_transpose(K.ones((1, 3, 3, 2)), K.ones((2, 2, 3, 2)), (1, 9, 4, 3)),
            "8 positions along axis 0",
        ),
        (
            lambda K: K.conv2d_transpose(K.ones((1, 3, 3, 2)), K.ones((2, 2, 3, 2)), (1, 4, 4)),
            "4 sizes",
        ),
        (
            lambda K: K.local_conv1d(K.ones((1, 5, 2)), K.ones((5, 4, 1)), (2,), (1,)),
            "at most 4 positions",
        ),
        (
            lambda K: K.separable_conv2d(
                K.ones((1, 4, 4, 2)), K.ones((2, 2, 2, 1)), K.ones((2, 1, 2, 1))
            ),
            "pointwise kernel",
        ),
    ],
)
def test_what_does_not_fit_is_said(K, call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call(K)


def test_a_model_of_convolutions_trains(K, engine):
    """Through Keras's own step, whose gradients are the engine's."""
    if engine == "numpy":
        pytest.skip("Keras on NumPy does not train")

    class Filter(keras.Layer):
        def build(self, shape):
            self.kernel = self.add_weight(shape=(3, 3, shape[-1], 4))

        def call(self, x):
            return K.pool2d(K.abs(K.conv2d(x, self.kernel)), (2, 2), (2, 2), "same")

    keras.utils.set_random_seed(3)
    layers = [Filter(), keras.layers.Flatten(), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((8, 8, 1)), *layers])
    model.compile(keras.optimizers.Adam(0.02), "mse")
    x = np.random.default_rng(0).normal(size=(64, 8, 8, 1))
    losses = model.fit(x, x.mean((1, 2)), epochs=8, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 4


def test_inside_the_users_own_jit(K, engine):
    if engine != "jax":
        pytest.skip("jax.jit is JAX's")
    import jax

    x, kernel = filled(2, 5, 6, 2), filled(2, 2, 2, 3)

    def loss(kernel):
        return K.sum(K.pool2d(K.conv2d(x, kernel), (2, 2)))

    assert jax.jit(loss)(kernel) == loss(kernel)
    np.testing.assert_array_equal(jax.jit(jax.grad(loss))(kernel), jax.grad(loss)(kernel))


def test_a_volume_of_one_channel(K):
    """TensorFlow's own convolution reads past the end of this one."""
    case = filled(2, 1, 2, 3, 1), filled(1, 1, 2, 1, 2), (1, 1, 2), "valid", (1, 1, 1)
    np.testing.assert_array_equal(K.eval(K.conv3d(*case[:4])), convolved(*case))


def test_the_sizes_of_a_transposed_convolution_may_be_computed(K, engine):
    kernel, value = filled(2, 2, 3, 2), filled(2, 3, 4, 2)
    want = K.eval(K.conv2d_transpose(value, kernel, (2, 6, 8, 3), (2, 2), "same"))
    x = keras.Input((None, None, 2))
    sizes = K.shape(x)
    y = K.conv2d_transpose(x, kernel, (sizes[0], sizes[1] * 2, sizes[2] * 2, 3), (2, 2), "same")
    np.testing.assert_array_equal(K.function([x], [y])([value])[0], want)
    model = keras.Model(x, y)
    np.testing.assert_array_equal(K.eval(model(value)), want)
    if engine == "jax":
        with pytest.raises(ValueError, match="known when JAX compiles"):
            model.predict(value, verbose=0)
