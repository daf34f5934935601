"""Callbacks: names and arguments."""

from kompat.legacy.row import Row, names

NAMES: list[Row] = [
    *names(
        "keras.callbacks", K="keras.backend", BaseLogger="kompat.legacy.forms.callbacks.BaseLogger"
    ),
]

ROWS: list[Row] = [*NAMES]
