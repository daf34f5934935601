"""Private corner of Keras: a variable's slot, where it keeps its value.

Keras offers no public way to read a variable without its autocast, or to know whether its value
was handed over to the JAX trainer.
"""

from typing import Any

import numpy as np

SLOT = "_value"


def read(variable: Any) -> Any:
    """What the slot holds: an engine's tensor, or None while the JAX trainer has it."""
    return variable._value


def write(variable: Any, value: Any) -> None:
    """Replace what the slot holds, on the engines whose arrays never change."""
    variable._value = value


def dtype(variable: Any) -> np.dtype:
    """The dtype that the variable was declared with, whatever autocast is active."""
    return np.dtype(variable._dtype)


def initializer(variable: Any) -> Any:
    """The initializer of a variable whose creation Keras has deferred, else None."""
    return variable._initializer
