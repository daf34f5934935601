"""Write docs/completeness.md from the cases and what is expected of K in each.

    cd tests; ../.venv/bin/python -m completeness

The tests assert what is counted here, case by case (`tests/backend/test_answers.py`), and that the
page is the one that this gives.
"""

from collections import Counter
from pathlib import Path

from answers import chapters
from answers.plays import CASES, MODES, is_among, is_unanswered, verdict

from kompat.catalogue import CATALOGUE

PAGE = Path(__file__).parents[1] / "docs" / "completeness.md"
ENGINES = "jax", "torch", "tensorflow", "numpy"
HEAD = """# Completeness

The 149 names of K on each engine, eager and in graphs: in how many of the recorded cases K has the
answer of tf.keras 2.21, of how many that have one. The others depart on purpose, each with a reason
in [differences](differences.md). In graphs the static shapes and the gradients are compared too.

The last two columns count the cases in which tf.keras has no answer: its engine fails with an error
of its own. There K has the answer that tf.keras has in the other mode, or that of NumPy, or it
raises an error that names the function, what was expected and what was received. In a few of them
({unexplained}) an error of the engine, or of the function that K was given, comes through.

What gives no value to compare has no numbers here; its tests stand in `tests/`.

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


def unexplained() -> str:
    """How many of the unanswered cases end in an error that does not explain itself, by engine."""
    plays = [(case, mode) for case in CASES for mode in MODES if is_unanswered(case, mode)]
    counts = {e: sum(is_among(*play, chapters.unexplained(e)) for play in plays) for e in ENGINES}
    return ", ".join(f"{engine} {count}" for engine, count in counts.items())


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
    return (
        HEAD.format(unexplained=unexplained()) + "\n".join([*lines, row("all", "", total)]) + "\n"
    )


if __name__ == "__main__":
    PAGE.write_text(page())
