"""Initializers: names and arguments."""

from kompat.legacy.row import Row

ARGUMENTS: list[Row] = [
    Row(
        "argument",
        "keras.initializers.VarianceScaling",
        "distribution",
        "distribution",
        translate="distribution",
        old="keras.initializers.VarianceScaling(distribution='normal')",
        new="keras.initializers.VarianceScaling(distribution='truncated_normal')",
    ),
]

ROWS: list[Row] = [*ARGUMENTS]
