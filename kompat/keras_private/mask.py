"""Private corner of Keras: the mask that a tensor carries.

A loss whose mask says which elements count is averaged over those. Layers make masks through
`compute_mask`; a function has no public way to.
"""

from typing import Any

from keras.src.backend.common import masking


def attach(tensor: Any, mask: Any) -> None:
    """Let Keras know which elements of `tensor` count, for as long as it lives."""
    masking.set_keras_mask(tensor, mask)


def of(tensor: Any) -> Any:
    """The mask of `tensor`, or None."""
    return masking.get_keras_mask(tensor)
