"""Adding an engine is adding files; an engine without files computes through Keras."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
GRAPHS = ["tests/graph", "tests/test_variable.py", "tests/backend/test_symbolic.py"]
# Keras on PyTorch has no such dtype, and the toy engine does nothing about it.
BEYOND_THE_TOY = "tests/test_variable.py::test_64_bits_are_exact_in_every_door[uint64-{}]"
# Two tests of the cell, where the K.variables of NumPy live.
OF_THE_CELL = [
    "tests/test_variable.py::test_a_write_waits_while_an_increment_is_stored[K]",
    "tests/test_variable.py::test_a_view_takes_constant_time_and_shares_the_memory",
]


def run(name: str, package: Path, program: list[str]) -> str:
    """What a program prints on Keras's engine of this process, which goes by another name."""
    done = subprocess.run(
        [sys.executable, "-P", str(HERE / "pretend.py"), name, *program],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def run_tests(name: str, package: Path, without: list[str]) -> None:
    deselected = [f"--deselect={test}" for test in without]
    said = run(
        name, package, ["-m", "pytest", "-q", "-p", "no:cacheprovider", *GRAPHS, *deselected]
    )
    (passed,) = re.findall(r"(\d+) passed", said)
    assert int(passed) > 200, said


def test_an_engine_is_a_file_in_engines_and_one_in_storage(engine, tmp_path):
    if engine != "torch":
        pytest.skip("the toy engine stands on PyTorch")
    package = tmp_path / "kompat"
    shutil.copytree(ROOT / "kompat", package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(HERE / "toy.py", package / "engines" / "toy.py")
    shutil.copy(HERE / "toy_storage.py", package / "storage" / "toy.py")
    where = run("toy", tmp_path, ["-c", WHERE])
    assert where == "toy kompat.engines.toy kompat.storage.toy\n"
    run_tests("toy", tmp_path, [BEYOND_THE_TOY.format(2**64 - 1)])


def test_an_engine_without_files_computes_through_keras(engine):
    if engine != "numpy":
        pytest.skip("an engine without gradients is needed")
    where = run("nameless", ROOT, ["-c", WHERE])
    assert where == "nameless kompat.engines.generic kompat.storage.plain\n"
    run_tests("nameless", ROOT, OF_THE_CELL)


WHERE = """
from kompat import engines, storage
print(engines.NAME, engines.current.differentiate.__module__, storage.Storage.__module__)
"""


def test_an_engine_without_files_names_those_that_have_gradients(engine):
    if engine != "numpy":
        pytest.skip("an engine without gradients is needed")
    said = run("nameless", ROOT, ["-c", GRADIENTS])
    assert "'nameless' computes no gradients" in said
    assert "KERAS_BACKEND=jax, torch or tensorflow" in said


GRADIENTS = """
from kompat import backend as K
v = K.variable([1.0, 2.0])
x = K.placeholder((2,))
try:
    K.function([x], K.gradients(K.sum(x * v), [v]))([[1.0, 2.0]])
except NotImplementedError as error:
    print(error)
"""
