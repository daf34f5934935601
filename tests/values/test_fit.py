"""Reading and writing in the middle of `fit`, `evaluate` and `predict`, on every engine."""

import threading
import time

import numpy as np
import pytest

import kompat
from kompat.errors import UnavailableValueError


@pytest.fixture(autouse=True)
def trains(engine):
    if engine == "numpy":
        pytest.skip("Keras on NumPy does not train")


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    return rng.random((300, 4), np.float32), rng.random((300, 2), np.float32)


@pytest.fixture
def model():
    return build()


def build(**options):
    import keras

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model.compile(keras.optimizers.SGD(0.1), "mse", **options)
    return model


def optimizer_through_self(callback, model):
    return callback.model.optimizer


def optimizer_through_closure_over_model(callback, model):
    return model.optimizer


def callback_calling(event, action):
    """A callback that calls ``action(callback, index)`` at `event`."""
    import keras

    class Calling(keras.callbacks.Callback):
        pass

    setattr(Calling, event, lambda self, index, logs=None: action(self, index))
    return Calling()


def rate(optimizer):
    return float(kompat.get_value(optimizer.learning_rate))


WAYS = ["self.model", "closure over model", "closure over optimizer"]
BATCH_EVENTS = ["on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end"]


def reach(way, callback, model, optimizer):
    if way == "self.model":
        return callback.model.optimizer
    return model.optimizer if way == "closure over model" else optimizer


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("event", BATCH_EVENTS)
def test_rate_zero_freezes_the_weights_from_the_next_batch(model, data, way, event):
    optimizer, kernel = model.optimizer, model.layers[0].kernel
    seen = []

    def action(callback, batch):
        target = reach(way, callback, model, optimizer)
        if batch == 10:
            kompat.set_value(target.learning_rate, 0.0)
        elif batch == 20:
            kompat.set_value(target.learning_rate, 0.5)
        seen.append((rate(target), kompat.get_value(kernel)))

    model.fit(*data, batch_size=10, verbose=0, callbacks=[callback_calling(event, action)])
    first = 10 if event.endswith("begin") else 11  # the first batch that trains with rate 0
    kernels = [k for _, k in seen]
    frozen = kernels[10:21]
    assert all((k == frozen[0]).all() for k in frozen)
    assert (kernels[first - 2] != kernels[first - 1]).any()
    assert (kernels[-2] != kernels[-1]).any()
    rates = [r for r, _ in seen]
    np.testing.assert_allclose(rates, [0.1] * 10 + [0.0] * 10 + [0.5] * 10, rtol=1e-6)
    assert rate(optimizer) == 0.5


@pytest.mark.parametrize("event", ["on_epoch_begin", "on_epoch_end"])
@pytest.mark.parametrize("way", WAYS)
def test_rate_set_at_an_epoch(model, data, way, event):
    optimizer = model.optimizer

    def action(callback, epoch):
        target = reach(way, callback, model, optimizer)
        kompat.set_value(target.learning_rate, rate(target) / 2)

    model.fit(*data, epochs=3, verbose=0, callbacks=[callback_calling(event, action)])
    assert rate(optimizer) == pytest.approx(0.1 / 8)


def test_a_layer_in_a_closure_is_written_between_batches(data):
    model = build()
    layer = model.layers[0]
    kompat.set_value(model.optimizer.learning_rate, 0.0)

    def action(callback, batch):
        kompat.set_value(layer.bias, [batch, -batch])
        np.testing.assert_array_equal(kompat.get_value(layer.bias), [batch, -batch])

    model.fit(
        *data, batch_size=10, verbose=0, callbacks=[callback_calling("on_train_batch_end", action)]
    )
    np.testing.assert_array_equal(kompat.get_value(layer.bias), [29, -29])


@pytest.mark.parametrize(
    "event", [*BATCH_EVENTS, "on_epoch_begin", "on_epoch_end", "on_train_begin", "on_train_end"]
)
def test_a_layer_in_a_closure_is_reached_at_every_event(data, event):
    """With rate 0 nothing but the callback moves the bias."""
    import keras

    model = build()
    layer = model.layers[0]
    kompat.set_value(model.optimizer.learning_rate, 0.0)
    calls = []

    def action(*_, **__):
        if calls:  # the first write comes before any read
            np.testing.assert_array_equal(kompat.get_value(layer.bias), [len(calls), -len(calls)])
        calls.append(event)
        kompat.set_value(layer.bias, [len(calls), -len(calls)])

    callback = keras.callbacks.Callback()
    setattr(callback, event, action)
    model.fit(*data, batch_size=100, epochs=2, verbose=0, callbacks=[callback])
    assert len(calls) == {"batch": 6, "epoch": 2, "train": 1}[event.split("_")[-2]]
    np.testing.assert_array_equal(kompat.get_value(layer.bias), [len(calls), -len(calls)])


def test_metrics_and_iterations_read_as_they_are(model, data):
    seen = []

    def action(callback, batch):
        seen.append(int(kompat.get_value(model.optimizer.iterations)))

    model.fit(
        *data, batch_size=10, verbose=0, callbacks=[callback_calling("on_train_batch_end", action)]
    )
    assert seen == list(range(1, 31))


def test_batches_of_all_weights_in_the_middle_of_fit(model, data):
    variables = [*model.weights, *model.optimizer.variables]

    def action(callback, batch):
        values = kompat.batch_get_value(variables)
        kompat.batch_set_value(zip(variables, values))

    plain = build()
    plain.set_weights([w.copy() for w in model.get_weights()])
    plain.fit(*data, batch_size=10, verbose=0, shuffle=False)
    model.fit(
        *data,
        batch_size=10,
        verbose=0,
        shuffle=False,
        callbacks=[callback_calling("on_train_batch_end", action)],
    )
    for ours, theirs in zip(model.get_weights(), plain.get_weights()):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_a_view_of_a_weight_outlives_the_training_steps(model, data, engine):
    if engine != "jax":
        pytest.skip("only immutable arrays give views")
    kernel, views, copies = model.layers[0].kernel, [], []

    def action(callback, batch):
        views.append(kompat.get_value(kernel, copy=False))
        copies.append(np.array(views[-1]))

    model.fit(
        *data, batch_size=10, verbose=0, callbacks=[callback_calling("on_train_batch_end", action)]
    )
    np.testing.assert_array_equal(views, copies)


@pytest.mark.parametrize("loop", ["evaluate", "predict"])
def test_evaluate_and_predict(model, data, loop):
    bias = model.layers[0].bias
    event = "on_test_batch_end" if loop == "evaluate" else "on_predict_batch_end"

    def action(callback, batch):
        kompat.set_value(bias, kompat.get_value(bias) + 1)

    callbacks = [callback_calling(event, action)]
    if loop == "evaluate":
        model.evaluate(*data, batch_size=100, verbose=0, callbacks=callbacks)
    else:
        outputs = model.predict(data[0], batch_size=100, verbose=0, callbacks=callbacks)
        product = data[0] @ kompat.get_value(model.layers[0].kernel)
        expected = product + np.repeat([0, 1, 2], 100)[:, None]
        np.testing.assert_allclose(outputs, expected, atol=1e-5)
    np.testing.assert_array_equal(kompat.get_value(bias), [3, 3])


def test_validation_inside_fit(model, data):
    rates = []

    def action(callback, batch):
        kompat.set_value(model.optimizer.learning_rate, 0.01 * (len(rates) + 1))
        rates.append(rate(model.optimizer))

    model.fit(
        *data,
        epochs=2,
        validation_data=data,
        verbose=0,
        callbacks=[callback_calling("on_test_batch_end", action)],
    )
    np.testing.assert_allclose(rates, 0.01 * np.arange(1, len(rates) + 1), rtol=1e-6)


def test_a_weight_in_a_closure_of_the_loss_is_followed(data, K):
    """The weight of a loss term that a callback anneals: read when the step runs, not traced."""
    import keras

    weight = K.variable(0.0)

    def loss(target, output):
        total = K.variable(0.0)
        total += keras.ops.mean(keras.ops.square(target - output))
        return weight * total

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model.compile(keras.optimizers.SGD(0.1), loss)
    kernels = []

    def action(callback, batch):
        if batch == 5:
            K.set_value(weight, 1.0)
        kernels.append(kompat.get_value(model.layers[0].kernel))

    start = kompat.get_value(model.layers[0].kernel)
    model.fit(
        *data,
        batch_size=10,
        verbose=0,
        callbacks=[callback_calling("on_train_batch_begin", action)],
    )
    assert all((k == start).all() for k in kernels[:6])
    assert (kernels[6] != start).any()


def test_a_read_inside_the_compiled_step_gives_the_concrete_value(data):
    import keras

    seen = []

    class Reading(keras.layers.Layer):
        def build(self, shape):
            self.scale = self.add_weight(shape=(), initializer="ones")

        def call(self, x):
            seen.append(kompat.get_value(self.scale))
            return x * self.scale

    model = keras.Sequential([keras.Input((4,)), Reading()])
    model.compile("sgd", "mse")
    model.fit(data[0], data[0], verbose=0)
    assert seen
    assert all(isinstance(value, np.float32) for value in seen)


@pytest.mark.parametrize("kind", ["of the model", "of nobody"])
def test_a_write_inside_the_compiled_step_follows_its_source(data, kind):
    """The second value is that of the step before, not that of the trace."""
    import keras

    foreign = keras.Variable(np.float32(1), trainable=False)

    class Delay(keras.layers.Layer):
        def build(self, shape):
            own = self.add_weight(shape=(), initializer="ones", trainable=False)
            self.now = own if kind == "of the model" else foreign
            self.before = self.add_weight(shape=(), initializer="zeros", trainable=False)

        def call(self, x):
            kompat.set_value(self.before, self.now)
            return x

    layer = Delay()
    model = keras.Sequential([keras.Input((4,)), layer, keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    for value in (5.0, 6.0):
        kompat.set_value(layer.now, value)
        model.fit(*data, batch_size=300, verbose=0)
        assert kompat.get_value(layer.before) == value


def test_a_data_generator_may_read_but_not_write(model, data, engine):
    if engine != "jax":
        pytest.skip("only the JAX trainer takes the values away")
    seen = []

    def batches():
        for i in range(6):
            seen.append(rate(model.optimizer))
            if i == 4:
                with pytest.raises(UnavailableValueError, match="callback"):
                    kompat.set_value(model.optimizer.learning_rate, 0.7)
            yield data[0][:10], data[1][:10]

    model.fit(batches(), steps_per_epoch=6, verbose=0, shuffle=False)
    np.testing.assert_allclose(seen, 0.1, rtol=1e-6)


def test_another_thread_reads_during_fit_and_never_sees_garbage(model, data, engine):
    kernel, stop, problems, reads = model.layers[0].kernel, threading.Event(), [], []

    def reader():
        while not stop.is_set():
            value = kompat.get_value(kernel)
            reads.append(value)
            if value.shape != (4, 2) or not np.isfinite(value).all():
                problems.append(value)
            time.sleep(0)

    thread = threading.Thread(target=reader)
    thread.start()
    try:
        model.fit(*data, batch_size=5, epochs=3, verbose=0)
    finally:
        stop.set()
        thread.join()
    assert reads
    assert not problems


def test_a_value_on_its_way_from_the_trainer_is_waited_for(monkeypatch, engine):
    """Between the look at the trainers and the look at the slot it may have changed sides."""
    if engine != "jax":
        pytest.skip("only the JAX trainer takes the values away")
    import keras

    from kompat.keras_private import jax_trainer

    v = keras.Variable(np.ones(2, np.float32))
    value, looks = v._value, []

    def other_threads():
        looks.append(len(looks))
        v._value = value if len(looks) == 4 else None
        return []

    monkeypatch.setattr(jax_trainer, "_other_threads", other_threads)
    v._value = None
    assert kompat.get_value(v).tolist() == [1, 1]
    assert len(looks) == 4


def test_a_buffer_donated_while_it_is_read_is_asked_for_again(monkeypatch, engine):
    """The race of a reader with a trainer in another thread, with its moment chosen."""
    if engine != "jax":
        pytest.skip("only JAX donates buffers")
    import keras

    from kompat.keras_private import slot as keras_slot
    from kompat.values import jax as jax_values

    v = keras.Variable(np.zeros(2, np.float32))
    looked_at = []

    def look(held, name):
        looked_at.append(held)
        if len(looked_at) == 1:
            keras_slot.write(v, np.ones(2, np.float32) + held)
            held.delete()
        require_readable(held, name)

    require_readable = jax_values.require_readable
    monkeypatch.setattr(jax_values, "require_readable", look)
    assert kompat.get_value(v).tolist() == [1, 1]
    assert looked_at[0].is_deleted()


def test_another_thread_cannot_write_what_the_trainer_holds(model, data, engine):
    if engine != "jax":
        pytest.skip("only the JAX trainer takes the values away")
    outcomes = []

    def write():
        try:
            kompat.set_value(model.layers[0].bias, [1.0, 1.0])
        except UnavailableValueError as error:
            outcomes.append(str(error))

    def action(callback, batch):
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()

    model.fit(
        *data, batch_size=100, verbose=0, callbacks=[callback_calling("on_train_batch_end", action)]
    )
    assert len(outcomes) == 3
    assert all("thread" in text and "callback" in text for text in outcomes)


def test_run_eagerly(data):
    model = build(run_eagerly=True)

    def action(callback, batch):
        kompat.set_value(model.optimizer.learning_rate, 0.0)

    model.fit(
        *data,
        batch_size=100,
        verbose=0,
        callbacks=[callback_calling("on_train_batch_begin", action)],
    )
    assert rate(model.optimizer) == 0


def test_a_fit_that_fails_leaves_readable_variables(model, data):
    class Stop(Exception):
        pass

    def action(callback, batch):
        kompat.set_value(model.optimizer.learning_rate, 0.25)
        raise Stop

    with pytest.raises(Stop):
        model.fit(*data, verbose=0, callbacks=[callback_calling("on_train_batch_end", action)])
    assert rate(model.optimizer) == 0.25
    assert np.isfinite(kompat.get_value(model.layers[0].kernel)).all()


@pytest.mark.parametrize("steps", [1, 4])
def test_each_batch_draws_and_reads_anew_also_with_several_steps_in_one_program(K, engine, steps):
    """XLA computes once, before a loop, what it takes for the same each time."""
    import keras

    if engine == "torch" and steps > 1:
        pytest.skip("Keras on PyTorch takes one step at a time")

    class Drawn(keras.metrics.Metric):
        """Gathers the noise of the batches as digits of a sum."""

        def __init__(self):
            super().__init__(name="drawn")
            self.rows = self.add_weight(shape=(8,), initializer="zeros")
            self.batch = self.add_weight(shape=(), initializer="zeros", dtype="int32")

        def update_state(self, y, noise, sample_weight=None):
            here = keras.ops.one_hot(self.batch.value, 8)
            self.rows.assign_add(here * keras.ops.mean(noise))
            self.batch.assign_add(1)

        def result(self):
            return keras.ops.convert_to_tensor(self.rows)

    scale = K.variable(1.0)
    inputs = keras.Input((1,))
    noise = keras.layers.Lambda(lambda x: x + scale * K.random_uniform(()), output_shape=(1,))
    metric = Drawn()
    model = keras.Model(inputs, keras.layers.Dense(1)(noise(inputs)))
    model.layers[-1].set_weights([np.ones((1, 1)), np.zeros(1)])
    model.compile(keras.optimizers.SGD(0.0), "mse", metrics=[metric], steps_per_execution=steps)
    zeros = np.zeros((16, 1), "float32")
    model.fit(zeros, zeros, batch_size=2, shuffle=False, verbose=0)
    draws = kompat.get_value(metric.rows)
    assert ((draws > 0) & (draws < 1)).all()
    assert len({*draws.tolist()}) == 8
