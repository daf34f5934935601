"""Where a K.variable of the toy engine lives, which becomes `kompat/storage/toy.py`."""

from typing import Any

import torch

from kompat.keras_private import slot as keras_slot
from kompat.storage import plain


class Storage(plain.Storage):
    """The object that Keras made is written in place."""

    def _direct_assign(self, value: Any) -> None:
        with torch.no_grad():
            keras_slot.read(self).copy_(value)
