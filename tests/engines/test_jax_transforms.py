"""K's functions under the user's own `jax.jit`, `jax.grad`, `jax.vmap` and `jax.lax.scan`."""

import sys

import keras
import numpy as np
import pytest
from conftest import ENGINE, framework
from engines.functions import DIFFERENTIABLE, OTHERS, RNG, XS
from shares import where_compiled

import kompat
from kompat import engines
from kompat.errors import SymbolicValueError

if ENGINE != "jax":
    pytest.skip("transforms of JAX", allow_module_level=True)
jax = framework("jax")
jnp = jax.numpy

# Whose gradients K composes itself, or that branch, loop, read a variable or draw.
OWN_GRADIENTS = (
    *("max", "prod", "clip and maximum", "slice", "relu", "softmax", "categorical_crossentropy"),
    *("binary_crossentropy", "conv2d_transpose", "pool2d", "normalize_batch", "rnn of a mask"),
    *("foldl", "ctc_batch_cost", "switch", "switch by element", "dropout of a seed", "variable"),
)

some_functions = pytest.mark.parametrize(
    "name", where_compiled([*DIFFERENTIABLE, *OTHERS], OWN_GRADIENTS)
)


def function_of(K, name):
    return lambda x: (DIFFERENTIABLE | OTHERS)[name](K, x)


def assert_close(found, expected, tolerance=1e-5):
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


def one_by_one(function):
    return np.stack([np.asarray(function(jnp.asarray(x))) for x in XS])


@some_functions
def test_jit(K, name):
    function = function_of(K, name)
    run = jax.jit(function)
    for x in XS:
        assert_close(run(x), function(jnp.asarray(x)))
    assert run._cache_size() == 1


@some_functions
def test_vmap(K, name):
    function = function_of(K, name)
    assert_close(jax.vmap(function)(XS), one_by_one(function))


@some_functions
def test_scan(K, name):
    function = function_of(K, name)
    count, results = jax.lax.scan(lambda n, x: (n + 1, function(x)), 0, XS)
    assert count == len(XS)
    assert_close(results, one_by_one(function))


@pytest.mark.parametrize("name", where_compiled(DIFFERENTIABLE, OWN_GRADIENTS))
def test_grad(K, name):
    """One gradient for each example, against differences computed in 64 bits."""
    function = function_of(K, name)
    like = jax.eval_shape(function, XS[0])
    weights = np.cos(np.arange(like.size)).reshape(like.shape).astype("float32")

    def loss(x):
        return K.sum(function(x) * weights)

    slopes = jax.jit(jax.vmap(jax.grad(loss)))(XS)
    assert slopes.dtype == "float32"
    assert_close(jax.grad(loss)(XS[0]), slopes[0], 1e-4)
    directions = RNG.normal(size=XS.shape)
    with jax.enable_x64(True):
        run = jax.jit(loss)
        assert run(np.float64(XS[0])).dtype == "float64"
        differences = [
            float(run(x + 1e-6 * step) - run(x - 1e-6 * step)) / 2e-6
            for x, step in zip(XS, directions)
        ]
    found = np.sum(np.asarray(slopes) * directions, axis=(1, 2))
    np.testing.assert_allclose(found, differences, rtol=1e-3, atol=1e-4)


def test_a_variable_is_a_constant_of_the_trace(K):
    v = K.variable([1.0, 2.0])
    run = jax.jit(lambda x: K.sum(v * x) + K.get_value(v)[0])
    ones = jnp.ones(2)
    assert run(ones) == 4
    K.set_value(v, [5.0, 5.0])
    assert run(ones) == 4
    assert jax.jit(lambda x: K.sum(v * x))(ones) == 10


WRITES = {
    "set_value": lambda K, v, x: K.set_value(v, x),
    "batch_set_value": lambda K, v, x: K.batch_set_value([(v, x)]),
    "update": lambda K, v, x: K.update(v, x),
    "update_add": lambda K, v, x: K.update_add(v, x),
    "update_sub": lambda K, v, x: K.update_sub(v, x),
    "moving_average_update": lambda K, v, x: K.moving_average_update(v, x, 0.9),
}


@pytest.mark.parametrize("transform", ["jit", "grad", "vmap"])
@pytest.mark.parametrize("name", WRITES)
def test_a_write_of_a_tracer_is_refused_and_changes_nothing(K, name, transform):
    v = K.variable([1.0, 2.0])

    def function(x):
        WRITES[name](K, v, x)
        return K.sum(x)

    arguments = jnp.ones((3, 2)) if transform == "vmap" else jnp.ones(2)
    with pytest.raises(SymbolicValueError, match="write it afterwards"):
        getattr(jax, transform)(function)(arguments)
    assert K.get_value(v).tolist() == [1, 2]


@pytest.mark.parametrize("start", [1.0, [1.0, 1.0]], ids=["scalar", "vector"])
@pytest.mark.parametrize("name", [*WRITES][:-1])  # an average is computed, thus a tracer
def test_a_write_of_a_known_value_is_refused_where_it_would_happen_once(K, name, start):
    v = K.variable(start)

    def run(x):
        WRITES[name](K, v, np.float32(start) * 3)
        return K.sum(v * 0) + x

    for transform in (jax.jit, lambda f: jax.jit(jax.grad(f))):
        with pytest.raises(SymbolicValueError, match="write it afterwards"):
            transform(run)(jnp.ones(()))
    np.testing.assert_array_equal(K.get_value(v), start)
    jax.grad(run)(jnp.ones(()))  # which runs anew in each call
    assert not np.array_equal(K.get_value(v), start)


def test_a_variable_can_be_made_of_what_is_known_only(K):
    assert jax.jit(lambda x: K.sum(K.variable([1.0, 2.0]) * x))(2.0) == 6
    with pytest.raises(SymbolicValueError, match="before the function"):
        jax.jit(lambda x: K.variable(x) * 2.0)(2.0)


@pytest.mark.parametrize("sessions", [False, True], ids=["", "after a session was made"])
def test_a_stateless_scope_carries_writes_out_of_the_trace(K, sessions):
    if sessions:
        kompat.Session()
    v = K.variable([1.0, 2.0])

    @jax.jit
    def step(value, x):
        with keras.StatelessScope([(v, value)]) as scope:
            K.update_add(v, x)
            return scope.get_current_value(v)

    np.testing.assert_array_equal(step(jnp.ones(2), jnp.ones(2)), [2, 2])
    assert K.get_value(v).tolist() == [1, 2]


def test_draws_without_a_seed(K):
    """Another in each run and each step; the same for all examples, as JAX has it for one key."""
    run = jax.jit(lambda x: x * K.random_uniform(()))
    assert len({float(run(1.0)) for _ in range(4)}) == 4
    ones = jnp.ones(3)
    _, steps = jax.lax.scan(lambda n, x: (n, x * K.random_uniform(())), 0, ones)
    assert len({*steps.tolist()}) == 3
    assert len({*jax.vmap(run)(ones).tolist()}) == 1
    assert 0 < jax.grad(run)(1.0) < 1
    slopes = jax.jit(jax.vmap(jax.grad(run)))
    assert len({*slopes(ones).tolist(), *slopes(ones).tolist()}) == 2


WIDE = {
    "float64 variable": (lambda K: K.variable([1 / 3], "float64"), lambda K, w, x: w * x, 1 / 3),
    "int64 variable": (lambda K: K.variable([2**53], "int64"), lambda K, w, x: w + 1, 2**53 + 1),
    "float64 constant": (lambda K: None, lambda K, w, x: K.constant([1 / 3], "float64"), 1 / 3),
    "int64 constant": (lambda K: None, lambda K, w, x: K.constant([2**53 + 1], "int64"), 2**53 + 1),
    "made inside": (lambda K: None, lambda K, w, x: K.sum(K.variable([1 / 3], "float64")), 1 / 3),
    "cast": (lambda K: None, lambda K, w, x: K.cast(x, "float64"), 1),
}


@pytest.mark.parametrize("x64", [False, True])
@pytest.mark.parametrize("name", WIDE)
def test_64_bits_inside_jit(K, name, x64):
    make, function, expected = WIDE[name]
    held = make(K)
    with jax.enable_x64(x64):
        found = jax.jit(lambda x: function(K, held, x))(jnp.ones(1, "float32"))
        np.testing.assert_array_equal(np.asarray(found).ravel(), [expected])


@pytest.mark.parametrize("x64", [False, True])
def test_tensors_of_64_bits_in_jit_and_grad(K, x64):
    with jax.enable_x64(x64):
        x, n = K.constant([1 / 3, 1 / 7], "float64"), K.constant([2**53, 1], "int64")
        assert np.asarray(jax.jit(K.sum)(x)) == 1 / 3 + 1 / 7
        assert np.asarray(jax.jit(K.sum)(n)) == 2**53 + 1
        slope = jax.jit(jax.grad(lambda x: K.sum(K.square(x))))(x)
        np.testing.assert_array_equal(np.asarray(slope), [2 / 3, 2 / 7])


def test_outside_of_a_trace_tracing_computes_nothing(monkeypatch):
    monkeypatch.setattr("kompat.values.jax.jnp.add", None)
    assert not engines.current.tracing()
    with pytest.raises(TypeError, match="'NoneType' object is not callable"):
        jax.jit(lambda x: engines.current.tracing() and x)(1.0)


def test_tracing_looks_at_what_is_recorded_here():
    said = []

    def look(x):
        said.append(engines.current.tracing())
        with engines.current.eagerly():
            said.append(engines.current.tracing())
        return x

    jax.jit(look)(1.0)
    assert said == [True, False]
    look(1.0)
    assert said[2:] == [False, False]


def test_the_sparse_arrays_of_jax_are_imported_by_who_makes_them(monkeypatch):
    assert engines.current.is_sparse(engines.current.sparse(XS[0, 0], np.indices((6,)).T, (6,)))
    monkeypatch.delitem(sys.modules, "jax.experimental.sparse")
    monkeypatch.delattr("jax.experimental.sparse")
    assert not engines.current.is_sparse(jnp.ones(3))
    assert "jax.experimental.sparse" not in sys.modules
