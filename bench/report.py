"""Lay the results out: aligned columns, and a last line that names what was missed."""

import platform
from collections.abc import Mapping, Sequence
from os import cpu_count
from typing import Any

from bench.timing import Result

PEER_MODES = ("eager", "graph")
ABSENT_PEER = "tf_keras 2.21: not measured, run `make bench-peers`"

# Columns of names are set left, columns of numbers right.
_HEADINGS = ("row", "kompat µs", "baseline", "µs", "ratio", "budget", "")
_LEFT = {"row", "baseline", "", "job", "subject"}


def microseconds(value: float | None) -> str:
    """A time with three digits; a dash where there is none."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def aligned(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table."""
    widths = [max(len(cell) for cell in column) for column in zip(headings, *rows)]
    return [
        "  ".join(
            cell.ljust(width) if heading in _LEFT else cell.rjust(width)
            for heading, cell, width in zip(headings, row, widths)
        ).rstrip()
        for row in (headings, *rows)
    ]


def markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table."""
    lines = [headings, ["---"] * len(headings), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


def versions(packages: Mapping[str, Any]) -> str:
    """What was measured, and on what."""
    named = ", ".join(f"{name} {module.__version__}" for name, module in packages.items())
    machine = f"{platform.system()} {platform.machine()}, {cpu_count()} processors"
    return f"{named}; Python {platform.python_version()}, {machine}"


def budget_rows(
    results: Sequence[Result], peers: Mapping[str, Mapping[str, float]]
) -> tuple[list[str], list[list[str]]]:
    """The headings and rows of the table of budgets, with a column for each mode measured."""
    headings = [*_HEADINGS, *(f"tf_keras {mode} µs" for mode in peers)]
    return headings, [
        [
            *_cells(result),
            *(microseconds(times.get(result.name.partition(":")[0])) for times in peers.values()),
        ]
        for result in results
    ]


def _cells(result: Result) -> list[str]:
    ratio = "-" if result.ratio is None else f"{result.ratio:.2f}"
    if result.budget is None:
        budget, verdict = "-", "-"
    else:
        absolute = f"{microseconds(result.budget)} µs"
        budget = absolute if result.ratio is None else f"{result.budget:.1f}"
        verdict = "MISSED" if result.missed else "ok"
    return [
        result.name,
        microseconds(result.microseconds),
        result.baseline or "-",
        microseconds(result.baseline_microseconds),
        ratio,
        budget,
        verdict,
    ]


def summary(results: Sequence[Result]) -> str:
    """How many budgets are kept, and by how much the others are missed."""
    judged = [result for result in results if result.budget is not None]
    missed = [
        f"{r.name} ({microseconds(r.microseconds)} µs, budget {microseconds(r.budget)})"
        if r.ratio is None
        else f"{r.name} ({r.ratio:.2f}, budget {r.budget})"
        for r in judged
        if r.missed
    ]
    if not missed:
        return f"All {len(judged)} budgets are kept."
    return f"{len(missed)} of {len(judged)} budgets are missed: {'; '.join(missed)}"
