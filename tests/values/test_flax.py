"""flax.nnx: variables are written through nnx's own doors, and never from a foreign trace."""

import os
import subprocess
import sys
from textwrap import dedent

import ml_dtypes
import numpy as np
import pytest
from conftest import framework

import kompat
from kompat.errors import (
    NotAVariableError,
    SymbolicValueError,
    UnavailableValueError,
    ViewRefusedError,
)

nnx = framework("flax.nnx")
jax = framework("jax")
jnp = jax.numpy
get_value, set_value = kompat.get_value, kompat.set_value


class Momentum(nnx.Variable):
    """A kind that flax does not know."""


KINDS = [nnx.Variable, nnx.Param, nnx.BatchStat, nnx.Cache, nnx.Intermediate, Momentum]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_read_and_written(kind):
    x = kind(jnp.zeros((2, 2)), note="kept")
    array = x.get_value()
    set_value(x, [[1, 2], [3, 4]])
    assert x.get_value().tolist() == [[1, 2], [3, 4]]
    assert isinstance(x.get_value(), jax.Array)
    assert x.get_metadata("note") == "kept"
    assert array.tolist() == [[0, 0], [0, 0]]
    np.testing.assert_array_equal(get_value(x), np.array([[1, 2], [3, 4]], np.float32))


def test_a_module_sees_the_write_in_its_next_step():
    model = nnx.Linear(2, 1, use_bias=False, rngs=nnx.Rngs(0))
    inputs, targets = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([[1.0], [0.0]])
    kernel = np.array([[0.5], [0.25]])
    set_value(model.kernel, kernel)

    @nnx.jit
    def step(model):
        gradients = nnx.grad(lambda model: ((model(inputs) - targets) ** 2).sum())(model)
        model.kernel.set_value(model.kernel.get_value() - 0.1 * gradients.kernel.get_value())

    def expected(kernel):
        return kernel - 0.1 * inputs.T @ (2 * (inputs @ kernel - targets))

    step(model)
    np.testing.assert_allclose(get_value(model.kernel), expected(kernel), rtol=1e-5)
    set_value(model.kernel, -kernel)
    np.testing.assert_allclose(model(inputs), inputs @ -kernel, rtol=1e-5)
    step(model)
    np.testing.assert_allclose(get_value(model.kernel), expected(-kernel), rtol=1e-5)


def test_statistics_of_batch_normalisation():
    norm = nnx.BatchNorm(2, use_running_average=True, rngs=nnx.Rngs(0))
    kompat.batch_set_value([(norm.mean, [1, 2]), (norm.var, [4, 16]), (norm.bias, [0, 10])])
    np.testing.assert_allclose(norm(jnp.array([[3.0, 2.0]])), [[1, 10]], rtol=1e-4)
    mean, var = kompat.batch_get_value([norm.mean, norm.var])
    assert (mean.tolist(), var.tolist()) == ([1, 2], [4, 16])


@pytest.mark.parametrize("name", ["bfloat16", "float16", "float8_e4m3fn", "int4", "int32", "bool"])
def test_the_dtype_is_kept(name):
    kind = np.dtype(getattr(ml_dtypes, name, name))
    x = nnx.Param(jnp.zeros(2, kind))
    set_value(x, [1, 0])
    assert x.get_value().dtype == kind
    assert get_value(x).tobytes() == np.array([1, 0], kind).tobytes()


@pytest.mark.parametrize("exact", [np.int64(2**53 + 1), np.uint64(2**64 - 1), np.float64(1 / 3)])
def test_64_bits_are_kept_outside_the_64_bit_mode(exact):
    with jax.enable_x64(True):
        x = nnx.Variable(jnp.zeros((), exact.dtype))
    set_value(x, exact)
    assert x.get_value().dtype == exact.dtype
    assert type(get_value(x)) is type(exact)
    assert get_value(x) == exact


def test_the_sharding_is_kept():
    code = """
        import jax, kompat, numpy as np
        from flax import nnx
        from jax.sharding import NamedSharding, PartitionSpec as P

        sharding = NamedSharding(jax.make_mesh((2,), ("model",)), P(None, "model"))
        x = nnx.Param(jax.device_put(np.zeros((2, 4), np.float32), sharding))
        y = nnx.Param(jax.device_put(np.zeros((), np.float32), jax.devices()[1]))
        expected = np.arange(8, dtype=np.float32).reshape(2, 4)
        kompat.batch_set_value([(x, expected), (y, 5)])
        np.testing.assert_array_equal(kompat.get_value(x), expected)
        assert x.get_value().sharding == sharding
        assert x.get_value().addressable_shards[0].data.tolist() == [[0, 1], [4, 5]]
        assert kompat.get_value(y) == 5
        assert y.get_value().devices() == {jax.devices()[1]}
    """
    flags = "--xla_force_host_platform_device_count=2"
    environment = os.environ | {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": flags}
    subprocess.run([sys.executable, "-c", dedent(code)], env=environment, check=True, timeout=120)


def test_random_streams_are_read_and_written():
    here, there = nnx.Rngs(0), nnx.Rngs(1)
    there()
    set_value(here.default.key, get_value(there.default.key))
    set_value(here.default.count, get_value(there.default.count))
    assert get_value(here.default.count) == np.uint32(1)
    np.testing.assert_array_equal(*map(jax.random.key_data, (here(), there())))


class Percent(nnx.Variable):
    """Holds a fraction, shows a percentage; refuses more than 100."""

    def get_value(self, **kwargs):
        return super().get_value(**kwargs) * 100

    def set_value(self, value, **kwargs):
        if value.max() > 100:
            raise OverflowError("more than all")
        super().set_value(value / 100, **kwargs)


def hooked(array):
    with pytest.warns(UserWarning, match="hooks are deprecated"):
        return nnx.Variable(
            array,
            on_get_value=lambda x, value: value * 100,
            on_set_value=lambda x, value: value / 100,
        )


@pytest.mark.parametrize("make", [Percent, hooked], ids=["overloaded", "hooks"])
def test_the_doors_of_a_variable_are_used(make):
    x = make(jnp.array([0.25, 1.0]))
    np.testing.assert_array_equal(get_value(x), [25, 100])
    set_value(x, [50, 75])
    assert x.get_raw_value().tolist() == [0.5, 0.75]
    np.testing.assert_array_equal(get_value(x), [50, 75])


class Full:
    """A holder of another kind, which refuses everything."""

    array = np.zeros(2)

    def refuse(self, array):
        raise OverflowError("more than all")


@pytest.mark.parametrize("kind", [Percent, Full])
def test_a_batch_that_one_of_its_holders_refuses_is_undone(kind):
    kompat.register_adapter(Full, read=lambda x: x.array, write=Full.refuse)
    plain, first, array = nnx.Param(jnp.zeros(2)), Percent(jnp.zeros(2)), np.zeros(2)
    refusing = Full() if kind is Full else Percent(jnp.zeros(2))
    pairs = [(x, [99, 100]) for x in (plain, array, first)]
    with pytest.raises(OverflowError, match="more than all"):
        kompat.batch_set_value([*pairs, (refusing, [1, 101])])
    for x in (plain, array, first, refusing):
        assert get_value(x).tolist() == [0, 0]


NO_ARRAYS = [None, "text", 1.5, [1.0, 2.0], {"a": jnp.ones(1)}, object()]


@pytest.mark.parametrize("held", NO_ARRAYS, ids=lambda held: type(held).__name__)
def test_what_is_no_array_is_not_written(held):
    x = nnx.Variable(held)
    with pytest.raises(NotAVariableError, match=rf"hold an array(.|\n)*{type(held).__name__}"):
        set_value(x, 2.0)
    assert x.get_raw_value() == held


def test_numpy_arrays_inside_a_variable_are_not_aliased():
    array = np.array([1.0, 2.0])
    x = nnx.Variable(array)
    get_value(x)[:] = 9
    assert x.get_value().tolist() == [1, 2]
    with pytest.raises(ViewRefusedError):
        get_value(x, copy=False)
    set_value(x, [3, 4])
    assert array.tolist() == [1, 2]
    assert get_value(x).tolist() == [3, 4]
    assert get_value(x).dtype == np.float64


def test_a_view_keeps_its_value():
    x = nnx.Param(jnp.array([1.0, 2.0]))
    view = get_value(x, copy=False)
    set_value(x, [3, 4])
    assert not view.flags.writeable
    assert view.tolist() == [1, 2]


def test_a_deleted_array_is_not_read_but_a_write_replaces_it():
    x = nnx.Param(jnp.ones(2))
    x.get_value().delete()
    with pytest.raises(UnavailableValueError, match="deleted"):
        get_value(x)
    set_value(x, [1, 2])
    assert get_value(x).tolist() == [1, 2]


ACTIONS = {"read": get_value, "write": lambda x: set_value(x, [3, 4])}


@pytest.mark.parametrize("transform", [nnx.jit, nnx.grad, nnx.vmap])
@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_a_variable_that_is_being_traced_is_refused_and_untouched(transform, action):
    x = nnx.Param(jnp.ones((2, 2) if transform is nnx.vmap else 2))

    def function(x):
        action(x)
        return x.get_value().sum()

    with pytest.raises(SymbolicValueError, match=r"tracer(.|\n)*Fix"):
        transform(function)(x)
    assert (np.asarray(x.get_value()) == 1).all()


@pytest.mark.parametrize("transform", [jax.jit, jax.grad])
def test_a_variable_of_an_outer_level_is_read_and_not_written(transform):
    x, y, seen = nnx.Param(jnp.ones(2)), np.zeros(2), []

    def read(z):
        seen.append(get_value(x).tolist())
        return z

    def write(z):
        kompat.batch_set_value([(y, [3, 4]), (x, [3, 4])])
        return z

    transform(read)(1.0)
    assert seen == [[1, 1]]
    with pytest.raises((SymbolicValueError, UnavailableValueError), match=r"trace(.|\n)*Fix"):
        transform(write)(1.0)
    assert x.get_value().tolist() == [1, 1]
    assert y.tolist() == [0, 0]
