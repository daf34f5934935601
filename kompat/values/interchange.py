"""Any other array that speaks DLPack or NumPy's `__array__`: read only."""

from typing import Any

import numpy as np

from kompat.values.adapter import Adapter, ImmutableAdapter, view_refused


class InterchangeAdapter(ImmutableAdapter):
    """A type that kompat does not know by name, but whose data NumPy can reach."""

    mend = "register how to write it: kompat.register_adapter(type(x), read=..., write=...)."

    def read(self, x: Any, copy: bool = True) -> Any:
        if not copy:
            raise view_refused(self.name(x), "kompat cannot tell whether a view of it would change")
        if hasattr(type(x), "__array__"):
            return np.array(x)[()]
        return np.from_dlpack(x).copy()[()]


_ADAPTER = InterchangeAdapter()


def adapter_for(cls: type) -> Adapter | None:
    if issubclass(cls, (np.generic, type)):
        return None
    speaks = hasattr(cls, "__array__") or hasattr(cls, "__dlpack__")
    return _ADAPTER if speaks else None
