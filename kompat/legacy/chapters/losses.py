"""Losses: names."""

from kompat.legacy.row import Row, names, removed

NAMES: list[Row] = [
    *names(
        "keras.losses",
        cosine_proximity="keras.losses.cosine_similarity",
        cosine="keras.losses.cosine_similarity",
        huber_loss="keras.losses.huber",
        is_categorical_crossentropy="kompat.legacy.forms.losses.is_categorical_crossentropy",
        LossFunctionWrapper="keras.src.losses.losses.LossFunctionWrapper",
    ),
    *removed(
        "keras.losses",
        "squeeze_or_expand_dimensions reduce_weighted_loss broadcast_weights compute_weighted_loss",
        "this was an inner step of Keras's losses.",
        "give sample_weight to the loss: keras.losses.MeanSquaredError()(y, p, sample_weight=w).",
    ),
]

ROWS: list[Row] = [*NAMES]
