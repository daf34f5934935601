"""Functions that made regularizers in Keras 1."""

import keras


def l1l2(l1: float = 0.01, l2: float = 0.01) -> keras.regularizers.L1L2:
    """Both penalties."""
    return keras.regularizers.L1L2(l1=l1, l2=l2)
