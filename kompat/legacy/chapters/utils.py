"""Utilities: names and arguments."""

from kompat.legacy.row import Row, names, removed

_ARRAYS = "kompat.legacy.forms.arrays"
_TOPOLOGY = "kompat.legacy.forms.topology"

NAMES: list[Row] = [
    *names(
        "keras.utils",
        binary_logloss=f"{_ARRAYS}.binary_logloss",
        multiclass_logloss=f"{_ARRAYS}.multiclass_logloss",
        accuracy=f"{_ARRAYS}.accuracy",
        probas_to_classes=f"{_ARRAYS}.probas_to_classes",
        categorical_probas_to_classes=f"{_ARRAYS}.categorical_probas_to_classes",
        convert_kernel=f"{_ARRAYS}.convert_kernel",
        conv_output_length=f"{_ARRAYS}.conv_output_length",
        conv_input_length=f"{_ARRAYS}.conv_input_length",
        deconv_length=f"{_ARRAYS}.deconv_length",
        normalize_tuple=f"{_ARRAYS}.normalize_tuple",
        normalize_padding=f"{_ARRAYS}.normalize_padding",
        transpose_shape=f"{_ARRAYS}.transpose_shape",
        save_array=f"{_ARRAYS}.save_array",
        load_array=f"{_ARRAYS}.load_array",
        HDF5Matrix="kompat.legacy.forms.hdf5.HDF5Matrix",
        slice_arrays=f"{_TOPOLOGY}.slice_arrays",
        to_list=f"{_TOPOLOGY}.to_list",
        object_list_uid=f"{_TOPOLOGY}.object_list_uid",
        unpack_singleton=f"{_TOPOLOGY}.unpack_singleton",
        is_all_none=f"{_TOPOLOGY}.is_all_none",
        has_arg=f"{_TOPOLOGY}.has_arg",
        getargspec=f"{_TOPOLOGY}.getargspec",
        get_from_module=f"{_TOPOLOGY}.get_from_module",
        make_tuple=f"{_TOPOLOGY}.make_tuple",
        layer_from_config=f"{_TOPOLOGY}.layer_from_config",
        print_summary=f"{_TOPOLOGY}.print_summary",
        count_params=f"{_TOPOLOGY}.count_params",
        count_total_params=f"{_TOPOLOGY}.count_total_params",
        multi_gpu_model=f"{_TOPOLOGY}.multi_gpu_model",
        is_model=f"{_TOPOLOGY}.is_model",
        is_wrapped_model=f"{_TOPOLOGY}.is_wrapped_model",
        func_dump="keras.src.utils.python_utils.func_dump",
        func_load="keras.src.utils.python_utils.func_load",
        validate_file="keras.src.utils.file_utils.validate_file",
        ask_to_proceed_with_overwrite="keras.src.utils.io_utils.ask_to_proceed_with_overwrite",
        plot="keras.utils.plot_model",
    ),
    *removed(
        "keras.utils",
        "SequenceEnqueuer OrderedEnqueuer GeneratorEnqueuer init_pool init_pool_generator "
        "get_index next_sample",
        "Keras reads generators itself, and objects of keras.utils.PyDataset in parallel.",
        "pass the generator to fit, or a keras.utils.PyDataset(workers=2).",
    ),
    *removed(
        "keras.utils",
        "convert_all_kernels_in_model convert_dense_weights_data_format",
        "it turned weights of Theano round, which Keras no longer runs on.",
        "turn the kernels round once and save them: kernel[::-1, ::-1] of a Conv2D.",
    ),
    *removed(
        "keras.utils",
        "H5Dict h5dict load_from_binary_h5py save_to_binary_h5py",
        "models are saved in other ways.",
        "model.save('model.keras'), or h5py itself.",
    ),
    *removed(
        "keras.utils",
        "check_for_unexpected_keys add_edge",
        "this was an inner step of Keras.",
        "keras.utils.plot_model(model), which draws all of it.",
    ),
]

ROWS: list[Row] = [*NAMES]
