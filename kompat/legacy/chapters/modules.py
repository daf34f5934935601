"""Modules that are gone or moved, and where their names are today."""

from kompat.legacy.row import Row, modules

_ENGINE = "keras.layers keras.models keras keras.utils keras.saving"
_FORMS = "kompat.legacy.forms"

ROWS: list[Row] = [
    *modules(
        "keras.layers",
        *(f"keras.layers.{file}" for file in ("core", "convolutional", "normalization", "noise")),
        *(f"keras.layers.{file}" for file in ("advanced_activations", "recurrent", "merge")),
        *(f"keras.layers.{file}" for file in ("pooling", "embeddings", "wrappers", "local")),
        "keras.layers.convolutional_recurrent",
        "keras.layers.cudnn_recurrent",
        "keras.legacy.layers",
    ),
    *modules(
        _ENGINE,
        "keras.engine",
        "keras.engine.topology",
        "keras.engine.base_layer",
        "keras.engine.input_layer",
        "keras.engine.network",
        "keras.engine.saving",
        "keras.engine.sequential",
        "keras.engine.training",
    ),
    *modules(
        "keras.utils",
        *(f"keras.utils.{file}" for file in ("np_utils", "data_utils", "generic_utils")),
        *(f"keras.utils.{file}" for file in ("layer_utils", "vis_utils", "conv_utils")),
        *(f"keras.utils.{file}" for file in ("io_utils", "multi_gpu_utils", "visualize_util")),
    ),
    *modules("keras.losses", "keras.objectives", "keras.utils.losses_utils"),
    *modules("keras.metrics", "keras.utils.metrics_utils"),
    *modules(
        "keras.callbacks",
        "keras.callbacks.callbacks",
        "keras.callbacks.tensorboard_v1",
        "keras.callbacks.tensorboard_v2",
    ),
    *modules(f"{_FORMS}.initializations", "keras.initializations"),
    *modules(f"{_FORMS}.scikit_learn", "keras.wrappers.scikit_learn"),
    *modules("keras._tf_keras.keras.preprocessing.text", "keras.preprocessing.text"),
    *modules("keras.applications.mobilenet_v2", "keras.applications.mobilenetv2"),
    *modules(f"{_FORMS}.datasets", "keras.datasets.cifar"),
    *modules(
        "keras.applications",
        "keras.applications.audio_conv_utils",
        "keras.applications.music_tagger_crnn",
        "keras_applications",
    ),
    *modules("keras.preprocessing", "keras_preprocessing"),
]
