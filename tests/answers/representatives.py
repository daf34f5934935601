"""The cases of a function that stand for the others, where playing all of them takes too long.

A case stands for others if it has what no earlier case of its function has: a parameter that is
given, a dtype, or a kind of answer (of values, with gradients, an error).
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from answers.plays import answer
from answers.table import Case

DTYPE = re.compile(r"\b(?:bool|bfloat16|complex64|(?:float|u?int)\d+)\b")


def representatives(cases: Iterable[Case]) -> list[Case]:
    """The cases that stand for the others of their function."""
    met: dict[str, set[Any]] = defaultdict(set)
    chosen = []
    for case in cases:
        new = traits(case) - met[case.function]
        if new:
            chosen.append(case)
            met[case.function] |= new
    return chosen


def traits(case: Case) -> set[Any]:
    """The parameters that are given, by place or name; the dtypes; and the kind of the answer."""
    recorded = answer(case, "graph")
    kind = recorded["kind"], bool(recorded.get("gradients"))
    return {*range(len(case.args)), *case.kwargs, *DTYPE.findall(case.call), kind}
