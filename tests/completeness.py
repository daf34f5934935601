"""Write docs/completeness.md from the last run of the tests on the four engines.

    python -m tests.completeness FOLDER [--check]

The folder holds <engine>.json, which pytest writes where KOMPAT_ANSWERS says.
"""

import argparse
import json
import sys
from pathlib import Path

from kompat.catalogue import CATALOGUE

PAGE = Path(__file__).parents[1] / "docs" / "completeness.md"
ENGINES = "jax", "torch", "tensorflow", "numpy"
MODES = "eager", "graph"
HEAD = """# Completeness

The 149 names of K on each engine, eager and in graphs: how many of the recorded cases have the
answer of tf.keras 2.21, of how many. The others depart on purpose, each with a reason in
[differences](differences.md). In graphs the static shapes and the gradients are compared too.
What gives no value to compare has no numbers here; its tests stand in `tests/`.

`make completeness` writes this page from a run of the tests.

"""


def cell(counts: list[int] | None) -> str:
    """How many cases agree, of how many; `!` where one fails."""
    if counts is None:
        return ""
    return f"{counts[0]}/{sum(counts)}" + "!" * bool(counts[2])


def page(results: dict[str, dict]) -> str:
    columns = [(engine, mode) for engine in ENGINES for mode in MODES]
    lines = [
        "| function | chapter | " + " | ".join(f"{e}, {m}" for e, m in columns) + " |",
        "| --- | --- | " + " | ".join("---:" for _ in columns) + " |",
    ]
    for name, row in sorted(CATALOGUE.items()):
        cells = [cell(results[engine].get(name, {}).get(mode)) for engine, mode in columns]
        lines.append(f"| `{name}` | {row.chapter} | " + " | ".join(cells) + " |")
    totals = [sums(results[engine], mode) for engine, mode in columns]
    lines.append("| all | | " + " | ".join(map(cell, totals)) + " |")
    return HEAD + "\n".join(lines) + "\n"


def sums(result: dict, mode: str) -> list[int]:
    counts = [modes[mode] for modes in result.values() if mode in modes]
    return [sum(column) for column in zip(*counts)]


def main() -> int:
    parser = argparse.ArgumentParser(description="Write docs/completeness.md.")
    parser.add_argument("folder", type=Path, help="where <engine>.json are")
    parser.add_argument("--check", action="store_true", help="fail if the page is another one")
    arguments = parser.parse_args()
    results = {e: json.loads((arguments.folder / f"{e}.json").read_text()) for e in ENGINES}
    fresh = page(results)
    if not arguments.check:
        PAGE.write_text(fresh)
    elif not PAGE.exists() or PAGE.read_text() != fresh:
        print("docs/completeness.md is not what this run gives: run make completeness")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
