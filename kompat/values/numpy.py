"""NumPy arrays: copied out, written in place."""

import collections
import operator
from collections.abc import Sequence
from itertools import repeat
from typing import Any

import numpy as np

from kompat.errors import ImmutableValueError
from kompat.values.adapter import Adapter, view_refused
from kompat.values.locks import lock_of, ordered, under


class NumpyAdapter(Adapter):
    """`numpy.ndarray` and everything that derives from it."""

    may_fail = False

    def name(self, x: np.ndarray) -> str:
        return "NumPy array"

    def read(self, x: np.ndarray, copy: bool = True) -> np.ndarray:
        if not copy:
            raise view_refused(self.name(x), "whoever writes to the array changes every view of it")
        with lock_of(x):
            return x.copy()[()]

    def as_source(self, x: np.ndarray) -> np.ndarray:
        return x

    def stage(self, x: np.ndarray, value: Any) -> Any:
        if not x.flags.writeable:
            raise ImmutableValueError(
                "NumPy array: it is read-only and cannot be written.",
                "its memory belongs to somebody who does not let it change.",
                "write to a copy: array = array.copy().",
            )
        return super().stage(x, value)

    def commit(self, staged: Sequence[tuple[Any, Any]]) -> None:
        xs, values = zip(*staged)

        def copy() -> None:
            # One call of C: no interrupt comes between two arrays.
            collections.deque(map(operator.setitem, xs, repeat(...), values), maxlen=0)

        under(ordered(map(lock_of, xs)), copy)


_ADAPTER = NumpyAdapter()


def adapter_for(cls: type) -> Adapter | None:
    return _ADAPTER if issubclass(cls, np.ndarray) else None
