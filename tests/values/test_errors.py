"""What every refused read or write says: the variable, both sides, why, and the mending code."""

import keras
import numpy as np
import pytest
from conftest import framework

import kompat
from kompat import errors


def k_variable():
    from kompat import backend as K

    return K.variable([1.0, 2.0], name="rate"), "variable 'rate'"


def keras_variable():
    return keras.Variable(np.array([1, 2], "float32"), name="rate"), "variable 'rate'"


def tf_variable():
    tf = framework("tensorflow")
    return tf.Variable([1.0, 2.0], name="rate"), "tf.Variable 'rate:0'"


def tf_graph_variable():
    tf = framework("tensorflow")
    with tf.Graph().as_default():
        return tf.compat.v1.Variable([1.0, 2.0], name="rate"), "tf.Variable 'rate:0'"


def torch_parameter():
    torch = framework("torch")
    return torch.nn.Parameter(torch.tensor([1.0, 2.0])), "torch Parameter of shape (2,)"


def nnx_param():
    nnx = framework("flax.nnx")
    import jax

    return nnx.Param(jax.numpy.array([1.0, 2.0])), "nnx.Param"


MAKERS = [k_variable, keras_variable, tf_variable, tf_graph_variable, torch_parameter, nnx_param]


def deleted():
    array = framework("jax").numpy.ones(2)
    array.delete()
    return array


def donated():
    jax = framework("jax")
    array = jax.numpy.ones(2)
    jax.jit(lambda x: x + 1, donate_argnums=0)(array)
    return array


def schedule():
    return keras.optimizers.schedules.ExponentialDecay(0.1, 100, 0.9)


# What is written, the error, and both sides of the comparison.
VALUES = {
    "shape": (lambda: [1.0, 2.0, 3.0], errors.ShapeMismatchError, ["(2,)", "(3,)"]),
    "broadcastable": (lambda: 1.0, errors.ShapeMismatchError, ["(2,)", "()", "broadcast_to"]),
    "string": (lambda: "much", errors.UnsupportedValueError, ["float32", "str: 'much'"]),
    "ragged": (lambda: [[1], [1, 2]], errors.UnsupportedValueError, ["float32", "[[1], [1, 2]]"]),
    "None": (lambda: None, errors.UnsupportedValueError, ["float32", "NoneType: None"]),
    "schedule": (schedule, errors.UnsupportedValueError, ["float32", "ExponentialDecay"]),
    "overflow": (lambda: [1.0, 1e300], errors.LossyWriteError, ["float32", "1e+300", "[1]"]),
    "symbolic": (lambda: keras.Input((2,), name="x"), errors.SymbolicValueError, ["concrete", "x"]),
    "deleted": (deleted, errors.UnavailableValueError, ["deleted"]),
    "donated": (donated, errors.UnavailableValueError, ["donated"]),
}


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("kind", VALUES)
def test_a_refused_write_names_the_variable_and_changes_nothing(make, kind):
    (variable, name), (value, error, sides) = make(), VALUES[kind]
    for write in (kompat.set_value, lambda x, v: kompat.batch_set_value([(x, v)])):
        with pytest.raises(error) as caught:
            write(variable, value())
        what, why, mend = str(caught.value).split("\n", 2)
        assert what.startswith(f"{name}: ")
        for side in sides:
            assert side in str(caught.value)
        if error is not errors.UnavailableValueError:
            assert "expected" in what
            assert "received" in what
        assert why.startswith("Why: ")
        assert mend.startswith("Fix: ")
    assert kompat.get_value(variable).tolist() == [1, 2]


TARGETS = {
    "float": (lambda: 0.5, errors.NotAVariableError, "float 0.5"),
    "schedule": (schedule, errors.NotAVariableError, "ExponentialDecay"),
    "symbolic": (lambda: keras.Input((2,), name="x"), errors.SymbolicValueError, "'x'"),
}


@pytest.mark.parametrize("kind", TARGETS)
def test_what_is_no_variable_is_named_as_well(kind):
    make, error, named = TARGETS[kind]
    with pytest.raises(error, match=r"(?s)expected .*received .*Why: .*Fix: ") as caught:
        kompat.set_value(make(), 1.0)
    assert named in str(caught.value)


def test_the_error_for_a_momentum_tells_how_to_change_it(engine):
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(optimizer, "mse")
    x = np.ones((4, 1), "float32")
    if engine != "numpy":  # which trains no model
        model.fit(x, 0 * x, epochs=2, verbose=0)
    with pytest.raises(errors.NotAVariableError) as caught:
        kompat.set_value(optimizer.momentum, 0.0)
    assert "optimizer.momentum = 0.9; model.make_train_function(force=True)" in str(caught.value)
    if engine != "numpy":
        optimizer.momentum = 0.0
        model.make_train_function(force=True)
        before = kompat.get_value(model.weights[0])[0, 0]
        model.fit(x, 0 * x, verbose=0)
        after = kompat.get_value(model.weights[0])[0, 0]
        np.testing.assert_allclose(after, before * (1 - 2 * 0.1), rtol=1e-5)


@pytest.mark.parametrize("make", [deleted, donated])
def test_a_keras_variable_whose_buffer_is_gone_is_named_and_can_be_written(make, engine):
    if engine != "jax":
        pytest.skip("only JAX deletes buffers")
    variable = keras.Variable(np.ones(2, "float32"), name="rate")
    variable._value = make()
    with pytest.raises(errors.UnavailableValueError, match=r"(?s)'rate'.*Why: .*Fix: "):
        kompat.get_value(variable)
    kompat.set_value(variable, [3.0, 4.0])
    assert kompat.get_value(variable).tolist() == [3, 4]


def test_old_except_clauses_catch_them():
    assert issubclass(errors.ShapeMismatchError, ValueError)
    assert issubclass(errors.LossyWriteError, ValueError)
    assert issubclass(errors.NotAVariableError, AttributeError)
    assert issubclass(errors.UnavailableValueError, RuntimeError)


@pytest.mark.parametrize("batch", [kompat.batch_get_value, kompat.batch_set_value])
@pytest.mark.parametrize("value", [3, None, object])
def test_a_batch_of_what_has_no_parts_is_refused(batch, value):
    with pytest.raises(errors.NotAVariableError, match="expected an iterable of variables, rec"):
        batch(value)


def test_a_number_too_long_to_be_written_is_named_by_its_type():
    with pytest.raises(errors.NotAVariableError, match="received int <int>"):
        kompat.set_value(10**5000, 1)
