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
