"""Layers: their names, arguments and defaults."""

from kompat.legacy.row import Row, names, removed

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

ROWS: list[Row] = [*NAMES]
