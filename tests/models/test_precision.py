"""K in the layers, losses and metrics of models in mixed precision."""

import keras
import numpy as np
import pytest
from models.pieces import OFTEN, PLACES, TOGETHER, X, Y, compiled, network
from shares import where_compiled

POLICIES = ["mixed_bfloat16", "mixed_float16"]
# Training takes long.
TRAINED = [TOGETHER, "add_loss", "regularizer", "crossentropy", "variables of a layer"]
# Half precision has 8 or 11 bits; what counts is that nothing widens, narrows or overflows.
TOLERANCE = {"mixed_bfloat16": 3e-2, "mixed_float16": 5e-3}


@pytest.fixture(params=where_compiled(POLICIES, POLICIES[:1]))
def policy(request):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy(before)


@pytest.mark.parametrize("place", where_compiled(PLACES, OFTEN))
def test_a_model_computes_in_half_and_keeps_single_weights(K, engine, policy, place):
    keras.utils.set_random_seed(2)
    plain = network(**PLACES[place].plain())
    ours = network(**PLACES[place].ours(K))
    ours.set_weights(plain.get_weights())
    assert {str(w.dtype) for w in ours.weights} == {"float32"}
    outputs = ours(X)
    assert K.dtype(outputs) == policy.removeprefix("mixed_")
    tolerance = TOLERANCE[policy]
    np.testing.assert_allclose(
        np.asarray(K.get_value(outputs), "float32"),
        np.asarray(K.get_value(plain(X)), "float32"),
        rtol=tolerance,
        atol=tolerance,
    )
    if engine == "numpy" or place not in TRAINED:
        return
    losses = [
        compiled(model).fit(X, Y, batch_size=16, epochs=3, shuffle=False, verbose=0).history
        for model in (ours, plain)
    ]
    for a, b in zip(losses[0].values(), losses[1].values(), strict=True):
        np.testing.assert_allclose(a, b, rtol=3 * tolerance, atol=tolerance)
    for a, b in zip(ours.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=3 * tolerance)
