"""What an argument is, in a few words, however large, nested or strange it is."""

import reprlib
from collections.abc import Mapping
from typing import Any

_DEEPEST = 64
"""As many axes as NumPy's arrays have at most."""

_short = reprlib.Repr()
_short.maxstring = _short.maxother = _short.maxlong = 60
_short.maxlevel = 3
_LONGEST = 100


def call_text(name: str, arguments: Mapping[str, Any]) -> str:
    """A call of K as code, with values shortened."""
    return f"K.{name}({', '.join(f'{name}={described(x)}' for name, x in arguments.items())})"


def described(x: Any) -> str:
    """The dtype and the shape of what has both, else the value as code, shortened."""
    try:
        if hasattr(x, "dtype") and hasattr(x, "shape") and not isinstance(x, type):
            return f"{_dtype(x.dtype)} {tuple(x.shape)}"
        if isinstance(x, (list, tuple)):
            return _described_list(x)
        return _shortened(_short.repr(x))
    except Exception:  # of a value that cannot even be shown
        return f"<{type(x).__name__}>"


def _dtype(dtype: Any) -> str:
    return getattr(dtype, "name", None) or str(dtype).rpartition(".")[2]


def _described_list(x: list[Any] | tuple[Any, ...]) -> str:
    """A list with its first items; tensors among them by dtype and shape."""
    if nests_too_deeply(x):
        return f"a {type(x).__name__} that contains itself, or is nested too deeply"
    shown = ", ".join(map(described, x[:6])) + (", ..." if len(x) > 6 else "")
    if isinstance(x, tuple):
        return _shortened(f"({shown},)" if len(x) == 1 else f"({shown})")
    return _shortened(f"[{shown}]")


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def nests_too_deeply(x: Any) -> bool:
    """Whether lists or tuples hold each other deeper than any array is, as in a cycle."""
    level = {id(x): x} if isinstance(x, (list, tuple)) else {}
    for _ in range(_DEEPEST):
        level = {
            id(part): part
            for outer in level.values()
            for part in outer
            if isinstance(part, (list, tuple))
        }
    return bool(level)
