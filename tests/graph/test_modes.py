"""The mode table: context x kind of argument, and what suspends graph mode."""

import threading

import keras
import numpy as np
import pytest

import kompat


@pytest.fixture(autouse=True)
def eager_by_default():
    yield
    kompat.enable_eager_execution()


def symbolic(x):
    return isinstance(x, keras.KerasTensor)


def in_eager_mode(compute, engine):
    compute()


def in_graph_mode(compute, engine):
    with kompat.graph_mode():
        compute()


def inside_keras(compute, engine):
    class Look(keras.Layer):
        def call(self, x):
            compute()
            return x

    keras.Sequential([keras.Input((1,)), Look()]).predict(np.ones((1, 1)), verbose=0)


def inside_keras_in_graph_mode(compute, engine):
    with kompat.graph_mode():
        inside_keras(compute, engine)


def inside_the_users_trace(compute, engine):
    if engine not in ("jax", "tensorflow"):
        pytest.skip("this engine traces nothing")
    framework = pytest.importorskip(engine)
    trace = framework.jit if engine == "jax" else framework.function
    trace(lambda x: (compute(), x)[1])(np.ones(1))


ARGUMENTS = {
    "concrete": lambda K: K.constant([2.0]),
    "array": lambda K: np.array([2.0]),
    "symbolic": lambda K: K.placeholder((1,)),
    "K's variable": lambda K: K.variable([2.0]),
    "Keras's variable": lambda K: keras.Variable([2.0]),
}


@pytest.mark.parametrize("argument", ARGUMENTS)
@pytest.mark.parametrize(
    "context",
    [
        in_eager_mode, in_graph_mode, inside_keras, inside_keras_in_graph_mode,
        inside_the_users_trace,
    ],
    ids=lambda context: context.__name__,
)  # fmt: skip
def test_the_table_of_modes(K, engine, context, argument):
    """What is symbolic where: an argument that is, and a variable in graph mode."""
    x, y = ARGUMENTS[argument](K), ARGUMENTS["symbolic"](K)
    found = []
    context(lambda: found.append((K.square(x), K.maximum(x, y))), engine)
    is_read = "variable" in argument and context is in_graph_mode
    for alone, beside in found:
        assert isinstance(alone, keras.KerasTensor) == (argument == "symbolic" or is_read)
        assert isinstance(beside, keras.KerasTensor)
        if context is in_eager_mode and argument != "symbolic":
            np.testing.assert_array_equal(K.get_value(alone), [4.0])
    assert found


@pytest.mark.parametrize("operation", ["operator", "reflected", "function", "negative", "item"])
def test_a_variable_is_its_value_in_eager_mode_and_a_read_in_graph_mode(K, operation):
    v = K.variable([1.0, 2.0])
    compute = {
        "operator": lambda: v * 2,
        "reflected": lambda: 2 * v,
        "function": lambda: K.maximum(v, 0.0) * 2,
        "negative": lambda: -v * -2,
        "item": lambda: v[:] * 2,
    }[operation]
    at_once = compute()
    with kompat.graph_mode():
        in_graph = compute()
    assert not symbolic(at_once)
    assert symbolic(in_graph)
    K.set_value(v, [5.0, 6.0])
    np.testing.assert_array_equal(K.get_value(at_once), [2, 4])
    np.testing.assert_array_equal(K.get_value(in_graph), [10, 12])


@pytest.mark.parametrize("graph", [False, True])
def test_concrete_arrays_are_computed_at_once_in_both_modes(K, graph):
    with kompat.graph_mode() if graph else kompat.eager_mode():
        assert not symbolic(K.square(K.constant([3.0])))


@pytest.mark.parametrize("graph", [False, True])
def test_a_symbolic_argument_gives_a_symbolic_result_that_reads_variables_live(K, graph):
    v = K.variable(2.0)
    with kompat.graph_mode() if graph else kompat.eager_mode():
        x = K.placeholder(shape=())
        for y in (v * x, x * v, K.maximum(v, x) * 0 + v * x):
            f = K.function([x], y)
            K.set_value(v, 2.0)
            assert f([3.0]) == 6
            K.set_value(v, 5.0)
            assert f([3.0]) == 15


def test_a_keras_variable_is_read_when_the_graph_runs(K):
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
    layer.build((None, 2))
    with kompat.graph_mode():
        total = K.sum(layer.kernel)
    K.set_value(layer.kernel, [[3.0], [4.0]])
    assert K.get_value(total) == 7


def test_operators_of_keras_variables_are_live_in_graph_mode(K):
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
    layer.build((None, 2))
    x = K.placeholder(shape=(None, 1))
    beside = K.function([x], [layer.kernel + x, x * layer.kernel])
    with kompat.graph_mode():
        live = [layer.kernel * 2, 2 * layer.kernel, -layer.kernel * -2, layer.kernel[:, 0] * 2]
    at_once = layer.kernel * 2
    K.set_value(layer.kernel, [[3.0], [4.0]])
    for result in live:
        np.testing.assert_array_equal(np.ravel(K.get_value(result)), [6, 8])
    np.testing.assert_array_equal(np.ravel(K.get_value(at_once)), [2, 2])
    total, product = beside([[[1.0]]])
    np.testing.assert_array_equal(np.ravel(total), [4, 5])
    np.testing.assert_array_equal(np.ravel(product), [3, 4])


@pytest.mark.parametrize("kind", ["constant", "array", "number"])
def test_arrays_leave_operators_to_symbolic_tensors(K, kind):
    x = K.placeholder(shape=(2,))
    left = {"constant": K.constant([3.0, 6.0]), "array": np.array([3.0, 6.0], "float32"),
            "number": np.float32(6)}[kind]  # fmt: skip
    ours = K.function([x], [left + x, left - x, left * x, left / x])([[1.0, 2.0]])
    fed = np.array([1.0, 2.0])
    left = K.get_value(left)
    for got, expected in zip(ours, [left + fed, left - fed, left * fed, left / fed]):
        np.testing.assert_array_equal(got, expected)


def test_blocks_nest_and_the_default_is_of_the_process(K):
    assert kompat.executing_eagerly()
    kompat.disable_eager_execution()
    assert not kompat.executing_eagerly()
    with kompat.eager_mode():
        assert kompat.executing_eagerly()
        with kompat.graph_mode():
            assert not kompat.executing_eagerly()
        assert kompat.executing_eagerly()
    assert not kompat.executing_eagerly()
    kompat.enable_eager_execution()
    assert kompat.executing_eagerly()


def test_an_exception_leaves_the_block(K):
    with pytest.raises(KeyError), kompat.graph_mode():
        raise KeyError
    assert kompat.executing_eagerly()


def test_blocks_are_of_one_thread_and_the_default_of_all(K):
    seen = []
    with kompat.graph_mode():
        thread = threading.Thread(target=lambda: seen.append(kompat.executing_eagerly()))
        thread.start()
        thread.join()
    kompat.disable_eager_execution()
    thread = threading.Thread(target=lambda: seen.append(kompat.executing_eagerly()))
    thread.start()
    thread.join()
    assert seen == [True, False]


def test_keras_runs_inside_graph_mode_as_in_eager_mode(K, engine):
    if engine == "numpy":
        pytest.skip("Keras on NumPy does not train")
    scale = K.variable(2.0)
    modes = []

    class Scaled(keras.layers.Layer):
        def call(self, x):
            modes.append(kompat.executing_eagerly())
            return K.square(x) * scale

    def loss(y_true, y_pred):
        modes.append(kompat.executing_eagerly())
        return K.mean(K.square(y_true - y_pred * scale), axis=-1)

    class Watch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            assert float(K.get_value(scale)) == 2
            modes.append(kompat.executing_eagerly())
            with kompat.graph_mode():
                modes.append(not kompat.executing_eagerly())

    with kompat.graph_mode():
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3), Scaled()])
        model.compile("sgd", loss)
        model.fit(np.ones((4, 2)), np.ones((4, 3)), verbose=0, callbacks=[Watch()])
        assert model.predict(np.ones((4, 2)), verbose=0).shape == (4, 3)
    assert modes
    assert all(modes)


def test_inside_a_trace_of_the_user_a_variable_is_its_value(K, engine):
    if engine != "jax":
        pytest.skip("traces of JAX")
    import jax

    v = K.variable(3.0)

    @jax.jit
    def f(x):
        with kompat.graph_mode():
            return K.maximum(v, x)

    assert float(f(1.0)) == 3


def test_init_scope_lifts_out_of_traces_and_scopes(K, engine):
    if engine != "jax":
        pytest.skip("traces of JAX")
    import jax

    v = K.variable(3.0)
    seen = []

    @jax.jit
    def f(x):
        with kompat.init_scope():
            seen.append(float(v + 1))
        return x

    f(1.0)
    assert seen == [4.0]


def test_the_page_in_graph_mode(K):
    kompat.disable_eager_execution()
    v = K.variable(1.0)
    value = K.get_value(v)
    assert value == 1
    assert type(value) is np.float32
    K.set_value(v, 2.0)
    assert K.get_value(v) == 2
    session = K.get_session()
    doubled = v * 2
    assert session.run(doubled) == 4
    session.run(K.update(v, K.constant(5.0)))
    assert K.get_value(v) == 5


def test_random_tensors_are_drawn_at_once_or_per_run(K):
    at_once = K.random_normal((3,))
    np.testing.assert_array_equal(K.get_value(at_once), K.get_value(at_once))
    with kompat.graph_mode():
        per_run = K.random_normal((3,))
    assert (K.get_value(per_run) != K.get_value(per_run)).any()


def test_updates_happen_at_once_or_per_run(K):
    v = K.variable(1.0)
    assert K.update_add(v, 1.0) is v
    with kompat.graph_mode():
        operation = K.update_add(v, 1.0)
    assert K.get_value(v) == 2
    K.get_session().run(operation)
    assert K.get_value(v) == 3
