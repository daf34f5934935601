"""The private corners of Keras that kompat stands on, each with the place to mend."""

import inspect

import keras
import pytest

from kompat.values import keras_slot


def test_the_active_scope():
    message = "Keras changed where it keeps the active StatelessScope: mend values/keras_slot.py"
    assert keras_slot.active_scope() is None, message
    with keras.StatelessScope() as scope:
        assert keras_slot.active_scope() is scope, message
        with keras_slot.outside_scope():
            assert keras_slot.active_scope() is None, message
        assert keras_slot.active_scope() is scope, message
    keras.utils.clear_session()
    with keras.StatelessScope() as scope:
        assert keras_slot.active_scope() is scope, message


def test_the_slot():
    message = "Keras changed where a variable keeps its value: mend values/keras_slot.py"
    v = keras.Variable([1.0, 2.0], name="weights")
    held = keras_slot.read(v)
    assert held is not None, message
    assert keras.ops.is_tensor(held) or keras.config.backend() == "tensorflow", message
    assert keras_slot.dtype(v) == "float32", message
    assert keras_slot.initializer(v) is None, message
    with keras.StatelessScope(initialize_variables=False):
        late = keras.Variable("zeros", shape=(2,))
    assert keras_slot.read(late) is None, message
    assert keras_slot.initializer(late) is not None, message


def test_the_names():
    message = "Keras changed how it counts names: mend values/keras_slot.py"
    keras_slot.reset_names()
    assert keras.backend.get_uid("corner") == 1, message
    keras_slot.reset_names()
    assert keras.backend.get_uid("corner") == 1, message


def test_the_jax_trainer(engine):
    if engine != "jax":
        pytest.skip("only JAX has this trainer")
    from kompat.values import jax_trainer

    message = "Keras changed its JAX trainer: mend values/jax_trainer.py"
    for name, groups in jax_trainer._LOOPS.items():
        loop = inspect.unwrap(getattr(keras.Model, name))
        assert loop.__code__.co_filename.endswith(jax_trainer._TRAINER_FILE), message
        assert "state" in loop.__code__.co_varnames, message
        source = inspect.getsource(loop)
        asked = [g for g in jax_trainer._LOOPS["fit"] if f"{g}_variables=True" in source]
        assert asked == list(groups), message
    assert callable(keras.Model.jax_state_sync), message
    callbacks = inspect.getfile(keras.callbacks.CallbackList)
    assert callbacks.endswith(jax_trainer._CALLBACK_FILE), message
