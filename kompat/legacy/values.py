"""How values of old arguments translate; imports no framework."""

from typing import Any

_INITIALIZERS = {
    "uniform": "RandomUniform",
    "normal": "RandomNormal",
    "zero": "zeros",
    "one": "ones",
}


def initializer(value: Any) -> Any:
    """The names of Keras 1.

    Example:

    >>> initializer("uniform")
    'RandomUniform'
    """
    return _INITIALIZERS.get(value, value) if isinstance(value, str) else value
