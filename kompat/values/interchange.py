"""Any other array that speaks DLPack or NumPy's `__array__`: read only."""

from typing import Any

import numpy as np

from kompat.errors import UnavailableValueError
from kompat.values.adapter import Adapter, ImmutableAdapter, view_refused


class InterchangeAdapter(ImmutableAdapter):
    """A type that kompat does not know by name, but whose data NumPy can reach."""

    why = "kompat knows how to read it, through NumPy, but not how to write it."
    mend = "register how to write it: kompat.register_adapter(type(x), read=..., write=...)."

    def read(self, x: Any, copy: bool = True) -> Any:
        if not copy:
            raise view_refused(self.name(x), "kompat cannot tell whether a view of it would change")
        try:
            if hasattr(type(x), "__array__"):
                return np.array(x)[()]
            return np.from_dlpack(x).copy()[()]
        except Exception as error:
            raise UnavailableValueError(
                f"{self.name(x)}: it gives NumPy no array.",
                f"it raised {type(error).__name__}: {error}",
                "bring it to the host's memory first, or register how to read it: "
                "kompat.register_adapter(type(x), read=...).",
            ) from error


_ADAPTER = InterchangeAdapter()


def adapter_for(cls: type) -> Adapter | None:
    if issubclass(cls, (np.generic, type)):
        return None
    speaks = hasattr(cls, "__array__") or hasattr(cls, "__dlpack__")
    return _ADAPTER if speaks else None
