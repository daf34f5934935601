"""Locks for holders that are written in place, so that no reader sees half a write.

The locks live here and not on the holders, which must stay picklable and copyable. A holder
shares its lock with others; that costs waiting, never correctness, because the locks are
re-entrant and no code takes the lock of a second holder inside that of the first.
"""

import collections
import os
import threading
import weakref
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

Result = TypeVar("Result")


def make_for_each_process(make: Callable[[], None]) -> None:
    """Make locks now, and anew after a fork, for threads that are not there may hold them."""
    make()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=make)


_COUNT = 64
_LOCKS: tuple[threading.RLock, ...] = ()
swap: threading.RLock
"""Guards values that are replaced, for a few bytecodes at a time, and nothing else.

Re-entrant, for a signal handler may write while its thread does.
"""


class OwnLock:
    """A re-entrant lock of one object, `with self.lock.now`; free in the child of a fork."""

    now: threading.RLock

    def __init__(self) -> None:
        self.now = threading.RLock()
        _own.add(self)


_own: weakref.WeakSet[OwnLock] = weakref.WeakSet()


def _renew() -> None:
    global _LOCKS, swap
    _LOCKS = tuple(threading.RLock() for _ in range(_COUNT))
    swap = threading.RLock()
    for lock in _own:
        lock.now = threading.RLock()


make_for_each_process(_renew)


def lock_of(holder: Any) -> threading.RLock:
    """The lock that guards reads and in-place writes of `holder`."""
    return lock_at(id(holder))


def lock_at(address: int) -> threading.RLock:
    """The lock of the holder, or of the memory that several holders share, at `address`."""
    return _LOCKS[(address >> 4) % _COUNT]


def ordered(locks: Iterable[AbstractContextManager]) -> list[AbstractContextManager]:
    """Each lock once, in the order in which all must take them."""
    found = {id(lock): lock for lock in locks}
    return [found[key] for key in sorted(found)]


def under(locks: Sequence[AbstractContextManager], action: Callable[[], Result]) -> Result:
    """Call `action` holding all of `locks`.

    By `with` alone: an interrupt cannot come between the lock and the block that frees it, as it
    can inside an `ExitStack`.
    """
    if not locks:
        return action()
    with locks[0]:
        return under(locks[1:], action)


def set_all(objects: Iterable[Any], names: Iterable[str], values: Iterable[Any]) -> None:
    """Set an attribute of each object, in one call of C: no interrupt comes between two of them."""
    collections.deque(map(setattr, objects, names, values), maxlen=0)
