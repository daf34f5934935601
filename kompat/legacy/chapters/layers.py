"""Layers: their names, arguments and defaults."""

from kompat.legacy.row import (
    BEFORE_2_3,
    BEFORE_TF,
    KERAS_1,
    KERAS_2_2,
    KERAS_2_3,
    VERSIONS,
    Row,
    names,
    removed,
)

_FORMS = "kompat.legacy.forms"
_DENSE = f"{_FORMS}.dense"
_CONVOLUTIONAL = f"{_FORMS}.convolutional"

NAMES: list[Row] = [
    *names(
        "keras.layers",
        Deconvolution2D="keras.layers.Conv2DTranspose",
        Deconv2D="keras.layers.Conv2DTranspose",
        Deconvolution3D="keras.layers.Conv3DTranspose",
        Deconv3D="keras.layers.Conv3DTranspose",
        AtrousConvolution1D=f"{_CONVOLUTIONAL}.AtrousConvolution1D",
        AtrousConvolution2D=f"{_CONVOLUTIONAL}.AtrousConvolution2D",
        AtrousConv1D=f"{_CONVOLUTIONAL}.AtrousConvolution1D",
        AtrousConv2D=f"{_CONVOLUTIONAL}.AtrousConvolution2D",
        LocallyConnected1D=f"{_CONVOLUTIONAL}.LocallyConnected1D",
        LocallyConnected2D=f"{_CONVOLUTIONAL}.LocallyConnected2D",
        MaxoutDense=f"{_DENSE}.MaxoutDense",
        Highway=f"{_DENSE}.Highway",
        TimeDistributedDense=f"{_DENSE}.TimeDistributedDense",
        ParametricSoftplus=f"{_DENSE}.ParametricSoftplus",
        SReLU=f"{_DENSE}.SReLU",
        Merge=f"{_FORMS}.merging.Merge",
        merge=f"{_FORMS}.merging.merge",
        CuDNNGRU=f"{_FORMS}.recurrent.CuDNNGRU",
        CuDNNLSTM=f"{_FORMS}.recurrent.CuDNNLSTM",
        ConvLSTM2DCell=f"{_FORMS}.recurrent.ConvLSTM2DCell",
        time_distributed_dense=f"{_FORMS}.recurrent.time_distributed_dense",
        deserialize_keras_object="keras.saving.deserialize_keras_object",
    ),
    *removed(
        "keras.layers",
        "Recurrent ConvRecurrent2D ConvRNN2D",
        "Keras keeps the step of a recurrent layer in a cell of its own.",
        "write a cell with `call(inputs, states)` and `state_size`: keras.layers.RNN(cell).",
    ),
]

_L = "keras.layers"


def _classes(text: str) -> str:
    """The addresses of layers."""
    return " ".join(name if "." in name else f"{_L}.{name}" for name in text.split())


_LOCAL = f"{_CONVOLUTIONAL}.LocallyConnected1D {_CONVOLUTIONAL}.LocallyConnected2D"
_CONVOLUTIONS = f"Conv1D Conv2D Conv3D Conv2DTranspose Conv3DTranspose {_LOCAL}"
_DENSES = f"Dense {_DENSE}.MaxoutDense {_DENSE}.Highway"
_RECURRENT = "SimpleRNN GRU LSTM ConvLSTM2D"
_WITH_BIAS = f"{_CONVOLUTIONS} {_DENSES} {_RECURRENT}"
_POOLS_1D = "MaxPooling1D AveragePooling1D"
_POOLS = f"{_POOLS_1D} MaxPooling2D AveragePooling2D MaxPooling3D AveragePooling3D"
_IN_PLANES = (
    "UpSampling2D UpSampling3D ZeroPadding2D ZeroPadding3D Cropping2D Cropping3D SpatialDropout2D "
    "SpatialDropout3D MaxPooling2D AveragePooling2D MaxPooling3D AveragePooling3D "
    "GlobalMaxPooling2D GlobalAveragePooling2D GlobalMaxPooling3D GlobalAveragePooling3D"
)
_ACTIVATED = "Activation Dense Conv1D Conv2D Conv3D SimpleRNN GRU LSTM ConvLSTM2D GRUCell LSTMCell"
_GATED = "GRU LSTM ConvLSTM2D GRUCell LSTMCell"


def _renamed(classes: str, was: str, now: str, old: str, new: str, translate: str = "") -> Row:
    return Row(
        "argument",
        _classes(classes),
        was,
        now,
        translate=translate,
        old=f"keras.layers.{old}",
        new=f"keras.layers.{new}",
    )


ARGUMENTS: list[Row] = [
    _renamed(
        f"Dense {_DENSE}.MaxoutDense SimpleRNN GRU LSTM",
        "output_dim",
        "units",
        "Dense(output_dim=3)",
        "Dense(3)",
    ),
    _renamed(
        _WITH_BIAS,
        "init",
        "kernel_initializer",
        "Dense(3, init='normal')",
        "Dense(3, kernel_initializer='normal')",
        "initializer",
    ),
    _renamed(
        _WITH_BIAS,
        "W_regularizer",
        "kernel_regularizer",
        "Dense(3, W_regularizer='l2')",
        "Dense(3, kernel_regularizer='l2')",
    ),
    _renamed(
        f"{_WITH_BIAS} SeparableConv2D",
        "b_regularizer",
        "bias_regularizer",
        "Dense(3, b_regularizer='l2')",
        "Dense(3, bias_regularizer='l2')",
    ),
    _renamed(
        _WITH_BIAS,
        "W_constraint",
        "kernel_constraint",
        "Dense(3, W_constraint='non_neg')",
        "Dense(3, kernel_constraint='non_neg')",
    ),
    _renamed(
        f"{_WITH_BIAS} SeparableConv2D",
        "b_constraint",
        "bias_constraint",
        "Dense(3, b_constraint='non_neg')",
        "Dense(3, bias_constraint='non_neg')",
    ),
    _renamed(
        f"{_WITH_BIAS} SeparableConv2D",
        "bias",
        "use_bias",
        "Dense(3, bias=False)",
        "Dense(3, use_bias=False)",
    ),
    _renamed(
        f"{_CONVOLUTIONS} SeparableConv2D ConvLSTM2D",
        "nb_filter",
        "filters",
        "Conv2D(nb_filter=8, kernel_size=3)",
        "Conv2D(8, 3)",
    ),
    _renamed(
        f"Conv2D Conv2DTranspose SeparableConv2D ConvLSTM2D {_CONVOLUTIONAL}.LocallyConnected2D",
        "nb_row nb_col",
        "kernel_size",
        "Conv2D(8, nb_row=3, nb_col=5)",
        "Conv2D(8, (3, 5))",
        "together",
    ),
    _renamed(
        "Conv3D",
        "kernel_dim1 kernel_dim2 kernel_dim3",
        "kernel_size",
        "Conv3D(8, kernel_dim1=1, kernel_dim2=2, kernel_dim3=3)",
        "Conv3D(8, (1, 2, 3))",
        "together",
    ),
    _renamed(
        f"Conv1D {_CONVOLUTIONAL}.LocallyConnected1D",
        "filter_length",
        "kernel_size",
        "Conv1D(8, filter_length=3)",
        "Conv1D(8, 3)",
    ),
    _renamed(
        f"Conv1D {_CONVOLUTIONAL}.LocallyConnected1D",
        "subsample_length",
        "strides",
        "Conv1D(8, 3, subsample_length=2)",
        "Conv1D(8, 3, strides=2)",
    ),
    _renamed(
        f"{_CONVOLUTIONS} SeparableConv2D ConvLSTM2D",
        "subsample",
        "strides",
        "Conv2D(8, (3, 3), subsample=(2, 2))",
        "Conv2D(8, (3, 3), strides=(2, 2))",
    ),
    _renamed(
        f"{_CONVOLUTIONS} SeparableConv2D ConvLSTM2D {_POOLS}",
        "border_mode",
        "padding",
        "Conv2D(8, (3, 3), border_mode='same')",
        "Conv2D(8, (3, 3), padding='same')",
        "padding",
    ),
    _renamed(
        f"{_CONVOLUTIONS} SeparableConv2D ConvLSTM2D {_IN_PLANES}",
        "dim_ordering",
        "data_format",
        "Conv2D(8, (3, 3), dim_ordering='th')",
        "Conv2D(8, (3, 3), data_format='channels_first')",
        "data_format",
    ),
    _renamed(
        f"{_CONVOLUTIONAL}.AtrousConvolution1D {_CONVOLUTIONAL}.AtrousConvolution2D",
        "atrous_rate",
        "dilation_rate",
        "AtrousConvolution2D(8, 3, 3, atrous_rate=(2, 2))",
        "Conv2D(8, (3, 3), dilation_rate=(2, 2))",
    ),
    Row(
        "argument",
        _classes("Conv2DTranspose"),
        "output_shape",
        why="the shape follows from the inputs.",
        old="keras.layers.Deconvolution2D(8, (3, 3), output_shape=(None, 9, 9, 8))",
        new="keras.layers.Conv2DTranspose(8, (3, 3))",
    ),
    _renamed(
        _POOLS_1D,
        "pool_length",
        "pool_size",
        "MaxPooling1D(pool_length=3)",
        "MaxPooling1D(pool_size=3)",
    ),
    _renamed(
        _POOLS_1D,
        "stride",
        "strides",
        "MaxPooling1D(2, stride=1)",
        "MaxPooling1D(2, strides=1)",
    ),
    _renamed("UpSampling1D", "length", "size", "UpSampling1D(length=3)", "UpSampling1D(size=3)"),
    _renamed(
        "Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D GaussianDropout",
        "p",
        "rate",
        "Dropout(p=0.25)",
        "Dropout(rate=0.25)",
    ),
    _renamed(
        "GaussianNoise",
        "sigma",
        "stddev",
        "GaussianNoise(sigma=0.1)",
        "GaussianNoise(stddev=0.1)",
    ),
    _renamed(
        "LeakyReLU",
        "alpha",
        "negative_slope",
        "LeakyReLU(alpha=0.1)",
        "LeakyReLU(negative_slope=0.1)",
    ),
    _renamed(
        "PReLU",
        "init",
        "alpha_initializer",
        "PReLU(init='one')",
        "PReLU(alpha_initializer='one')",
        "initializer",
    ),
    _renamed(
        _RECURRENT,
        "inner_init",
        "recurrent_initializer",
        "LSTM(3, inner_init='glorot_uniform', recurrent_activation='sigmoid')",
        "LSTM(3, recurrent_initializer='glorot_uniform')",
        "initializer",
    ),
    _renamed(
        "GRU LSTM ConvLSTM2D",
        "inner_activation",
        "recurrent_activation",
        "LSTM(3, inner_activation='sigmoid')",
        "LSTM(3, recurrent_activation='sigmoid')",
    ),
    _renamed(
        "LSTM ConvLSTM2D",
        "forget_bias_init",
        "unit_forget_bias",
        "LSTM(3, forget_bias_init='zero', recurrent_activation='sigmoid')",
        "LSTM(3, unit_forget_bias=False)",
        "forget_bias",
    ),
    _renamed(
        _RECURRENT,
        "U_regularizer",
        "recurrent_regularizer",
        "SimpleRNN(3, U_regularizer='l1')",
        "SimpleRNN(3, recurrent_regularizer='l1')",
    ),
    _renamed(
        _RECURRENT,
        "dropout_W",
        "dropout",
        "SimpleRNN(3, dropout_W=0.5)",
        "SimpleRNN(3, dropout=0.5)",
    ),
    _renamed(
        _RECURRENT,
        "dropout_U",
        "recurrent_dropout",
        "SimpleRNN(3, dropout_U=0.5)",
        "SimpleRNN(3, recurrent_dropout=0.5)",
    ),
    Row(
        "argument",
        _classes(f"{_RECURRENT} GRUCell LSTMCell SimpleRNNCell"),
        "consume_less",
        why="the engine chooses how to compute it.",
        old="keras.layers.SimpleRNN(3, consume_less='gpu')",
        new="keras.layers.SimpleRNN(3)",
    ),
    Row(
        "argument",
        _classes(f"{_RECURRENT} GRUCell LSTMCell SimpleRNNCell"),
        "implementation",
        why="the engine chooses how to compute it.",
        old="keras.layers.SimpleRNN(3, implementation=2)",
        new="keras.layers.SimpleRNN(3)",
    ),
    _renamed(
        f"{_RECURRENT} Conv1D {_CONVOLUTIONAL}.LocallyConnected1D",
        "input_length input_dim",
        "input_shape()",
        "SimpleRNN(3, input_length=10, input_dim=4).batch_input_shape",
        "InputLayer((10, 4)).batch_shape",
        "input_shape",
    ),
    _renamed(
        f"{_DENSE}.TimeDistributedDense",
        "input_length input_dim",
        "input_shape()",
        "TimeDistributedDense(3, input_length=10, input_dim=4).batch_input_shape",
        "InputLayer((10, 4)).batch_shape",
        "input_shape",
    ),
    _renamed(
        "Embedding",
        "input_length",
        "input_shape()",
        "Embedding(9, 2, input_length=5).batch_input_shape",
        "InputLayer((5,)).batch_shape",
        "one_axis",
    ),
    _renamed(
        "Embedding",
        "init",
        "embeddings_initializer",
        "Embedding(9, 2, init='normal')",
        "Embedding(9, 2, embeddings_initializer='normal')",
        "initializer",
    ),
    _renamed(
        "Embedding",
        "W_regularizer",
        "embeddings_regularizer",
        "Embedding(9, 2, W_regularizer='l2')",
        "Embedding(9, 2, embeddings_regularizer='l2')",
    ),
    _renamed(
        "Embedding",
        "W_constraint",
        "embeddings_constraint",
        "Embedding(9, 2, W_constraint='non_neg')",
        "Embedding(9, 2, embeddings_constraint='non_neg')",
    ),
    Row(
        "refused",
        _classes("Embedding"),
        "dropout",
        why="Keras 2 removed the dropout of whole words.",
        mend="keras.layers.SpatialDropout1D(rate) after the layer.",
        old="keras.layers.Embedding(9, 2, dropout=0.2)",
    ),
    _renamed(
        "BatchNormalization",
        "beta_init",
        "beta_initializer",
        "BatchNormalization(beta_init='one')",
        "BatchNormalization(beta_initializer='one')",
        "initializer",
    ),
    _renamed(
        "BatchNormalization",
        "gamma_init",
        "gamma_initializer",
        "BatchNormalization(gamma_init='zero')",
        "BatchNormalization(gamma_initializer='zero')",
        "initializer",
    ),
    Row(
        "refused",
        _classes("BatchNormalization"),
        "mode",
        why="Keras 2 has only mode=0, over the features of an axis.",
        mend="keras.layers.LayerNormalization() for mode=1; leave the argument away for mode=2.",
        old="keras.layers.BatchNormalization(mode=1)",
    ),
    _renamed(
        _ACTIVATED,
        "activation",
        "activation",
        "Activation('hard_sigmoid')(np.array([[1.0]]))",
        "Activation(lambda x: 0.2 * x + 0.5)(np.array([[1.0]]))",
        "activation",
    ),
    _renamed(
        _GATED,
        "recurrent_activation",
        "recurrent_activation",
        "LSTM(1, recurrent_activation='hard_sigmoid').recurrent_activation(np.ones(1))",
        "Activation(lambda x: 0.2 * x + 0.5)(np.ones(1))",
        "activation",
    ),
    Row(
        "argument",
        f"{_L}.Layer",
        "input_shape",
        "input_shape()",
        translate="one_axis",
        old="keras.Sequential([keras.layers.Dense(3, input_shape=(4,))]).output_shape",
        new="keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]).output_shape",
    ),
    Row(
        "argument",
        f"{_L}.Layer",
        "input_dim",
        "input_shape()",
        translate="one_axis",
        old="keras.Sequential([keras.layers.Dense(3, input_dim=4)]).output_shape",
        new="keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]).output_shape",
    ),
    Row(
        "argument",
        f"{_L}.Layer",
        "batch_input_shape",
        "batch_input_shape()",
        old="keras.Sequential([keras.layers.Dense(3, batch_input_shape=(2, 4))]).output_shape",
        new="keras.Sequential([keras.Input(batch_shape=(2, 4)), keras.layers.Dense(3)])"
        ".output_shape",
    ),
    Row(
        "argument",
        f"{_L}.Layer",
        "weights",
        "weights()",
        old="keras.layers.Dense(1, weights=[np.ones((2, 1)), np.ones(1)])(np.ones((1, 2)))",
        new="np.full((1, 1), 3)",
    ),
    Row(
        "argument",
        f"{_L}.Layer",
        "input_dtype",
        why="a layer takes any dtype, and Input says which.",
        old="keras.layers.Dense(3, input_dtype='float32')",
        new="keras.layers.Dense(3)",
    ),
    _renamed(
        "InputLayer",
        "input_shape",
        "shape",
        "InputLayer(input_shape=(4,))",
        "InputLayer(shape=(4,))",
    ),
    _renamed(
        "InputLayer",
        "batch_input_shape",
        "batch_shape",
        "InputLayer(batch_input_shape=(2, 4))",
        "InputLayer(batch_shape=(2, 4))",
    ),
    _renamed(
        "InputLayer",
        "input_dtype",
        "dtype",
        "InputLayer((4,), input_dtype='int32')",
        "InputLayer((4,), dtype='int32')",
    ),
]

_AFTER_INIT = "W_regularizer b_regularizer activity_regularizer W_constraint b_constraint bias"
_AFTER_SIZES_1D = f"init activation weights border_mode subsample_length {_AFTER_INIT}"
_AFTER_ACTIVATION_2 = (
    "activation use_bias kernel_initializer bias_initializer kernel_regularizer bias_regularizer "
    "activity_regularizer kernel_constraint bias_constraint"
)
_RECURRENT_2 = (
    "use_bias kernel_initializer recurrent_initializer bias_initializer {forget}kernel_regularizer "
    "recurrent_regularizer bias_regularizer {activity}kernel_constraint recurrent_constraint "
    "bias_constraint dropout recurrent_dropout implementation"
)
_OF_LAYERS = "return_sequences return_state go_backwards stateful unroll"
_ROWS_AND_COLUMNS = "nb_filter nb_row"
_KERAS_1 = (KERAS_1,)
_KERAS_2 = (KERAS_2_2, KERAS_2_3)


def _order(classes: str, order: str, versions: tuple[str, ...], old: str, new: str) -> Row:
    return Row(
        "positions",
        _classes(classes),
        order,
        versions=versions,
        old=f"keras.layers.{old}",
        new=f"keras.layers.{new}",
        translate="an_integer" if order.startswith(_ROWS_AND_COLUMNS) else "",
    )


POSITIONS: list[Row] = [
    _order(
        f"Dense {_DENSE}.TimeDistributedDense",
        f"output_dim init activation weights {_AFTER_INIT} input_dim input_length",
        _KERAS_1,
        "Dense(3, 'normal', 'relu')",
        "Dense(3, 'relu', kernel_initializer='normal')",
    ),
    _order(
        f"{_DENSE}.MaxoutDense",
        f"output_dim nb_feature init weights {_AFTER_INIT} input_dim",
        _KERAS_1,
        "MaxoutDense(3, 2, 'normal').nb_feature",
        "Dense(2).units",
    ),
    _order(
        f"{_DENSE}.Highway",
        f"init activation weights {_AFTER_INIT} input_dim",
        _KERAS_1,
        "Highway('normal', 'relu').activation.__name__",
        "Activation('relu').activation.__name__",
    ),
    _order(
        f"Conv1D {_CONVOLUTIONAL}.LocallyConnected1D",
        f"nb_filter filter_length {_AFTER_SIZES_1D} input_dim input_length",
        _KERAS_1,
        "Convolution1D(8, 3, 'normal', 'relu')",
        "Conv1D(8, 3, kernel_initializer='normal', activation='relu')",
    ),
    _order(
        f"{_CONVOLUTIONAL}.AtrousConvolution1D",
        "nb_filter filter_length init activation weights border_mode subsample_length "
        f"atrous_rate {_AFTER_INIT}",
        _KERAS_1,
        "AtrousConvolution1D(8, 3, 'normal', 'relu')",
        "Conv1D(8, 3, kernel_initializer='normal', activation='relu')",
    ),
    _order(
        f"Conv2D {_CONVOLUTIONAL}.LocallyConnected2D",
        "nb_filter nb_row nb_col init activation weights border_mode subsample dim_ordering "
        f"{_AFTER_INIT}",
        _KERAS_1,
        "Convolution2D(8, 3, 5, 'normal', 'relu')",
        "Conv2D(8, (3, 5), kernel_initializer='normal', activation='relu')",
    ),
    _order(
        f"{_CONVOLUTIONAL}.AtrousConvolution2D",
        "nb_filter nb_row nb_col init activation weights border_mode subsample atrous_rate "
        f"dim_ordering {_AFTER_INIT}",
        VERSIONS,
        "AtrousConvolution2D(8, 3, 5, 'normal', 'relu')",
        "Conv2D(8, (3, 5), kernel_initializer='normal', activation='relu')",
    ),
    _order(
        "Conv2DTranspose",
        "nb_filter nb_row nb_col output_shape init activation weights border_mode subsample "
        f"dim_ordering {_AFTER_INIT}",
        _KERAS_1,
        "Deconvolution2D(8, 3, 5, (None, 9, 9, 8), 'normal', 'relu')",
        "Conv2DTranspose(8, (3, 5), kernel_initializer='normal', activation='relu')",
    ),
    _order(
        "SeparableConv2D",
        "nb_filter nb_row nb_col init activation weights border_mode subsample depth_multiplier "
        "dim_ordering depthwise_regularizer pointwise_regularizer b_regularizer "
        "activity_regularizer depthwise_constraint pointwise_constraint b_constraint bias",
        _KERAS_1,
        "SeparableConvolution2D(8, 3, 5)",
        "SeparableConv2D(8, (3, 5))",
    ),
    _order(
        "Conv3D",
        "nb_filter kernel_dim1 kernel_dim2 kernel_dim3 init activation weights border_mode "
        f"subsample dim_ordering {_AFTER_INIT}",
        _KERAS_1,
        "Convolution3D(8, 1, 2, 3)",
        "Conv3D(8, (1, 2, 3))",
    ),
    Row(
        "positions",
        _classes("Conv2D Conv2DTranspose SeparableConv2D"),
        "filters nb_row nb_col",
        versions=_KERAS_2,
        translate="two_integers",
        old="keras.layers.Conv2D(8, 3, 5)",
        new="keras.layers.Conv2D(8, (3, 5))",
    ),
    _order(
        "Conv1D Conv2D Conv3D",
        f"filters kernel_size strides padding data_format dilation_rate {_AFTER_ACTIVATION_2}",
        _KERAS_2,
        "Conv2D(8, (3, 3), (1, 1), 'same', None, (1, 1), 'relu')",
        "Conv2D(8, (3, 3), (1, 1), 'same', activation='relu')",
    ),
    _order(
        "Conv3DTranspose",
        f"filters kernel_size strides padding output_padding data_format {_AFTER_ACTIVATION_2}",
        _KERAS_2,
        "Conv3DTranspose(8, 3, 1, 'same', None)",
        "Conv3DTranspose(8, 3, 1, 'same')",
    ),
    _order(
        "DepthwiseConv2D",
        "kernel_size strides padding depth_multiplier data_format activation use_bias "
        "depthwise_initializer bias_initializer depthwise_regularizer bias_regularizer "
        "activity_regularizer depthwise_constraint bias_constraint",
        (KERAS_2_2,),
        "DepthwiseConv2D(3, 1, 'same', 2, None, 'relu')",
        "DepthwiseConv2D(3, 1, 'same', 2, activation='relu')",
    ),
    _order("UpSampling1D", "length", _KERAS_1, "UpSampling1D(3)", "UpSampling1D(size=3)"),
    _order(
        _POOLS_1D,
        "pool_length stride border_mode",
        _KERAS_1,
        "MaxPooling1D(3, 2, 'same')",
        "MaxPooling1D(3, 2, padding='same')",
    ),
    _order(
        "SimpleRNN",
        "output_dim init inner_init activation W_regularizer U_regularizer b_regularizer "
        "dropout_W dropout_U",
        _KERAS_1,
        "SimpleRNN(3, 'normal', 'orthogonal', 'relu')",
        "SimpleRNN(3, 'relu', kernel_initializer='normal', recurrent_initializer='orthogonal')",
    ),
    _order(
        "GRU",
        "output_dim init inner_init activation inner_activation W_regularizer U_regularizer "
        "b_regularizer dropout_W dropout_U",
        _KERAS_1,
        "GRU(3, 'normal', 'orthogonal', 'tanh', 'sigmoid')",
        "GRU(3, kernel_initializer='normal', reset_after=False)",
    ),
    _order(
        "LSTM",
        "output_dim init inner_init forget_bias_init activation inner_activation W_regularizer "
        "U_regularizer b_regularizer dropout_W dropout_U",
        _KERAS_1,
        "LSTM(3, 'normal', 'orthogonal', 'one', 'tanh', 'sigmoid')",
        "LSTM(3, kernel_initializer='normal')",
    ),
    _order(
        "ConvLSTM2D",
        "nb_filter nb_row nb_col init inner_init forget_bias_init activation inner_activation "
        "dim_ordering border_mode subsample W_regularizer U_regularizer b_regularizer dropout_W "
        "dropout_U",
        _KERAS_1,
        "ConvLSTM2D(8, 3, 5, recurrent_activation='sigmoid')",
        "ConvLSTM2D(8, (3, 5), recurrent_activation='sigmoid')",
    ),
    _order(
        "LSTM",
        "units activation recurrent_activation "
        + _RECURRENT_2.format(forget="unit_forget_bias ", activity="activity_regularizer ")
        + f" {_OF_LAYERS}",
        _KERAS_2,
        "LSTM(3, 'relu', 'sigmoid')",
        "LSTM(3, 'relu')",
    ),
    _order(
        "GRU",
        "units activation recurrent_activation "
        + _RECURRENT_2.format(forget="", activity="activity_regularizer ")
        + f" {_OF_LAYERS} reset_after",
        _KERAS_2,
        "GRU(3, 'relu', 'sigmoid')",
        "GRU(3, 'relu', reset_after=False)",
    ),
    _order(
        "LSTMCell",
        "units activation recurrent_activation "
        + _RECURRENT_2.format(forget="unit_forget_bias ", activity=""),
        _KERAS_2,
        "LSTMCell(3, 'relu', 'sigmoid')",
        "LSTMCell(3, 'relu')",
    ),
    _order(
        "GRUCell",
        "units activation recurrent_activation "
        + _RECURRENT_2.format(forget="", activity="")
        + " reset_after",
        _KERAS_2,
        "GRUCell(3, 'relu', 'sigmoid')",
        "GRUCell(3, 'relu', reset_after=False)",
    ),
    _order(
        "ConvLSTM2D",
        "filters kernel_size strides padding data_format dilation_rate activation "
        "recurrent_activation use_bias kernel_initializer recurrent_initializer bias_initializer "
        "unit_forget_bias kernel_regularizer recurrent_regularizer bias_regularizer "
        "activity_regularizer kernel_constraint recurrent_constraint bias_constraint "
        "return_sequences go_backwards stateful dropout recurrent_dropout",
        _KERAS_2,
        "ConvLSTM2D(8, 3, 1, 'same', None, 1, 'relu', 'sigmoid')",
        "ConvLSTM2D(8, 3, 1, 'same', activation='relu', recurrent_activation='sigmoid')",
    ),
    _order(
        "Embedding",
        "input_dim output_dim init input_length W_regularizer activity_regularizer W_constraint "
        "mask_zero weights dropout",
        _KERAS_1,
        "Embedding(9, 2, 'normal', 5)",
        "Embedding(9, 2, 'normal')",
    ),
    _order(
        "Embedding",
        "input_dim output_dim embeddings_initializer embeddings_regularizer activity_regularizer "
        "embeddings_constraint mask_zero input_length",
        _KERAS_2,
        "Embedding(9, 2, 'normal', None, None, 'non_neg', True)",
        "Embedding(9, 2, 'normal', embeddings_constraint='non_neg', mask_zero=True)",
    ),
    _order(
        "BatchNormalization",
        "epsilon mode axis momentum weights beta_init gamma_init gamma_regularizer "
        "beta_regularizer",
        _KERAS_1,
        "BatchNormalization(1e-5, 0, 1, 0.9)",
        "BatchNormalization(1, 0.9, 1e-5)",
    ),
    _order("PReLU", "init weights shared_axes", _KERAS_1, "PReLU('one')", "PReLU('one')"),
    _order(
        "Lambda",
        "function output_shape arguments",
        _KERAS_1,
        "Lambda(abs, (3,), {}).arguments",
        "Lambda(abs, (3,)).arguments",
    ),
    Row(
        "positions",
        "keras.Input",
        "shape batch_shape name dtype sparse tensor",
        versions=(*_KERAS_1, *_KERAS_2),
        old="keras.Input(None, (2, 4)).shape",
        new="keras.Input(batch_shape=(2, 4)).shape",
    ),
]


def _default(
    classes: str, was: str, now: str, versions: tuple[str, ...], old: str, new: str
) -> Row:
    return Row(
        "default",
        _classes(classes),
        was,
        now,
        versions,
        numbers=True,
        old=f"keras.layers.{old}",
        new=f"keras.layers.{new}",
    )


DEFAULTS: list[Row] = [
    _default(
        "LSTM GRU LSTMCell GRUCell",
        "recurrent_activation='hard_sigmoid'",
        "recurrent_activation='sigmoid'",
        BEFORE_2_3,
        "LSTM(1).recurrent_activation(np.ones(1))",
        "Activation(lambda x: 0.2 * x + 0.5)(np.ones(1))",
    ),
    _default(
        "ConvLSTM2D",
        "recurrent_activation='hard_sigmoid'",
        "recurrent_activation='hard_sigmoid'",
        BEFORE_TF,
        "ConvLSTM2D(filters=1, kernel_size=1).cell.recurrent_activation(np.ones(1))",
        "Activation(lambda x: 0.2 * x + 0.5)(np.ones(1))",
    ),
    _default(
        "GRU GRUCell",
        "reset_after=False",
        "reset_after=True",
        BEFORE_TF,
        "GRU(1).reset_after",
        "GRU(1, reset_after=False).reset_after",
    ),
    Row(
        "default",
        _classes("Embedding"),
        "input_length=None",
        "",
        BEFORE_TF,
        why="a Sequential that starts with it is built at once, for sequences of any length.",
        old="keras.Sequential([keras.layers.Embedding(9, 2)]).output_shape",
        new="keras.Sequential([keras.Input((None,)), keras.layers.Embedding(9, 2)]).output_shape",
    ),
]

ROWS: list[Row] = [*NAMES, *ARGUMENTS, *POSITIONS, *DEFAULTS]
