"""The examples of the README and of docs/*.md as cases.

Blocks that are marked ``python`` run, those of a document one after the other as one program, and
a line ``print(...)  # answer`` prints that answer. A block that cannot run is marked ``py``, which
looks the same.
"""

import re
from pathlib import Path

from tests.fresh.cases import ENGINES, Case

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
ANSWER = re.compile(r"^ *print\(.*\)  # (.+)$", re.MULTILINE)
# What an example needs that no engine brings, and the engines that it cannot run on.
NEEDS = {"graphs.md": ("kompat[draw]",)}
WITHOUT = {"graphs.md": {"numpy"}}


def example(path: Path) -> Case | None:
    """The examples of a document as one case; None if it has none."""
    program = "\n".join(BLOCK.findall(path.read_text("utf-8")))
    if not program:
        return None
    return Case(
        f"the examples of {path.name}",
        ("python", "example.py"),
        files={"example.py": program},
        prints="".join(f"{answer}\n" for answer in ANSWER.findall(program)),
        extras=tuple(engine for engine in ENGINES if engine not in WITHOUT.get(path.name, ())),
        needs=NEEDS.get(path.name, ()),
    )


DOCUMENTS = [
    case
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    if (case := example(path)) is not None
]
