"""Sessions: values of their own, initialisation, fetches, feeds and errors."""

import collections
import gc

import keras
import numpy as np
import pytest
from conftest import framework

import kompat
from kompat import tf
from kompat.errors import SessionError, UnfedPlaceholderError, UninitializedVariableError

v1 = tf.compat.v1


@pytest.fixture(autouse=True)
def graph():
    with kompat.graph_mode():
        yield


def test_two_sessions_hold_two_values_of_one_variable(K):
    v = K.variable(1.0)
    first, second = kompat.Session(), kompat.Session()
    for session in (first, second):
        session.run(v1.global_variables_initializer())
    first.run(K.update(v, 5.0))
    with second.as_default():
        assert K.get_value(v) == 1
        K.set_value(v, 7.0)
        K.batch_set_value([(v, K.get_value(v) + 1)])
    assert (first.run(v), second.run(v * 1), K.get_value(v)) == (5, 8, 1)


def test_a_session_made_by_hand_starts_uninitialised(K):
    v = K.variable(1.0, name="early")
    with kompat.Session() as session:
        with pytest.raises(UninitializedVariableError, match=r"early(.|\n)*initializer"):
            session.run(v)
        session.run(v1.global_variables_initializer())
        assert session.run(v) == 1
        late = K.variable(2.0)
        with pytest.raises(UninitializedVariableError):
            K.get_value(late)
        K.set_value(late, 3.0)
        assert K.get_value(late) == 3
        session.run(K.update(v, 9.0))
        session.run(v1.global_variables_initializer())
        assert session.run(v) == 1


def test_the_session_of_k_needs_no_initialisation(K):
    v = K.variable(4.0)
    assert K.get_session().run(v) == 4
    K.get_session().run(K.update_add(v, 1.0))
    assert K.get_value(v) == 5


def test_layers_are_initialised_from_their_own_values(K):
    layer = keras.layers.Dense(2)
    layer.build((None, 3))
    with kompat.Session() as session:
        session.run(v1.global_variables_initializer())
        np.testing.assert_array_equal(session.run(K.sum(layer.kernel, axis=0)),
                                      layer.kernel.numpy().sum(axis=0))  # fmt: skip


def test_fetches_come_in_their_structure(K):
    Pair = collections.namedtuple("Pair", "a b")
    x = K.placeholder(shape=(), name="fed")
    double = x * 2
    run = K.get_session().run
    out = run({"one": double, "two": Pair(x, [double])}, feed_dict={x: 2.0})
    assert out == {"one": 4, "two": Pair(2, [4])}
    assert isinstance(out["two"], Pair)
    assert run("fed:0", {"fed:0": 3.0}) == 3
    assert run(v1.global_variables_initializer()) is None


def test_any_tensor_variable_or_the_phase_is_fed(K):
    x = K.placeholder(shape=())
    middle = x * 2
    v = K.variable(1.0)
    layer = keras.layers.Dense(1, use_bias=False)
    layer.build((None, 1))
    run = K.get_session().run
    assert run(middle + 1, {middle: 10.0}) == 11
    assert run(v * 2, {v: 4.0}) == 8
    assert K.get_value(v) == 1
    assert run(K.sum(layer.kernel), [(layer.kernel, [[6.0]])]) == 6
    assert run(K.in_train_phase(x, -x), {x: 1.0, K.learning_phase(): 1}) == 1
    assert run(K.in_train_phase(x, -x), {x: 1.0}) == -1


def test_errors(K):
    x = K.placeholder(shape=(), name="lonely")
    session = kompat.Session()
    with pytest.raises(UnfedPlaceholderError, match="lonely"):
        session.run(x * 2)
    with pytest.raises(TypeError, match="object"):
        session.run(object())
    with pytest.raises(SessionError, match="no_such_name"):
        session.run("no_such_name:0")
    session.close()
    with pytest.raises(RuntimeError, match="closed"):
        session.run(x, {x: 1.0})


def test_keras_trains_in_the_default_session_only(K, engine):
    if engine == "numpy":
        pytest.skip("Keras on NumPy does not train")
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    data = np.ones((2, 1))
    with kompat.Session(), pytest.raises(SessionError, match="set_session"):
        model.fit(data, data, verbose=0)
    model.fit(data, data, verbose=0)


def test_a_session_of_tensorflow_is_left_out(K):
    tensorflow = framework("tensorflow")
    session = K.get_session()
    config = tensorflow.compat.v1.ConfigProto()
    config.gpu_options.allow_growth = True
    with pytest.warns(UserWarning, match="left out"), tensorflow.Graph().as_default():
        K.set_session(tensorflow.compat.v1.Session(config=config))
    assert K.get_session() is session
    with pytest.raises(SessionError, match="received int"):
        K.set_session(3)


def test_set_session_makes_its_values_those_of_the_variables(K):
    v = K.variable(1.0)
    session = kompat.Session()
    session.run(v1.global_variables_initializer())
    session.run(K.update(v, 6.0))
    K.set_session(session)
    assert K.get_session() is session
    assert K.get_value(v) == 6
    K.set_value(v, 7.0)
    assert session.run(v) == 7


def test_clear_session_forgets_the_session_and_the_phase(K):
    v = K.variable(3.0)
    session = K.get_session()
    K.set_learning_phase(1)
    K.clear_session()
    assert K.get_session() is not session
    assert K.learning_phase() == 0
    assert K.get_session().run(v) == 3


def test_many_writes_and_assignments_add_nothing(K):
    v = tf.Variable(0.0)
    session = K.get_session()

    def objects(writes):
        for i in range(writes):
            K.set_value(v, float(i))
            if i % 10 == 0:
                session.run(v.assign(float(i)))
        gc.collect()
        return len(gc.get_objects())

    before, after = objects(200), objects(20_000)
    assert after - before < 100
    assert K.get_value(v) == 19_999


def test_the_names_of_tensorflow_1(K):
    config = v1.ConfigProto(gpu_options=v1.GPUOptions(allow_growth=True))
    config.gpu_options.allow_growth = True
    with v1.Session(config=config) as session:
        assert v1.get_default_session() is session
        x = v1.placeholder("float32", [None], name="values")
        total = v1.get_default_graph().get_tensor_by_name("values:0")
        assert total is x
        v = v1.Variable(2.0)
        session.run(v1.global_variables_initializer())
        for operation, expected in (
            (v1.assign(v, 5.0), 5), (v1.assign_add(v, 2.0), 7), (v1.assign_sub(v, 1.0), 6),
        ):  # fmt: skip
            assert session.run(operation) == expected
    assert v1.get_default_session() is None


def test_layers_count_their_batches_after_a_session_was_made(K, engine):
    if engine == "numpy":
        pytest.skip("Keras on NumPy does not train")

    class Counts(keras.layers.Layer):
        def build(self, shape):
            self.batches = self.add_weight(shape=(2,), initializer="zeros", trainable=False)

        def call(self, x):
            K.update_add(self.batches, K.sum(x, axis=0))
            return x

    kompat.Session().close()
    model = keras.Sequential([keras.Input((2,)), Counts(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    for _ in range(2):
        model.train_on_batch(np.ones((3, 2)), np.ones((3, 1)))
    np.testing.assert_array_equal(K.get_value(model.layers[0].batches), [6, 6])
