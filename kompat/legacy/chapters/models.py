"""Models, and the engine beneath them: names, arguments and methods."""

from kompat.legacy.row import Row, names, removed

_TOPOLOGY = "kompat.legacy.forms.topology"
_HDF5 = "kompat.legacy.forms.hdf5"
_H5 = "keras.src.legacy.saving.legacy_h5_format"

NAMES: list[Row] = [
    *names(
        "keras.engine",
        Network="keras.Model",
        Container="keras.Model",
        Merge="kompat.legacy.forms.merging.Merge",
        merge="kompat.legacy.forms.merging.merge",
        model_from_config=f"{_TOPOLOGY}.model_from_config",
        make_batches=f"{_TOPOLOGY}.make_batches",
        batch_shuffle=f"{_TOPOLOGY}.batch_shuffle",
        slice_X=f"{_TOPOLOGY}.slice_arrays",
        to_list=f"{_TOPOLOGY}.to_list",
        object_list_uid=f"{_TOPOLOGY}.object_list_uid",
        pickle_model=f"{_TOPOLOGY}.pickle_model",
        unpickle_model=f"{_TOPOLOGY}.unpickle_model",
        save_attributes_to_hdf5_group=f"{_H5}.save_attributes_to_hdf5_group",
        load_attributes_from_hdf5_group=f"{_H5}.load_attributes_from_hdf5_group",
        save_weights_to_hdf5_group=f"{_HDF5}.save_weights_to_hdf5_group",
        load_weights_from_hdf5_group=f"{_HDF5}.load_weights_from_hdf5_group",
        load_weights_from_hdf5_group_by_name=f"{_HDF5}.load_weights_from_hdf5_group_by_name",
    ),
    *names("keras.models", model_from_config=f"{_TOPOLOGY}.model_from_config"),
    *names(
        "keras",
        initializations="keras.initializations",
        objectives="keras.objectives",
        engine="keras.engine",
    ),
    *removed(
        "keras.models",
        "model_from_yaml",
        "reading YAML may execute what the file says, so Keras no longer does.",
        "model_from_json(model.to_json()).",
    ),
    *removed(
        "keras.engine",
        "model_from_yaml",
        "reading YAML may execute what the file says, so Keras no longer does.",
        "model_from_json(model.to_json()).",
    ),
    *removed(
        "keras.engine",
        "standardize_input_data standardize_sample_or_class_weights standardize_class_weights "
        "standardize_sample_weights standardize_weights check_array_lengths "
        "check_loss_and_target_compatibility collect_metrics weighted_objective",
        "these were inner steps of `fit`, which checks and weights data in other ways today.",
        "give the data to fit, evaluate or predict as it is.",
    ),
    *removed(
        "keras.engine",
        "GeneratorEnqueuer",
        "Keras reads generators itself, and objects of keras.utils.PyDataset in parallel.",
        "pass the generator to fit, or a keras.utils.PyDataset(workers=2).",
    ),
    *removed(
        "keras.engine",
        "Node",
        "layers and tensors are connected by another class, which nobody makes by hand.",
        "call the layer on a tensor, and read layer.input and layer.output.",
    ),
    *removed(
        "keras.engine",
        "disable_tracking preprocess_weights_for_loading",
        "this was an inner step of Keras.",
        "set attributes and load weights without it.",
    ),
    *removed(
        "keras.engine",
        "allow_write_to_gcs allow_read_from_gcs",
        "Keras reads and writes gs:// paths itself where TensorFlow is installed.",
        "model.save('gs://...'), without it.",
    ),
]

ROWS: list[Row] = [*NAMES]
