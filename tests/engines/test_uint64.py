"""uint64, which Keras takes for uint32."""

import numpy as np
import pytest

LARGE = 2**53 + 1
CALLS = {
    "v + 0": (lambda K, v: v + 0, LARGE),
    "0 + v": (lambda K, v: 0 + v, LARGE),
    "v - 1": (lambda K, v: v - 1, LARGE - 1),
    "v * 3": (lambda K, v: v * 3, 3 * LARGE),
    "v // 2": (lambda K, v: v // 2, LARGE // 2),
    "v % 2": (lambda K, v: v % 2, 1),
    "v + v": (lambda K, v: v + v, 2 * LARGE),
    "K.maximum": (lambda K, v: K.maximum(v, 5), LARGE),
    "K.minimum": (lambda K, v: K.minimum(v, v), LARGE),
    "K.sum": (lambda K, v: K.sum(v), LARGE),
    "K.update_add": (lambda K, v: K.update_add(v, 1), LARGE + 1),
    "K.update_sub": (lambda K, v: K.update_sub(v, 1), LARGE - 1),
}


@pytest.mark.parametrize("name", CALLS)
def test_it_keeps_64_bits(K, engine, name):
    if engine == "torch":
        pytest.skip("PyTorch computes nothing with uint64")
    call, want = CALLS[name]
    found = K.get_value(call(K, K.variable(np.uint64(LARGE), dtype="uint64")))
    assert found.dtype == "uint64"
    assert int(found) == want
    compared = K.equal(K.variable(np.uint64(LARGE), dtype="uint64"), LARGE)
    assert bool(K.eval(compared))
