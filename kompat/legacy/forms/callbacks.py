"""Callbacks that old Keras had."""

from typing import Any

import keras


class BaseLogger(keras.callbacks.Callback):
    """Keras's own averages of metrics stand in the logs today: this callback changes nothing."""

    def __init__(self, stateful_metrics: Any = None):
        super().__init__()
        self.stateful_metrics = set(stateful_metrics or ())
