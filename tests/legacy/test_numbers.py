"""What old defaults and arguments compute, by hand."""

import gc

import keras
import numpy as np
import pytest

import kompat


@pytest.fixture
def trains(engine):
    if engine == "numpy":
        pytest.skip("this engine does not train")


def one_weight(optimizer) -> keras.Model:
    """A model of one weight w at 0, whose loss on a 1 is w: its gradient is 1."""
    model = keras.Sequential(
        [keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")]
    )
    model.compile(optimizer, loss=lambda y, p: p)
    return model


def weights_of_steps(optimizer, steps: int) -> list[float]:
    model = one_weight(optimizer)
    seen = []
    for _ in range(steps):
        model.train_on_batch(np.ones((1, 1)), np.ones((1, 1)))
        seen.append(float(model.get_weights()[0][0, 0]))
    return seen


def test_the_rate_decays_with_the_steps(old_keras, trains):
    old_keras("2.2")
    expected = -np.cumsum([1.0 / (1 + 0.5 * step) for step in range(4)])
    np.testing.assert_allclose(
        weights_of_steps(keras.optimizers.SGD(lr=1.0, decay=0.5), 4), expected
    )


def test_an_optimizer_by_its_name_has_its_old_rate(old_keras, trains):
    """Adadelta's first step is -rate * sqrt(eps) / sqrt(0.05 + eps)."""
    old_keras("2.2")
    step = np.sqrt(1e-7) / np.sqrt(0.05 + 1e-7)
    np.testing.assert_allclose(weights_of_steps("adadelta", 1), [-step], rtol=1e-3)


def test_calls_of_keras_itself_are_left_alone(old_keras):
    old_keras("2.2")
    today = keras.optimizers.Adagrad.from_config({"learning_rate": 0.5})
    assert today.initial_accumulator_value == 0.1
    assert keras.optimizers.Adagrad(0.5).initial_accumulator_value == 0.0
    assert keras.layers.LSTM.from_config({"units": 1}).recurrent_activation.__name__ == "sigmoid"


def test_subclasses_hand_on_old_arguments(old_keras):
    old_keras("1.2")

    class Mine(keras.layers.Dense):
        def __init__(self, output_dim, **kwargs):
            super().__init__(output_dim, init="one", bias=False, **kwargs)

    layer = Mine(2, input_dim=3)
    assert isinstance(layer, keras.layers.Dense)
    made = keras.ops.convert_to_numpy(layer(np.ones((1, 3))))
    np.testing.assert_array_equal(made, [[3.0, 3.0]])
    assert layer.batch_input_shape == (None, 3)


def test_an_argument_twice_is_refused(old_keras):
    old_keras("1.2")
    with pytest.raises(TypeError, match="multiple values for argument 'output_dim'"):
        keras.layers.Dense(3, output_dim=4)


def everything() -> dict[str, dict[str, int]]:
    """What each public class and module of Keras has, by the identities of its attributes."""
    owners = [keras.layers, keras.optimizers, keras.callbacks, keras.utils, keras.models, keras]
    owners += [one for module in owners for one in vars(module).values() if isinstance(one, type)]
    return {
        repr(owner): {name: id(value) for name, value in vars(owner).items()}
        for owner in owners
        if not repr(owner).startswith("<module 'kompat")
    }


def test_uninstall_restores_keras_to_the_last_attribute():
    kompat.uninstall()
    before = everything()
    for version in ("1.2", "tf"):
        kompat.install(version)
        changed = everything()
        assert sum(changed[owner] != before[owner] for owner in before) > 50
        kompat.uninstall()
        gc.collect()
        assert everything() == before
