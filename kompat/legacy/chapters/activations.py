"""Activations: arguments."""

from kompat.legacy.row import BEFORE_TF, Row

ROWS: list[Row] = [
    Row(
        "argument",
        "keras.activations.relu",
        "alpha",
        "negative_slope",
        old="keras.activations.relu(np.array([-1.0]), alpha=0.5)",
        new="np.array([-0.5])",
    ),
    Row(
        "argument",
        "keras.activations.deserialize",
        "name",
        "config",
        BEFORE_TF,
        old="keras.activations.deserialize(name='relu').__name__",
        new="'relu'",
    ),
]
