"""Write docs/completeness.md from the cases and what is expected of K in each.

    cd tests; ../.venv/bin/python -m completeness

The tests assert what is counted here, case by case (`tests/backend/test_answers.py`), and that the
page is the one that this gives.
"""

from collections import Counter
from pathlib import Path

from answers.plays import CASES, MODES, verdict

from kompat.catalogue import CATALOGUE

PAGE = Path(__file__).parents[1] / "docs" / "completeness.md"
ENGINES = "jax", "torch", "tensorflow", "numpy"
HEAD = """# Completeness

The 149 names of K on each engine, eager and in graphs: in how many of the recorded cases K has the
answer of tf.keras 2.21, of how many that have one. The others depart on purpose, each with a reason
in [differences](differences.md). In graphs the static shapes and the gradients are compared too.

The last two columns count the cases in which tf.keras has no answer: its engine fails with an error
of its own. There K has the answer of NumPy, or raises an error that says what was expected. What
gives no value to compare has no numbers here; its tests stand in `tests/`.

`make completeness` writes this page; the tests assert what it counts.

"""

Counts = dict[tuple[str, str, str], Counter]


def counted() -> Counts:
    """Function, mode and engine -> how many plays have each verdict."""
    counts: Counts = {}
    for case in CASES:
        for mode in MODES:
            for engine in ENGINES:
                key = case.function, mode, engine
                counts.setdefault(key, Counter())[verdict(case, mode, engine)] += 1
    return counts


def row(name: str, chapter: str, counts: dict[tuple[str, str], Counter]) -> str:
    """A line of the table; `counts` by mode and engine."""
    cells = [name, chapter]
    for engine in ENGINES:
        for mode in MODES:
            found = counts.get((mode, engine), Counter())
            answered = found["agrees"] + found["departs"]
            cells.append(f"{found['agrees']}/{answered}" if answered else "")
    cells += [str(counts.get((mode, "numpy"), Counter())["unanswered"] or "") for mode in MODES]
    return "| " + " | ".join(cells) + " |"


def page() -> str:
    counts = counted()
    columns = [f"{engine}, {mode}" for engine in ENGINES for mode in MODES]
    columns += [f"unanswered, {mode}" for mode in MODES]
    lines = [
        "| function | chapter | " + " | ".join(columns) + " |",
        "| --- | --- | " + " | ".join("---:" for _ in columns) + " |",
    ]
    total: dict[tuple[str, str], Counter] = {}
    for name, entry in sorted(CATALOGUE.items()):
        own = {key[1:]: found for key, found in counts.items() if key[0] == name}
        for place, found in own.items():
            total.setdefault(place, Counter()).update(found)
        lines.append(row(f"`{name}`", entry.chapter, own))
    return HEAD + "\n".join([*lines, row("all", "", total)]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
