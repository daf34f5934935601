"""Callbacks: names and arguments."""

from kompat.legacy.row import BEFORE_TF, KERAS_1, KERAS_2_2, KERAS_2_3, Row, names

NAMES: list[Row] = [
    *names(
        "keras.callbacks", K="keras.backend", BaseLogger="kompat.legacy.forms.callbacks.BaseLogger"
    ),
]

_C = "keras.callbacks"

ARGUMENTS: list[Row] = [
    Row(
        "argument",
        f"{_C}.ModelCheckpoint",
        "period",
        "period()",
        why="today's save_freq counts batches.",
        old="keras.callbacks.ModelCheckpoint('m.h5', period=5).period",
        new="5",
    ),
    Row(
        "argument",
        f"{_C}.ModelCheckpoint",
        "filepath",
        "filepath()",
        why="today's names must end in .keras, .h5 or .weights.h5.",
        old="keras.callbacks.ModelCheckpoint('best-{epoch}.hdf5').filepath",
        new="'best-{epoch}.hdf5'",
    ),
    Row(
        "default",
        f"{_C}.ModelCheckpoint",
        "file='.weights.h5'",
        "",
        why="the file is named once the callback is made.",
        old="keras.callbacks.ModelCheckpoint('best').filepath",
        new="'best'",
    ),
    Row(
        "argument",
        f"{_C}.ModelCheckpoint",
        "file",
        "filepath",
        why="the file is named once the callback is made.",
        old="keras.callbacks.ModelCheckpoint('best').filepath",
        new="'best'",
    ),
    Row(
        "argument",
        f"{_C}.ReduceLROnPlateau",
        "epsilon",
        "min_delta",
        old="keras.callbacks.ReduceLROnPlateau(epsilon=0.5).min_delta",
        new="0.5",
    ),
    Row(
        "argument",
        f"{_C}.LambdaCallback",
        "on_batch_begin",
        "on_train_batch_begin",
        old="keras.callbacks.LambdaCallback(on_batch_begin=max).on_train_batch_begin",
        new="max",
    ),
    Row(
        "argument",
        f"{_C}.LambdaCallback",
        "on_batch_end",
        "on_train_batch_end",
        old="keras.callbacks.LambdaCallback(on_batch_end=max).on_train_batch_end",
        new="max",
    ),
    Row(
        "positions",
        f"{_C}.LambdaCallback",
        "on_epoch_begin on_epoch_end on_batch_begin on_batch_end on_train_begin on_train_end",
        versions=BEFORE_TF,
        old="keras.callbacks.LambdaCallback(None, None, max).on_train_batch_begin",
        new="max",
    ),
    *(
        Row(
            "argument",
            f"{_C}.TensorBoard",
            name,
            why="TensorBoard of today writes it in other ways, or not at all.",
            old=f"keras.callbacks.TensorBoard('logs', {name}={value}).log_dir",
            new="'logs'",
        )
        for name, value in (
            ("batch_size", "32"),
            ("write_grads", "True"),
            ("embeddings_layer_names", "None"),
            ("embeddings_data", "None"),
        )
    ),
    Row(
        "positions",
        f"{_C}.TensorBoard",
        "log_dir histogram_freq write_graph write_images",
        versions=(KERAS_1,),
        old="keras.callbacks.TensorBoard('logs', 0, False).write_graph",
        new="False",
    ),
    Row(
        "positions",
        f"{_C}.TensorBoard",
        "log_dir histogram_freq batch_size write_graph write_grads write_images embeddings_freq "
        "embeddings_layer_names embeddings_metadata embeddings_data update_freq",
        versions=(KERAS_2_2, KERAS_2_3),
        old="keras.callbacks.TensorBoard('logs', 0, 32, False).write_graph",
        new="False",
    ),
    *(
        Row(
            "argument",
            f"{_C}.ProgbarLogger",
            name,
            why="the bar counts batches.",
            old=f"keras.callbacks.ProgbarLogger({name}=None).seen",
            new="0",
        )
        for name in ("count_mode", "stateful_metrics")
    ),
    Row(
        "argument",
        f"{_C}.CallbackList",
        "queue_length",
        why="Keras no longer measures how long callbacks take.",
        old="keras.callbacks.CallbackList([], queue_length=10).callbacks",
        new="keras.callbacks.CallbackList([]).callbacks",
    ),
    Row(
        "positions",
        f"{_C}.CallbackList",
        "callbacks queue_length",
        versions=BEFORE_TF,
        old="keras.callbacks.CallbackList([], 10).callbacks",
        new="keras.callbacks.CallbackList([]).callbacks",
    ),
]

ROWS: list[Row] = [*NAMES, *ARGUMENTS]
