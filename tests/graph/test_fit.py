"""An update of a graph is refused where `set_value` refuses its value, and then writes nothing."""

import contextlib

import keras
import numpy as np
import pytest

import kompat
from kompat.errors import LossyWriteError, ShapeMismatchError

LOSSY = [  # the dtype of the variable, a value, the dtype of the graph's tensor
    ("int32", 1.7, "float32"),
    ("int32", np.nan, "float32"),
    ("int32", 3e9, "float32"),
    ("int32", 2.0**31, "float32"),
    ("uint8", 300.0, "float32"),
    ("uint8", -1, "int32"),
    ("int8", 200, "int32"),
    ("int16", 60000, "uint16"),
    ("int32", 2**40, "int64"),
    ("bool", 2, "int32"),
    ("float32", 1e300, "float64"),
    ("float16", 1e5, "float32"),
    ("float16", 65520.0, "float32"),
    ("float16", 10**5, "int32"),
    ("bfloat16", 3.4e38, "float32"),
    ("float32", 1j, "complex64"),
]
FITTING = [
    ("int32", -(2.0**31), "float32"),
    ("uint8", 255.0, "float32"),
    ("int8", -128, "int32"),
    ("int32", 2**31 - 1, "int64"),
    ("bool", 1, "int32"),
    ("float32", np.inf, "float64"),
    ("float16", 65519.0, "float32"),
    ("float32", 0.1, "float64"),
]


def updating(K, variable, tensor, kind):
    """A function that writes `tensor` to `variable`, and counts its runs in another one."""
    count = K.variable(0.0)
    with kompat.graph_mode():
        update = (variable, tensor) if kind == "pair" else K.update(variable, tensor)
        return count, K.function([tensor], [], updates=[update, K.update_add(count, 1.0)])


@pytest.mark.parametrize("kind", ["pair", "operation"])
@pytest.mark.parametrize(("dtype", "value", "given"), LOSSY)
def test_a_value_that_would_change_is_refused_in_the_run(K, dtype, value, given, kind):
    v, x = K.variable(1, dtype, name="narrow"), K.placeholder((), dtype=given)
    count, f = updating(K, v, x, kind)
    for runs in (1, 2, 3):  # at once, compiled, compiled before
        f([1])
        with pytest.raises(LossyWriteError, match=f"narrow.*{dtype}"):
            f([value])
        assert K.get_value(v) == 1
        assert K.get_value(count) == runs


@pytest.mark.parametrize(("dtype", "value", "given"), FITTING)
def test_a_value_that_fits_is_written(K, dtype, value, given):
    v, x = K.variable(0, dtype), K.placeholder((), dtype=given)
    _, f = updating(K, v, x, "pair")
    for _ in range(2):
        f([value])
        assert K.get_value(v) == np.asarray(value).astype(dtype)
        f([0])


@pytest.mark.parametrize(
    ("dtype", "start", "operand", "name"),
    [
        ("int8", 100, 100, "update_add"),
        ("int8", 100, -100, "update_sub"),
        ("uint8", 200, 100, "update_add"),
        ("uint8", 1, 2, "update_sub"),
        ("int32", 2**31 - 1, 1, "update_add"),
        ("int64", -(2**63), 1, "update_sub"),
    ],
)
@pytest.mark.parametrize("shape", [(), (2,)])
def test_a_sum_that_wraps_is_refused_in_both_modes(K, dtype, start, operand, name, shape):
    v, x = K.variable(np.full(shape, start, dtype), dtype), K.placeholder((), dtype=dtype)
    with pytest.raises(LossyWriteError):
        getattr(K, name)(v, operand)
    f = K.function([x], [], updates=[getattr(K, name)(v, x)])
    for _ in range(2):
        f([0])
        with pytest.raises(LossyWriteError):
            f([operand])
    np.testing.assert_array_equal(K.get_value(v), np.full(shape, start, dtype))


def test_sums_of_integers_reach_the_bounds(K):
    v = K.variable([100, -100], "int8")
    K.update_add(v, [27, -28])
    np.testing.assert_array_equal(K.get_value(v), [127, -128])


def test_what_is_known_is_refused_when_the_graph_is_made(K, x):
    v, whole = K.variable(np.zeros((2, 3))), K.variable(0, "int32")
    scalar = K.placeholder(())
    for update in ((v, scalar), (v, 5.0), (v, np.zeros((3, 2)))):
        with pytest.raises(ShapeMismatchError):
            K.function([x, scalar], [x], updates=[update])
    with pytest.raises(LossyWriteError):
        K.function([x], [x], updates=[(whole, 1.7)])


@pytest.mark.parametrize("given", [[1.0], [1.0, 2.0]])
def test_a_value_is_never_broadcast(K, given):
    v, x = K.variable(np.zeros(3)), K.placeholder((None,))
    f = K.function([x], [], updates=[(v, x)])
    f([[1, 2, 3]])
    with pytest.raises(ShapeMismatchError):
        f([given])
    np.testing.assert_array_equal(K.get_value(v), [1, 2, 3])


@pytest.mark.parametrize("taken", [0.0, 1.0])
def test_only_the_branch_that_is_taken_is_checked(K, taken):
    v, x, c = K.variable(0, "int32"), K.placeholder(()), K.placeholder(())
    chosen = K.switch(c > 0, lambda: K.cast(K.update(v, x), "float32"), lambda: K.identity(x))
    f = K.function([c, x], chosen)
    f([1.0, 4.0])
    if taken:
        with pytest.raises(LossyWriteError):
            f([taken, 1.5])
    else:
        assert f([taken, 1.5]) == 1.5
    assert K.get_value(v) == 4


def test_each_step_of_a_loop_is_checked(K):
    v, xs = K.variable(0, "int32"), K.placeholder((4,))
    f = K.function([xs], K.map_fn(lambda x: K.cast(K.update(v, x), "float32"), xs))
    for _ in range(2):
        f([[1, 2, 3, 4]])
        with pytest.raises(LossyWriteError):
            f([[1, 2.5, 3, 4]])
        assert K.get_value(v) == 4


def test_beside_gradients(K, engine):
    if engine == "numpy":
        pytest.skip("no gradients on NumPy")
    v, w, x = K.variable(0, "int32"), K.variable(2.0), K.placeholder(())
    (slope,) = K.gradients(x * w * w, [w])
    f = K.function([x], [slope], updates=[K.update(v, slope)])
    assert f([2.0]) == [8]
    with pytest.raises(LossyWriteError):
        f([0.3])
    assert K.get_value(v) == 8


@pytest.mark.parametrize(
    "write",
    [
        lambda K, v: v.assign(K.constant(1.7)),
        lambda K, v: v.assign_add(K.constant(1.7)),
        lambda K, v: v.assign_add(1.7),
        lambda K, v: K.update(v, K.constant(1.7)),
        lambda K, v: K.update_add(v, K.constant(1.7)),
    ],
)
def test_methods_of_the_variable_refuse_what_set_value_refuses(K, write):
    v = K.variable(1, "int32")
    with pytest.raises(LossyWriteError):
        write(K, v)
    assert K.get_value(v) == 1
    v.assign(K.constant(2.0))
    assert K.get_value(v) == 2


@pytest.mark.parametrize("make", ["K", "Keras"])
def test_in_a_trace_an_integer_takes_integers_alone(K, engine, make):
    if engine not in ("jax", "tensorflow"):
        pytest.skip("traces nothing")
    v = K.variable(0, "int32") if make == "K" else keras.Variable(0, dtype="int32")

    def step(x):
        with keras.StatelessScope() as scope:
            K.set_value(v, x)
        return scope.get_current_value(v)

    if engine == "jax":
        import jax

        compiled, whole, broken = jax.jit(step), np.int32(3), np.float32(1.7)
    else:
        import tensorflow as tf

        compiled, whole, broken = tf.function(step), tf.constant(3), tf.constant(1.7)
    assert int(compiled(whole)) == 3
    with pytest.raises(LossyWriteError, match="cast"):
        compiled(broken)


def test_checks_of_the_run_may_be_switched_off(K):
    for checks in (False, True):
        kompat.set_update_checks(checks)
        assert kompat.update_checks() is checks
        whole, small = K.variable(1, "int32"), K.variable(100, "int8")
        x, y = K.placeholder(()), K.placeholder((), dtype="int8")
        with kompat.graph_mode():
            f = K.function([x, y], [], updates=[K.update(whole, x), K.update_add(small, y)])
        for fed in ([1.7, 0], [2.0, 100]):
            with pytest.raises(LossyWriteError) if checks else contextlib.nullcontext():
                f(fed)
        assert (K.get_value(whole), K.get_value(small)) == ((1, 100) if checks else (2, -56))
    with pytest.raises(TypeError, match="expected a boolean, received 'no'"):
        kompat.set_update_checks("no")
