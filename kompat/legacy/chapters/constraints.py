"""Constraints: names and arguments."""

from kompat.legacy.row import Row, names

NAMES: list[Row] = [
    *names(
        "keras.constraints",
        maxnorm="keras.constraints.MaxNorm",
        nonneg="keras.constraints.NonNeg",
        unitnorm="keras.constraints.UnitNorm",
    ),
]

ROWS: list[Row] = [*NAMES]
