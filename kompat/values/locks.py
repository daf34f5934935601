"""Locks for holders that are written in place, so that no reader sees half a write.

The locks live here and not on the holders, which must stay picklable and copyable. A holder
shares its lock with others; that costs waiting, never correctness, because the locks are
re-entrant and no code takes the lock of a second holder inside that of the first.
"""

import os
import threading
from collections.abc import Callable
from typing import Any


def make_for_each_process(make: Callable[[], None]) -> None:
    """Make locks now, and anew after a fork, for threads that are not there may hold them."""
    make()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=make)


_COUNT = 64
_LOCKS: tuple[threading.RLock, ...] = ()


def _renew() -> None:
    global _LOCKS
    _LOCKS = tuple(threading.RLock() for _ in range(_COUNT))


make_for_each_process(_renew)


def lock_of(holder: Any) -> threading.RLock:
    """The lock that guards reads and in-place writes of `holder`."""
    return lock_at(id(holder))


def lock_at(address: int) -> threading.RLock:
    """The lock of the holder, or of the memory that several holders share, at `address`."""
    return _LOCKS[(address >> 4) % _COUNT]
