"""Sparse tensors, on the engines that have them."""

from typing import Any

import keras

from kompat import engines
from kompat.graph import sparse

__all__ = ["is_sparse", "to_dense"]


def is_sparse(tensor: Any) -> bool:
    """Whether a tensor is sparse.

    Args:
        tensor: anything.

    Returns:
        True for `tf.SparseTensor`, for sparse arrays of JAX and for what is computed from
        `K.placeholder(sparse=True)` and stays sparse.

    Example:

    >>> K.is_sparse(K.zeros((2, 2)))
    False
    """
    if isinstance(tensor, keras.KerasTensor):
        return sparse.is_symbolic(tensor)
    return engines.current.is_sparse(tensor)


def to_dense(tensor: Any) -> Any:
    """A sparse tensor with all its zeros; any other tensor as it is.

    Args:
        tensor: a tensor.

    Returns:
        A tensor.

    Example:

    >>> K.eval(K.to_dense(K.constant([1., 0.])))
    array([1., 0.], dtype=float32)
    """
    if not is_sparse(tensor):
        return tensor
    with engines.current.full_width(tensor):
        return keras.ops.convert_to_tensor(tensor, sparse=False)
