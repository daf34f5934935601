"""K.variable's class: storage, operators, layers that hold it, saving, threads."""

import copy
import gc
import os
import pickle
import subprocess
import sys
import threading
import time

import keras
import numpy as np
import pytest
from memory import resident_bytes

import kompat
from kompat.errors import (
    LossyWriteError,
    SymbolicValueError,
    UnavailableValueError,
)
from kompat.values.adapter import adapter_of


@keras.saving.register_keras_serializable("tests")
class Scale(keras.layers.Layer):
    """A layer of 2017: it makes its weight with K."""

    def build(self, shape):
        from kompat import backend as K

        self.scale = K.variable([1.0, 2.0], name="scale")
        self.steps = K.variable(0, dtype="int32", name="steps")

    def call(self, x):
        return x * self.scale


def test_dtype_is_floatx_unless_given(K):
    assert K.variable(np.float64(1)).dtype == "float32"
    assert K.variable(np.array([1, 2])).dtype == "float32"
    assert K.variable(1, dtype="int32").dtype == "int32"
    K.set_floatx("float16")
    assert K.get_value(K.variable(1)).dtype == np.float16


def test_names_make_paths(K):
    v = K.variable(0.0, name="encoder/scale")
    assert (v.name, v.path) == ("scale", "encoder/scale")
    assert K.variable(0.0).name != K.variable(0.0).name


def test_values_that_do_not_fit_are_refused(K):
    with pytest.raises(LossyWriteError, match="int8"):
        K.variable(300, dtype="int8")
    with pytest.raises(SymbolicValueError, match=r"K\.zeros"):
        K.variable(keras.Input((3,)))


def test_zeros_ones_and_eye_are_variables(K):
    for v in (K.zeros((2,)), K.ones((2,)), K.eye(2), K.zeros((2,), dtype="int32")):
        assert isinstance(v, keras.Variable)
        K.set_value(v, K.get_value(v) + 1)


@pytest.mark.parametrize(
    ("function", "args"),
    [
        ("variable", ([1.0],)),
        ("zeros", ((2,),)),
        ("ones", ((2,),)),
        ("eye", (2,)),
        ("random_normal_variable", ((2,), 0.0, 1.0)),
        ("random_uniform_variable", ((2,), 0.0, 1.0)),
    ],
)
def test_the_name_of_a_variable(K, function, args):
    assert getattr(K, function)(*args, name="weights").name == "weights"


def test_a_constraint_is_kept_and_not_applied_by_set_value(K):
    v = K.variable([1.0], constraint=keras.constraints.NonNeg())
    K.set_value(v, [-1.0])
    assert isinstance(v.constraint, keras.constraints.NonNeg)
    assert K.get_value(v).tolist() == [-1.0]


def test_methods_of_theano_days(K):
    v = K.variable([1.0, 2.0])
    v.set_value([3.0, 4.0])
    assert v.get_value().tolist() == [3.0, 4.0]


@pytest.mark.parametrize(
    ("dtype", "value"),
    [("int64", 2**53 + 1), ("uint64", 2**64 - 1), ("float64", 1 / 3), ("complex128", 1 / 3 + 1j)],
)
def test_64_bits_are_exact_in_every_door(K, dtype, value):
    v = K.variable(0, dtype=dtype)
    for write in (K.set_value, lambda v, x: v.assign(np.array(x, dtype)), K.update):
        K.set_value(v, 0)
        write(v, np.array(value, dtype))
        assert K.get_value(v) == value
        assert np.array(v)[()] == value
        assert v.numpy() == value
    if dtype != "complex128":
        assert type(value)(v) == value


def test_64_bit_arithmetic_through_K_is_exact(K):
    big = K.variable(2**53 + 1, dtype="int64")
    assert K.eval(big + 1) == 2**53 + 2
    assert K.eval(1 + big) == 2**53 + 2
    assert K.eval(big * 2) == 2**54 + 2
    assert K.eval(-big) == -(2**53) - 1
    assert bool(K.eval(big == 2**53 + 1))
    assert K.get_value(K.update_add(big, 2)) == 2**53 + 3
    assert K.get_value(K.update_sub(big, 3)) == 2**53
    third = K.variable(1 / 3, dtype="float64")
    assert K.eval(third * 3.0) == 1 / 3 * 3.0
    assert K.eval(K.square(third)) == (1 / 3) ** 2
    assert K.eval(K.sum(K.variable([2**53, 1], dtype="int64"))) == 2**53 + 1
    assert K.eval(big // 1) == 2**53
    assert K.eval(K.maximum(big, 1)) == 2**53
    assert K.eval(K.maximum(third, 0.0)) == 1 / 3
    assert K.eval(third // 0.1) == 1 / 3 // 0.1
    two = np.array([1 / 3, 2 / 3])
    assert abs(K.eval(K.var(K.variable(two, dtype="float64"))) - two.var()) < 1e-16


def test_64_bit_arrays_are_accumulated_exactly(K):
    v = K.variable([2**53, 1], dtype="int64")
    assert K.get_value(K.update_add(v, [1, 1])).tolist() == [2**53 + 1, 2]
    subtrahend = K.variable([2, 0], dtype="int64")
    assert K.get_value(K.update_sub(v, subtrahend)).tolist() == [2**53 - 1, 2]
    assert K.eval(v[0]) == 2**53 - 1


def test_jax_cannot_narrow_a_value_behind_our_back(K, engine):
    v = K.variable(2**53 + 1, dtype="int64")
    if engine != "jax":
        assert K.get_value(v.value) == 2**53 + 1
        return
    import jax

    with pytest.raises(UnavailableValueError, match="jax_enable_x64"):
        _ = v.value
    with pytest.raises(UnavailableValueError, match="64"):
        jax.numpy.asarray(v)
    with jax.enable_x64(True):
        assert int(v.value) == 2**53 + 1
    wide = K.variable(0.0, dtype="float64")
    with (
        keras.StatelessScope(),
        pytest.raises(LossyWriteError, match="float32"),
    ):
        jax.make_jaxpr(lambda x: wide.assign(x))(np.float32(1))


@pytest.mark.parametrize("other", [2.0, 2, np.float32(2), np.array([2.0, 2.0], np.float32)])
def test_operators_on_both_sides(K, other):
    v = K.variable([3.0, 5.0])
    x = np.array([3.0, 5.0], np.float32)
    with np.errstate(all="ignore"):
        cases = [
            (v + other, x + other),
            (v - other, x - other),
            (v * other, x * other),
            (v / other, x / other),
            (v // other, x // other),
            (v % other, x % other),
            (v**other, x**other),
            (v < other, x < other),
            (v <= other, x <= other),
            (v > other, x > other),
            (v >= other, x >= other),
            (v == other, x == other),
            (v != other, x != other),
            (-v, -x),
            (abs(-v), x),
        ]
        if not isinstance(other, (np.ndarray, np.generic)):
            cases += [
                (other + v, other + x),
                (other - v, other - x),
                (other * v, other * x),
                (other / v, other / x),
                (other**v, other**x),
                (other // v, other // x),
                (other % v, other % x),
            ]
    for got, want in cases:
        np.testing.assert_allclose(K.eval(got), want, rtol=1e-5)


def test_operators_with_symbolic_tensors_read_the_variable_when_the_model_runs(K):
    v = K.variable([1.0, 2.0])
    x = keras.Input((2,))
    model = keras.Model(x, [v + x, x + v, v * x, x - v, v - x, x / v])
    ones = np.ones((1, 2), np.float32)
    for value in ([1.0, 2.0], [4.0, 8.0]):
        K.set_value(v, value)
        a = np.array([value], np.float32)
        expected = [a + 1, a + 1, a, 1 - a, a - 1, 1 / a]
        for got, want in zip(model.predict(ones, verbose=0), expected):
            np.testing.assert_allclose(got, want)


def test_an_accumulator_becomes_a_plain_tensor(K):
    loss = K.variable(0.0)
    start = loss
    loss += K.sum(K.constant([1.0, 2.0]))
    assert loss is not start
    assert K.eval(loss) == 3
    assert K.get_value(start) == 0
    x = keras.Input((2,))
    total = K.variable(0.0)
    total += K.sum(x)
    assert keras.backend.is_keras_tensor(total)


def test_clear_session_keeps_values(K):
    v = K.variable([1.0, 2.0])
    K.clear_session()
    assert K.get_value(v).tolist() == [1, 2]
    K.set_value(v, [3.0, 4.0])
    assert K.get_value(v).tolist() == [3, 4]


def test_a_lambda_may_make_a_variable(K):
    def body(x):
        total = K.variable(0.0)
        total += K.sum(x, axis=-1)
        return total

    x = keras.Input((3,))
    model = keras.Model(x, keras.layers.Lambda(body, output_shape=())(x))
    np.testing.assert_allclose(model.predict(np.ones((2, 3)), verbose=0), [3, 3])


def test_it_can_be_a_key(K):
    a, b = K.variable(1.0), K.variable(1.0)
    assert {a: "a", b: "b"}[a] == "a"
    assert len({a, b}) == 2


@pytest.fixture
def trained(engine):
    if engine == "numpy":
        pytest.skip("Keras on NumPy does not train")
    model = keras.Sequential([keras.Input((2,)), Scale(name="scale")])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model


def test_keras_tracks_and_trains_it(trained):
    layer = trained.layers[0]
    assert any(w is layer.scale for w in trained.trainable_weights)
    assert any(w is layer.steps for w in trained.non_trainable_weights)
    x = np.ones((32, 2), np.float32)
    trained.fit(x, 0 * x, verbose=0, epochs=3)
    value = kompat.get_value(layer.scale)
    assert (value < [1, 2]).all()
    kompat.set_value(layer.scale, [1.0, 2.0])
    np.testing.assert_allclose(trained.predict(x[:1], verbose=0), [[1, 2]])


def test_keras_files_keep_it(trained, tmp_path):
    layer = trained.layers[0]
    kompat.set_value(layer.scale, [5.0, 6.0])
    kompat.set_value(layer.steps, 2**31 - 1)
    trained.save(tmp_path / "model.keras")
    trained.save_weights(tmp_path / "model.weights.h5")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert kompat.get_value(loaded.layers[0].scale).tolist() == [5, 6]
    assert kompat.get_value(loaded.layers[0].steps) == 2**31 - 1
    kompat.set_value(layer.scale, [0.0, 0.0])
    trained.load_weights(tmp_path / "model.weights.h5")
    assert kompat.get_value(layer.scale).tolist() == [5, 6]


@pytest.mark.parametrize("dtype", ["float32", "int64", "bfloat16", "bool"])
@pytest.mark.parametrize("clone", [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
def test_copies_and_pickles_are_independent(K, clone, dtype):
    v = K.variable([1, 0], dtype=dtype, name="original")
    twin = clone(v)
    K.set_value(v, [0, 1])
    value = K.get_value(twin)
    assert value.dtype.name == dtype
    assert value.astype(int).tolist() == [1, 0]
    assert (twin.name, type(twin)) == ("original", type(v))


def test_layers_that_hold_it_deepcopy_and_pickle(trained):
    layer = trained.layers[0]
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(trained)).layers[0]):
        kompat.set_value(layer.scale, [9.0, 9.0])
        assert kompat.get_value(twin.scale).tolist() == [1, 2]
        kompat.set_value(layer.scale, [1.0, 2.0])


def test_readers_never_see_half_a_write(K):
    v = K.variable(np.zeros(10_000))
    fresh = keras.Variable(np.zeros(10_000, np.float32))
    stop, torn = threading.Event(), []

    def read():
        while not stop.is_set():
            for holder in (v, fresh):
                value = kompat.get_value(holder)
                if value.min() != value.max():
                    torn.append(value)

    readers = [threading.Thread(target=read) for _ in range(8)]
    for reader in readers:
        reader.start()
    values = [np.full(10_000, i, np.float32) for i in range(2)]
    for i in range(10_000):
        kompat.set_value(v, values[i % 2])
        if i % 10 == 0:
            kompat.set_value(fresh, values[i // 10 % 2])
    stop.set()
    for reader in readers:
        reader.join()
    assert not torn


@pytest.fixture
def fast_switching():
    """Threads take turns after every few bytecodes, not after 5 ms."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.parametrize("kind", ["scalar", "array", "on device", "keras", "int64", "numpy"])
def test_no_increment_is_lost(K, kind, fast_switching):
    v = {
        "scalar": lambda: K.variable(0.0),
        "array": lambda: K.variable([0.0, 0.0]),
        "on device": lambda: K.variable([0.0, 0.0]),
        "keras": lambda: keras.Variable(np.zeros(2, np.float32)),
        "int64": lambda: K.variable(0, dtype="int64"),
        "numpy": lambda: np.zeros(()),
    }[kind]()
    increment = K.constant([1.0, 1.0]) if kind in ("on device", "keras") else 1
    times = 25 if kind in ("on device", "keras", "array") else 500

    def work():
        for _ in range(times):
            K.update_add(v, increment)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (K.get_value(v) == 8 * times).all()


def test_a_write_is_not_lost_to_an_increment(K):
    v = K.variable(0.0)
    stop = threading.Event()

    def increment():
        while not stop.is_set():
            K.update_add(v, 1.0)

    thread = threading.Thread(target=increment)
    thread.start()
    for _ in range(2000):
        K.set_value(v, -1e6)
        assert K.get_value(v) < 0
    stop.set()
    thread.join()


@pytest.mark.parametrize("kind", ["K", "keras", "numpy"])
def test_a_write_waits_while_an_increment_is_stored(K, kind, engine):
    """An increment compares and stores under a lock; a write that ignored it would be lost."""
    v = {
        "K": lambda: K.variable(0.0),
        "keras": lambda: keras.Variable(np.float32(0)),
        "numpy": lambda: np.zeros(()),
    }[kind]()
    if kind == "K" and engine in ("jax", "numpy"):
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


def test_the_device_form_follows_every_write(K):
    v = K.variable([1.0, 2.0])
    for i in range(5):
        K.set_value(v, [i, i])
        np.testing.assert_array_equal(K.eval(v * 1), [i, i])
        K.update(v, K.constant([i + 0.5, i]))
        np.testing.assert_array_equal(K.get_value(v), [i + 0.5, i])


def test_assignments_keep_the_object_that_others_hold(K, engine):
    if engine not in ("torch", "tensorflow"):
        pytest.skip("arrays of other engines never change")
    v = K.variable([1.0, 2.0])
    beneath = v.value
    for write in (K.set_value, K.update, K.update_add, lambda v, x: v.assign(x)):
        write(v, K.constant([3.0, 4.0]))
        assert v.value is beneath


def test_assign_inside_an_autocast_layer_reaches_the_variable(K):
    class Counting(keras.layers.Layer):
        def build(self, shape):
            self.total = K.variable([0.0, 0.0])

        def call(self, x):
            self.total.assign([1 / 3, 2.0])
            return x

    layer = Counting(dtype="mixed_bfloat16")
    layer(np.ones((1, 2), "float32"))
    expected = np.array([1 / 3, 2.0], np.float32)
    np.testing.assert_array_equal(kompat.get_value(layer.total), expected)


def test_an_assigned_tensor_may_be_deleted(K, engine):
    if engine != "jax":
        pytest.skip("only JAX deletes arrays")
    v, x = K.variable([1.0, 2.0]), K.constant([3.0, 4.0])
    K.update(v, x)
    x.delete()
    assert K.get_value(v).tolist() == [3, 4]


def test_inside_the_users_jit_it_is_a_constant_and_nothing_leaks(K, engine):
    if engine != "jax":
        pytest.skip("a matter of JAX")
    import jax

    v = K.variable(2.0)
    step = jax.jit(lambda x: v * x)
    assert float(step(3.0)) == 6
    K.set_value(v, 5.0)
    assert float(v * 1.0) == 5
    with pytest.raises(SymbolicValueError):
        jax.jit(lambda x: K.update(v, x))(1.0)
    assert K.get_value(v) == 5


@pytest.mark.parametrize("shape", [(), (2,), (300, 300)], ids=["scalar", "small", "large"])
def test_a_value_first_used_inside_a_trace_can_be_used_after_it(K, engine, shape):
    if engine != "jax":
        pytest.skip("a matter of JAX")
    import jax

    v = K.variable(np.zeros(shape))
    K.set_value(v, np.full(shape, 2.0))
    assert (np.asarray(jax.jit(lambda x: v * x)(3.0)) == 6).all()
    assert (K.eval(v * 2.0) == 4).all()


def test_a_variable_made_in_a_trace_is_a_constant_of_the_trace(K, engine):
    if engine != "jax":
        pytest.skip("a matter of JAX")
    import jax

    with keras.StatelessScope():
        program = str(jax.make_jaxpr(lambda x: K.variable(0.0) + x)(np.float32(1)))
    assert "callback" not in program


@pytest.mark.parametrize(("shape", "cycles"), [((), 100_000), ((1000,), 10_000)], ids=str)
def test_cycles_grow_by_nothing(K, shape, cycles):
    """A leak of a pointer or of an array a cycle would be 0.8 or 40 MB, in every round.

    What an engine's threads keep, in a process that has run other tests, comes once.
    """
    v, value = K.variable(np.zeros(shape)), np.ones(shape, np.float32)[()]

    def after(number):
        for _ in range(number):
            K.set_value(v, value)
            K.get_value(v)
        gc.collect()
        return len(gc.get_objects()), resident_bytes()

    sizes = [after(cycles // 10)]
    for _ in range(3):
        sizes.append(after(cycles))
        objects, memory = np.subtract(*sizes[:-3:-1])
        if abs(objects) < 100 and memory < 400_000:
            return
    pytest.fail(f"objects and bytes after each round: {sizes}")


def test_time_does_not_depend_on_how_many_variables_are_alive(K):
    """A look at each of the 10,000 would take ten times as long, a slow day twice."""
    v = K.variable(0.0)

    def seconds():
        start = time.thread_time()
        for i in range(500):
            K.set_value(v, float(i))
            K.get_value(v)
        return time.thread_time() - start

    seconds()
    alone = min(seconds() for _ in range(10))
    crowd = [K.variable(0.0) for _ in range(10_000)]
    gc.collect()
    among_many = min(seconds() for _ in range(10))
    assert len(crowd) == 10_000
    assert among_many < 5 * alone


def test_a_view_takes_constant_time_and_shares_the_memory(K, engine):
    if engine not in ("jax", "numpy"):
        pytest.skip("PyTorch and TensorFlow write in place, so their views are refused")
    v = K.variable(np.zeros((4096, 4096)))  # 64 MB, of which a copy takes 10 ms

    def seconds():
        start = time.perf_counter()
        views.append(K.get_value(v, copy=False))
        return time.perf_counter() - start

    views = []
    assert min(seconds() for _ in range(20)) < 1e-4
    assert all(np.shares_memory(view, views[0]) for view in views)
    K.set_value(v, np.ones((4096, 4096), np.float32))
    assert not views[0].any()


def test_dropped_variables_are_freed(K):
    import weakref

    v = K.variable(np.zeros(1000))
    K.eval(v * 2)
    reference = weakref.ref(v)
    del v
    gc.collect()
    assert reference() is None


SIGNALS = """
import _thread, signal, sys, threading, time
from kompat import backend as K
v, w = K.variable(0.0), K.variable([0.0, 0.0])
class Stop(Exception): pass
def stop(*_): raise Stop
def write(*_):
    K.set_value(v, 1.0); K.set_value(w, [1.0, 1.0])
    wanted.set()
wanted = threading.Event()
def interrupt():
    while True:
        wanted.wait(); wanted.clear()
        time.sleep(0.0003)
        _thread.interrupt_main()
threading.Thread(target=interrupt, daemon=True).start()
sys.setswitchinterval(1e-5)
for handler, rounds in ((stop, 40), (write, 2)):
    signal.signal(signal.SIGINT, handler)
    for _ in range(rounds):
        try:
            wanted.set()
            for n in range(20000):
                K.set_value(v, 2.0); K.set_value(w, [2.0, 2.0])
            if handler is stop: raise AssertionError("no signal came")
        except Stop:
            pass
    K.variable(1.0)
print("done")
"""

FORKS = """
import os, sys, threading, warnings
import numpy as np, kompat
from kompat import backend as K
warnings.simplefilter("ignore")
holders = [K.variable(np.zeros(100_000)), np.zeros(100_000)]
value, stop = np.ones(100_000), threading.Event()
def write():
    while not stop.is_set():
        for holder in holders: kompat.set_value(holder, value)
threading.Thread(target=write, daemon=True).start()
for _ in range(12):
    child = os.fork()
    if child == 0:
        for holder in holders: kompat.set_value(holder, value)
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
stop.set()
print("done")
"""


without_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


@pytest.mark.parametrize(
    "program", [SIGNALS, pytest.param(FORKS, marks=without_fork)], ids=["signals", "forks"]
)
def test_an_interrupted_write_keeps_no_lock(program, engine):
    if engine in ("torch", "tensorflow") and program is FORKS:
        pytest.skip("PyTorch's threads and TensorFlow's locks do not live through a fork")
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=240, check=False
    )
    assert done.stdout == "done\n", done.stderr


def test_every_keras_variable_has_the_methods_of_theanos_days(K):
    layer = keras.layers.Dense(2)
    layer.build((None, 1))
    for x in (keras.Variable(np.zeros(2, "float32")), layer.bias, K.variable([0.0, 0.0])):
        x.set_value([1.0, 2.0])
        assert x.get_value().tolist() == [1, 2]
        assert np.array(keras.ops.convert_to_numpy(x)).tolist() == [1, 2]


def test_a_variable_made_while_a_model_runs_is_written_there(K):
    """On TensorFlow it lives in the `tf.function` alone."""

    def scaled(x):
        v = K.variable(0.0)
        K.set_value(v, 3.0)
        K.update_add(v, K.sum(x))
        K.batch_set_value([(other := K.variable(0.0), 7.0)])
        K.update_sub(other, 1.0)
        return x * v + other

    inputs = keras.Input((2,))
    model = keras.Model(inputs, keras.layers.Lambda(scaled)(inputs))
    for x in ([[1.0, 2.0]], [[2.0, 2.0]]):
        x = np.array(x, np.float32)
        np.testing.assert_array_equal(model.predict(x, verbose=0), x * (3 + x.sum()) + 6)
