"""Which adapter reads and writes a type, found without importing anything the user did not.

An adapter serves one kind of holder. Kompat's own live in the files beside this one; each is
imported when a type is met for the first time and its framework is already loaded. Others join
with `register_adapter` or through the entry-point group ``kompat.adapters``.
"""

import functools
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from kompat.errors import ImmutableValueError, SymbolicValueError, UnavailableValueError
from kompat.values.conversion import Allocator, accumulated, to_host
from kompat.values.locks import lock_of, make_for_each_process

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


class Adapter:
    """How to read and write one kind of holder.

    A write has two halves, so that a batch can check everything before it changes anything:
    `stage` checks and copies the value, `commit` stores what was staged.
    """

    def name(self, x: Any) -> str:
        """What errors call `x`."""
        return type(x).__name__

    def spec(self, x: Any) -> tuple[tuple[int, ...], np.dtype]:
        """The shape and dtype that a value written to `x` must have."""
        return tuple(x.shape), np.dtype(x.dtype)

    def read(self, x: Any, copy: bool = True) -> Any:
        """A NumPy scalar, a fresh writable array or, without `copy`, a read-only view."""
        raise NotImplementedError(type(self))

    def as_source(self, x: Any) -> Any:
        """The value of `x` where it is to be written into something else."""
        return self.read(x)

    def read_many(self, xs: Sequence[Any]) -> list[Any]:
        """The values of several holders of this kind."""
        return [self.read(x) for x in xs]

    def stage(self, x: Any, value: Any) -> Any:
        """Check `value` for `x` and return what `commit` will store; nothing changes yet."""
        shape, dtype = self.spec(x)
        name = self.name(x)
        return as_host(value, shape, dtype, name)

    def stage_many(self, pairs: Sequence[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
        """Pairs of a holder and what `stage` returns for it and its value."""
        return [(x, self.stage(x, value)) for x, value in pairs]

    def commit(self, staged: Sequence[tuple[Any, Any]]) -> None:
        """Store staged values: all of them or, if one is refused, none."""
        raise NotImplementedError(type(self))

    def undo(self, staged: Sequence[tuple[Any, Any]]) -> Callable[[], None]:
        """What puts the values of this moment back, once `staged` is committed or was not."""
        return partial(self.commit, self.stage_many([(x, self.as_source(x)) for x, _ in staged]))

    def write(self, x: Any, value: Any) -> None:
        """Check `value` and store it."""
        self.commit([(x, self.stage(x, value))])

    def lock(self, x: Any) -> AbstractContextManager:
        """What a write of `x` holds, so that an accumulation can hold it too."""
        return lock_of(x)

    def require_held(self, x: Any) -> None:
        """Raise if only the caller's references keep `x`, so that a write would be lost."""

    def accumulate(self, x: Any, operand: Any, operation: Callable[[Any, Any], Any]) -> None:
        """Write ``operation(x, operand)``; no other write can come between."""
        # Never one holder's lock inside that of another: two threads would wait for each other.
        other = None if operand is x else host_value(operand, self.name(x))
        with self.lock(x):
            now = self.read(x)
            self.write(x, accumulated(operation, now, now if operand is x else other, self.name(x)))


class InPlaceAdapter(Adapter):
    """A holder that a framework writes in place, and that a Keras variable may hold in turn."""

    def stage(self, x: Any, value: Any) -> Any:
        return self.stage_as(self.name(x), x, value)

    def stage_as(self, name: str, x: Any, value: Any) -> Any:
        """`stage` of a holder that errors call `name`."""
        raise NotImplementedError(type(self))


class ImmutableAdapter(Adapter):
    """A holder that can be read but never written: an array or tensor of a framework."""

    why = "an array of its kind never changes once it is made; others may hold it too."
    mend = "put it into a variable, K.variable(value), and write that."

    def stage(self, x: Any, value: Any) -> Any:
        raise ImmutableValueError(f"{self.name(x)} cannot be written.", self.why, self.mend)


class RegisteredAdapter(Adapter):
    """An adapter made of the functions given to `register_adapter`."""

    def __init__(self, read: Callable, write: Callable | None):
        self._read, self._write = read, write

    def read(self, x: Any, copy: bool = True) -> Any:
        value = np.asarray(self._read(x))
        if not copy:
            raise view_refused(self.name(x), "its adapter cannot tell whether a view would change")
        return value[()].copy()

    def stage(self, x: Any, value: Any) -> Any:
        if self._write is None:
            raise ImmutableValueError(
                f"{self.name(x)} cannot be written.",
                f"the adapter registered for {type(x).__name__} has no write function.",
                f"kompat.register_adapter({type(x).__name__}, read=..., write=...)",
            )
        old, name = np.array(self._read(x)), self.name(x)
        return old, as_host(value, old.shape, old.dtype, name)

    def commit(self, staged: Sequence[tuple[Any, Any]]) -> None:
        write: Any = self._write
        try:
            for x, (_, new) in staged:
                write(x, new)
        except BaseException:
            self._restore(staged)
            raise

    def undo(self, staged: Sequence[tuple[Any, Any]]) -> Callable[[], None]:
        return partial(self._restore, staged)

    def _restore(self, staged: Sequence[tuple[Any, Any]]) -> None:
        write: Any = self._write
        for x, (old, _) in reversed(staged):
            # What refuses a value has not changed, and would refuse the old one too.
            if not np.array_equal(np.asarray(self._read(x)), old):
                write(x, old)


# Framework -> the file that knows its types. The order matters where types derive from two
# frameworks: a Keras variable on TensorFlow is a TensorFlow type, an nnx.Variable quacks like JAX.
_FILES = (
    ("keras", "keras"),
    ("flax.nnx", "flax"),
    ("jax", "jax"),
    ("torch", "torch"),
    ("tensorflow.python", "tensorflow"),
    ("numpy", "numpy"),
)

found: dict[type, Adapter | None] = {}
"""What `adapter_of` has found so far; `get_value` looks here first."""

# A program that makes classes without end must not keep them alive here without end.
_MOST_TYPES = 4096

_registered: dict[type, Adapter] = {}


def adapter_of(cls: type) -> Adapter | None:
    """The adapter for instances of `cls`; None where values are passed through as they are."""
    try:
        return found[cls]
    except KeyError:
        return _search(cls)


def register_adapter(
    cls: type,
    adapter: Adapter | None = None,
    *,
    read: Callable[[Any], Any] | None = None,
    write: Callable[[Any, np.ndarray], None] | None = None,
) -> None:
    """Teach `get_value` and `set_value` to serve instances of `cls` and its subclasses.

    Args:
        cls: the type of the holder.
        adapter: an `Adapter`; or give the two functions instead:
        read: ``read(x)`` returns the current value, as anything `numpy.asarray` takes.
        write: ``write(x, array)`` stores a fresh array of the same shape and dtype. Without it
            instances are read-only.

    Example:

    >>> import kompat, numpy as np
    >>> class Dial:
    ...     position = 3.0
    >>> kompat.register_adapter(
    ...     Dial, read=lambda d: d.position, write=lambda d, a: setattr(d, "position", float(a))
    ... )
    >>> dial = Dial()
    >>> kompat.set_value(dial, 5)
    >>> float(kompat.get_value(dial))
    5.0
    """
    if not isinstance(cls, type):
        raise TypeError(f"register_adapter expects a class, received {cls!r}.")
    if (adapter is None) == (read is None) or (adapter is not None and write is not None):
        raise TypeError(
            "register_adapter expects either an Adapter or a read function, and a write function "
            "with the latter only."
        )
    if read is not None:
        adapter = RegisteredAdapter(read, write)
    if not isinstance(adapter, Adapter):
        raise TypeError(f"register_adapter expects an instance of Adapter, received {adapter!r}.")
    _registered[cls] = adapter
    found.clear()


def host_value(value: Any, name: str) -> Any:
    """`value` with any framework's tensor or variable replaced by its NumPy value.

    An error that says why `value` cannot be read names what it was meant for, `name`, too.
    """
    adapter = adapter_of(type(value))
    if adapter is None:
        return value
    try:
        return adapter.as_source(value)
    except (SymbolicValueError, UnavailableValueError) as error:
        what, *rest = error.args
        error.args = (f"{name}: {what}", *rest)
        raise


def as_host(
    value: Any,
    shape: tuple[int, ...] | None,
    dtype: np.dtype,
    name: str,
    allocate: Allocator = np.empty,
) -> np.ndarray:
    """`to_host` of a value that may be any framework's tensor or variable."""
    return to_host(host_value(value, name), shape, dtype, name, allocate)


def view_refused(name: str, why: str) -> Exception:
    """The error for `copy=False` where no unchanging view exists."""
    from kompat.errors import ViewRefusedError

    return ViewRefusedError(
        f"{name}: there is no read-only view of its value.",
        f"{why}.",
        "read a copy: get_value(x).",
    )


def _search(cls: type) -> Adapter | None:
    with _loading:
        _load_entry_points()
    adapter = next((_registered[base] for base in cls.__mro__ if base in _registered), None)
    if adapter is None:
        adapter = _ours(cls)
    if len(found) >= _MOST_TYPES:
        found.clear()
    found[cls] = adapter
    return adapter


def _ours(cls: type) -> Adapter | None:
    for framework, file in _FILES:
        if framework in sys.modules:
            adapter = import_module(f"kompat.values.{file}").adapter_for(cls)
            if adapter is not None:
                return adapter
    return import_module("kompat.values.interchange").adapter_for(cls)


_loading: threading.RLock


def _renew() -> None:
    global _loading
    _loading = threading.RLock()  # a registration may read a variable itself


make_for_each_process(_renew)


@functools.cache
def _pending_entry_points() -> "list[EntryPoint]":
    """The registration functions of other packages that have not been called yet."""
    from importlib.metadata import entry_points

    return list(entry_points(group="kompat.adapters"))


def _load_entry_points() -> None:
    """Call the registration functions of other packages whose framework is loaded.

    An entry point's name is the framework's module, its value a function without arguments. One
    that fails must not break the read of something else, so it is reported as a warning.
    """
    pending = _pending_entry_points()
    for entry in [entry for entry in pending if entry.name in sys.modules]:
        pending.remove(entry)
        try:
            entry.load()()
        except Exception as error:
            warnings.warn(
                f"the kompat adapter {entry.value!r} for {entry.name} cannot be used: "
                f"{type(error).__name__}: {error}. Its package is broken or does not fit this "
                f"version of {entry.name}.",
                RuntimeWarning,
                stacklevel=2,
            )
