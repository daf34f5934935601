"""One row for each kind of writable holder: how to make one, for the rules that hold for all."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from conftest import framework


class Holder(NamedTuple):
    name: str
    make: Callable[[np.ndarray], Any]
    """A holder of a copy of the given array, with its dtype."""

    """Whether it is its own value, so that reading it gives the object itself."""


def k_variable(array: np.ndarray) -> Any:
    from kompat import backend as K

    return K.variable(array, dtype=array.dtype.name)


def keras_variable(array: np.ndarray) -> Any:
    import keras

    return keras.Variable(array.copy(), dtype=array.dtype.name, trainable=array.dtype.kind == "f")


def layer_weight(array: np.ndarray) -> Any:
    import keras

    layer = keras.layers.Layer()
    weight = layer.add_weight(
        shape=array.shape, dtype=array.dtype.name, trainable=False, initializer="zeros"
    )
    weight.assign(array.copy())
    return weight


def torch_tensor(array: np.ndarray) -> Any:
    torch = framework("torch")
    if array.dtype.type.__module__ == "ml_dtypes":
        carrier = array.view(f"uint{8 * array.itemsize}")
        return torch_tensor(carrier).view(getattr(torch, array.dtype.name))
    return torch.from_numpy(array.copy())


def torch_parameter(array: np.ndarray) -> Any:
    torch = framework("torch")
    return torch.nn.Parameter(torch_tensor(array), requires_grad=array.dtype.kind == "f")


def torch_view(array: np.ndarray) -> Any:
    """A tensor whose elements lie apart in the memory of another."""
    torch = framework("torch")
    tensor = torch_tensor(array)
    base = torch.empty(*array.shape, 2, dtype=tensor.dtype)
    base[..., 0].copy_(tensor)
    return base[..., 0]


def nnx_param(array: np.ndarray) -> Any:
    nnx = framework("flax.nnx")
    import jax

    return nnx.Param(jax.numpy.array(array))


def tf_variable(array: np.ndarray) -> Any:
    tf = framework("tensorflow")
    return tf.Variable(array.copy())


def tf_graph_variable(array: np.ndarray) -> Any:
    tf = framework("tensorflow")
    with tf.Graph().as_default():
        return tf.compat.v1.Variable(array.copy())


def numpy_array(array: np.ndarray) -> Any:
    return array.copy()


HOLDERS = [
    Holder("K.variable", k_variable),
    Holder("keras.Variable", keras_variable),
    Holder("layer weight", layer_weight),
    Holder("torch.Tensor", torch_tensor),
    Holder("torch.Parameter", torch_parameter),
    Holder("torch view", torch_view),
    Holder("nnx.Param", nnx_param),
    Holder("tf.Variable", tf_variable),
    Holder("TF1 graph variable", tf_graph_variable),
    Holder("numpy.ndarray", numpy_array),
]


def value_of(x: Any) -> np.ndarray:
    """A copy of the value, for holders that are their own value too."""
    from kompat import get_value

    return np.array(get_value(x))
