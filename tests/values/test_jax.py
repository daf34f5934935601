"""JAX: arrays are read wherever they lie, views never change, tracers and writes are refused."""

import os
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from textwrap import dedent

import ml_dtypes
import numpy as np
import pytest
from conftest import framework

import kompat
from kompat.errors import ImmutableValueError, SymbolicValueError, UnavailableValueError

pytestmark = pytest.mark.one_engine("jax")

jax = framework("jax")
jnp = jax.numpy
get_value, set_value = kompat.get_value, kompat.set_value

NARROW = ["bool", "int8", "uint8", "int32", "uint32", "float16", "float32", "complex64"]
EXTENDED = ["bfloat16", "float8_e4m3fn", "float8_e5m2", "float4_e2m1fn", "int4", "uint4", "int2"]


@pytest.mark.parametrize("copy", [True, False])
@pytest.mark.parametrize("name", [*NARROW, *EXTENDED])
def test_every_dtype_is_read(name, copy):
    kind = np.dtype(getattr(ml_dtypes, name, name))
    expected = np.array([[1, 0], [1, 1]]).astype(kind)
    value = get_value(jnp.asarray(expected), copy=copy)
    assert value.dtype == kind
    assert value.flags.writeable is copy
    np.testing.assert_array_equal(value, expected)
    assert type(get_value(jnp.ones((), kind), copy=copy)) is kind.type


@pytest.mark.parametrize("copy", [True, False])
@pytest.mark.parametrize(
    "exact",
    [np.int64(2**53 + 1), np.uint64(2**64 - 1), np.float64(1 / 3), np.complex128(1 / 3 + 1j / 7)],
    ids=lambda x: x.dtype.name,
)
def test_64_bits_are_read_outside_the_64_bit_mode(exact, copy):
    with jax.enable_x64(True):
        scalar, array = jnp.asarray(exact), jnp.asarray([exact, exact])
    assert not jax.config.jax_enable_x64
    assert type(get_value(scalar, copy=copy)) is type(exact)
    assert get_value(scalar, copy=copy) == exact
    assert get_value(array, copy=copy).tolist() == [exact, exact]


@pytest.mark.parametrize("copy", [True, False])
def test_random_keys_read_as_their_data(copy):
    keys = jax.random.split(jax.random.key(7), 3)
    expected = np.asarray(jax.random.key_data(keys))
    np.testing.assert_array_equal(get_value(keys, copy=copy), expected)
    assert get_value(keys[1], copy=copy).dtype == np.uint32


def test_weak_types_and_committed_arrays():
    assert type(get_value(jnp.asarray(2.5))) is np.float32
    committed = jax.device_put(jnp.arange(3), jax.devices()[0])
    np.testing.assert_array_equal(get_value(committed), [0, 1, 2])


TRANSFORMS = {
    "jit": lambda f: jax.jit(f)(jnp.ones(2)),
    "grad": lambda f: jax.grad(lambda x: f(x).sum())(jnp.ones(2)),
    "vmap": lambda f: jax.vmap(f)(jnp.ones((3, 2))),
    "scan": lambda f: jax.lax.scan(lambda c, x: (c, f(x)), 0.0, jnp.ones((3, 2))),
    "eval_shape": lambda f: jax.eval_shape(f, jnp.ones(2)),
}
HOLDER = np.zeros(2, np.float32)
ACTIONS = {
    "read": get_value,
    "view": lambda x: get_value(x, copy=False),
    "batch read": lambda x: kompat.batch_get_value([x]),
    "write": lambda x: set_value(x, [1.0, 2.0]),
    "use as a value": lambda x: set_value(HOLDER, x),
}


@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS)
@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_tracers_are_refused(transform, action):
    def function(x):
        action(x)
        return x

    with pytest.raises(SymbolicValueError, match=r"received a JAX tracer(.|\n)*return it from"):
        transform(function)


@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS)
@pytest.mark.parametrize("copy", [True, False])
def test_concrete_arrays_are_read_inside_a_trace(transform, copy):
    arrays = [jnp.array(3.0), jnp.array([4, 5]), jax.random.key(6)]
    expected = [3.0, [4, 5], np.asarray(jax.random.key_data(arrays[2])).tolist()]
    seen = []

    def function(x):
        seen.append([get_value(array, copy=copy).tolist() for array in arrays])
        return x

    transform(function)
    assert seen[0] == expected


@pytest.mark.parametrize("array", [np.float32(1), np.ones((2, 2), np.float32)], ids=["0-d", "2-d"])
def test_arrays_are_never_written(array):
    x = jnp.asarray(array)
    with pytest.raises(ImmutableValueError, match=r"jnp\.asarray\(value\)") as error:
        set_value(x, array * 2)
    assert str(array.shape) in str(error.value)
    np.testing.assert_array_equal(np.asarray(x), array)


def test_a_batch_with_an_array_among_variables_writes_nothing():
    weights = np.zeros(2)
    with pytest.raises(ImmutableValueError):
        kompat.batch_set_value([(weights, [1, 2]), (jnp.zeros(2), [1, 2])])
    assert weights.tolist() == [0, 0]


def deleted():
    x = jnp.ones(3)
    x.delete()
    return x


def donated():
    x = jnp.ones(3)
    jax.jit(lambda x: x + 1, donate_argnums=0)(x)
    return x


@pytest.mark.parametrize("make", [deleted, donated])
@pytest.mark.parametrize("action", ["read", "view", "use as a value"])
def test_buffers_that_are_gone(make, action):
    x, target = make(), np.zeros(3)
    with pytest.raises(UnavailableValueError, match=r"deleted(.|\n)*donated(.|\n)*before that"):
        set_value(target, x) if action == "use as a value" else get_value(x, copy=action == "read")
    assert target.tolist() == [0, 0, 0]


@pytest.mark.parametrize("take", ["donate", "delete", "drop"])
def test_a_view_outlives_its_array(take):
    x = jnp.arange(100_000.0)
    view = get_value(x, copy=False)
    if take == "donate":
        jax.jit(lambda x: x * 0, donate_argnums=0)(x).block_until_ready()
    elif take == "delete":
        x.delete()
    del x
    jnp.zeros(100_000).block_until_ready()  # would take the place of a freed buffer
    np.testing.assert_array_equal(view, np.arange(100_000.0))
    with pytest.raises(ValueError, match="WRITEABLE"):
        view.flags.writeable = True


def test_a_view_shares_the_memory_of_its_array():
    x = jnp.ones((1000, 1000))
    assert get_value(x, copy=False).ctypes.data == x.unsafe_buffer_pointer()
    assert get_value(x).ctypes.data != x.unsafe_buffer_pointer()


def test_four_threads_read_while_a_fifth_donates():
    step = jax.jit(lambda x: x + 1, donate_argnums=0)
    box = [jnp.zeros(50_000)]
    start = threading.Barrier(5)

    def read():
        counts = {"read": 0, "gone": 0}
        start.wait()
        while box:
            try:
                value = get_value(box[-1])
            except UnavailableValueError:
                counts["gone"] += 1
            except IndexError:
                break
            else:
                counts["read"] += 1
                assert (value == value[0]).all()
        return counts

    with ThreadPoolExecutor(4) as threads:
        readers = [threads.submit(read) for _ in range(4)]
        start.wait()
        for _ in range(1000):
            box[0] = step(box[0])
            time.sleep(0)
        box.clear()
    assert sum(reader.result()["read"] for reader in readers) > 0


def run_on_four_devices(code):
    flags = "--xla_force_host_platform_device_count=4"
    environment = os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "XLA_FLAGS": flags}
    command = [sys.executable, "-W", "error", "-c", dedent(code)]
    subprocess.run(command, env=environment, check=True, timeout=120)


def test_arrays_sharded_over_four_devices():
    run_on_four_devices("""
        import jax, kompat, numpy as np
        from jax.sharding import NamedSharding, PartitionSpec as P

        mesh = jax.make_mesh((4,), ("batch",))
        expected = np.arange(32.0, dtype=np.float32).reshape(8, 4)
        for spec in (P("batch"), P(None, "batch"), P()):
            x = jax.device_put(expected, NamedSharding(mesh, spec))
            assert len(x.devices()) == 4
            value = kompat.get_value(x)
            np.testing.assert_array_equal(value, expected)
            value[:] = -1
            np.testing.assert_array_equal(kompat.get_value(x), expected)
            try:
                kompat.get_value(x, copy=False)
            except kompat.errors.ViewRefusedError as error:
                assert "4 device(s)" in str(error)
            else:
                raise AssertionError("a view of an array on four devices")
        last = jax.device_put(expected, jax.devices()[3])
        np.testing.assert_array_equal(kompat.get_value(last), expected)
    """)


def test_updates_of_a_function_keep_the_layout_of_keras_distribution():
    run_on_four_devices("""
        import jax, keras, numpy as np
        from kompat import backend as K

        devices = keras.distribution.DeviceMesh((4,), ("model",), keras.distribution.list_devices())
        layouts = keras.distribution.LayoutMap(devices)
        layouts[".*kernel"] = (None, "model")
        keras.distribution.set_distribution(keras.distribution.ModelParallel(layout_map=layouts))
        dense = keras.layers.Dense(8, kernel_initializer="ones")
        x = keras.Input((4,))
        y = dense(x)
        total = K.variable(np.zeros(8))
        updates = [(total, K.sum(y, axis=0)), (dense.bias, K.mean(y, axis=0))]
        for v in (total, dense.bias):
            assert v.value.sharding.is_fully_replicated
        K.function([x], [y], updates=updates)([np.ones((2, 4))])
        assert K.get_value(total).tolist() == [8.0] * 8
        assert K.get_value(dense.bias).tolist() == [4.0] * 8
        for v in (total, dense.bias):
            assert v.value.sharding.is_fully_replicated, v.value.sharding
    """)


def test_writes_keep_the_layout_of_keras_distribution():
    run_on_four_devices("""
        import jax, keras, kompat, numpy as np
        from kompat import backend as K

        unplaced = keras.Variable(np.zeros(2))
        devices = keras.distribution.DeviceMesh((4,), ("model",), keras.distribution.list_devices())
        layouts = keras.distribution.LayoutMap(devices)
        layouts[".*kernel"] = (None, "model")
        layouts[".*/plain"] = ("model",)
        keras.distribution.set_distribution(keras.distribution.ModelParallel(layout_map=layouts))
        dense = keras.layers.Dense(8)
        dense.build((None, 4))
        single = jax.device_put(np.zeros(3, np.float32), jax.devices()[2])
        by_keras, by_k = keras.Variable(single, name="alone"), K.variable(single, name="k_alone")
        by_layout = K.variable(np.zeros(4), name="layer/plain")
        for v in (dense.kernel, dense.bias, by_layout, by_keras, by_k):
            before = v.value.sharding
            new = np.arange(np.prod(v.shape), dtype="float32").reshape(v.shape) + 1
            K.set_value(v, new)
            np.testing.assert_array_equal(K.get_value(v), new)
            np.testing.assert_array_equal(v.value, new)
            assert v.value.sharding == before, (v.path, before, v.value.sharding)
        assert dense.kernel.value.addressable_shards[0].data.shape == (4, 2)
        assert by_layout.value.addressable_shards[0].data.shape == (1,)
        kompat.batch_set_value([(dense.kernel, np.ones((4, 8))), (dense.bias, np.ones(8))])
        assert dense(np.ones((1, 4))).tolist() == [[5.0] * 8]
        # A write brings back a variable whose buffer a failed step has donated.
        for v in (dense.kernel, unplaced):
            before = v.value.sharding
            v.value.delete()
            K.set_value(v, np.full(v.shape, 2))
            assert v.value.sharding == before
            assert (K.get_value(v) == 2).all()
    """)


ONE_OF_TWO_PROCESSES = """
import sys

import jax
import keras
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

import kompat

address, rank = sys.argv[1], int(sys.argv[2])
jax.distributed.initialize(address, 2, rank)
mesh = Mesh(np.array(jax.devices()), "x")


def variable(host, *axes):
    v = keras.Variable(host)
    v._value = jax.make_array_from_callback(
        host.shape, NamedSharding(mesh, PartitionSpec(*axes)), host.__getitem__
    )
    assert not v.value.is_fully_addressable
    return v


for host in (np.float32(0.5), np.arange(4, dtype="float32")):
    host = np.asarray(host)
    v = variable(host)
    sharding = v.value.sharding
    np.testing.assert_array_equal(kompat.get_value(v), host)
    kompat.set_value(v, host + 5)
    assert v.value.sharding == sharding
    np.testing.assert_array_equal(kompat.get_value(v), host + 5)
v = variable(np.arange(4, dtype="float32"), "x")
try:
    kompat.get_value(v)
except kompat.errors.UnavailableValueError as error:
    assert "several processes" in str(error)
else:
    raise AssertionError("read what lies in the other process")
kompat.set_value(v, np.arange(4, dtype="float32") + 5)
mine = np.asarray(v.value.addressable_shards[0].data)
np.testing.assert_array_equal(mine, [[5, 6], [7, 8]][rank])
"""


def test_what_is_the_same_in_two_processes_is_read_and_written_by_each(engine):
    if engine != "jax":
        pytest.skip("a matter of JAX")
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    environment = os.environ | {"JAX_PLATFORMS": "cpu", "PYTHONPATH": os.pathsep.join(sys.path)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", ONE_OF_TWO_PROCESSES, address, str(rank)], env=environment
        )
        for rank in range(2)
    ]
    try:
        assert [process.wait(timeout=120) for process in processes] == [0, 0]
    finally:
        for process in processes:
            process.kill()
            process.wait()
