"""NumPy arrays: copied out, written in place.

An array that holds no numbers (of dates, of records) takes an array of its own dtype only. A
masked element has no value: it is neither written nor read into something else.
"""

import collections
import operator
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import repeat
from typing import Any

import numpy as np

from kompat.errors import ImmutableValueError, UnsupportedValueError
from kompat.values import temporary
from kompat.values.adapter import Adapter, host_value, view_refused
from kompat.values.conversion import is_masked, is_number, require_shape, without_mask
from kompat.values.locks import lock_of, ordered, under
from kompat.values.memory import require_apart


class NumpyAdapter(Adapter):
    """`numpy.ndarray` itself."""

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
        flags = x.flags
        if not flags.writeable:
            raise ImmutableValueError(
                "NumPy array: it is read-only and cannot be written.",
                "its memory belongs to somebody who does not let it change.",
                "write to a copy: array = array.copy().",
            )
        if not flags.forc:
            require_apart(x.shape, x.strides, x.itemsize, self.name(x))
        if x.dtype.hasobject or not is_number(x.dtype):
            return self._stage_as_it_is(x, value)
        return super().stage(x, value)

    def _stage_as_it_is(self, x: np.ndarray, value: Any) -> Any:
        """A copy of a value for an array whose elements are no numbers, or any objects."""
        if x.dtype == object:
            return super().stage(x, value)
        name = self.name(x)
        source = host_value(value, name)
        if not isinstance(source, (np.ndarray, np.generic)) or source.dtype != x.dtype:
            raise UnsupportedValueError(
                f"{name}: expected an array of its own dtype {x.dtype}, received "
                f"{getattr(source, 'dtype', type(source).__name__)}.",
                "what is no number is not converted: a date, for example, has a unit.",
                f"convert it: np.asarray(value, {str(x.dtype)!r}).",
            )
        source = without_mask(np.asanyarray(source), name)
        require_shape(source.shape, x.shape, name)
        return source.copy()

    def write(self, x: np.ndarray, value: Any) -> None:
        if sys.getrefcount(x) <= temporary.Limits.in_write:
            self.require_held(x)
        self.commit([(x, self.stage(x, value))])

    def require_held(self, x: np.ndarray) -> None:
        if _is_alone(x):
            raise temporary.lost(self.name(x))

    def commit(self, staged: Sequence[tuple[Any, Any]]) -> None:
        xs, values = zip(*staged)

        def copy() -> None:
            # One call of C: no interrupt comes between two arrays.
            collections.deque(map(operator.setitem, xs, repeat(...), values), maxlen=0)

        under(ordered(map(lock_of, xs)), copy)


class SubclassAdapter(NumpyAdapter):
    """What derives from `numpy.ndarray`; its own `__setitem__` may refuse a value."""

    def name(self, x: np.ndarray) -> str:
        return f"NumPy {type(x).__name__}"

    def stage(self, x: np.ndarray, value: Any) -> Any:
        if is_masked(x):
            raise ImmutableValueError(
                f"{self.name(x)}: some of its elements are masked.",
                "a masked element takes no value: it would be lost, or lose its mask.",
                "assign with NumPy's own array[...] = value, or write to what lies under the "
                "mask: array.data.",
            )
        return np.array(np.asarray(x)), super().stage(x, value)

    def commit(self, staged: Sequence[tuple[Any, Any]]) -> None:
        try:
            super().commit([(x, new) for x, (_, new) in staged])
        except BaseException:
            _restore(staged)
            raise

    def undo(self, staged: Sequence[tuple[Any, Any]]) -> Callable[[], None]:
        return partial(_restore, staged)


def _restore(staged: Sequence[tuple[Any, Any]]) -> None:
    """Put back what arrays held, past their own `__setitem__`."""
    for x, (old, _) in staged:
        with lock_of(x):
            np.asarray(x)[...] = old


def _is_alone(x: np.ndarray) -> bool:
    """Whether nobody but `x` can see its memory. Subclasses may write elsewhere."""
    base = x.base
    if base is None:
        return type(x) is np.ndarray and x.flags.owndata
    is_plain = type(base) is np.ndarray and base.base is None and base.flags.owndata
    return is_plain and sys.getrefcount(base) <= temporary.Limits.in_base


_ADAPTER, _SUBCLASS = NumpyAdapter(), SubclassAdapter()


def adapter_for(cls: type) -> Adapter | None:
    if cls is np.ndarray:
        return _ADAPTER
    return _SUBCLASS if issubclass(cls, np.ndarray) else None
