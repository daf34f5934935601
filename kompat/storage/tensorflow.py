"""A K.variable on TensorFlow: a `tf.Variable`, which functions capture by reference."""

import re
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from kompat.keras_private import slot as keras_slot
from kompat.storage import plain

_COUNTED = re.compile(r"variable_\d+")
"""The names that Keras chooses."""


class Storage(plain.Storage):
    """Inside a `tf.function`, which may not make variables, it holds a tensor of the trace."""

    name: str
    trainable: bool

    @staticmethod
    def made_in_trace() -> bool:
        return tf.inside_function()

    def _initialize(self, value: Any) -> None:
        self._value = value if self.scope_local else self._made(value)

    def _made(self, value: Any) -> tf.Variable:
        """The variable that holds the value, as Keras makes it but for the name that it counted.

        TensorFlow keeps a kernel of 35 kB for each name of a variable that was ever made.
        """
        name = "variable" if _COUNTED.fullmatch(self.name) else self.name
        return tf.Variable(value, dtype=self._dtype, trainable=self.trainable, name=name)

    def _direct_assign(self, value: Any) -> None:
        if self.scope_local:
            self._value = value
        else:
            super()._direct_assign(value)  # type: ignore[misc]


def recorded_value(variable: keras.Variable) -> tf.Tensor:
    """The value that a variable will have when the program runs that is being recorded."""
    return tf.convert_to_tensor(keras_slot.read(variable))


def record_writes(changes: Sequence[tuple[keras.Variable, Any]], after: Sequence[Any]) -> None:
    """Let the program that is being recorded write variables, when all else is computed.

    Args:
        changes: variables and their new values.
        after: what must have been computed too: a program that fails has written nothing.
    """
    with tf.control_dependencies([*after, *(value for _, value in changes)]):
        computed = tf.no_op()
    # One operation that all writes wait for: n writes that wait for n values are n * n edges, and
    # TensorFlow took 259 s to place 1,000.
    with tf.control_dependencies([computed]):
        for variable, value in changes:
            fitting = tf.ensure_shape(value, tuple(variable.shape))
            keras_slot.read(variable).assign(fitting, read_value=False)
