"""Numbers that follow from the learning phase follow that of each run."""

import keras
import numpy as np
import pytest

import kompat

UP = np.ones((1, 2), "float32")

# What old code makes of the phase, and the first element of it for [1, 1] in both phases.
OF_THE_PHASE = {
    "factor": (lambda K, x, p: x * p, (0, 1)),
    "factor on the left": (lambda K, x, p: p * x, (0, 1)),
    "sum with a number": (lambda K, x, p: x * (1.0 + p), (1, 2)),
    "difference": (lambda K, x, p: (1 - p) * x + 5, (6, 5)),
    "quotient": (lambda K, x, p: x / (p + 1), (1, 0.5)),
    "two of them": (lambda K, x, p: x * (p + 2 * p), (0, 3)),
    "cast": (lambda K, x, p: K.cast(p, "float32") * x + (1 - K.cast(p, "float32")) * 7, (7, 1)),
    "switch": (lambda K, x, p: K.switch(p, x * 2, x), (1, 2)),
    "switch of functions": (lambda K, x, p: K.switch(p, lambda: x * 2, lambda: x), (1, 2)),
    "beside a tensor": (lambda K, x, p: K.maximum(x * 0.5, p), (0.5, 1)),
    "itself": (lambda K, x, p: K.sum(x) * 0 + p, (0, 1)),
}


class Layer(keras.layers.Layer):
    def __init__(self, K, function):
        super().__init__()
        self._compute = lambda x: function(K, x, K.learning_phase())

    def call(self, x):
        return self._compute(x)


def in_layer(K, function):
    model = keras.Sequential([keras.Input((2,)), Layer(K, function)])
    return lambda phase: model(UP, training=bool(phase))


def in_model(K, function):
    given = keras.Input((2,))
    model = keras.Model(given, function(K, given, K.learning_phase()))
    return lambda phase: model(UP, training=bool(phase))


def in_function(K, function):
    x = K.placeholder((None, 2))
    f = K.function([x, K.learning_phase()], function(K, x, K.learning_phase()))
    return lambda phase: f([UP, phase])


def in_graph(K, function):
    with kompat.graph_mode():
        return in_function(K, function)


def at_once(K, function):
    def run(phase):
        with K.learning_phase_scope(phase):
            return function(K, K.constant(UP), K.learning_phase())

    return run


@pytest.mark.parametrize("where", [in_layer, in_model, in_function, in_graph, at_once])
@pytest.mark.parametrize("name", OF_THE_PHASE)
def test_numbers_that_follow_from_the_phase(K, name, where):
    function, expected = OF_THE_PHASE[name]
    run = where(K, function)
    for phase in (0, 1, 0):
        result = K.eval(run(phase))
        assert result.dtype == np.float32
        assert result.ravel()[0] == expected[phase]


@pytest.mark.parametrize("dtype", ["float64", "float16", "int8", "bool"])
def test_a_cast_phase_keeps_its_dtype(K, x, dtype):
    cast = K.cast(K.learning_phase(), dtype)
    f = K.function([x, K.learning_phase()], [cast])
    for phase in (0, 1):
        (result,) = f([UP, phase])
        assert result.dtype == dtype
        assert result == phase
    assert K.dtype(cast) == dtype


def test_functions_of_the_phase_alone_follow_it_in_graph_mode(K, x):
    with kompat.graph_mode():
        alone = K.cast(K.equal(K.learning_phase(), 1), "float32") * 3
        f = K.function([x, K.learning_phase()], [alone, 1 + K.learning_phase()])
    assert [float(y) for y in f([UP, 0])] == [0, 1]
    assert [float(y) for y in f([UP, 1])] == [3, 2]


def dropped(**options):
    model = keras.Sequential([keras.Input((50,)), keras.layers.Dropout(0.5)])
    model.compile(keras.optimizers.SGD(0.0), "mse", **options)
    return model


def has_zeros(y):
    return bool((np.asarray(keras.ops.convert_to_numpy(y)) == 0).any())


ONES = np.ones((4, 50), "float32")


def test_a_scope_reaches_layers_that_are_told_nothing(K):
    layer = keras.layers.Dropout(0.5)
    with K.learning_phase_scope(1):
        assert has_zeros(layer(ONES))
        assert not has_zeros(layer(ONES, training=False))
        assert has_zeros(dropped()(ONES))
    assert not has_zeros(layer(ONES))


@pytest.mark.parametrize("eagerly", [False, True])
def test_a_scope_around_predict_is_its_phase(K, eagerly):
    model = dropped(run_eagerly=eagerly)
    for phase in (0, 1, 0, 1):
        with K.learning_phase_scope(phase):
            assert has_zeros(model.predict(ONES, verbose=0)) == bool(phase)
            assert has_zeros(model.predict_on_batch(ONES)) == bool(phase)
    assert not has_zeros(model.predict(ONES, verbose=0))


@pytest.fixture
def default_phase(K):
    yield K.set_learning_phase
    K.clear_session()


@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
@pytest.mark.filterwarnings("ignore:Dynamo detected a call to a `functools.lru_cache`")
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor:UserWarning")
def test_what_set_learning_phase_says_holds_in_graph_mode(K, engine, default_phase):
    if engine == "numpy":
        pytest.skip("Keras does not train on NumPy")
    layers = [keras.layers.BatchNormalization(), keras.layers.Dropout(0.5)]
    model = keras.Sequential([keras.Input((50,)), *layers])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    with kompat.graph_mode():
        default_phase(0)
        model.fit(3 * ONES, ONES, validation_data=(ONES, ONES), verbose=0)
        assert not K.get_value(layers[0].moving_mean).any()
        default_phase(1)
        assert has_zeros(model.predict(ONES, verbose=0))


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")
def test_set_learning_phase_does_not_reach_predict_in_eager_mode(K, default_phase):
    model = dropped()
    default_phase(1)
    with pytest.warns(UserWarning, match="does not reach predict"):
        assert not has_zeros(model.predict(ONES, verbose=0))
    assert has_zeros(model(ONES))
