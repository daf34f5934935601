"""Rules whose breaking no other test notices; tests/mutants breaks each of them."""

import copy
import os
import pickle
import subprocess
import sys
import threading

import keras
import numpy as np
import pytest

import kompat
from kompat.values.adapter import adapter_of


def test_assign_inside_an_autocast_layer_reaches_the_variable(K):
    class Counting(keras.layers.Layer):
        def build(self, shape):
            self.total = K.variable([0.0, 0.0])

        def call(self, x):
            self.total.assign([1 / 3, 2.0])
            return x

    layer = Counting(dtype="mixed_bfloat16")
    layer(np.ones((1, 2), "float32"))
    assert kompat.get_value(layer.total).tolist() == np.array([1 / 3, 2.0], "float32").tolist()


@pytest.mark.parametrize("axis", [3, -4, [0, 0], [0, -3], "first", True, 1.0])
@pytest.mark.parametrize("name", ["sum", "max", "mean", "all", "argmax"])
def test_a_wrong_axis_is_refused_alike_on_every_engine(K, name, axis):
    x = K.constant(np.zeros((2, 3, 4)))
    with pytest.raises(ValueError, match=r"axis|axes"):
        getattr(K, name)(x, axis=axis)


def test_assignments_keep_the_object_that_others_hold(K, engine):
    if engine not in ("torch", "tensorflow"):
        pytest.skip("arrays of other engines never change")
    v = K.variable([1.0, 2.0])
    beneath = v.value
    for write in (K.set_value, K.update, K.update_add, lambda v, x: v.assign(x)):
        write(v, K.constant([3.0, 4.0]))
        assert v.value is beneath


def test_zeros_ones_and_eye_are_variables(K):
    for v in (K.zeros((2,)), K.ones((2,)), K.eye(2), K.zeros((2,), dtype="int32")):
        assert isinstance(v, keras.Variable)
        K.set_value(v, K.get_value(v) + 1)


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


def test_a_batch_is_undone_in_the_adapters_that_had_committed():
    class Healthy:
        value = 0.0

    class Broken(Healthy):
        pass

    def fail(x, array):
        raise OSError("the disk is full")

    read = lambda x: x.value  # noqa: E731
    kompat.register_adapter(Healthy, read=read, write=lambda x, a: setattr(x, "value", float(a)))
    kompat.register_adapter(Broken, read=read, write=fail)
    healthy = Healthy()
    with pytest.raises(OSError, match="disk"):
        kompat.batch_set_value([(healthy, 1.0), (Broken(), 1.0)])
    assert healthy.value == 0


@pytest.mark.parametrize("shape", [(), (2,), (300, 300)], ids=["scalar", "small", "large"])
def test_a_value_first_used_inside_a_trace_can_be_used_after_it(K, engine, shape):
    if engine != "jax":
        pytest.skip("a matter of JAX")
    import jax

    v = K.variable(np.zeros(shape))
    K.set_value(v, np.full(shape, 2.0))
    assert (np.asarray(jax.jit(lambda x: v * x)(3.0)) == 6).all()
    assert (K.eval(v * 2.0) == 4).all()


HOLDERS = {
    "K.variable": lambda K: K.variable(0.0),
    "keras.Variable": lambda K: keras.Variable(np.float32(0)),
    "numpy": lambda K: np.zeros(()),
}


@pytest.fixture
def fast_switching():
    """Threads take turns after every few bytecodes, not after 5 ms."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.parametrize("kind", HOLDERS)
def test_no_increment_is_lost(K, kind, fast_switching):
    v = HOLDERS[kind](K)
    times = 200 if kind == "keras.Variable" else 2000

    def work():
        for _ in range(times):
            K.update_add(v, 1.0)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert K.get_value(v) == 4 * times


@pytest.mark.parametrize("kind", HOLDERS)
def test_a_write_waits_while_an_increment_is_stored(K, kind, engine):
    """An increment compares and stores under a lock; a write that ignored it would be lost."""
    v = HOLDERS[kind](K)
    if kind == "K.variable" and engine in ("jax", "numpy"):
        from kompat.storage import cell

        lock = cell._swap
    else:
        lock = adapter_of(type(v)).lock(v)
    with lock:
        writer = threading.Thread(target=K.set_value, args=(v, 5.0))
        writer.start()
        writer.join(0.2)
        assert writer.is_alive()
    writer.join()
    assert K.get_value(v) == 5


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


def test_the_mean_of_integers_is_cut_towards_zero(K):
    assert K.eval(K.mean(K.constant([-1, -2], dtype="int32"))) == -1
    assert K.eval(K.mean(K.constant([1, 2], dtype="int32"))) == 1


def test_64_bit_arrays_are_accumulated_exactly(K):
    v = K.variable([2**53, 1], dtype="int64")
    assert K.get_value(K.update_add(v, [1, 1])).tolist() == [2**53 + 1, 2]
    assert K.get_value(K.update_sub(v, K.variable([2, 0], dtype="int64"))).tolist() == [
        2**53 - 1,
        2,
    ]
    assert K.eval(v[0]) == 2**53 - 1


def test_a_variable_made_in_a_trace_is_a_constant_of_the_trace(K, engine):
    if engine != "jax":
        pytest.skip("a matter of JAX")
    import jax

    with keras.StatelessScope():
        program = str(jax.make_jaxpr(lambda x: K.variable(0.0) + x)(np.float32(1)))
    assert "callback" not in program


NNX = """
import numpy as np, keras, jax
from flax import nnx
from kompat import backend as K
class Scale(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.scale = K.variable([1., 2.])
    def call(self, x):
        return x * self.scale
layer = Scale()
layer(np.ones((1, 2), 'float32'))
K.set_value(layer.scale, [5., 6.])
graph, state = nnx.split(layer)
assert [5., 6.] in [np.asarray(leaf).tolist() for leaf in jax.tree.leaves(state)]
"""


def test_nnx_sees_what_was_written(engine):
    if engine != "jax":
        pytest.skip("a matter of flax on JAX")
    environment = {**os.environ, "KERAS_NNX_ENABLED": "true"}
    command = [sys.executable, "-c", NNX]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_operation_keeps_64_bits(K):
    big, third = K.variable(2**53 + 1, dtype="int64"), K.variable(1 / 3, dtype="float64")
    assert K.eval(big // 1) == 2**53 + 1
    assert K.eval(K.maximum(big, 1)) == 2**53 + 1
    assert K.eval(K.maximum(third, 0.0)) == 1 / 3
    assert K.eval(third // 0.1) == 1 / 3 // 0.1
    two = np.array([1 / 3, 2 / 3])
    assert abs(K.eval(K.var(K.variable(two, dtype="float64"))) - two.var()) < 1e-16


def test_a_script_gets_the_whole_path_that_python_gives_it(tmp_path):
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "old.py").write_text("import sys; print(sys.path)")
    runs = [
        subprocess.run(
            [sys.executable, *before, os.path.join("scripts", "old.py")],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        for before in ([], ["-m", "kompat", "run", "--backend", "numpy"])
    ]
    assert runs[0].stdout == runs[1].stdout
