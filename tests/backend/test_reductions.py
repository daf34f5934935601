"""What holds for reductions on every engine, beside the recorded answers."""

import numpy as np
import pytest


@pytest.mark.parametrize("name", ["sum", "max", "mean", "all", "argmax"])
def test_a_wrong_axis_is_refused_alike_on_every_engine(K, name):
    x = K.constant(np.zeros((2, 3, 4)))
    for axis in (3, -4):
        with pytest.raises(ValueError, match=rf"axis in \[-3, 3\).*received {axis}"):
            getattr(K, name)(x, axis=axis)
    for axis in ("first", True, 1.0):
        with pytest.raises(TypeError, match=f"axis as an integer, received {axis!r}"):
            getattr(K, name)(x, axis=axis)


@pytest.mark.parametrize("axes", [[0, 0], [0, -3]])
def test_an_axis_is_not_reduced_twice(K, axes):
    x = K.constant(np.zeros((2, 3, 4)))
    for function in (K.sum, K.max, K.mean, K.all):
        with pytest.raises(ValueError, match="different axes"):
            function(x, axis=axes)
    with pytest.raises(TypeError, match="an integer"):
        K.argmax(x, axis=axes)


def test_the_mean_of_integers_is_cut_towards_zero(K):
    assert K.eval(K.mean(K.constant([-1, -2], dtype="int32"))) == -1
    assert K.eval(K.mean(K.constant([1, 2], dtype="int32"))) == 1


def test_axes_may_stand_in_an_array(K):
    x = np.arange(24.0).reshape(2, 3, 4)
    for axes in (np.arange(1, 3), K.constant([1, 2], dtype="int32")):
        np.testing.assert_array_equal(K.eval(K.sum(K.constant(x), axis=axes)), [66, 210])
        np.testing.assert_array_equal(K.eval(K.reverse(K.constant(x), axes)), x[:, ::-1, ::-1])
    for axis in (np.int64(0), np.array(0)):
        np.testing.assert_array_equal(K.eval(K.mean(K.constant(x), axis=axis)), x.mean(0))


BOUNDS = {
    "float32": (-np.inf, np.inf),
    "float64": (-np.inf, np.inf),
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint8": (0, 255),
}


@pytest.mark.parametrize("dtype", BOUNDS)
def test_the_extremes_of_no_elements(K, dtype):
    nothing = K.constant(np.zeros((2, 0)), dtype=dtype)
    fed, wide = K.placeholder((None, 2), dtype=dtype), K.placeholder((2, None), dtype=dtype)
    for function, want in zip((K.max, K.min), BOUNDS[dtype]):
        for axis, shape in [(1, (2,)), (None, ()), ([0, 1], ())]:
            got = K.eval(function(nothing, axis=axis))
            assert got.dtype == dtype
            assert got.shape == shape
            assert (got == want).all()
        assert K.int_shape(function(nothing, axis=1, keepdims=True)) == (2, 1)
        assert K.int_shape(function(nothing, axis=0)) == (0,)
        found = K.function([fed], [function(fed, axis=0)])([np.zeros((0, 2), dtype)])[0]
        assert (found == np.array([want] * 2, dtype)).all()
        found = K.function([wide], [function(wide, axis=-1)])([np.zeros((2, 0), dtype)])[0]
        assert (found == np.array([want] * 2, dtype)).all()
