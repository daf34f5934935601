"""What old modules of optimizers had beside their classes."""

from typing import Any

from kompat import backend as K


def clip_norm(g: Any, c: float, n: Any) -> Any:
    """A gradient `g` of the norm `n`, made shorter where that exceeds `c`; 0 is no limit."""
    return g if c <= 0 else K.switch(K.greater_equal(n, c), g * c / n, g)
