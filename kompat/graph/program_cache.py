"""Programs that are kept to run again: those that were used last, and no more than a number."""

import contextlib
import warnings
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar

__all__ = ["program_cache_size", "set_program_cache_size"]

Kept = TypeVar("Kept")


class _Setting:
    size = 128


class _Compiled:
    programs = 0


def program_cache_size() -> int:
    """How many compiled programs each K.function keeps, and each tensor that a session fetches.

    Returns:
        An integer; 128 by default.

    Example:

    >>> import kompat
    >>> kompat.program_cache_size()
    128
    """
    return _Setting.size


def set_program_cache_size(size: int) -> None:
    """Set how many compiled programs each K.function keeps, and each tensor that a session fetches.

    A function is compiled once for each signature, the shapes of its inputs. When there are more
    signatures than `size` the program that was not used for longest is dropped, with a warning the
    first time; its signature is compiled again when it comes back.

    Args:
        size: a positive integer. It holds from the next compilation on, in all functions.

    Raises:
        ValueError: it is no positive integer.

    Example:

    >>> import kompat
    >>> kompat.set_program_cache_size(2)
    >>> x = K.placeholder(shape=(None,))
    >>> f = K.function([x], K.sum(x * 2.))
    >>> [float(f([np.ones(size)])) for size in (1, 2, 1)]  # two shapes, two programs
    [2.0, 4.0, 2.0]
    >>> kompat.set_program_cache_size(128)
    """
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise ValueError(
            f"set_program_cache_size: expected a positive integer, received {size!r:.60}.\n"
            "Why: a function keeps at least the program that it runs.\n"
            "Fix: kompat.set_program_cache_size(128)"
        )
    _Setting.size = size


def note_compilation() -> None:
    """Count a program that was compiled."""
    _Compiled.programs += 1


def many_were_compiled() -> bool:
    """Whether as many programs were compiled since it last said so as one function keeps."""
    many = _Compiled.programs >= _Setting.size
    if many:
        _Compiled.programs = 0
    return many


class ProgramCache(OrderedDict[Hashable, Kept]):
    """Programs by key; the one that was not used for longest gives way to a new one.

    `get` is the dictionary's own, in C, for it is part of every call of a function; who gets
    another program than `last` says so by `use`.

    Args:
        keys: what the keys stand for, in the plural, for the warning.
    """

    last: Kept | None = None
    """The program that was used last."""

    def __init__(self, keys: str):
        super().__init__()
        self._keys = keys
        self._has_dropped = False

    def use(self, key: Hashable, program: Kept) -> None:
        """Count the program of a key as used."""
        with contextlib.suppress(KeyError):  # another thread has just dropped it
            self.move_to_end(key)
        self.last = program

    def get_or_make(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """The program of a key, made if there is none; it counts as used."""
        found = self.get(key)
        if found is None:
            found = self.setdefault(key, make())
            while len(self) > _Setting.size:
                self.popitem(last=False)
                self._warn_once()
        self.use(key, found)
        return found

    def _warn_once(self) -> None:
        if self._has_dropped:
            return
        self._has_dropped = True
        warnings.warn(
            f"more than {_Setting.size} {self._keys}: each has its program, so the one that was "
            "not used for longest is dropped, and compiled again when it is needed. Pad inputs to "
            "a few sizes, or keep more: kompat.set_program_cache_size(number).",
            stacklevel=2,
        )
