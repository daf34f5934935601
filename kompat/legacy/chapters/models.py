"""Models, and the engine beneath them: names, arguments and methods."""

from kompat.legacy.row import (
    BEFORE_2_3,
    BEFORE_TF,
    KERAS_1,
    TF_KERAS,
    VERSIONS,
    Row,
    names,
    removed,
)

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
        "optimizer loss metrics loss_weights weighted_metrics run_eagerly",
        versions=(TF_KERAS,),
        old=f"{_ONE}.compile('sgd', 'mse', ['mae'], None, None)",
        new="None",
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
        "default",
        "keras.Model.predict",
        "verbose=0",
        "verbose='auto'",
        why="it printed nothing.",
        old=f"{_ONE}.predict(np.zeros((1, 2)))",
        new="np.zeros((1, 1))",
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

_SINCE_2 = ("2.2", "2.3", "tf")
_FILES = "kompat.legacy.forms.files"
_DATA = "np.arange(8.0).reshape(4, 2)"
_TRAINED = f"(lambda m: (m.compile('sgd', 'mse'), m))({_ONE})[1]"
_BATCHES = "iter([(np.ones((2, 2)), np.ones((2, 1)))] * 9)"
_LAYER = "keras.layers.Layer"


def _method(
    where: str, was: str, now: str, old: str, new: str, why: str = "", versions: tuple = VERSIONS
) -> Row:
    return Row("method", where, was, now, versions, why=why, old=old, new=new)


METHODS: list[Row] = [
    _method(
        "keras.Sequential",
        "add",
        f"{_METHODS}.add",
        "keras.Sequential([keras.layers.Dense(3, input_shape=(4,))]).input_shape",
        "keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]).input_shape",
        "a layer told its shape, as keras.Input does today.",
    ),
    _method(
        "keras.Model",
        "fit_generator",
        f"{_METHODS}.fit_generator",
        f"{_TRAINED}.fit_generator({_BATCHES}, samples_per_epoch=4, epochs=2, verbose=0).epoch",
        "[0, 1]",
        "fit takes generators.",
    ),
    Row(
        "argument",
        f"{_METHODS}.fit_generator",
        "nb_epoch",
        "epochs",
        old=f"{_TRAINED}.fit_generator({_BATCHES}, 2, nb_epoch=2, verbose=0).epoch",
        new="[0, 1]",
    ),
    *(
        Row(
            "argument",
            " ".join(f"{_METHODS}.{name}_generator" for name in ("fit", "evaluate", "predict")),
            was,
            now,
            old=f"{_ONE}.predict_generator(iter([np.zeros((2, 2))]), steps=1, {was}=1)",
            new="np.zeros((2, 1))",
        )
        for was, now in (
            ("max_q_size", "max_queue_size"),
            ("nb_worker", "workers"),
            ("pickle_safe", "use_multiprocessing"),
        )
    ),
    Row(
        "positions",
        f"{_METHODS}.fit_generator",
        "generator samples_per_epoch nb_epoch verbose callbacks validation_data nb_val_samples "
        "class_weight max_q_size nb_worker pickle_safe initial_epoch",
        versions=(KERAS_1,),
        old=f"{_TRAINED}.fit_generator({_BATCHES}, 4, 2, 0).epoch",
        new="[0, 1]",
        why="epochs were counted in samples, not in batches.",
    ),
    *(
        Row(
            "positions",
            f"{_METHODS}.{name}_generator",
            "generator val_samples max_q_size nb_worker pickle_safe",
            versions=(KERAS_1,),
            old=f"len({_ONE}.predict_generator(iter([np.ones((2, 2))] * 9), 4))",
            new="4",
            why="they were counted in samples, not in batches.",
        )
        for name in ("evaluate", "predict")
    ),
    _method(
        "keras.Model",
        "evaluate_generator",
        f"{_METHODS}.evaluate_generator",
        f"{_TRAINED}.evaluate_generator({_BATCHES}, steps=1) >= 0",
        "True",
        "evaluate takes generators.",
    ),
    _method(
        "keras.Model",
        "predict_generator",
        f"{_METHODS}.predict_generator",
        f"{_ONE}.predict_generator(iter([np.zeros((2, 2))] * 9), steps=2)",
        "np.zeros((4, 1))",
        "predict takes generators.",
    ),
    _method(
        "keras.Model",
        "predict_classes",
        f"{_METHODS}.predict_classes",
        "keras.Sequential([keras.layers.Activation('linear')]).predict_classes(np.eye(3))",
        "np.arange(3)",
        "np.argmax(model.predict(x), axis=-1).",
    ),
    _method(
        "keras.Model",
        "predict_proba",
        f"{_METHODS}.predict_proba",
        "keras.Sequential([keras.layers.Activation('linear')]).predict_proba(np.eye(3))",
        "np.eye(3)",
        "predict.",
    ),
    _method(
        "keras.Model",
        "metrics_names",
        f"{_METHODS}.metrics_names",
        f"(lambda m: (m.evaluate({_DATA}, np.ones((4, 1)), verbose=0), m.metrics_names))"
        f"((lambda m: (m.compile('sgd', 'mse', ['mae']), m))({_ONE})[1])[1]",
        "['loss', 'mae']",
        "today's has one name for all that compile was told.",
    ),
    _method(
        "keras.Model",
        "save_weights",
        f"{_FILES}.save_weights",
        f"{_ONE}.save_weights('weights')",
        "None",
        "names of any end are HDF5 as old Keras wrote it.",
    ),
    _method(
        "keras.Model",
        "load_weights",
        f"{_FILES}.load_weights",
        f"(lambda m: (m.save_weights('w.h5'), m.load_weights('w.h5', by_name=True)))({_ONE})[1]",
        "None",
        "files of old Keras are read, whatever their name.",
    ),
    _method(
        "keras.Model",
        "save",
        f"{_FILES}.save",
        f"(lambda m: (m.save('model'), keras.models.load_model('model').output_shape))({_ONE})[1]",
        "(None, 1)",
        "names of any end are HDF5.",
    ),
    _method(
        "keras.models keras.saving",
        "load_model",
        f"{_FILES}.load_model",
        f"(lambda m: (m.save('m'), keras.models.load_model('m').input_shape))({_ONE})[1]",
        "(None, 2)",
        "files of HDF5 are read, whatever their name.",
    ),
    *(
        _method(_LAYER, name, f"{_METHODS}.{name}", f"{_ONE}.layers[0].{name}", new)
        for name, new in (("input_shape", "(None, 2)"), ("output_shape", "(None, 1)"))
    ),
    *(
        _method(_LAYER, name, f"{_METHODS}.{name}", f"len({_ONE}.layers[0].{name})", new)
        for name, new in (("inbound_nodes", "1"), ("outbound_nodes", "0"))
    ),
    *(
        _method(_LAYER, name, f"{_METHODS}.{name}", f"{_ONE}.layers[0].{name}(0){end}", new)
        for name, end, new in (
            ("get_input_at", ".shape", "(None, 2)"),
            ("get_output_at", ".shape", "(None, 1)"),
            ("get_input_shape_at", "", "(None, 2)"),
            ("get_output_shape_at", "", "(None, 1)"),
        )
    ),
    _method(
        _LAYER,
        "get_output_shape_for",
        f"{_METHODS}.get_output_shape_for",
        "keras.layers.Dense(3).get_output_shape_for((None, 4))",
        "keras.layers.Dense(3).compute_output_shape((None, 4))",
    ),
    *(
        _method(
            _LAYER,
            name,
            f"{_METHODS}.{name}",
            f"(lambda l: (setattr(l, {name!r}, [keras.Variable(1.0)]), len(l.{name})))"
            "(keras.layers.Layer())[1]",
            "1",
            "a layer said which variables it has by assigning the list.",
        )
        for name in ("trainable_weights", "non_trainable_weights")
    ),
    _method(
        "keras.KerasTensor",
        "_keras_shape",
        f"{_METHODS}.keras_shape",
        "keras.Input((2,))._keras_shape",
        "(None, 2)",
    ),
    _method(
        "keras.KerasTensor",
        "get_shape",
        f"{_METHODS}.get_shape",
        "keras.Input((2,)).get_shape().as_list()",
        "[None, 2]",
    ),
    _method(
        "keras.Model",
        "reset_states",
        f"{_METHODS}.reset_states_of_layers",
        f"{_ONE}.reset_states()",
        "None",
        "layer.reset_states() of each layer that is stateful.",
    ),
    _method(
        "keras.metrics.Metric",
        "reset_states",
        f"{_METHODS}.reset_states",
        "keras.metrics.Mean().reset_states()",
        "None",
    ),
    _method(
        "keras.optimizers.Optimizer",
        "get_weights",
        f"{_METHODS}.get_weights",
        "len(keras.optimizers.SGD().get_weights())",
        "len(keras.optimizers.SGD().variables)",
    ),
    Row(
        "positions",
        f"{_LAYER}.add_weight",
        "name shape dtype initializer regularizer trainable constraint",
        versions=_SINCE_2,
        translate="a_name",
        old=f"{_LAYER}().add_weight('w', (2,), 'float32', 'ones').name",
        new="'w'",
    ),
    Row(
        "positions",
        f"{_LAYER}.add_weight",
        "shape initializer name trainable regularizer constraint",
        versions=(KERAS_1,),
        old=f"{_LAYER}().add_weight((2,), 'one', 'w').name",
        new="'w'",
    ),
    Row(
        "argument",
        f"{_LAYER}.add_weight",
        "initializer",
        "initializer",
        translate="initializer",
        why="a function of Keras 1 makes a variable of a shape.",
        old=f"{_LAYER}().add_weight(shape=(2,), initializer=lambda s, name=None: np.ones(s))"
        ".numpy()",
        new="np.ones(2)",
    ),
    Row(
        "argument",
        f"{_LAYER}.add_loss",
        "losses",
        "loss",
        old=f"{_LAYER}().add_loss(losses=[])",
        new="None",
    ),
    Row(
        "argument",
        f"{_LAYER}.add_loss",
        "inputs",
        why="nobody has to be told what a loss depends on.",
        old=f"{_LAYER}().add_loss([], inputs=None)",
        new="None",
    ),
]

ROWS: list[Row] = [*NAMES, *ARGUMENTS, *METHODS]
