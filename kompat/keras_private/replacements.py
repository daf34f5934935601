"""Attributes of modules and classes that were replaced, and what stood there before."""

from typing import Any

ABSENT = object()
"""What stands where there is no attribute of an object's own."""


class Replacements:
    """Changes of attributes, in their order, to be undone together."""

    def __init__(self) -> None:
        self._stood: list[tuple[Any, str, Any]] = []

    def set(self, owner: Any, name: str, value: Any) -> None:
        """Put `value` in the place of an attribute."""
        self.note(owner, name)
        setattr(owner, name, value)

    def drop(self, owner: Any, name: str) -> None:
        """Take an attribute away, if the owner has it of its own."""
        if name in vars(owner):
            self.note(owner, name)
            delattr(owner, name)

    def note(self, owner: Any, name: str) -> None:
        """Remember what stands there now, for somebody else changes it."""
        self._stood.append((owner, name, vars(owner).get(name, ABSENT)))

    def places(self) -> list[tuple[Any, str]]:
        """The owner and the name of each change."""
        return [(owner, name) for owner, name, _ in self._stood]

    def revert(self) -> None:
        """Put back the very objects that stood there, and leave no attribute where none stood."""
        for owner, name, stood in reversed(self._stood):
            if stood is not ABSENT:
                setattr(owner, name, stood)
            elif name in vars(owner):
                delattr(owner, name)
        self._stood.clear()
