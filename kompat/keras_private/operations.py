"""Private corner of Keras: which function of `keras.ops` an operation belongs to.

An operation does not tell. Its class has the function's name in another spelling: `TrueDivide` is
the class of `true_divide`; and it keeps the function's settings under their names. An operation
whose function is not found is computed by itself, on some engines with 32 bits.
"""

import inspect
import re
from collections.abc import Callable
from typing import Any

import keras

_PLAIN = vars(keras.Operation()).keys()


def public_function(operation: keras.Operation) -> tuple[Callable[..., Any] | None, dict[str, Any]]:
    """The function of `keras.ops` that an operation belongs to, and the settings it was given.

    Keras keeps them under the names of the function's parameters. The function is None for an
    operation that is of no such function, or that keeps anything else.
    """
    words = re.findall("[A-Z][a-z0-9]*", type(operation).__name__)
    function = getattr(keras.ops, "_".join(words).lower(), None)
    if function is None:
        return None, {}
    kept = {name: x for name, x in vars(operation).items() if name not in _PLAIN}
    parameters = inspect.signature(function).parameters
    if not kept.keys() <= parameters.keys():
        return None, {}
    return function, {k: x for k, x in kept.items() if x is not parameters[k].default}
