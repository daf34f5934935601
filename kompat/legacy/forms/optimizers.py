"""What old modules of optimizers had beside their classes."""

from typing import Any

from kompat import backend as K


def clip_norm(gradient: Any, limit: float, norm: Any) -> Any:
    """A gradient made shorter, where its `norm` is greater than `limit`; a limit of 0 is none."""
    if limit <= 0:
        return gradient
    return K.switch(K.greater_equal(norm, limit), gradient * limit / norm, gradient)
