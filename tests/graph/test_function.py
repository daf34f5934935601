"""K.function: inputs, outputs, updates, state, threads."""

import gc
import threading
import weakref

import keras
import numpy as np
import pytest

import kompat
from kompat import storage
from kompat.errors import FeedError, SessionError, UnfedPlaceholderError

ONES = np.ones((3, 2), "float32")


def test_outputs_come_in_the_structure_that_was_asked_for(K, x):
    double, half = x * 2, x / 2
    assert isinstance(K.function([x], [double])([ONES]), list)
    np.testing.assert_array_equal(K.function(x, double)(ONES), 2 * ONES)
    result = K.function([x], {"a": double, "b": [half, (double,)]})([ONES])
    np.testing.assert_array_equal(result["b"][0], ONES / 2)
    np.testing.assert_array_equal(result["b"][1][0], 2 * ONES)
    assert type(K.function([x], K.sum(x))([ONES])) is np.float32


def test_outputs_are_fresh_writable_arrays(K, x):
    v = K.variable(ONES)
    f = K.function([x], [x, v])
    first, value = f([ONES])
    first[:] = 7
    value[:] = 7
    np.testing.assert_array_equal(f([ONES])[0], ONES)
    np.testing.assert_array_equal(K.get_value(v), ONES)


def test_variables_constants_and_the_phase_are_outputs(K, x):
    v = K.variable(3.0)
    out = K.function([x], [v, 2.5, K.constant([1.0]), K.learning_phase()])([ONES])
    assert out[0] == 3
    assert out[1] == 2.5
    assert out[2] == [1]
    assert out[3] == 0


@pytest.mark.parametrize("kind", ["placeholder", "variable", "intermediate", "model input"])
def test_anything_in_the_graph_can_be_an_input(K, x, kind):
    if kind == "variable":
        v = K.variable(2.0)
        f = K.function([v, x], x * v)
        np.testing.assert_array_equal(f([5.0, ONES]), 5 * ONES)
        assert K.get_value(v) == 2
    elif kind == "intermediate":
        middle = x + 1
        np.testing.assert_array_equal(K.function([middle], middle * 2)([ONES]), 2 * ONES)
    elif kind == "model input":
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, activation="relu")])
        f = K.function([model.inputs[0]], [model.outputs[0]])
        np.testing.assert_allclose(f([ONES])[0], K.get_value(model(ONES)), rtol=1e-6)
    else:
        np.testing.assert_array_equal(K.function([x], x * 2)([ONES.tolist()]), 2 * ONES)


@pytest.mark.parametrize("kind", ["pair", "operation"])
def test_outputs_see_the_values_from_before_the_updates(K, x, kind):
    v = K.variable(1.0)
    new = K.sum(x) + v
    updates = [(v, new)] if kind == "pair" else [K.update(v, new)]
    f = K.function([x], [v, K.sum(x) * v], updates=updates)
    assert f([ONES]) == [1, 6]
    assert f([ONES]) == [7, 42]
    assert K.get_value(v) == 13


def test_a_write_during_a_run_is_noticed(K, engine):
    if engine in ("torch", "tensorflow"):
        pytest.skip("written in place, under locks")
    for v in (K.variable(1.0), keras.Variable([1.0])):
        held, _ = storage.snapshot(v)
        K.get_value(v)
        K.set_value(v, np.full(v.shape, 5.0))
        assert not storage.replace([(v, held, keras.ops.full(v.shape, 3.0))])
        assert K.get_value(v) == 5
        held, _ = storage.snapshot(v)
        K.get_value(v)
        assert storage.replace([(v, held, keras.ops.full(v.shape, 3.0))])
        assert K.get_value(v) == 3


def test_updates_without_outputs_or_inputs(K):
    v = K.variable(1.0)
    with kompat.graph_mode():
        f = K.function([], [], updates=[K.update_add(v, 2.0), K.update_add(v, 3.0)])
    assert f([]) == []
    assert K.get_value(v) == 6


@pytest.mark.parametrize("written", ["update", "pair"])
def test_an_update_that_was_done_when_it_was_written_is_named(K, x, engine, written):
    if engine == "numpy" and written == "pair":
        pytest.skip("its tensors are arrays, which may be meant")
    v = K.variable(0.0)
    update = K.update_add(v, 1.0) if written == "update" else (v, v + 1.0)
    with pytest.warns(UserWarning, match="'count'.*written.*graph_mode"):
        K.function([x], [x], updates=[update], name="count")
    with kompat.graph_mode():
        update = K.update_add(v, 1.0) if written == "update" else (v, v + 1.0)
        K.function([x], [x], updates=[update, (v, np.float32(1)), (v, 2.0)], name="count")


def test_two_variables_swap(K):
    a, b = K.variable([1.0]), K.variable([2.0])
    with kompat.graph_mode():
        f = K.function([], [], updates=[K.update(a, b), K.update(b, a)])
    f([])
    assert (K.get_value(a), K.get_value(b)) == (2, 1)
    f([])
    assert (K.get_value(a), K.get_value(b)) == (1, 2)


def test_feed_dict_is_read_at_each_call(K, x):
    rate = K.placeholder(shape=())
    feeds = {rate: 2.0}
    f = K.function([x], K.sum(x) * rate, feed_dict=feeds)
    assert f([ONES]) == 12
    feeds[rate] = 3.0
    assert f([ONES]) == 18


def test_fetches_are_performed(K, x):
    v = K.variable(0.0)
    f = K.function([x], [x], fetches=[K.update_add(v, K.sum(x))])
    assert len(f([ONES])) == 1
    assert K.get_value(v) == 6


def test_wide_values_stay_exact(K):
    n = K.placeholder(shape=(), dtype="int64")
    v = K.variable(2**53, dtype="int64")
    f = K.function([n], [n + 1, v], updates=[K.update(v, n)])
    out = f([2**53])
    assert out[0] == 2**53 + 1
    assert out[0].dtype == np.int64
    f([2**53 + 1])
    assert K.get_value(v) == 2**53 + 1


def test_errors_name_the_tensor_and_the_line_that_made_it(K, x):
    y = K.placeholder(shape=(None,), name="unfed")
    with pytest.raises(UnfedPlaceholderError, match=r"unfed(.|\n)*test_function\.py"):
        K.function([x], K.sum(x) + K.sum(y))
    f = K.function([x], x * 2)
    with pytest.raises(FeedError, match=r"\(None, 2\)(.|\n)*\(2,\)"):
        f([np.ones(2)])
    with pytest.raises(FeedError, match="1 inputs, received 2"):
        f([ONES, ONES])
    with pytest.raises(TypeError, match="object"):
        K.function([x], object())
    with pytest.raises(ValueError, match="unknown_option"):
        K.function([x], x, unknown_option=1)


def test_an_error_inside_a_run_says_where(K, x):
    class Fails(keras.Operation):
        def call(self, x):
            raise ZeroDivisionError("broken")

        def compute_output_spec(self, x):
            return keras.KerasTensor(x.shape)

    f = K.function([x], Fails()(x), name="my_function")
    with pytest.raises(ZeroDivisionError) as caught:
        f([ONES])
    notes = "\n".join(caught.value.__notes__)
    assert "my_function" in notes
    assert "test_function.py" in notes


def test_a_failed_run_leaves_variables_as_they_were(K, x):
    class Fails(keras.Operation):
        def call(self, x):
            raise ZeroDivisionError

        def compute_output_spec(self, x):
            return keras.KerasTensor(x.shape)

    v = K.variable(1.0)
    f = K.function([x], Fails()(x), updates=[K.update_add(v, K.sum(x))])
    with pytest.raises(ZeroDivisionError):
        f([ONES])
    assert K.get_value(v) == 1


def test_layers_update_their_state_once_per_run_as_keras_does(K, engine):
    def model():
        keras.utils.set_random_seed(1)
        return keras.Sequential([keras.Input((2,)), keras.layers.BatchNormalization()])

    ours, theirs = model(), model()
    data = np.random.default_rng(0).normal(size=(10, 16, 2)).astype("float32")
    loss = K.mean(K.square(ours.outputs[0]))
    if engine == "numpy":
        f = K.function([ours.inputs[0], K.learning_phase()], [loss])
    else:
        grads = K.gradients(loss, [ours.layers[0].gamma, ours.inputs[0]])
        f = K.function([ours.inputs[0], K.learning_phase()], [loss, *grads])
    for batch in data:
        f([batch, 1])
        theirs(batch, training=True)
    for a, b in zip(ours.get_weights(), theirs.get_weights()):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    before = ours.get_weights()
    f([data[0], 0])
    for a, b in zip(before, ours.get_weights()):
        np.testing.assert_array_equal(a, b)


def test_the_phase_reaches_layers_of_nested_models(K):
    inner = keras.Sequential([keras.Input((100,)), keras.layers.Dropout(0.5)])
    outer = keras.Sequential([keras.Input((100,)), inner])
    f = K.function([outer.inputs[0], K.learning_phase()], [outer.outputs[0]])
    batch = np.ones((1, 100))
    assert (f([batch, 0])[0] == 1).all()
    first, second = f([batch, 1])[0], f([batch, 1])[0]
    assert set(np.unique(first)) == {0, 2}
    assert (first != second).any()


def test_a_layer_that_was_told_to_train_or_not_keeps_to_it(K):
    x = keras.Input((100,))
    outputs = [
        keras.layers.Dropout(0.5)(x),
        keras.layers.Dropout(0.5)(x, training=True),
        keras.layers.Dropout(0.5)(x, training=False),
        keras.layers.Dropout(0.5)(x, training=None),
        keras.layers.Dropout(0.5)(x, training=K.learning_phase()),
    ]
    f = K.function([x, K.learning_phase()], outputs)
    for phase in (0, 1):
        dropped = [bool((out == 0).any()) for out in f([np.ones((1, 100)), phase])]
        assert dropped == [bool(phase), True, False, bool(phase), bool(phase)]


def test_one_mask_for_loss_and_gradient(K, engine):
    if engine == "numpy":
        pytest.skip("no gradients on NumPy")
    model = keras.Sequential([keras.Input((50,)), keras.layers.Dropout(0.5)])
    grads = K.gradients(K.sum(model.outputs[0]), model.inputs[0])
    f = K.function([model.inputs[0], K.learning_phase()], [model.outputs[0], *grads])
    for _ in range(3):
        output, gradient = f([np.ones((1, 50)), 1])
        np.testing.assert_array_equal(output, gradient)


def test_layers_in_closures_of_lambdas_keep_their_state(K):
    dropout = keras.layers.Dropout(0.5)
    dropout.build((None, 50))
    x = keras.Input((50,))
    # On NumPy Keras would infer the shape from memory that it has not set.
    y = keras.layers.Lambda(lambda t: dropout(t, training=True), output_shape=(50,))(x)
    f = K.function([x], y)
    assert (f([np.ones((1, 50))]) != f([np.ones((1, 50))])).any()


def test_a_chain_of_thousands_of_operations(K):
    x = K.placeholder(shape=())
    y = x
    for _ in range(5000):
        y = y + 1
    if K.backend() == "jax":  # compiling takes long: what is tested is the schedule
        assert len(kompat.graph.evaluation.Schedule([y], {id(x)}).nodes()) == 5000
    else:
        assert K.function([x], y)([0.0]) == 5000


def test_functions_and_gradients_that_were_dropped_leave_nothing(K, engine):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    layer = model.layers[0]
    counts = len(layer._inbound_nodes), len(layer._outbound_nodes)
    alive = []

    def build():
        loss = K.mean(K.square(model.outputs[0]))
        if engine != "numpy":
            K.gradients(loss, layer.kernel)
        f = K.function([model.inputs[0]], loss)
        alive.extend([weakref.ref(f), weakref.ref(loss)])

    def objects(times):
        for _ in range(times):
            build()
        gc.collect()
        return len(gc.get_objects())

    before, after = objects(10), objects(1000)
    assert after - before < 100 + len(alive)
    assert (len(layer._inbound_nodes), len(layer._outbound_nodes)) == counts
    assert not any(ref() for ref in alive)


def test_no_update_of_eight_threads_is_lost(K):
    v, w = K.variable(0.0), K.variable(0.0)
    x = K.placeholder(shape=())
    f = K.function([x], [v], updates=[K.update_add(v, x), (w, x)])
    f([0.0])
    rounds = 500

    def work():
        for _ in range(rounds):
            f([1.0])
            K.update_add(v, 1.0)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert K.get_value(v) == 8 * rounds * 2


def test_pure_runs_of_eight_threads_are_right(K, x):
    f = K.function([x], K.sum(x) * 2)
    wrong = []

    def work(number):
        for _ in range(500):
            if f([np.full((1, 2), number)]) != 4 * number:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_pure_runs_do_not_wait_for_each_other(K, x, monkeypatch):
    """Each of two runs waits until the other one has come as far."""
    f = K.function([x], K.print_tensor(x, "here") * 2)
    for _ in range(2):
        f([np.ones((1, 2))])
    both, met = threading.Barrier(2), []

    def meet(*words):
        try:
            met.append(both.wait(timeout=20))
        except threading.BrokenBarrierError:
            met.append("nobody came")

    monkeypatch.setattr("builtins.print", meet)
    threads = [threading.Thread(target=f, args=([np.ones((1, 2))],)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(met) == [0, 1]


def test_a_function_in_the_middle_of_fit(K, engine):
    if engine == "numpy":
        pytest.skip("Keras on NumPy does not train")
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    f = K.function([model.inputs[0]], [model.outputs[0]])
    kernel = model.layers[0].kernel
    counts = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            bias = K.get_value(model.layers[0].bias)
            expected = ONES @ K.get_value(kernel) + bias
            np.testing.assert_allclose(f([ONES])[0], expected, rtol=1e-5)
            counts.append(batch)

    model.fit(np.ones((8, 2)), np.ones((8, 1)), batch_size=2, verbose=0, callbacks=[Watch()])
    assert len(counts) == 4


def test_a_fetched_session_error_is_a_type_error(K):
    assert issubclass(SessionError, TypeError)


def test_a_run_that_goes_on_does_not_read_what_the_caller_writes_next(K):
    size = 2**20
    x, v = K.placeholder(shape=(size,)), K.variable(np.zeros(size))
    f = K.function([x], [], updates=[K.update(v, x * 2 + v * 0)])
    fed = np.empty(size, "float32")
    for _ in range(20):
        fed[:] = 1
        f([fed])
        fed[:] = 3
        assert (K.get_value(v) == 2).all()


def test_what_was_fed_is_never_shared(K):
    x = K.placeholder(shape=(64,))
    v = K.variable(np.zeros(64))
    f = K.function([x], [x], updates=[K.update(v, x)])
    memory = np.zeros(64 * 4 + 128, "uint8")
    for offset in (*range(0, 64, 16), *range(0, 64, 16)):
        start = -memory.ctypes.data % 64 + offset
        fed = memory[start : start + 256].view("float32")
        fed[:] = 1
        (out,) = f([fed])
        fed[:] = 2
        assert (out == 1).all()
        assert (K.get_value(v) == 1).all()
        with kompat.graph_mode():
            K.get_session().run(K.update(v, x), {x: fed})
        fed[:] = 3
        assert (K.get_value(v) == 2).all()


def test_callers_append_what_is_computed_too(K, x):
    total = K.variable(0.0)
    f = K.function([x], [K.sum(x)])
    f([np.ones((2, 2))])
    with kompat.graph_mode():
        f.fetches.append(K.update_add(total, K.sum(x) * 10))
    assert f([np.ones((2, 2))]) == [4.0]
    assert K.get_value(total) == 40
    seen = []
    f.fetch_callbacks[K.max(x)] = seen.append
    assert f([np.array([[1.0, 7.0]])]) == [8.0]
    assert seen == [7.0]
    assert K.get_value(total) == 120


def test_a_name_is_a_string(K):
    with pytest.raises(TypeError, match="expected a string as name, received <module"):
        K.placeholder((2,), name=np)
