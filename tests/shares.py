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
    """The cases of a test; where the engine compiles, those that are not chosen for the night.

    A tuple is a case of several arguments.
    """
    marked = []
    for case in cases:
        rare = ENGINE != "numpy" and case not in chosen
        values = case if isinstance(case, tuple) else (case,)
        marked.append(pytest.param(*values, marks=[pytest.mark.nightly] * rare))
    return marked


def examples(most: int) -> settings:
    """Settings of a property: `most` examples, or the share of them that the profile plays."""
    return settings(max_examples=most * settings.default.max_examples // 100)
