"""A K.variable on TensorFlow: a `tf.Variable`, which functions capture by reference."""

from typing import Any

import tensorflow as tf

from kompat.storage import plain


class Storage(plain.Storage):
    """Inside a `tf.function`, which may not make variables, it holds a tensor of the trace."""

    @staticmethod
    def made_in_trace() -> bool:
        return tf.inside_function()

    def _initialize(self, value: Any) -> None:
        if self.scope_local:
            self._value = value
        else:
            super()._initialize(value)  # type: ignore[misc]

    def _direct_assign(self, value: Any) -> None:
        if self.scope_local:
            self._value = value
        else:
            super()._direct_assign(value)  # type: ignore[misc]
