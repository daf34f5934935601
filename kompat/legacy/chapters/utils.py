"""Utilities: names and arguments."""

from kompat.legacy.row import BEFORE_TF, Row, names, removed

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


def _renamed(name: str, was: str, now: str, old: str, new: str, why: str = "") -> Row:
    return Row("argument", f"keras.utils.{name}", was, now, why=why, old=old, new=new)


_ONE_HOT = "np.array([[0.0, 1.0, 0.0]])"

ARGUMENTS: list[Row] = [
    _renamed(
        "to_categorical", "y", "x", "keras.utils.to_categorical(y=[1], num_classes=3)", _ONE_HOT
    ),
    _renamed(
        "to_categorical",
        "nb_classes",
        "num_classes",
        "keras.utils.np_utils.to_categorical([1], nb_classes=3)",
        _ONE_HOT,
    ),
    _renamed(
        "to_categorical",
        "dtype",
        "",
        "keras.utils.to_categorical([1], 3, dtype='float32')",
        _ONE_HOT,
        "layers take any dtype.",
    ),
    Row(
        "positions",
        "keras.utils.to_categorical",
        "y num_classes dtype",
        old="keras.utils.to_categorical([1], 3, 'int32')",
        new=_ONE_HOT,
    ),
    _renamed(
        "normalize",
        "a",
        "x",
        "keras.utils.normalize(a=np.array([[3.0, 4.0]]))",
        "np.array([[0.6, 0.8]])",
    ),
    Row(
        "positions",
        "keras.utils.plot_model",
        "model to_file show_shapes show_layer_names rankdir expand_nested dpi",
        versions=BEFORE_TF,
        old="keras.utils.vis_utils.plot_model.__name__",
        new="'plot_model'",
    ),
    Row(
        "positions",
        "keras.utils.model_to_dot",
        "model show_shapes show_layer_names rankdir expand_nested dpi subgraph",
        versions=BEFORE_TF,
        old="keras.utils.vis_utils.model_to_dot.__name__",
        new="'model_to_dot'",
    ),
    *(
        Row(
            "argument",
            "keras.utils.get_source_inputs",
            name,
            why="a tensor knows its layer.",
            old=f"len(keras.utils.get_source_inputs(keras.Input((2,)), {name}=None))",
            new="1",
        )
        for name in ("layer", "node_index")
    ),
    Row(
        "argument",
        "keras.utils.serialize_keras_object",
        "instance",
        "obj",
        old="keras.utils.serialize_keras_object(instance=3)",
        new="3",
    ),
    Row(
        "argument",
        "keras.utils.deserialize_keras_object",
        "identifier",
        "config",
        old="keras.utils.deserialize_keras_object(identifier=3)",
        new="3",
    ),
    Row(
        "argument",
        "keras.utils.deserialize_keras_object",
        "printable_module_name",
        why="an error names the object itself.",
        old="keras.utils.deserialize_keras_object(3, printable_module_name='a layer')",
        new="3",
    ),
    Row(
        "argument",
        "keras.utils.deserialize_keras_object",
        "module_objects",
        "custom_objects",
        old="keras.utils.deserialize_keras_object(3, module_objects={})",
        new="3",
    ),
    Row(
        "argument",
        f"{_ARRAYS}.conv_output_length {_ARRAYS}.conv_input_length",
        "border_mode",
        "padding",
        old="keras.utils.np_utils.conv_output_length(9, 3, border_mode='valid', stride=2)",
        new="4",
    ),
    Row(
        "argument",
        "keras.src.utils.file_utils.validate_file",
        "md5_hash",
        "file_hash",
        old="keras.utils.data_utils.validate_file.__name__",
        new="'validate_file'",
    ),
    Row(
        "refused",
        f"{_TOPOLOGY}.print_summary",
        "layers",
        why="a summary is that of a model.",
        mend="model.summary().",
        old="keras.utils.layer_utils.print_summary(layers=[keras.layers.Dense(1)])",
    ),
    Row(
        "refused",
        f"{_TOPOLOGY}.print_summary",
        "relevant_nodes",
        why="a summary is that of a whole model.",
        mend="model.summary().",
        old="keras.utils.layer_utils.print_summary(None, relevant_nodes=[1])",
    ),
    Row(
        "argument",
        "keras.utils.Progbar.update",
        "force",
        why="the bar is drawn when it is complete.",
        old="keras.utils.Progbar(2, verbose=0).update(1, force=True)",
        new="None",
    ),
]

ROWS: list[Row] = [*NAMES, *ARGUMENTS]
