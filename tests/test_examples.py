"""The examples, unchanged, on kompat against what they gave on real tf_keras."""

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "cyclical_lr_digits.py"


def test_the_example_has_not_a_word_of_kompat():
    assert "kompat" not in EXAMPLE.read_text()


def test_cyclical_lr_digits(engine, tmp_path):
    if engine == "numpy":
        pytest.skip("Keras on NumPy does not train")
    recorded = json.loads((ROOT / "tests" / "answers" / "cyclical_lr_digits.json").read_text())
    same = hashlib.sha256(EXAMPLE.read_bytes()).hexdigest() == recorded["sha256"]
    assert same, "the example changed since it was recorded: make record-answers"
    record = tmp_path / "record.json"
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "kompat", "run", "--backend", engine, str(EXAMPLE)]
        + ["--output", str(tmp_path), "--record", str(record)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - start < 120
    assert re.search(r"test accuracy +\d\d\.\d\d%", done.stdout), "no table"
    assert "32/32" in done.stdout, "no progress bar"
    ours = json.loads(record.read_text())
    np.testing.assert_allclose(ours["learning_rates"], recorded["learning_rates"], atol=1e-6)
    np.testing.assert_allclose(ours["finder_rates"], recorded["finder_rates"], atol=1e-6)
    assert ours["accuracy"] == pytest.approx(recorded["accuracy"], abs=0.02)
    assert ours["accuracy"] > 0.95
    assert (tmp_path / "cyclical_lr_digits.png").stat().st_size > 10_000
