"""What Keras's JAX trainer donates is nobody else's, and what it was stopped at is handed back."""

import contextlib
import itertools

import keras
import numpy as np
import pytest
from shares import where_compiled

import kompat
from kompat.errors import StaleCompilationError

X, Y = np.ones((32, 2), "float32"), np.zeros((32, 1), "float32")


@pytest.fixture(autouse=True)
def trains(engine):
    if engine == "numpy":
        pytest.skip("Keras on NumPy does not train")


def build(optimizer="adam", **options):
    layers = [keras.Input((2,)), keras.layers.Dense(3), keras.layers.BatchNormalization()]
    model = keras.Sequential([*layers, keras.layers.Dense(1)])
    model.compile(optimizer, "mse", **options)
    return model


LOOPS = {
    "fit": lambda model: model.fit(X, Y, batch_size=8, verbose=0),
    "train_on_batch": lambda model: model.train_on_batch(X, Y),
    "evaluate": lambda model: model.evaluate(X, Y, verbose=0),
    "predict": lambda model: model.predict(X, verbose=0),
    "test_on_batch": lambda model: model.test_on_batch(X, Y),
}


@pytest.mark.parametrize("loop", LOOPS)
def test_a_tensor_that_somebody_holds_outlives_the_loop(loop):
    model = build()
    LOOPS["fit"](model)
    held = [v.value for v in model.weights]
    before = kompat.batch_get_value(model.weights)
    LOOPS[loop](model)
    if keras.config.backend() == "jax":
        for value, array in zip(before, held):
            np.testing.assert_array_equal(np.asarray(array), value)


def test_two_weights_that_an_initializer_gave_one_variable_both_train(K):
    one = K.variable(np.ones((2, 2)))
    first, second = (keras.layers.Dense(2, kernel_initializer=lambda *a, **k: one) for _ in "12")
    inputs = keras.Input((2,))
    model = keras.Model(inputs, second(first(inputs)))
    model.compile(keras.optimizers.SGD(0.5), "mse")
    model.fit(np.ones((4, 2)), np.zeros((4, 2)), verbose=0)
    kompat.set_value(first.kernel, np.full((2, 2), 7.0))
    assert (kompat.get_value(second.kernel) < 7).all()
    assert (kompat.get_value(one) == 1).all()
    model.fit(np.ones((4, 2)), np.zeros((4, 2)), verbose=0)


class Reader(keras.callbacks.Callback):
    """Reads all weights and writes one at each batch."""

    def on_train_batch_end(self, batch, logs=None):
        kompat.batch_get_value(self.model.weights)
        kompat.set_value(self.model.optimizer.learning_rate, 0.01)


@pytest.mark.parametrize("way", ["alone", "with validation", "with a callback"])
def test_nothing_is_copied_that_nobody_else_holds(engine, monkeypatch, way):
    if engine != "jax":
        pytest.skip("only JAX donates")
    from kompat.keras_private import jax_donation

    copied = []
    monkeypatch.setattr(jax_donation.jnp, "copy", lambda x: copied.append(x) or x + 0)
    options = {"validation_data": (X, Y)} if way == "with validation" else {}
    callbacks = [Reader()] if way == "with a callback" else []
    model = build(metrics=["mae"])
    for _ in range(2):
        model.fit(X, Y, batch_size=8, epochs=2, verbose=0, callbacks=callbacks, **options)
    assert copied == []
    held = model.weights[0].value
    model.fit(X, Y, verbose=0)
    assert len(copied) == 1
    assert copied[0] is held


class Stop(keras.callbacks.Callback):
    """Raises in a batch; it writes the first weight before, if it is told to."""

    def __init__(self, error, batch=None, writes=False):
        super().__init__()
        self.error, self.batch, self.writes, self.seen = error, batch, writes, None

    def on_train_batch_end(self, batch, logs=None):
        kernel = self.model.weights[0]
        if self.writes:
            kompat.set_value(kernel, np.full((2, 3), 5.0 + batch))
        self.seen = kompat.get_value(kernel)
        if self.batch is not None and batch >= self.batch:
            raise self.error("stop")


def batches(error, last):
    for _ in range(last):
        yield X[:4], Y[:4]
    raise error("stop")


PLACES = {
    "callback": ({"batch": 2}, 16),
    "data": ({}, 10),
    "data after a write": ({"writes": True}, 10),
    "the first batch": ({}, 0),
}


WAYS = {
    "compiled": {},
    "eagerly": {"run_eagerly": True},
    "two steps at once": {"steps_per_execution": 2},
}
STOPS = [*itertools.product(PLACES, [KeyboardInterrupt, RuntimeError], WAYS)]
CHOSEN_STOPS = [
    *((place, KeyboardInterrupt, "compiled") for place in PLACES),
    ("callback", KeyboardInterrupt, "eagerly"),
    ("callback", RuntimeError, "two steps at once"),
    ("data after a write", RuntimeError, "two steps at once"),
]


@pytest.mark.parametrize(("place", "error", "way"), where_compiled(STOPS, CHOSEN_STOPS))
def test_a_fit_that_is_stopped_leaves_the_last_values(engine, place, error, way):
    if engine == "torch" and way == "two steps at once":
        pytest.skip("Keras on PyTorch takes one step at a time")
    settings, last = PLACES[place]
    model = build(**WAYS[way])
    stop = Stop(error, **settings)
    stop.seen = kompat.get_value(model.weights[0])
    # TensorFlow wraps what a generator raises.
    with pytest.raises(BaseException, match="stop"):
        model.fit(
            batches(error, last), steps_per_epoch=16, shuffle=False, verbose=0, callbacks=[stop]
        )
    np.testing.assert_array_equal(kompat.get_value(model.weights[0]), stop.seen)
    assert len(kompat.batch_get_value(model.optimizer.variables)) >= 2
    kompat.set_value(model.weights[0], np.full((2, 3), 3.0))
    model.fit(X, Y, verbose=0)
    assert np.abs(kompat.get_value(model.weights[0]) - 3).max() < 0.5


def test_evaluate_and_predict_that_are_stopped_leave_the_values():
    model = build()
    before = kompat.batch_get_value(model.weights)
    for loop in (model.evaluate, model.predict):
        with pytest.raises(Exception, match="stop"):
            loop(batches(RuntimeError, 3), steps=8, verbose=0)
        for was, now in zip(before, kompat.batch_get_value(model.weights)):
            np.testing.assert_array_equal(was, now)


def test_the_result_of_a_step_is_kept_before_a_signal_can_be_heard(engine):
    """The signal is heard after the long call, before its result has a name."""
    if engine != "jax":
        pytest.skip("only JAX donates")
    import _thread

    model = build(keras.optimizers.SGD(0.125))
    model.fit(X, Y, verbose=0)
    lost, came = [], 0
    for _ in range(20):
        before = kompat.get_value(model.optimizer.iterations)

        def data():
            for i in range(6):
                if i == 3:
                    _thread.interrupt_main()
                yield X[:4], Y[:4]

        try:
            model.fit(data(), steps_per_epoch=6, shuffle=False, verbose=0)
        except KeyboardInterrupt:  # Python drops one that comes in a callback of the collector
            came += 1
        lost.append(int(kompat.get_value(model.optimizer.iterations) - before) not in range(7))
        kompat.batch_get_value([*model.weights, *model.optimizer.variables])
    assert not any(lost)
    assert came >= 10


def test_the_model_keeps_nothing_alive_after_a_loop(engine):
    if engine != "jax":
        pytest.skip("only JAX donates")
    import weakref

    model = build()
    model.fit(X, Y, verbose=0)
    alive = weakref.ref(model.weights[0].value)
    kompat.set_value(model.weights[0], np.zeros((2, 3)))
    assert alive() is None


@pytest.mark.parametrize("loop", ["fit", "train_on_batch", "evaluate"])
def test_increments_from_another_thread_count_or_are_refused(engine, loop):
    if engine != "jax":
        pytest.skip("only the JAX trainer takes the values away")
    import threading

    from kompat import backend as K

    model = build(keras.optimizers.SGD(0.0))
    LOOPS[loop](model)
    bias = model.layers[-1].bias
    kompat.set_value(bias, [0.0])
    outcomes, is_over = [], threading.Event()

    def count():
        while not is_over.is_set():
            try:
                K.update_add(bias, [1.0])
                outcomes.append("counted")
            except kompat.errors.UnavailableValueError:
                outcomes.append("refused")
            except Exception as error:
                outcomes.append(repr(error))

    thread = threading.Thread(target=count)
    thread.start()
    for _ in range(20):
        LOOPS[loop](model)
    is_over.set()
    thread.join()
    assert set(outcomes) <= {"counted", "refused"}
    assert kompat.get_value(bias)[0] >= outcomes.count("counted")


@pytest.mark.parametrize("event", ["on_train_batch_begin", "on_train_batch_end", "on_epoch_end"])
def test_a_layer_frozen_in_the_middle_of_fit_keeps_its_weights(engine, event):
    """On JAX the step is compiled for what was trainable; the others train on without the layer."""
    model = build(keras.optimizers.SGD(0.0))
    before = kompat.batch_get_value(model.weights)

    class Freezing(keras.callbacks.Callback):
        pass

    def freeze(self, index, logs=None):
        if index == 1:
            model.layers[0].trainable = False

    setattr(Freezing, event, freeze)
    refused = pytest.raises(StaleCompilationError, match="compile again")
    with refused if engine == "jax" else contextlib.nullcontext():
        model.fit(X, Y, batch_size=8, epochs=3, verbose=0, callbacks=[Freezing()])
    for was, now, variable in zip(before, kompat.batch_get_value(model.weights), model.weights):
        if variable.path not in {v.path for v in model.layers[1].non_trainable_variables}:
            np.testing.assert_array_equal(was, now)
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(before[0], kompat.get_value(model.weights[0]))
