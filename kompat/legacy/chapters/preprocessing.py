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


def _renamed(where: str, was: str, now: str, old: str, new: str, translate: str = "") -> Row:
    return Row("argument", where, was, now, translate=translate, old=old, new=new)


_IMAGE = "keras.preprocessing.image"
_OLD_IMAGE = "keras._tf_keras.keras.preprocessing.image"
_OLD_TEXT = "keras._tf_keras.keras.preprocessing.text"
_PIXELS = "np.arange(6.0).reshape(1, 2, 3)"

ARGUMENTS: list[Row] = [
    _renamed(
        f"{_IMAGE}.array_to_img {_IMAGE}.img_to_array {_OLD_IMAGE}.ImageDataGenerator "
        f"{_OLD_IMAGE}.DirectoryIterator {_OLD_IMAGE}.NumpyArrayIterator",
        "dim_ordering",
        "data_format",
        f"keras.preprocessing.image.img_to_array({_PIXELS}, dim_ordering='th').shape",
        f"keras.utils.img_to_array({_PIXELS}, data_format='channels_first').shape",
        "data_format",
    ),
    Row(
        "argument",
        f"{_IMAGE}.load_img",
        "grayscale",
        "color_mode",
        translate="color_mode",
        old="keras.preprocessing.image.load_img.__name__",
        new="'load_img'",
    ),
    _renamed(
        f"{_OLD_TEXT}.Tokenizer",
        "nb_words",
        "num_words",
        "keras.preprocessing.text.Tokenizer(nb_words=9).num_words",
        "9",
    ),
    _renamed(
        f"{_OLD_TEXT}.text_to_word_sequence {_OLD_TEXT}.one_hot",
        "text",
        "input_text",
        "keras.preprocessing.text.text_to_word_sequence(text='Two words')",
        "['two', 'words']",
    ),
    _renamed(
        f"{_OLD_IMAGE}.ImageDataGenerator.flow",
        "X",
        "x",
        "next(keras.preprocessing.image.ImageDataGenerator().flow(X=np.ones((2, 3, 3, 1)))).shape",
        "(2, 3, 3, 1)",
    ),
    _renamed(
        f"{_OLD_IMAGE}.random_channel_shift",
        "intensity",
        "intensity_range",
        "keras.preprocessing.image.random_channel_shift(np.ones((1, 2, 2)), intensity=0.0)",
        "np.ones((1, 2, 2))",
    ),
]

ROWS: list[Row] = [*NAMES, *ARGUMENTS]
