"""Augmented assignment of PyTorch's tensors, in code that does not know PyTorch.

On every other engine `x -= K.mean(x)` makes a new tensor, and old code relies on that: PyTorch's
would write into the tensor that the layers beside, the caller or a metric hold too. So in the
user's own modules that do not import PyTorch these operators do as Python does where a type has
none of its own: `x = x - y`. Installed packages, and modules that import PyTorch, keep PyTorch's.
"""

import functools
import sys
from collections.abc import Callable
from typing import Any

import torch

from kompat.user_code import is_user_code

_OPERATORS = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow",
              "and", "or", "xor", "lshift", "rshift")  # fmt: skip


def make_new_tensors() -> None:
    """Replace the operators of `torch.Tensor`, once."""
    for name in _OPERATORS:
        method = getattr(torch.Tensor, f"__i{name}__")
        if getattr(method, "__module__", None) != __name__:
            setattr(torch.Tensor, f"__i{name}__", _for_others(method))


def _for_others(in_place: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
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
