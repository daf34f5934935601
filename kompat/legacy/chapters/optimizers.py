"""Optimizers: names, arguments and defaults."""

from kompat.legacy.row import Row, names, removed

NAMES: list[Row] = [
    *names(
        "keras.optimizers",
        sgd="keras.optimizers.SGD",
        rmsprop="keras.optimizers.RMSprop",
        adagrad="keras.optimizers.Adagrad",
        adadelta="keras.optimizers.Adadelta",
        adam="keras.optimizers.Adam",
        adamax="keras.optimizers.Adamax",
        nadam="keras.optimizers.Nadam",
        optimizer_from_config="keras.optimizers.deserialize",
        clip_norm="kompat.legacy.forms.optimizers.clip_norm",
    ),
    *removed(
        "keras.optimizers",
        "TFOptimizer",
        "Keras runs on engines for which TensorFlow's optimizers cannot work.",
        "use the class of that name in keras.optimizers.",
    ),
]

ROWS: list[Row] = [*NAMES]
