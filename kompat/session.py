"""Sessions: which value each variable has, and running graphs on these values."""

import threading
from typing import Any

import keras

from kompat import storage


class OwnValues:
    """The variables' own values: those of the default session, and of Keras itself."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.snapshot = storage.snapshot
        self.replace = storage.replace

    def exclusive(self) -> threading.RLock:
        """Held by a run that updates variables; other runs that do wait."""
        return self._lock


OWN = OwnValues()


def current_values() -> OwnValues:
    """The values that variables have for functions and fetches in this thread."""
    return OWN
