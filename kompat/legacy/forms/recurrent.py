"""Recurrent layers that have another name today, or none."""

from typing import Any

import keras

from kompat import backend as K
from kompat.keras_private.recurrent import ConvLSTMCell


class CuDNNGRU(keras.layers.GRU):
    """A GRU as cuDNN computes it: bias after the product, a sigmoid for its gates."""

    def __init__(self, units: int, **keywords: Any):
        super().__init__(
            units, **{"recurrent_activation": "sigmoid", "reset_after": True, **keywords}
        )


class CuDNNLSTM(keras.layers.LSTM):
    """An LSTM as cuDNN computes it: a sigmoid for its gates."""

    def __init__(self, units: int, **keywords: Any):
        super().__init__(units, **{"recurrent_activation": "sigmoid", **keywords})


class ConvLSTM2DCell(ConvLSTMCell):
    """One step of ConvLSTM2D."""

    def __init__(self, filters: int, kernel_size: Any, *arguments: Any, **keywords: Any):
        super().__init__(2, filters, kernel_size, *arguments, **keywords)


def time_distributed_dense(
    x: Any,
    w: Any,
    b: Any = None,
    dropout: Any = None,
    input_dim: int | None = None,
    output_dim: int | None = None,
    timesteps: int | None = None,
) -> Any:
    """A product with `w`, and `b` added, at each time step of (batch, time, features)."""
    y = K.dot(x if dropout is None else K.in_train_phase(K.dropout(x, dropout), x), w)
    return y if b is None else y + b
