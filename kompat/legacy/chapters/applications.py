"""Applications: names and arguments."""

from kompat.legacy.row import Row, names, removed

_ENTRY = "these blocks were inner parts of the model."
_WHOLE = "make the model, and take what you need by model.get_layer(name)."

NAMES: list[Row] = [
    *names(
        "keras.applications",
        backend="keras.backend",
        layers="keras.layers",
        models="keras.models",
        utils="keras.utils",
    ),
    *removed("keras.applications.inception_v3", "conv2d_bn", _ENTRY, _WHOLE),
    *removed("keras.applications.resnet50", "identity_block conv_block", _ENTRY, _WHOLE),
    *removed(
        "keras.applications",
        "keras_modules_injection set_keras_submodules",
        "the applications are part of Keras, so nobody has to give it to them.",
        "leave the call away.",
    ),
    *removed(
        "keras.applications.music_tagger_crnn",
        "MusicTaggerCRNN",
        "Keras 2 removed it, and nobody offers its weights any more.",
        "train a model of convolutions and GRUs on spectrograms.",
    ),
    *removed(
        "keras.applications.audio_conv_utils",
        "preprocess_input decode_predictions",
        "it belonged to MusicTaggerCRNN, which Keras 2 removed.",
        "compute mel spectrograms with keras.ops.stft, or librosa.",
    ),
]

ARGUMENTS: list[Row] = [
    Row(
        "argument",
        "keras.applications.imagenet_utils.preprocess_input "
        "keras.applications.inception_v3.preprocess_input "
        "keras.applications.xception.preprocess_input",
        "dim_ordering",
        "data_format",
        translate="data_format",
        old="keras.applications.xception.preprocess_input(np.ones((1, 3, 2, 2)), "
        "dim_ordering='th')",
        new="np.full((1, 3, 2, 2), 1 / 127.5 - 1)",
    ),
]

ROWS: list[Row] = [*NAMES, *ARGUMENTS]
