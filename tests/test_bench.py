"""The benchmark's verdicts: a missed budget fails it, and a missing peer is named."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from bench import __main__ as command, report, rows  # noqa: E402
from bench.timing import Result, compare  # noqa: E402


def test_a_ratio_is_compared_within_its_round_and_judged_by_its_budget():
    slow_machine = [[2.0, 20.0, 2.2], [1.0, 10.0, 1.0]]
    kept = compare("row", "mine", "its", 2.0, slow_machine)
    missed = compare("row", "mine", "its", 1.9, slow_machine)
    assert kept.ratio == 2.0
    assert (kept.missed, missed.missed) == (False, True)
    assert report.summary([kept]) == "All 1 budgets are kept."
    assert "row (2.00, budget 1.9)" in report.summary([kept, missed])


def test_an_absolute_budget_is_one_of_microseconds():
    times = [[3e-6, 2e-6, 9e-6]]
    assert compare("row", "mine", None, 1.0, times).missed
    assert not compare("row", "mine", None, 2.5, times).missed


@pytest.mark.parametrize("missed", [True, False])
def test_the_exit_status_tells_of_a_missed_budget_and_the_peer_is_named(
    monkeypatch, capsys, engine, missed
):
    if engine != "jax":
        pytest.skip("the budgets are for JAX")
    result = Result("row", "mine", 2.0, budget=1.0 if missed else 3.0)
    monkeypatch.setattr(rows, "measure", lambda *_: [result])
    monkeypatch.setattr(command.processes, "imports", list)
    monkeypatch.setattr(command.processes, "functions", lambda _: [])
    monkeypatch.setattr(command.beside, "measure", lambda *_: [])
    monkeypatch.setattr(sys, "argv", ["bench"])
    assert command.main() == int(missed)
    printed = capsys.readouterr().out
    assert "tf_keras 2.21: not measured, run `make bench-peers`" in printed
    assert ("MISSED" in printed) == missed


def test_every_job_has_a_budget():
    text = " ".join(row.name for row in rows.ROWS if row.budget is not None)
    for job in (
        "get scalar",
        "set scalar",
        "view",
        "update_add",
        "set, then use",
        "1 MB",
        "100 MB",
    ):
        assert job in text
    assert any("batch" in row.subject and row.budget for row in rows.ROWS)
    assert any(row.name == "get + 1, then set" for row in rows.ROWS)


def test_it_is_for_jax(engine):
    if engine == "jax":
        pytest.skip("its own engine")
    done = subprocess.run(
        [sys.executable, "-m", "bench"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "KERAS_BACKEND=jax" in done.stdout
