"""Change the shape of a tensor."""

from typing import Any

import keras

from kompat import engines
from kompat.backend.operands import operand

__all__ = ["flatten"]

_reshape = engines.current.exact(keras.ops.reshape)


def flatten(x: Any) -> Any:
    """All elements in one dimension.

    Args:
        x: a tensor, variable or array.

    Returns:
        A tensor of rank 1.

    Example:

    >>> K.eval(K.flatten(K.constant([[1., 2.], [3., 4.]])))
    array([1., 2., 3., 4.], dtype=float32)
    """
    return _reshape(operand(x), (-1,))
