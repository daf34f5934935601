"""Regularizers: names and arguments."""

from kompat.legacy.row import Row, names, removed

NAMES: list[Row] = [
    *names(
        "keras.regularizers",
        L1L2Regularizer="keras.regularizers.L1L2",
        WeightRegularizer="keras.regularizers.L1L2",
        ActivityRegularizer="keras.regularizers.L1L2",
        l1l2="kompat.legacy.forms.regularizers.l1l2",
        activity_l1="keras.regularizers.L1",
        activity_l2="keras.regularizers.L2",
        activity_l1l2="kompat.legacy.forms.regularizers.l1l2",
    ),
    *removed(
        "keras.regularizers",
        "EigenvalueRegularizer",
        "Keras 2 removed it.",
        "write a function of the weights: kernel_regularizer=lambda w: 0.01 * "
        "keras.ops.norm(w, ord=2) ** 2, whose norm is the largest singular value.",
    ),
]

ARGUMENTS: list[Row] = [
    Row(
        "argument",
        f"keras.regularizers.{name}",
        "l",
        name.lower(),
        old=f"keras.regularizers.{name.lower()}(l=0.5)",
        new=f"keras.regularizers.{name}(0.5)",
    )
    for name in ("L1", "L2")
]

ARGUMENTS += [
    Row(
        "argument",
        "keras.regularizers.get",
        "kwargs",
        why="an object is made with its arguments: those of its class.",
        old="keras.regularizers.get('l2', kwargs=None)",
        new="keras.regularizers.get('l2')",
    ),
]

ROWS: list[Row] = [*NAMES, *ARGUMENTS]
