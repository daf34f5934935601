"""What old modules of losses had beside their losses."""

from typing import Any

import keras


def is_categorical_crossentropy(loss: Any) -> bool:
    """Whether a loss is the categorical crossentropy, by name, function or object."""
    return loss in ("categorical_crossentropy", keras.losses.categorical_crossentropy) or (
        isinstance(loss, keras.losses.CategoricalCrossentropy)
    )
