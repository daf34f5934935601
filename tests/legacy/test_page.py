"""The page of the differences says what the rows say."""

from pathlib import Path

import pytest

from kompat.legacy.page import page

PAGE = Path(__file__).parents[2] / "docs" / "legacy.md"


@pytest.mark.one_engine("numpy")
def test_the_page_is_up_to_date():
    assert PAGE.read_text() == page(), "python -m kompat.legacy.page > docs/legacy.md"
    assert "| `keras.optimizers.Adadelta(learning_rate=1.0)` |" in page()
