"""Which tests run on every change, and which once a night.

NumPy compiles nothing: on it every change plays everything. Elsewhere a change plays what differs
between engines, on cases that stand for the others, and the night plays all.
"""

from collections.abc import Collection, Iterable
from typing import Any

import pytest
from conftest import ENGINE
from hypothesis import settings


def often(cases: Iterable[Any], chosen: Collection[Any]) -> list[Any]:
    """The cases of a test, those that are not chosen for the night; a tuple has several values."""
    marked = []
    for case in cases:
        values = case if isinstance(case, tuple) else (case,)
        marks = () if case in chosen else pytest.mark.nightly
        marked.append(pytest.param(*values, marks=marks))
    return marked


def where_compiled(cases: Iterable[Any], chosen: Collection[Any]) -> list[Any]:
    """The same where the engine compiles; on NumPy every change plays all cases."""
    cases = list(cases)
    return often(cases, cases if ENGINE == "numpy" else chosen)


def examples(most: int) -> settings:
    """Settings of a property: `most` examples, or the share of them that the profile plays."""
    return settings(max_examples=most * settings.default.max_examples // 100)
