"""The example of each row: with the old Keras it is what today's expression is without it."""

import importlib
import re
from typing import Any

import keras
import numpy as np
import pytest
from shares import where_compiled

import kompat
from kompat.errors import RemovedArgumentError, RemovedImportError
from kompat.legacy import CHAPTERS, ROWS, Row
from kompat.legacy.modules import OldModule

NAMES = {"keras": keras, "np": np}
EXPRESSIONS = [row for row in ROWS if row.new]
REFUSED = [row for row in ROWS if row.kind in ("removed", "refused")]
TRAINS = re.compile(r"\.fit\w*\(")
TRAINING = [row for row in EXPRESSIONS if TRAINS.search(row.old)]


def label(row: Row) -> str:
    owner = (row.owners or [row.was])[0].split(".")[-1]
    return f"{row.kind}-{owner}-{row.was.split()[0]}-{row.versions[0]}"


def described(value: Any) -> Any:
    """What an object was made with, without the name that Keras gave it."""
    if isinstance(value, np.ndarray) or keras.ops.is_tensor(value):
        return keras.ops.convert_to_numpy(value).astype(float).round(4).tolist()
    if not hasattr(value, "get_config"):
        return value
    config = value.get_config()
    return {name: one for name, one in config.items() if name != "name"}


def evaluated(expression: str) -> Any:
    return described(eval(expression, dict(NAMES)))


@pytest.mark.parametrize("row", where_compiled(EXPRESSIONS, TRAINING), ids=label)
def test_old_code_means_what_todays_does(old_keras, row, engine, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if engine == "numpy" and TRAINS.search(row.old):
        pytest.skip("this engine does not train")
    expected = evaluated(row.new)
    for version in row.versions:
        old_keras(version)
        assert evaluated(row.old) == expected, version
        kompat.uninstall()


@pytest.mark.one_engine("numpy")
@pytest.mark.parametrize("row", REFUSED, ids=label)
def test_what_is_gone_says_why_and_what_to_do(old_keras, row):
    old_keras(row.versions[0])
    with pytest.raises((RemovedImportError, RemovedArgumentError)) as caught:
        exec(row.old, dict(NAMES))
    said = str(caught.value)
    assert f"Why: {row.why}" in said
    assert f"Fix: {row.mend}" in said


@pytest.mark.one_engine("numpy")
@pytest.mark.parametrize("row", [r for r in ROWS if r.kind in ("name", "module")], ids=label)
def test_a_name_is_what_the_row_says(old_keras, row):
    old_keras(row.versions[0])
    names: dict = {}
    exec(row.old, names)
    if row.kind == "name":
        path, _, name = row.now.rpartition(".")
        found = names[row.was]
        if isinstance(found, OldModule):  # keras.layers.merge was a function, then a module
            found = getattr(found, row.was)
        assert found is getattr(importlib.import_module(path), name)


@pytest.mark.one_engine("numpy")
def test_every_row_has_an_example():
    for row in ROWS:
        assert row.old
        assert row.versions
        assert bool(row.new) == (row.kind not in ("module", "name", "removed", "refused")), row


def test_no_two_rows_say_the_same():
    seen = [(row.kind, row.where, row.was, version) for row in ROWS for version in row.versions]
    assert len(seen) == len({*seen})
    assert sum(map(len, CHAPTERS.values())) == len(ROWS)
