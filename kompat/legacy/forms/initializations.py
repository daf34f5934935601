"""``keras.initializations`` of Keras 1: functions from a shape to a variable."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from kompat import backend as K

Draw = Callable[..., Any]


def get_fans(shape: Sequence[int], dim_ordering: str = "th") -> tuple[float, float]:
    """How many values lead into a unit of a kernel, and how many out of it.

    Args:
        shape: that of the kernel.
        dim_ordering: "th" for kernels (outputs, inputs, rows, columns), "tf" for Keras's own.
    """
    if len(shape) == 2:
        return shape[0], shape[1]
    if len(shape) not in (3, 4, 5):
        side = float(np.sqrt(np.prod(shape)))
        return side, side
    first = dim_ordering == "th"
    window = shape[2:] if first else shape[:-2]
    inputs, outputs = (shape[1], shape[0]) if first else (shape[-2], shape[-1])
    field = 1
    for size in window:
        field *= size
    return inputs * field, outputs * field


def _from(make: Callable[..., Any]) -> Draw:
    """A function from a shape, and perhaps a scale, to a variable."""

    def draw(
        shape: Sequence[int],
        scale: float | None = None,
        name: str | None = None,
        dim_ordering: str = "th",
    ) -> Any:
        chosen = make() if scale is None else make(scale)
        return K.variable(chosen(tuple(shape)), name=name)

    return draw


uniform = _from(lambda scale=0.05: keras.initializers.RandomUniform(-scale, scale))
normal = _from(lambda scale=0.05: keras.initializers.RandomNormal(stddev=scale))
orthogonal = _from(lambda scale=1.1: keras.initializers.Orthogonal(gain=scale))
identity = _from(lambda scale=1.0: keras.initializers.Identity(gain=scale))
zero = _from(keras.initializers.Zeros)
one = _from(keras.initializers.Ones)
lecun_uniform = _from(keras.initializers.LecunUniform)
glorot_normal = _from(keras.initializers.GlorotNormal)
glorot_uniform = _from(keras.initializers.GlorotUniform)
he_normal = _from(keras.initializers.HeNormal)
he_uniform = _from(keras.initializers.HeUniform)


def get(identifier: Any, **kwargs: Any) -> Draw:
    """The function of a name; a function stays as it is."""
    if callable(identifier) and not isinstance(identifier, type):
        return identifier
    if identifier in globals():
        return globals()[identifier]
    return _from(lambda: keras.initializers.get(identifier))


def as_initializer(draw: Draw) -> Callable[..., Any]:
    """What Keras calls with a shape and a dtype, of a function that makes a variable of a shape."""

    def initialize(shape: Sequence[int], dtype: Any = None) -> Any:
        drawn = draw(tuple(shape))
        return K.cast(
            K.get_value(drawn) if isinstance(drawn, keras.Variable) else drawn, dtype or K.floatx()
        )

    return initialize
