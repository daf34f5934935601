"""Metrics: names."""

from kompat.legacy.row import Row, names, removed

_FORMS = "kompat.legacy.forms.metrics"

NAMES: list[Row] = [
    *names(
        "keras.metrics",
        cosine_proximity="keras.losses.cosine_similarity",
        cosine="keras.losses.cosine_similarity",
        matthews_correlation=f"{_FORMS}.matthews_correlation",
        precision=f"{_FORMS}.precision",
        recall=f"{_FORMS}.recall",
        fbeta_score=f"{_FORMS}.fbeta_score",
        fmeasure=f"{_FORMS}.fmeasure",
        accuracy=f"{_FORMS}.accuracy",
        clone_metric=f"{_FORMS}.clone_metric",
        clone_metrics=f"{_FORMS}.clone_metrics",
        BaseMeanIoU="keras.metrics.MeanIoU",
        Reduction="keras._tf_keras.keras.losses.Reduction",
        to_list="kompat.legacy.forms.topology.to_list",
    ),
    *removed(
        "keras.metrics",
        "Reduce SensitivitySpecificityBase",
        "this was an inner class of Keras's metrics.",
        "subclass keras.metrics.Metric, or keras.metrics.Mean.",
    ),
    *removed(
        "keras.metrics",
        "update_state_wrapper result_wrapper filter_top_k assert_thresholds_range "
        "parse_init_thresholds ConfusionMatrix AUCCurve AUCSummationMethod weighted_assign_add "
        "update_confusion_matrix_variables",
        "this was an inner step of Keras's metrics.",
        "subclass keras.metrics.Metric, or use keras.metrics.AUC.",
    ),
]

ROWS: list[Row] = [*NAMES]
