"""How much memory this process holds, on every system that tells."""

import os
import sys
from pathlib import Path

import pytest


def resident_bytes() -> int:
    """The memory that is held now; on macOS the most that ever was, which a leak raises too."""
    if Path("/proc/self/statm").exists():
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    if sys.platform == "win32":
        pytest.skip("Python does not tell how much memory a process of Windows holds")
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
