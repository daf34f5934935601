"""The shapes that Keras infers of layers whose input has axes of unknown length."""

import keras
import numpy as np
import pytest

from kompat import engines

LAYERS = {
    "a number of steps": (
        lambda K, x: x * K.cast(K.shape(x)[1], "float32"),
        (None, None, 3),
        lambda a: a * a.shape[1],
    ),
    "a comparison": (
        lambda K, x: K.switch(K.shape(x)[1] > 4, lambda: x * 2, lambda: x),
        (None, None, 3),
        lambda a: a * 2 if a.shape[1] > 4 else a,
    ),
    "positions": (
        lambda K, x: K.sum(x, -1) + K.cast(K.arange(K.shape(x)[1]), "float32"),
        (None, None),
        lambda a: a.sum(-1) + np.arange(a.shape[1]),
    ),
    "twice as many": (
        lambda K, x: K.repeat_elements(K.map_fn(lambda e: K.reverse(e, 0), x), 2, 1),
        (None, None, 3),
        lambda a: a[:, ::-1].repeat(2, 1),
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_unknown_axes_stay_unknown(K, name):
    function, shape, want = LAYERS[name]
    inputs = keras.Input((None, 3))
    y = keras.layers.Lambda(lambda x: function(K, x))(inputs)
    assert tuple(y.shape) == shape
    model = keras.Model(inputs, y)
    for steps in (4, 6):
        x = np.arange(2 * steps * 3, dtype="float32").reshape(2, steps, 3)
        np.testing.assert_allclose(model.predict(x, verbose=0), want(x))


def test_what_is_wrong_with_known_sizes_too_is_said(K):
    def wrong(x):
        raise LookupError("of the user")

    class Wrong(keras.Layer):
        def call(self, x):
            return wrong(x)

    with pytest.raises(LookupError, match="of the user"):
        Wrong()(keras.Input((None, 3)))


@pytest.mark.skipif(engines.NAME != "numpy", reason="only on NumPy Keras infers with numbers")
def test_numbers_that_nobody_set_raise_no_warning(K, monkeypatch):
    """Keras infers on unfilled memory, which may hold any number."""
    monkeypatch.setattr(np, "empty", lambda shape, dtype: np.full(shape, 3e38, dtype))
    assert keras.layers.Lambda(lambda x: x * 10)(keras.Input((None, 3))).shape == (None, None, 3)
