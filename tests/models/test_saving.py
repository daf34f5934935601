"""Models with K in one place, saved and loaded again: the same predictions, and they train on."""

import keras
import numpy as np
import pytest
from models.pieces import OFTEN, PLACES, X, Y, compiled, network
from shares import where_compiled


def custom_objects(pieces):
    """The classes and functions among `pieces`, by the names that Keras writes into the file."""
    objects = [*pieces.values(), *pieces.get("metrics", ())]
    if isinstance(pieces.get("layer"), keras.layers.Lambda):
        objects.append(pieces["layer"].function)
    kinds = [x if hasattr(x, "__name__") else type(x) for x in objects]
    return {kind.__name__: kind for kind in kinds}


def predictions(model):
    return keras.ops.convert_to_numpy(model(X))


@pytest.mark.parametrize("place", where_compiled(PLACES, OFTEN))
def test_a_saved_model_predicts_the_same_and_trains_on(K, engine, place, tmp_path):
    keras.utils.set_random_seed(21)
    pieces = PLACES[place].ours(K)
    model = network(**pieces)
    if engine != "numpy":
        compiled(model).fit(X, Y, batch_size=16, verbose=0)
    path = tmp_path / "model.keras"
    model.save(path)
    with np.errstate(all="ignore"):  # Keras on NumPy infers shapes from memory as it comes
        again = keras.saving.load_model(path, custom_objects(pieces))
    np.testing.assert_array_equal(predictions(again), predictions(model))
    for a, b in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    if engine != "numpy":
        for each in (model, again):
            each.fit(X, Y, batch_size=16, shuffle=False, verbose=0)
        np.testing.assert_allclose(predictions(again), predictions(model), rtol=1e-5)


@pytest.mark.parametrize("place", where_compiled(PLACES, OFTEN))
def test_weights_alone_are_loaded_into_a_new_model(K, place, tmp_path):
    keras.utils.set_random_seed(22)
    model, other = network(**PLACES[place].ours(K)), network(**PLACES[place].ours(K))
    before = predictions(other)
    path = tmp_path / "model.weights.h5"
    model.save_weights(path)
    other.load_weights(path)
    np.testing.assert_array_equal(predictions(other), predictions(model))
    assert (before != predictions(model)).any()
