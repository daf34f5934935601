"""Which code is the user's own: neither installed, nor of Python's library, nor kompat's.

What kompat puts in the place of something old is for old code alone. Installed packages look at
their surroundings too, to find out what is there, and must see what is really there.
"""

import functools
import os
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_INSTALLED = {"site-packages", "dist-packages"}
_LIBRARY = tuple(
    os.path.normcase(os.path.join(sysconfig.get_path(name), ""))
    for name in ("stdlib", "platstdlib")
)


def is_user_code(namespace: Mapping[str, Any]) -> bool:
    """Whether the code whose global names these are is the user's own."""
    package = (namespace.get("__name__") or "").partition(".")[0]
    if package == "kompat":
        return False
    file = namespace.get("__file__")
    if file is None:
        return package not in sys.stdlib_module_names
    return not _is_installed(file)


def caller_level() -> int:
    """The `stacklevel` by which a warning of the calling function names who called kompat."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals["__name__"].partition(".")[0] == "kompat":
        level, frame = level + 1, frame.f_back
    return level


@functools.cache
def _is_installed(file: str) -> bool:
    path = os.path.abspath(file)
    return bool(_INSTALLED & {*Path(path).parts}) or os.path.normcase(path).startswith(_LIBRARY)
