"""Datasets: arguments."""

from kompat.legacy.row import Row

ARGUMENTS: list[Row] = [
    Row(
        "argument",
        "keras.datasets.imdb.load_data keras.datasets.reuters.load_data",
        "nb_words",
        "num_words",
        old="keras.datasets.imdb.load_data.__name__",
        new="'load_data'",
    ),
]

ROWS: list[Row] = [*ARGUMENTS]
