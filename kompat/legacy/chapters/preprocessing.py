"""Preprocessing of images, sequences and text: names and arguments."""

from kompat.legacy.row import Row, names

_IMAGES = "keras.src.legacy.preprocessing.image"

NAMES: list[Row] = [
    *names("keras.preprocessing", backend="keras.backend", utils="keras.utils"),
    *names(
        "keras.preprocessing.image",
        DataFrameIterator=f"{_IMAGES}.DataFrameIterator",
        flip_axis=f"{_IMAGES}.flip_axis",
        transform_matrix_offset_center=f"{_IMAGES}.transform_matrix_offset_center",
        apply_transform="kompat.legacy.forms.images.apply_transform",
        list_pictures="kompat.legacy.forms.images.list_pictures",
    ),
]

ROWS: list[Row] = [*NAMES]
