"""Keys with negative steps, for tensors that have none: their axes are flipped first.

The slices of a key stand here as lists [start, stop, step].
"""

import itertools
from typing import Any


def is_backwards(part: Any) -> bool:
    """Whether a part of a key is a slice with a negative step."""
    return isinstance(part, list) and isinstance(part[2], int) and part[2] < 0


def axes(parts: list[Any]) -> tuple[int, ...]:
    """The axes that a key goes through backwards, those behind an ellipsis from the end."""
    front = list(itertools.takewhile(lambda part: part is not Ellipsis, parts))
    ends = [(front, 0), (parts[len(front) + 1 :], None)]
    found = []
    for some, start in ends:
        along = [part for part in some if part is not None]
        first = -len(along) if start is None else start
        found += [axis for axis, part in enumerate(along, first) if is_backwards(part)]
    return tuple(found)


def forwards(part: Any) -> Any:
    """The same slice of an axis that was flipped; other parts as they are."""
    if not is_backwards(part):
        return part
    start, stop, step = part
    return [None if bound is None else -1 - bound for bound in (start, stop)] + [-step]
