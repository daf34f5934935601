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

ARGUMENTS: list[Row] = [
    Row(
        "argument",
        f"keras.constraints.{name}",
        was,
        now,
        old=f"keras.constraints.{name}({was}=0.5)",
        new=f"keras.constraints.{name}({now}=0.5)",
    )
    for name, was, now in (
        ("MaxNorm", "m", "max_value"),
        ("MinMaxNorm", "low", "min_value"),
        ("MinMaxNorm", "high", "max_value"),
    )
]

ARGUMENTS += [
    Row(
        "argument",
        "keras.constraints.get",
        "kwargs",
        why="an object is made with its arguments: those of its class.",
        old="keras.constraints.get('non_neg', kwargs=None)",
        new="keras.constraints.get('non_neg')",
    ),
]

ROWS: list[Row] = [*NAMES, *ARGUMENTS]
