"""Where a K.variable of the toy engine lives."""

from typing import Any

import torch

from kompat.storage import plain


class Storage(plain.Storage):
    """The object that Keras made is written in place."""

    def _direct_assign(self, value: Any) -> None:
        with torch.no_grad():
            plain.memory_of(self).copy_(value)
