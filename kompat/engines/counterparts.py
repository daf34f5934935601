"""What NumPy and libraries like it have in place of the functions of keras.ops.

Theirs keep the width of their operands.
"""

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

# What NumPy calls the parameters of keras.ops that have names of their own.
_NAMES = {"newshape": "shape", "repeats": "reps", "x_max": "max", "x_min": "min"}


def function_of(library: ModuleType, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function of NumPy, or of a library like it, that computes what `function` does.

    It takes the parameters of `function` of `keras.ops`, and is `function` itself where the
    library has none of its name, or none that knows its parameters.
    """
    found = getattr(library, function.__name__, None)
    if found is None:
        return function
    names = inspect.signature(found).parameters.keys()

    def call(*args: Any, **kwargs: Any) -> Any:
        settings = {
            name if name in names else _NAMES.get(name, name): tuple(x) if type(x) is list else x
            for name, x in kwargs.items()
        }
        if not settings.keys() <= names:
            return function(*args, **kwargs)
        return found(*args, **settings)

    return call


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
