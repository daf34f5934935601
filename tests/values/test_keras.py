"""Keras 3's own variables: scopes, autocast, narrowed dtypes, placement, symbolic tensors."""

import copy
import pickle
import tracemalloc

import keras
import numpy as np
import pytest

import kompat
from kompat.errors import SymbolicValueError, UnavailableValueError
from kompat.values.keras import VARIABLE


def test_optimizer_metric_and_seed_state_are_read_and_written():
    optimizer = keras.optimizers.Adam(0.01)
    metric = keras.metrics.Mean()
    metric.update_state([2.0, 4.0])
    seeds = keras.random.SeedGenerator(7)
    kompat.set_value(optimizer.learning_rate, 0.5)
    kompat.set_value(optimizer.iterations, 41)
    assert float(optimizer.learning_rate) == 0.5
    assert int(optimizer.iterations) == 41
    assert [float(v) for v in kompat.batch_get_value(metric.variables)] == [6.0, 2.0]
    kompat.set_value(metric.variables[0], 10.0)
    assert float(metric.result()) == 5.0
    state = kompat.get_value(seeds.state)
    first = keras.random.normal((3,), seed=seeds)
    kompat.set_value(seeds.state, state)
    again = keras.random.normal((3,), seed=seeds)
    np.testing.assert_array_equal(kompat.get_value(first), kompat.get_value(again))


def test_a_write_copies_its_source_once():
    x, source = keras.Variable(np.zeros(2**23, "float32")), np.ones(2**23, "float32")
    kompat.set_value(x, source)
    tracemalloc.start()
    staged = VARIABLE.stage(x, source)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    VARIABLE.commit([(x, staged)])
    assert source.nbytes <= peak < 1.1 * source.nbytes
    assert (kompat.get_value(x) == 1).all()


def test_autocast_neither_narrows_reads_nor_loses_writes(engine):
    class Probe(keras.layers.Layer):
        def build(self, shape):
            self.scale = self.add_weight(shape=(2,), initializer="ones", dtype="float32")

        def call(self, x):
            read.append(kompat.get_value(self.scale))
            return x * self.scale

    read = []
    layer = Probe(dtype="mixed_bfloat16")
    layer.build((1, 2))
    kompat.set_value(layer.scale, [1 / 3, 2.0])
    layer(np.ones((1, 2), "float32"))
    assert read[-1].dtype == np.float32
    np.testing.assert_array_equal(read[-1], np.array([1 / 3, 2.0], np.float32))
    assert kompat.get_value(layer.scale).dtype == np.float32


@pytest.mark.parametrize("kind", ["keras", "K"])
def test_a_stateless_scope_gives_its_value_and_records_writes(K, kind):
    v = K.variable([1.0, 2.0]) if kind == "K" else keras.Variable(np.array([1, 2], "float32"))
    other = K.variable([7.0]) if kind == "K" else keras.Variable(np.array([7], "float32"))
    inside = keras.ops.convert_to_tensor(np.array([5, 6], "float32"))
    with keras.StatelessScope([(v, inside)]) as scope:
        assert kompat.get_value(v).tolist() == [5, 6]
        kompat.set_value(v, [8.0, 9.0])
        assert kompat.get_value(v).tolist() == [8, 9]
        kompat.set_value(other, [0.0])
        K.update_add(other, [2.0])
        assert kompat.get_value(other).tolist() == [2]
    assert kompat.get_value(v).tolist() == [1, 2]
    assert kompat.get_value(other).tolist() == [7]
    np.testing.assert_array_equal(np.asarray(scope.get_current_value(v)), [8, 9])


@pytest.mark.parametrize(("dtype", "value"), [("int64", 2**53 + 1), ("float64", 1 / 3)])
def test_a_variable_that_keras_narrowed_is_never_written_inexactly(engine, dtype, value):
    if engine != "jax":
        v = keras.Variable(np.array(0, dtype), dtype=dtype, trainable=False)
        kompat.set_value(v, value)
        assert kompat.get_value(v) == value
        return
    with pytest.warns(UserWarning, match="truncated"):
        v = keras.Variable(np.array(0, dtype), dtype=dtype)
    kompat.set_value(v, 7)
    assert kompat.get_value(v) == 7
    assert kompat.get_value(v).dtype == dtype
    with pytest.raises(UnavailableValueError, match="jax_enable_x64"):
        kompat.set_value(v, value)
    assert kompat.get_value(v) == 7


def test_symbolic_tensors_are_refused_in_words():
    x = keras.Input((3,), name="pixels")
    with pytest.raises(SymbolicValueError, match=r"(?s)pixels.*predict"):
        kompat.get_value(x)
    v = keras.Variable(np.zeros(3, "float32"))
    for target, value in ((x, 1.0), (v, x)):
        with pytest.raises(SymbolicValueError):
            kompat.set_value(target, value)
    np.testing.assert_array_equal(kompat.get_value(v), [0, 0, 0])


def test_a_deferred_variable_says_that_it_has_no_value_yet():
    with keras.StatelessScope(initialize_variables=False):
        v = keras.Variable("zeros", shape=(2,), name="late")
        with pytest.raises(UnavailableValueError, match="late"):
            kompat.get_value(v)


def test_errors_name_the_variable_by_its_path():
    layer = keras.layers.Dense(2, name="head")
    layer.build((None, 3))
    with pytest.raises(
        ValueError, match=r"(?s)variable 'head/kernel': expected .*\(3, 2\).*\(2, 3\)"
    ):
        kompat.set_value(layer.kernel, np.zeros((2, 3)))


def test_a_weight_keeps_its_identity_and_the_object_beneath(engine):
    layer = keras.layers.Dense(2)
    layer.build((None, 3))
    kernel, beneath = layer.kernel, layer.kernel.value
    kompat.set_value(kernel, np.ones((3, 2)))
    assert layer.kernel is kernel
    if engine in ("torch", "tensorflow"):
        assert layer.kernel.value is beneath
    outputs = kompat.get_value(layer(np.ones((1, 3), "float32")))
    np.testing.assert_array_equal(outputs, [[3, 3]])


@pytest.mark.parametrize("offset", [0, 4], ids=["aligned", "not aligned"])
def test_a_large_source_may_change_at_once_after_the_call(offset):
    """Above 64 kB JAX takes another way to the device, which keeps aligned memory."""
    memory = np.empty(256 * 256 * 4 + 128, np.uint8)
    start = -memory.ctypes.data % 64 + offset
    source = memory[start : start + 256 * 256 * 4].view(np.float32).reshape(256, 256)
    v = keras.Variable(np.zeros((256, 256), np.float32))
    for i in range(50):
        source[:] = i
        kompat.set_value(v, source)
        source[:] = -1
        assert (kompat.get_value(v) == i).all()


def test_models_deepcopy_and_pickle_after_reads_and_writes(K):
    """Neither a lock nor a cache that a read or a write made may stick to the variables."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    variables = [model.layers[0].kernel, K.variable([1.0, 2.0])]
    for v in variables:
        kompat.set_value(v, kompat.get_value(v) + 1)
        K.update_add(v, K.ones_like(v))
    kernel, scale = map(kompat.get_value, variables)
    for clone in (copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))):
        np.testing.assert_array_equal(kompat.get_value(clone(model).layers[0].kernel), kernel)
        np.testing.assert_array_equal(kompat.get_value(clone(variables[0])), kernel)
        np.testing.assert_array_equal(kompat.get_value(clone(variables[1])), scale)


def test_a_torch_optimizer_still_moves_a_written_weight(engine):
    if engine != "torch":
        pytest.skip("a matter of PyTorch's write-through")
    import torch

    layer = keras.layers.Dense(1, use_bias=False)
    layer.build((None, 2))
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.5)
    kompat.set_value(layer.kernel, [[1.0], [1.0]])
    layer(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    np.testing.assert_allclose(kompat.get_value(layer.kernel), [[0.5], [0.5]])


def test_a_variable_inside_the_users_tf_function(engine):
    if engine != "tensorflow":
        pytest.skip("a matter of tf.function")
    import tensorflow as tf

    v, seen = keras.Variable(np.float32(1)), []

    @tf.function
    def step(x):
        seen.append(kompat.get_value(v))
        kompat.set_value(v, x)
        return v + 1

    assert float(step(tf.constant(5.0))) == 6
    assert float(step(tf.constant(7.0))) == 8
    assert kompat.get_value(v) == 7
    assert seen == [np.float32(1)]


def test_nnx_enabled_keras_keeps_its_own_storage(engine):
    if engine != "jax":
        pytest.skip("a matter of flax on JAX")
    import subprocess
    import sys

    from conftest import framework

    framework("flax.nnx")
    program = """
import numpy as np
from kompat import backend as K
import kompat
v = K.variable([1., 2.])
K.set_value(v, [3., 4.])
assert K.get_value(v).tolist() == [3., 4.]
K.update_add(v, [1., 1.])
assert K.get_value(v).tolist() == [4., 5.]
import keras
w = keras.Variable(np.zeros(2, "float32"))
kompat.set_value(w, [5., 6.])
assert kompat.get_value(w).tolist() == [5., 6.]

import jax
from flax import nnx
class Scale(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.scale = K.variable([1., 2.])
    def call(self, x):
        return x * self.scale
layer = Scale()
layer(np.ones((1, 2), "float32"))
K.set_value(layer.scale, [7., 8.])
graph, state = nnx.split(layer)
assert [7., 8.] in [np.asarray(leaf).tolist() for leaf in jax.tree.leaves(state)]
"""
    environment = {**__import__("os").environ, "KERAS_NNX_ENABLED": "true"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
