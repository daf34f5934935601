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

ROWS: list[Row] = [*NAMES]
