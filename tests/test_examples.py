"""The examples, unchanged, on kompat against what they gave on real tf_keras."""

import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pytest
from processes import kompat_run
from shares import often

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.fixture
def run_example(engine, tmp_path):
    """Runs an example in `tmp_path`: what it records, what tf_keras recorded, what it prints."""
    if engine == "numpy":
        pytest.skip("Keras on NumPy does not train")

    def run(name: str, *arguments: str) -> tuple[dict, dict, str]:
        record = tmp_path / "record.json"
        script = ROOT / "examples" / f"{name}.py"
        recorded = json.loads(
            (ROOT / "tests" / "answers" / "recorded" / f"{name}.json").read_text()
        )
        same = hashlib.sha256(script.read_bytes()).hexdigest() == recorded["sha256"]
        assert same, "the example changed since it was recorded: make record-answers"
        words = ["--backend", engine, str(script), *arguments, "--record", str(record)]
        done = kompat_run(words, tmp_path, PYTHONPATH=str(ROOT))
        assert done.status == 0, done.problems
        return json.loads(record.read_text()), recorded, done.printed

    return run


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_have_not_a_word_of_kompat(example):
    assert "kompat" not in example.read_text()


@pytest.mark.parametrize("example", often(EXAMPLES, EXAMPLES[:1]), ids=lambda path: path.stem)
def test_where_nothing_trains_the_error_names_the_engines_that_can(example, engine, tmp_path):
    if engine != "numpy":
        pytest.skip("this engine trains")
    done = kompat_run(["--backend", engine, str(example)], tmp_path, PYTHONPATH=str(ROOT))
    assert done.status == 1
    assert re.search(r"Fix: .*jax, torch or tensorflow\.$", done.problems, re.MULTILINE)


def test_cyclical_lr_digits(run_example, tmp_path):
    ours, recorded, printed = run_example("cyclical_lr_digits")
    assert re.search(r"test accuracy +\d\d\.\d\d%", printed), "no table"
    assert "32/32" in printed, "no progress bar"
    np.testing.assert_allclose(ours["learning_rates"], recorded["learning_rates"], atol=1e-6)
    np.testing.assert_allclose(ours["finder_rates"], recorded["finder_rates"], atol=1e-6)
    assert ours["accuracy"] == pytest.approx(recorded["accuracy"], abs=0.02)
    assert ours["accuracy"] > 0.95
    assert (tmp_path / "cyclical_lr_digits.png").stat().st_size > 10_000


@pytest.mark.one_engine("torch")  # `make demo` shows it on JAX
def test_grad_cam_digits(run_example, tmp_path):
    weights = ROOT / "tests" / "data" / "grad_cam_digits.npz"
    ours, recorded, _ = run_example("grad_cam_digits", "--weights", str(weights))
    for kind in ("activation", "saliency", "grad_cam", "filters"):
        assert len(ours[kind]) == len(recorded[kind])
        for found, expected in zip(ours[kind], recorded[kind]):
            correlation = np.corrcoef(np.ravel(found), np.ravel(expected))[0, 1]
            assert correlation > 0.99, kind
    np.testing.assert_allclose(ours["responses"], recorded["responses"], rtol=0.01, atol=0.01)
    assert ours["accuracy"] == pytest.approx(recorded["accuracy"], abs=0.005)
    assert (tmp_path / "grad_cam_digits.png").stat().st_size > 10_000


def test_graph_training(run_example):
    ours, recorded, printed = run_example("graph_training")
    for figure in ("losses", "running_loss", "test_losses"):
        np.testing.assert_allclose(ours[figure], recorded[figure], rtol=0, atol=1e-4)
    assert ours["accuracy"] == pytest.approx(recorded["accuracy"], abs=0.005)
    assert ours["test_losses"][1] < 0.1 * ours["test_losses"][0]
    assert printed.count("running loss") == 10
