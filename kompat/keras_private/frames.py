"""Private corner of Keras: its own code in frames of the call stack.

Whether Keras called some code, and where the user's own line is, has no public form.
"""

from types import FrameType

import keras

PACKAGES = ("keras.src.", f"keras_{keras.config.backend()}.")
"""How the names of Keras's modules begin; an engine that is no part of it has a package."""


def are_below(frame: FrameType | None, last: FrameType | None) -> bool:
    """Whether a frame of Keras stands between `frame` and `last`, which lies further out."""
    while frame is not None and frame is not last:
        if frame.f_globals.get("__name__", "").startswith(PACKAGES):
            return True
        frame = frame.f_back
    return False


def is_put_together(frame: FrameType | None) -> bool:
    """Whether the call of a layer in `frame` is made by a Sequential that is put together."""
    for _ in range(2):  # Keras may stand between to shorten tracebacks
        frame = frame.f_back if frame is not None else None
        if frame is not None and frame.f_code is keras.Sequential.build.__code__:
            return True
    return False
