"""What the tests of graphs share."""

import pytest


@pytest.fixture
def x(K):
    """A placeholder of rows of two."""
    return K.placeholder(shape=(None, 2))
