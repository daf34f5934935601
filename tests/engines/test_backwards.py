"""Keys with negative steps, on every engine as NumPy has them."""

import keras
import numpy as np
import pytest

A = np.arange(60, dtype="float32").reshape(3, 4, 5)
KEYS = {
    "an axis": np.s_[::-1],
    "bounds": np.s_[:, 3:0:-2],
    "negative bounds": np.s_[:, -1:-4:-1],
    "an open end": np.s_[1::-1],
    "none left": np.s_[0:2:-1],
    "all axes": np.s_[::-1, ::-2, ::-1],
    "behind an integer": np.s_[1, ::-1],
    "behind an ellipsis": np.s_[..., ::-1],
    "beside a new axis": np.s_[None, ::-1, None, :, ::-3],
    "before an ellipsis and a new axis": np.s_[::-1, ..., None, 2],
    "bounds of NumPy": np.s_[np.int64(2) : np.int64(0) : np.int64(-1)],
}


@pytest.mark.parametrize("key", KEYS.values(), ids=list(KEYS))
def test_a_key_goes_backwards(K, key):
    for x in (K.constant(A), K.variable(A)):
        np.testing.assert_array_equal(K.eval(x[key]), A[key])
    fed = K.placeholder((None, 4, 5))
    np.testing.assert_array_equal(K.function([fed], [fed[key]])([A])[0], A[key])


def test_a_shape_goes_backwards(K):
    assert K.eval(K.shape(K.constant(A))[::-1]).tolist() == [5, 4, 3]
    layer = keras.layers.Lambda(lambda x: x[:, ::-1])
    model = keras.Sequential([keras.Input((4, 5)), layer])
    np.testing.assert_array_equal(model.predict(A, verbose=0), A[:, ::-1])


def test_what_is_no_key_stays_refused(K, engine):
    for key in (np.s_[::0], np.s_[::-1, ::0]):
        with pytest.raises(Exception, match="zero"):
            K.constant(A)[key]
    if engine == "torch":
        with pytest.raises(ValueError, match="step must be greater than zero"):
            K.constant(A)[::-1, [0, 1]]
