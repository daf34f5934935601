"""K's functions inside the user's own functions and gradients, on TensorFlow and PyTorch."""

import keras
import numpy as np
import pytest
from conftest import ENGINE, framework
from engines.functions import DIFFERENTIABLE, OTHERS, RNG, XS

if ENGINE not in ("tensorflow", "torch"):
    pytest.skip("transforms of TensorFlow and PyTorch", allow_module_level=True)
library = framework(ENGINE)


def function_of(K, name):
    return lambda x: (DIFFERENTIABLE | OTHERS)[name](K, x)


def host(x):
    return keras.ops.convert_to_numpy(x)


def assert_close(found, expected, tolerance=1e-5):
    found, expected = host(found), host(expected)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


def differences(loss, x, direction):
    """How a loss changes along a direction, computed in 64 bits at once."""
    wide = np.float64(x)
    up, down = (
        float(host(loss(keras.ops.convert_to_tensor(wide + d * direction, "float64"))))
        for d in (1e-6, -1e-6)
    )
    return (up - down) / 2e-6


def own_gradient(loss, x):
    """The gradient as a user of the engine takes it."""
    if ENGINE == "torch":
        leaf = library.tensor(x, requires_grad=True)
        return library.autograd.grad(loss(leaf), leaf)[0]
    x = library.constant(x)
    with library.GradientTape() as tape:
        tape.watch(x)
        value = loss(x)
    return tape.gradient(value, x)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradients(K, name):
    function = function_of(K, name)
    like = host(function(keras.ops.convert_to_tensor(XS[0])))
    weights = np.cos(np.arange(like.size)).reshape(like.shape).astype("float32")

    def loss(x):
        return K.sum(function(x) * K.constant(weights, K.dtype(x)))

    slope = host(own_gradient(loss, XS[0]))
    assert slope.dtype == "float32"
    direction = RNG.normal(size=XS[0].shape)
    expected = differences(loss, XS[0], direction)
    np.testing.assert_allclose(np.sum(slope * direction), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", [*DIFFERENTIABLE, *OTHERS])
def test_functions(K, name):
    function = function_of(K, name)
    tensors = [keras.ops.convert_to_tensor(x) for x in XS]
    expected = [function(x) for x in tensors]
    if ENGINE == "tensorflow":
        run = library.function(function)
    else:
        run = library.no_grad()(function)
    for x, want in zip(tensors, expected):
        assert_close(run(x), want)


# A transform of PyTorch hides the value that these need; for moveaxis it has no batching rule.
REFUSED = {"vmap": {"batch_dot", "switch", "ctc_decode"}, "grad": {"switch"}}


@pytest.mark.filterwarnings("ignore:.*__array__:DeprecationWarning")
@pytest.mark.parametrize("transform", ["vmap", "grad"])
@pytest.mark.parametrize("name", DIFFERENTIABLE if ENGINE == "torch" else [])
def test_transforms_of_torch(K, name, transform):
    function, xs = function_of(K, name), library.tensor(XS)

    def loss(x):
        return K.sum(function(x))

    if name in REFUSED[transform]:
        with pytest.raises((RuntimeError, TypeError)):
            getattr(library.func, transform)(loss)(xs)
    elif transform == "vmap":
        found = library.func.vmap(function, randomness="same")(xs)
        assert_close(found, library.stack([function(x) for x in xs]))
    else:
        assert_close(library.func.grad(loss)(xs[0]), own_gradient(loss, XS[0]))
