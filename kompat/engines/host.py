"""What NumPy has in place of the functions of keras.ops: it keeps the width of its operands."""

from collections.abc import Callable
from typing import Any

import numpy as np

from kompat.engines.width import function_of


def host_function(function: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's form of a function of `keras.ops`, with the parameters of the latter.

    It is `function` itself where NumPy has no such function.
    """
    return _ACTIVATIONS.get(function.__name__) or function_of(np, function)


def _elu(x: Any, alpha: float = 1.0) -> Any:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _log_softmax(x: Any, axis: Any = -1) -> Any:
    x = x - np.max(x, axis=axis, keepdims=True)
    return x - np.log(np.sum(np.exp(x), axis=axis, keepdims=True))


def _sigmoid(x: Any) -> Any:
    return np.exp(-np.logaddexp(0, -x))


# What NumPy has no function for.
_ACTIVATIONS: dict[str, Callable[..., Any]] = {
    "elu": _elu,
    "log_softmax": _log_softmax,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": _sigmoid,
    "softmax": lambda x, axis=-1: np.exp(_log_softmax(x, axis)),
    "softplus": lambda x: np.logaddexp(x, 0),
    "softsign": lambda x: x / (1 + np.abs(x)),
}
