"""Operators that PyTorch's tensors have otherwise than those of the other engines.

On every other engine `x -= K.mean(x)` makes a new tensor, and old code relies on that: PyTorch's
would write into the tensor that the layers beside, the caller or a metric hold too. So in the
user's own modules that do not import PyTorch these operators do as Python does where a type has
none of its own: `x = x - y`. Installed packages, and modules that import PyTorch, keep PyTorch's.

And `x[::-1]`, which PyTorch refuses, gives a copy.
"""

import functools
import operator
import sys
from collections.abc import Callable
from typing import Any

import torch

from kompat.engines import backwards
from kompat.keras_private import patches
from kompat.user_code import is_user_code


def replace_operators() -> None:
    """Replace the operators of `torch.Tensor`, once."""
    patches.apply("engine")


def for_others(in_place: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """An operator that leaves the tensors of others as they are, in old code."""

    @functools.wraps(in_place, assigned=("__name__", "__doc__"))
    def operator(self: torch.Tensor, other: Any) -> Any:
        names = sys._getframe(1).f_globals
        return in_place(self, other) if _keeps(names) else NotImplemented

    return operator


# A module, and how many names it has: it may import PyTorch later.
_kept: dict[tuple[Any, int], bool] = {}


def _keeps(names: dict[str, Any]) -> bool:
    """Whether the code of a module keeps PyTorch's operators."""
    key = names.get("__name__"), len(names)
    if key not in _kept:
        _kept[key] = not is_user_code(names) or _imports_torch(names)
    return _kept[key]


def _imports_torch(names: dict[str, Any]) -> bool:
    """Whether PyTorch, or something of it, is among the global names of a module."""
    return any(
        str(getattr(x, "__module__", None) or getattr(x, "__name__", "")).partition(".")[0]
        == "torch"
        for x in list(names.values())
        if callable(x) or type(x) is type(torch)
    )


def also_backwards(getitem: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """`__getitem__`, which takes negative steps too."""

    @functools.wraps(getitem, assigned=("__name__", "__doc__"))
    def __getitem__(self: torch.Tensor, key: Any) -> Any:
        try:
            return getitem(self, key)
        except ValueError:
            keys = key if isinstance(key, tuple) else (key,)
            parts = [_part(part) for part in keys] if all(map(_is_basic, keys)) else []
            if not (axes := backwards.axes(parts)):
                raise
        forwards = [backwards.forwards(part) for part in parts]
        found = [slice(*part) if isinstance(part, list) else part for part in forwards]
        return getitem(self.flip(axes), tuple(found))

    return __getitem__


def _part(part: Any) -> Any:
    if not isinstance(part, slice):
        return part
    bounds = part.start, part.stop, part.step
    return [None if bound is None else operator.index(bound) for bound in bounds]


def _is_basic(part: Any) -> bool:
    """Whether a part of a key takes up one axis at most, and its place tells which."""
    return part is None or part is Ellipsis or type(part) in (int, slice)
