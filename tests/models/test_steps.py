"""What a step of `fit` reads and writes beside the model's own variables, on every engine."""

import keras
import numpy as np
import pytest

X = np.ones((12, 2), "float32")
Y = np.array([[0.0], [1.0]] * 6, "float32")

pytestmark = [
    pytest.mark.skipif(keras.config.backend() == "numpy", reason="Keras does not train on NumPy"),
    pytest.mark.filterwarnings("ignore:Gradients do not exist for variables:UserWarning"),
    pytest.mark.filterwarnings("ignore:Dynamo detected a call to a `functools.lru_cache`"),
    pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor:UserWarning"),
]
eagerly_and_compiled = pytest.mark.parametrize("eagerly", [False, True])


def model_of(loss="mse", layers=(), eagerly=False, rate=0.0, **options):
    model = keras.Sequential([keras.Input((2,)), *layers, keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(rate), loss, run_eagerly=eagerly, **options)
    return model


def fit(model, epochs=1, callbacks=()):
    return model.fit(
        X, Y, batch_size=4, epochs=epochs, shuffle=False, verbose=0, callbacks=[*callbacks]
    ).history


def at_each_batch(function):
    return keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: function(batch))


def teacher():
    one = keras.layers.Dense(1, kernel_initializer="ones", use_bias=False)
    return keras.Sequential([keras.Input((1,)), one])


OF_ANOTHER_MODEL = {
    "called": lambda K, t: lambda a, p: K.mean(K.square(t(K.ones_like(p))) + 0.0 * p, axis=-1),
    "weight": lambda K, t: lambda a, p: K.square(K.sum(t.weights[0])) + 0.0 * K.mean(p, axis=-1),
}


@eagerly_and_compiled
@pytest.mark.parametrize("form", OF_ANOTHER_MODEL)
def test_a_step_reads_another_model_anew(K, form, eagerly):
    other = teacher()
    model = model_of(OF_ANOTHER_MODEL[form](K, other), eagerly=eagerly)
    write = at_each_batch(lambda batch: K.set_value(other.weights[0], [[batch + 1.0]]))
    losses = fit(model, 2, [write])["loss"]
    np.testing.assert_allclose(losses, [np.mean([1, 4, 9])] * 2)
    K.set_value(other.weights[0], [[3.0]])
    np.testing.assert_allclose(model.evaluate(X, Y, verbose=0), 9.0)


class Counter:
    """A metric object of old Keras, which counts in a variable of its own."""

    __name__ = "positives"

    def __init__(self, K):
        self.K = K
        self.n = K.variable(0.0)

    def __call__(self, t, p):
        return self.K.update_add(self.n, self.K.sum(t))


@eagerly_and_compiled
def test_what_a_metric_counts_outlives_the_step(K, eagerly):
    counter = Counter(K)
    model = model_of(metrics=[counter], eagerly=eagerly)
    fit(model, 2)
    assert K.get_value(counter.n) == 2 * Y.sum()
    model.evaluate(X, Y, verbose=0)
    assert K.get_value(counter.n) == 3 * Y.sum()


@eagerly_and_compiled
def test_a_later_read_in_the_step_sees_what_was_written(K, eagerly):
    v = K.variable(0.0)

    def loss(t, p):
        K.update(v, v + K.sum(K.ones_like(t)))
        return K.mean(K.square(p - t), axis=-1)

    def metric(t, p):
        return v * 1.0

    history = fit(model_of(loss, metrics=[metric], eagerly=eagerly))
    np.testing.assert_allclose(history["metric"], np.mean([4, 8, 12]))
    assert K.get_value(v) == 12


@eagerly_and_compiled
def test_a_traced_value_is_set_in_a_loss(K, eagerly):
    v = K.variable(0.0)

    def loss(t, p):
        K.set_value(v, K.sum(t) + 0.0 * K.sum(p))
        return K.mean(K.square(p - t), axis=-1)

    fit(model_of(loss, eagerly=eagerly))
    assert K.get_value(v) == 2


@eagerly_and_compiled
def test_a_layer_writes_the_variables_that_it_holds(K, eagerly):
    class Counting(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.n = K.variable(0.0)

        def call(self, x):
            K.update_add(self.n, K.sum(x))
            return x

    layer = Counting()
    fit(model_of(layers=[layer], eagerly=eagerly, rate=0.1))
    assert K.get_value(layer.n) == X.sum()


@eagerly_and_compiled
def test_a_written_weight_that_is_trained_takes_the_step_of_the_optimizer(K, eagerly):
    class Doubled(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.w = K.variable(1.0)

        def call(self, x):
            y = x * K.identity(self.w)
            K.update(self.w, self.w * 2.0)
            return y

    layer = Doubled()
    model = keras.Sequential([keras.Input((2,)), layer])
    model.compile(keras.optimizers.SGD(0.5), lambda t, p: K.mean(p, axis=-1), run_eagerly=eagerly)
    model.fit(X, X, batch_size=12, verbose=0)
    assert K.get_value(layer.w) == 1.0 * 2 - 0.5


@eagerly_and_compiled
def test_a_metric_reads_the_learning_rate(K, eagerly):
    def rate(t, p):
        return model.optimizer.learning_rate * 1.0

    model = model_of(metrics=[rate], eagerly=eagerly, rate=0.25)
    assert fit(model)["rate"] == [0.25]
    K.set_value(model.optimizer.learning_rate, 0.5)
    assert fit(model)["rate"] == [0.5]
    assert model.train_on_batch(X, Y, return_dict=True)["rate"] == 0.5


def test_a_layer_that_was_frozen_since_compile_is_an_error(engine):
    if engine != "jax":
        pytest.skip("PyTorch and TensorFlow train what is trainable at the moment")
    model = model_of(layers=[keras.layers.Dense(2, name="frozen")])
    fit(model)
    model.get_layer("frozen").trainable = False
    with pytest.raises(ValueError, match="compile again"):
        fit(model)
    model.compile("sgd", "mse")
    fit(model)
