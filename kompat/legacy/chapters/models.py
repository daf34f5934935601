"""Models, and the engine beneath them: names, arguments and methods."""

from kompat.legacy.row import BEFORE_2_3, BEFORE_TF, KERAS_1, Row, names, removed

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
        slice_X=f"{_TOPOLOGY}.slice_X",
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

_METHODS = "kompat.legacy.forms.methods"

_MODEL = "keras.Model keras.src.models.functional.Functional"
_ONE = "keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])"

ARGUMENTS: list[Row] = [
    Row(
        "argument",
        _MODEL,
        "input",
        "inputs",
        old="(lambda x: keras.Model(input=x, output=x))(keras.Input((2,))).input_shape",
        new="(lambda x: keras.Model(inputs=x, outputs=x))(keras.Input((2,))).input_shape",
    ),
    Row(
        "argument",
        _MODEL,
        "output",
        "outputs",
        old="(lambda x: keras.Model(x, output=x))(keras.Input((2,))).output_shape",
        new="(lambda x: keras.Model(x, x))(keras.Input((2,))).output_shape",
    ),
    Row(
        "argument",
        "keras.Model.compile",
        "optimizer",
        "optimizer",
        translate="optimizer",
        numbers=True,
        why="a name stands for the defaults of its version.",
        versions=BEFORE_TF,
        old=f"(lambda m: (m.compile('adadelta'), float(m.optimizer.learning_rate)))({_ONE})[1]",
        new="1.0",
    ),
    Row(
        "argument",
        "keras.Model.compile",
        "metrics",
        "metrics",
        BEFORE_2_3,
        "accuracy_as_acc",
        why="the logs and the history have acc and val_acc.",
        old=f"(lambda m: (m.compile('sgd', 'mse', metrics=['accuracy']), m.fit(np.ones((1, 2)), "
        f"np.ones((1, 1)), verbose=0)))({_ONE})[1].history.keys() - {{'loss'}}",
        new="{'acc'}",
    ),
    *(
        Row(
            "argument",
            "keras.Model.compile",
            name,
            why=why,
            versions=BEFORE_TF,
            old=f"{_ONE}.compile('sgd', 'mse', {name}=None)",
            new="None",
        )
        for name, why in (
            ("sample_weight_mode", "weights of any shape are taken."),
            ("target_tensors", "fit takes the targets."),
        )
    ),
    Row(
        "positions",
        "keras.Model.compile",
        "optimizer loss metrics loss_weights sample_weight_mode weighted_metrics target_tensors",
        versions=BEFORE_TF,
        old=f"{_ONE}.compile('sgd', 'mse', ['mae'], None, None)",
        new="None",
    ),
    Row(
        "argument",
        "keras.Model.fit",
        "nb_epoch",
        "epochs",
        old=f"(lambda m: (m.compile('sgd', 'mse'), m.fit(np.ones((1, 2)), np.ones((1, 1)), "
        f"nb_epoch=3, verbose=0)))({_ONE})[1].epoch",
        new="[0, 1, 2]",
    ),
    *(
        Row(
            "argument",
            "keras.Model.fit keras.Model.evaluate keras.Model.predict",
            name,
            why="a keras.utils.PyDataset says it for itself.",
            old=f"{_ONE}.predict(np.zeros((1, 2)), verbose=0, {name}=1)",
            new="np.zeros((1, 1))",
        )
        for name in ("max_queue_size", "workers", "use_multiprocessing")
    ),
    Row(
        "argument",
        "keras.Model.train_on_batch keras.Model.test_on_batch",
        "reset_metrics",
        why="model.reset_metrics() does it.",
        old=f"{_ONE}.train_on_batch.__name__",
        new="'train_on_batch'",
    ),
    Row(
        "positions",
        "keras.Model.train_on_batch",
        "x y class_weight sample_weight",
        versions=(KERAS_1,),
        old=f"{_ONE}.train_on_batch.__name__",
        new="'train_on_batch'",
    ),
]

METHODS: list[Row] = [
    Row(
        "method",
        "keras.Sequential",
        "add",
        f"{_METHODS}.add",
        why="a layer told its shape, as keras.Input does today.",
        old="keras.Sequential([keras.layers.Dense(3, input_shape=(4,))]).input_shape",
        new="keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]).input_shape",
    ),
]

ROWS: list[Row] = [*NAMES, *ARGUMENTS, *METHODS]
