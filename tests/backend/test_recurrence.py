"""K.rnn against a loop of NumPy, unrolled against not, and wherever code of Keras runs it."""

import keras
import numpy as np
import pytest
from hypothesis import given, strategies as st
from shares import examples

import kompat

W = np.array([0.5, -1.25], "float32")


def step(x, states):
    total, count = states
    total = total * W[0] + x * (count + W[1])
    return total - x, [total, count + 1.0]


def by_hand(x, states, mask, backwards, zeroed):
    """The outputs and the last states, one sample and one step after the other."""
    outputs = np.zeros_like(x)
    states = [s.copy() for s in states]
    for b in range(x.shape[0]):
        total, count = (s[b] for s in states)
        previous = np.zeros_like(x[b, 0])
        times = range(x.shape[1])
        for place, t in enumerate(reversed(times) if backwards else times):
            if mask[b, t]:
                total = total * W[0] + x[b, t] * (count + W[1])
                previous, count = total - x[b, t], count + 1
            outputs[b, place] = previous if mask[b, t] or not zeroed else 0
        states[0][b], states[1][b] = total, count
    return outputs, states


@st.composite
def batches(draw):
    batch, time = draw(st.integers(1, 3)), draw(st.integers(1, 5))
    mask = draw(st.lists(st.booleans(), min_size=batch * time, max_size=batch * time))
    x = np.random.RandomState(draw(st.integers(0, 9))).randn(batch, time, 2)
    return x.astype("float32"), np.reshape(mask, (batch, time))


@pytest.mark.parametrize("mode", ["eager", "graph"])
@examples(25)
@given(batches(), st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_masks_and_directions(K, mode, data, unroll, backwards, zeroed, time_major):
    x, mask = data
    states = [np.ones((len(x), 2), "float32"), np.zeros((len(x), 1), "float32")]
    fed = [np.swapaxes(a, 0, 1) if time_major else a for a in (x, mask)]
    options = {
        "go_backwards": backwards,
        "unroll": unroll,
        "zero_output_for_mask": zeroed,
        "time_major": time_major,
    }
    if mode == "eager":
        tensors = [K.constant(a, a.dtype.name) for a in (*fed, *states)]
        given = K.rnn(step, tensors[0], tensors[2:], mask=tensors[1], **options)
        last, outputs, after = keras.tree.map_structure(K.get_value, given)
    else:
        shapes = [a.shape if unroll else (None,) * (a.ndim - 1) + a.shape[-1:] for a in fed]
        shapes[1] = fed[1].shape
        tensors = [K.placeholder(s, dtype=a.dtype.name) for s, a in zip(shapes, fed)]
        tensors += [K.placeholder((None, a.shape[1])) for a in states]
        given = K.rnn(step, tensors[0], tensors[2:], mask=tensors[1], **options)
        last, outputs, after = K.function(tensors, given)([*fed, *states])
    wanted, final = by_hand(x, states, mask, backwards, zeroed)
    outputs = np.swapaxes(outputs, 0, 1) if time_major else outputs
    np.testing.assert_allclose(outputs, wanted, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(last, wanted[:, -1], rtol=1e-4, atol=1e-5)
    for ours, theirs in zip(after, final):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_lengths_are_masks(K, backwards, shape):
    """Whatever their shape, and whether they are tensors."""
    x = np.arange(12, dtype="float32").reshape(2, 3, 2)
    lengths = np.array([1, 2]).reshape(shape)
    mask = np.arange(3) < np.reshape(lengths, (-1, 1))
    states = [np.ones((2, 2), "float32"), np.zeros((2, 1), "float32")]
    wanted, _ = by_hand(x, states, mask, backwards, zeroed=False)
    for form in (lengths, K.constant(lengths, "int32")):
        got = K.rnn(step, x, states, backwards, input_length=form)[1]
        np.testing.assert_allclose(K.get_value(got), wanted)


def test_long_sequences_do_not_grow_the_graph(K):
    """A loop is one node, and its step is traced once."""
    calls = []

    def counted(x, states):
        calls.append(x)
        return step(x, states)

    x = K.placeholder((None, None, 2))
    initial = [K.ones_like(x[:, 0]), K.zeros_like(x[:, 0, :1])]
    last, _, _ = K.rnn(counted, x, initial)
    f = K.function([x], last)
    data = np.ones((1, 400, 2), "float32") / 100
    wanted, _ = by_hand(data, [np.ones((1, 2)), np.zeros((1, 1))], data[..., 0] > 0, False, False)
    np.testing.assert_allclose(f([data]), wanted[:, -1], rtol=1e-3)
    assert len(calls) == 1
    assert K.int_shape(last) == (None, 2)
    x = K.placeholder((None, 7, 2))
    K.rnn(counted, x, [K.ones_like(x[:, 0]), K.zeros_like(x[:, 0, :1])], unroll=True)
    assert len(calls) == 8


def test_the_gradients_are_those_of_the_unrolled_steps(K, engine):
    if engine == "numpy":
        pytest.skip("no gradients on NumPy")
    x = K.placeholder((2, 4, 2))
    mask = K.constant([[1, 0, 1, 1], [1, 1, 0, 0]])
    w = K.variable(W)

    def weighted(v, states):
        total = states[0] * w + v * v
        return total * K.sum(w), [total]

    def gradients(unroll):
        initial = x[:, 0] * w
        last, outputs, states = K.rnn(weighted, x, [initial], mask=mask, unroll=unroll)
        loss = K.sum(outputs) + K.sum(last * states[0])
        first = K.gradients(loss, [x, w])
        return [*first, *K.gradients(K.sum(first[1]), [x, w])]

    data = np.random.RandomState(0).rand(2, 4, 2)
    f = K.function([x], [gradients(unroll=False), gradients(unroll=True)])
    loop, unrolled = f([data])
    for ours, theirs in zip(loop, unrolled):
        np.testing.assert_allclose(ours, theirs, rtol=2e-5)
        assert np.abs(theirs).max() > 0.1


def test_graphs_read_variables_when_they_run(K):
    w = K.variable(1.0)
    with kompat.graph_mode():
        x = K.placeholder((1, 3, 1))
        f = K.function([x], K.rnn(lambda v, s: (v * w + s[0], [v * w + s[0]]), x, [x[:, 0] * 0])[0])
    np.testing.assert_array_equal(f([[[[1], [2], [3]]]]), [[6]])
    K.set_value(w, 2.0)
    np.testing.assert_array_equal(f([[[[1], [2], [3]]]]), [[12]])


@pytest.mark.parametrize("unroll", [False, True])
@pytest.mark.parametrize("mode", ["eager", "symbolic", "graph"])
def test_every_step_draws_and_updates_anew(K, mode, unroll):
    count = K.variable(0.0)
    data = np.zeros((1, 4, 3), "float32")

    def noisy(x, states):
        drawn = x + K.random_uniform((1, 3))
        return drawn, [states[0] + K.update_add(count, 1.0)]

    def run():
        return K.rnn(noisy, K.constant(data), [K.constant([[0.0]])], unroll=unroll)

    if mode != "eager":
        with kompat.graph_mode() if mode == "graph" else kompat.eager_mode():
            x = K.placeholder(data.shape)
            run = K.function([x], K.rnn(noisy, x, [x[:, 0, :1]], unroll=unroll))
    seen = []
    for _ in range(2):
        _, outputs, (total,) = run() if mode == "eager" else run([data])
        seen += K.get_value(outputs).reshape(4, 3).tolist()
        np.testing.assert_array_equal(K.get_value(total), [[10 if len(seen) == 4 else 26]])
    assert len({tuple(row) for row in seen}) == 8
    assert K.get_value(count) == 8


class Recurrent(keras.layers.Layer):
    """Sums what layers with a state of their own make of each step."""

    def __init__(self, K):
        super().__init__()
        self.K = K
        self.norm = keras.layers.BatchNormalization(momentum=0.5)
        self.drop = keras.layers.Dropout(0.5, seed=3)
        self.dense = keras.layers.Dense(2, kernel_initializer="ones")
        self.count = self.add_weight(shape=(), initializer="zeros", trainable=False)

    def build(self, shape):
        self.norm.build((None, 2))
        self.dense.build((None, shape[-1]))
        self.built = True

    def call(self, x, training=None):
        def step(v, states):
            y = self.norm(self.dense(v), training=training)
            y = self.drop(y, training=training)
            self.count.assign_add(1.0)
            return y, [states[0] + y * y]

        return self.K.rnn(step, x, [self.K.zeros_like(x[:, 0, :2])])[2][0]


def test_layers_in_a_step_keep_their_state_in_fit(K, engine):
    if engine == "numpy":
        pytest.skip("Keras on NumPy does not train")
    layer = Recurrent(K)
    model = keras.Sequential([keras.Input((5, 3)), layer, keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(1e-6), "mse")  # which no draw of weights lets diverge
    before = [K.get_value(v) for v in (*layer.dense.weights, layer.drop.seed_generator.state)]
    model.fit(np.random.rand(8, 5, 3), np.ones((8, 1)), epochs=2, batch_size=4, verbose=0)
    assert K.get_value(layer.count) == 20
    after = [K.get_value(v) for v in (*layer.dense.weights, layer.drop.seed_generator.state)]
    assert all((a != b).any() for a, b in zip(before, after))
    assert np.abs(K.get_value(layer.norm.moving_mean)).min() > 0.1
    assert K.get_value(layer(np.ones((1, 5, 3)))).shape == (1, 2)
    assert K.get_value(layer.count) == 25


def test_a_loop_in_a_keras_model_follows_its_phase(K):
    drop = keras.layers.Dropout(0.5)
    count = K.variable(0.0)
    x = keras.Input((6, 4))

    def step(v, states):
        return drop(v), [states[0] + K.update_add(count, 1.0)]

    outputs = K.rnn(step, x, [K.zeros_like(x[:, 0, :1])])[1]
    model = keras.Model(x, outputs)
    ones = np.ones((1, 6, 4), "float32")
    np.testing.assert_array_equal(K.get_value(model(ones)), ones)
    dropped = K.get_value(model(ones, training=True)) == 0
    assert 0 < dropped.mean() < 1
    assert len({tuple(row) for row in dropped[0]}) > 1


@pytest.mark.parametrize("masked", [False, True])
def test_inside_the_users_jit(K, engine, masked):
    if engine not in ("jax", "tensorflow"):
        pytest.skip("nothing to trace")
    x = np.random.RandomState(1).randn(2, 4, 2).astype("float32")
    mask = np.array([[1, 1, 0, 1], [1, 0, 0, 1]], bool)
    states = [np.ones((2, 2), "float32"), np.zeros((2, 1), "float32")]

    def run(x, mask):
        drawn = []

        def noisy(v, s):
            drawn.append(v)
            output, new = step(v, s)
            return [output, K.random_uniform((2, 2))], new

        outputs = K.rnn(noisy, x, states, mask=mask if masked else None)[1]
        assert len(drawn) == 2  # before the loop and in it
        return outputs

    if engine == "jax":
        import jax

        outputs, drawn = jax.jit(run)(x, mask)
    else:
        import tensorflow as tf

        shapes = [tf.TensorSpec((2, None, 2)), tf.TensorSpec((2, None), "bool")]
        run = tf.function(run, autograph=False, input_signature=shapes)
        outputs, drawn = run(tf.constant(x), tf.constant(mask))
    used = mask if masked else np.ones_like(mask)
    wanted, _ = by_hand(x, states, used, False, False)
    np.testing.assert_allclose(K.get_value(outputs), wanted, rtol=1e-5)
    if engine == "jax" and not masked:
        assert len(np.unique(K.get_value(drawn))) == 16


def test_gradients_through_values(K, engine):
    """The engine's own gradients, in eager mode and in a trace."""
    x = np.random.RandomState(2).rand(1, 3, 2).astype("float32")

    def loss(x):
        return K.sum(K.square(K.rnn(lambda v, s: (v * s[0], [s[0] + v]), x, [x[:, 0]])[0]))

    def by_differences(i):
        bump = np.zeros_like(x)
        bump.flat[i] = 1e-2
        return (K.get_value(loss(x + bump)) - K.get_value(loss(x - bump))) / 2e-2

    wanted = np.reshape([by_differences(i) for i in range(x.size)], x.shape)
    if engine == "jax":
        import jax

        found = [jax.grad(loss)(x), jax.jit(jax.grad(loss))(x)]
    elif engine == "torch":
        import torch

        leaf = torch.tensor(x, requires_grad=True)
        found = [torch.autograd.grad(loss(leaf), leaf)[0]]
    elif engine == "tensorflow":
        import tensorflow as tf

        def gradient(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                value = loss(x)
            return tape.gradient(value, x)

        found = [gradient(tf.constant(x)), tf.function(gradient, jit_compile=True)(tf.constant(x))]
    else:
        pytest.skip("no gradients on NumPy")
    for gradient in found:
        np.testing.assert_allclose(K.get_value(gradient), wanted, rtol=2e-2)


def test_errors_say_what_was_expected(K):
    x, states = K.ones((2, 3, 2)), [K.ones((2, 2))]

    def run(step=lambda v, s: (v, s), x=x, states=states, **options):
        return K.rnn(step, x, states, **options)

    with pytest.raises(ValueError, match="rank 3 or more"):
        run(x=K.ones((2, 3)))
    with pytest.raises(ValueError, match="as many time steps"):
        run(x=[x, K.ones((2, 4, 2))])
    with pytest.raises(ValueError, match="at least one time step"):
        run(x=np.zeros((2, 0, 2)))
    with pytest.raises(ValueError, match="known number of time steps"):
        run(x=K.placeholder((2, None, 2)), unroll=True)
    with pytest.raises(TypeError, match="list of initial states"):
        run(states=None)
    with pytest.raises(ValueError, match="1 new states, received 2"):
        run(lambda v, s: (v, [v, v]))
    with pytest.raises(ValueError, match=r"keep its shape \(2, 2\)"):
        run(lambda v, s: (v, [K.sum(v)]))
    with pytest.raises(TypeError, match="keep its dtype float32"):
        run(lambda v, s: (v, [K.cast(v, "int32")]))
    with pytest.raises(ValueError, match="batch dimension beside a mask"):
        run(lambda v, s: (v, [s[0] + 1.0]), states=[K.constant(0.0)], mask=K.ones((2, 3)))
    with pytest.raises(ValueError, match="mask of 3 time steps"):
        run(mask=K.ones((2, 4)))
