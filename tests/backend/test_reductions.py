"""What holds for reductions on every engine, beside the recorded answers."""

import numpy as np
import pytest


@pytest.mark.parametrize("axis", [3, -4, [0, 0], [0, -3], "first", True, 1.0])
@pytest.mark.parametrize("name", ["sum", "max", "mean", "all", "argmax"])
def test_a_wrong_axis_is_refused_alike_on_every_engine(K, name, axis):
    x = K.constant(np.zeros((2, 3, 4)))
    with pytest.raises(ValueError, match=r"axis|axes"):
        getattr(K, name)(x, axis=axis)


def test_the_mean_of_integers_is_cut_towards_zero(K):
    assert K.eval(K.mean(K.constant([-1, -2], dtype="int32"))) == -1
    assert K.eval(K.mean(K.constant([1, 2], dtype="int32"))) == 1
