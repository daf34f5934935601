"""An old Keras, in place for one test."""

from collections.abc import Callable, Iterator

import pytest

import kompat


@pytest.fixture
def old_keras() -> Iterator[Callable[[str], None]]:
    """Puts a version in place; whatever it was, nothing is left of it after the test."""
    kompat.uninstall()
    yield kompat.install
    kompat.uninstall()
