"""Each case in each mode: what tf.keras recorded, and what is expected of K.

A play `agrees` where K must answer as tf.keras does: with its values, or with a TypeError or
ValueError where tf.keras raises one. It `departs` where the case's chapter says so. It is
`unanswered` where tf.keras has no answer: it fails inside its engine (in eager mode, even if its
graphs refuse the dtype then), or because it cannot read an attribute of an array or a number.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from answers import chapters
from answers.table import Case

FOLDER = Path(__file__).parent / "recorded"
RECORDED: dict[str, dict[str, Any]] = {
    key: answer
    for name in chapters.CHAPTERS
    for key, answer in json.loads((FOLDER / f"{name}.json").read_text())["cases"].items()
}
CASES = [case for chapter in chapters.CHAPTERS.values() for case in chapters.cases(chapter)]
MODES = "eager", "graph"


def answer(case: Case, mode: str) -> dict[str, Any]:
    """What tf.keras answered; a graph's answer is written as its difference to the eager one."""
    recorded = RECORDED[case.id]
    if mode == "eager" or "whole" in recorded["graph"]:
        return recorded[mode]
    return {**recorded["eager"], **recorded["graph"]}


def verdict(case: Case, mode: str, engine: str) -> str:
    """Whether K `agrees`, `departs`, or tf.keras left the play `unanswered`."""
    if is_unanswered(case, mode):
        return "unanswered"
    return "departs" if is_among(case, mode, _departures(engine)) else "agrees"


def is_unanswered(case: Case, mode: str) -> bool:
    if answer(case, mode)["kind"] != "error":
        return False
    errors = [answer(case, each).get("builtin") for each in {"eager", mode}]
    return not set(errors) <= {"TypeError", "ValueError"}


def is_among(case: Case, mode: str, departures: set[str]) -> bool:
    """Whether a chapter's ids have the case, in all modes or in this one."""
    return case.id in departures or f"{case.id} {mode}" in departures


@cache
def _departures(engine: str) -> set[str]:
    return chapters.REFUSED | chapters.ANSWERED | chapters.departures(engine)
