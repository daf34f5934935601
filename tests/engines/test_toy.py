"""An engine joins by an installed package; one that nothing is known of computes through Keras."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kompat.engines.engine import Engine
from kompat.engines.registry import engine_class
from kompat.errors import UnknownEngineError

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
GRAPHS = ["tests/graph", "tests/test_variable.py", "tests/backend/test_symbolic.py"]
# Keras on PyTorch has no such dtype, and the toy engine does nothing about it.
BEYOND_THE_TOY = [
    f"tests/test_variable.py::test_64_bits_are_exact_in_every_door[uint64-{2**64 - 1}]",
]
# Tests of the cell, where the K.variables of NumPy live; what Keras stores itself a run reads
# variable by variable, without a lock.
OF_THE_CELL = [
    "tests/graph/test_isolation.py::test_a_run_sees_all_of_anothers_updates_or_none",
    "tests/test_variable.py::test_a_write_waits_while_an_increment_is_stored[K]",
    "tests/test_variable.py::test_a_view_takes_constant_time_and_shares_the_memory",
]
# On NumPy, Keras infers shapes on memory that nobody has filled; kompat mends NumPy's engine alone.
UNFILLED = ["-W", "ignore::RuntimeWarning"]


def run(name: str, installed: Path | None, program: list[str]) -> str:
    """What a program prints on Keras's engine of this process, which goes by another name.

    Args:
        name: what the engine goes by.
        installed: a folder of installed packages that the program has too.
        program: as Python takes it.
    """
    folders = [str(folder) for folder in (ROOT, installed) if folder]
    done = subprocess.run(
        [sys.executable, "-P", str(HERE / "pretend.py"), name, *program],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(folders)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def run_tests(name: str, installed: Path | None, without: list[str], *options: str) -> None:
    pytest = ["-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    said = run(name, installed, [*pytest, *GRAPHS, *[f"--deselect={test}" for test in without]])
    (passed,) = re.findall(r"(\d+) passed", said)
    assert int(passed) > 200, said


def pip_install(package: Path, folder: Path) -> None:
    """Install a package that needs nothing which is not here."""
    options = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", *options]
    subprocess.run([*pip, "--target", str(folder), str(package)], check=True, capture_output=True)


def say(folder: Path, package: str, value: str, engine: str = "nameless") -> None:
    """Note an installed package that says the class of an engine."""
    notes = folder / f"{package}-1.dist-info"
    notes.mkdir(parents=True)
    (notes / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1\n")
    (notes / "entry_points.txt").write_text(f"[kompat.engines]\n{engine} = {value}\n")


def test_an_engine_joins_by_an_installed_package(engine, tmp_path):
    if engine != "torch":
        pytest.skip("the toy engine stands on PyTorch")
    source, installed = tmp_path / "source", tmp_path / "installed"
    shutil.copytree(HERE / "toy_engine", source)  # pip builds in the folder of the source
    pip_install(source, installed)
    where = run("toy", installed, ["-c", WHERE])
    assert where == "toy toy_engine.ToyEngine toy_engine.storage.Storage\n"
    run_tests("toy", installed, BEYOND_THE_TOY)


@pytest.mark.one_engine("numpy")
@pytest.mark.parametrize(
    "name", ["pyproject.toml", "toy_engine/__init__.py", "toy_engine/storage.py"]
)
def test_the_documented_engine_is_the_toy_engine(name):
    blocks = re.findall(r"```(?:toml|py)\n(.*?)```", (ROOT / "docs/design.md").read_text(), re.S)
    assert len(blocks) == 3
    assert (HERE / "toy_engine" / name).read_text() in blocks


@pytest.mark.nightly
def test_an_engine_of_which_nothing_is_known_computes_through_keras(engine):
    if engine != "numpy":
        pytest.skip("an engine without gradients is needed")
    where = run("nameless", None, ["-c", WHERE])
    assert where == "nameless kompat.engines.engine.Engine kompat.storage.plain.Storage\n"
    run_tests("nameless", None, OF_THE_CELL, *UNFILLED)


WHERE = """
from kompat import engines, storage
classes = type(engines.current), storage.Storage
print(engines.NAME, *[f"{cls.__module__}.{cls.__qualname__}" for cls in classes])
"""


def test_an_engine_without_gradients_names_those_that_have_them(engine):
    if engine != "numpy":
        pytest.skip("an engine without gradients is needed")
    said = run("nameless", None, ["-c", GRADIENTS])
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


@pytest.mark.one_engine("numpy")
def test_an_engine_may_give_a_class_of_storage_alone(tmp_path):
    say(tmp_path, "one", "one:NamelessEngine")
    (tmp_path / "one.py").write_text(STORED)
    where = run("nameless", tmp_path, ["-c", WHERE])
    assert where == "nameless one.NamelessEngine one.NamelessEngine.storage.<locals>.Doubled\n"
    assert run("nameless", tmp_path, ["-c", WRITTEN]) == "6.0 6.0\n"


STORED = """
from kompat.engines.engine import Engine

class NamelessEngine(Engine):
    def storage(self):
        from kompat.storage import plain

        class Doubled(plain.Storage):
            def _direct_assign(self, value):
                super()._direct_assign(2 * value)

        return Doubled
"""
WRITTEN = """
from kompat import backend as K
v = K.variable(1.0)
v.assign(3.0)
print(K.get_value(v), K.function([], [v])([])[0])
"""


@pytest.mark.one_engine("numpy")
def test_two_packages_cannot_say_the_class_of_one_engine(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    say(tmp_path, "one", "one:First")
    say(tmp_path, "two", "two:Second")
    with pytest.raises(UnknownEngineError, match="'nameless', found one:First and two:Second"):
        engine_class("nameless")


@pytest.mark.one_engine("numpy")
@pytest.mark.parametrize("value", ["math:sqrt", "json:JSONDecoder"])
def test_an_entry_point_must_name_a_class_of_engines(tmp_path, monkeypatch, value):
    monkeypatch.syspath_prepend(tmp_path)
    say(tmp_path, "one", value)
    with pytest.raises(
        UnknownEngineError, match=r"derived from .*Engine for the engine 'nameless'"
    ):
        engine_class("nameless")


@pytest.mark.one_engine("numpy")
def test_kompats_own_class_goes_before_one_of_a_package(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    say(tmp_path, "one", "math:sqrt", engine="numpy")
    assert engine_class("numpy").__module__ == "kompat.engines.numpy"


@pytest.mark.one_engine("numpy")
@pytest.mark.parametrize(
    ("name", "count"), [("infer", 1), ("cond", 3), ("scan", 4), ("sparse", 3), ("sparse_where", 2)]
)
def test_an_engine_that_claims_what_it_does_not_have_is_told_so(name, count):
    with pytest.raises(NotImplementedError, match=f"'numpy' has no '{name}' of its own"):
        getattr(Engine(), name)(*[None] * count)


@pytest.mark.one_engine("numpy")
def test_the_package_of_an_engine_is_a_part_of_keras():
    """In graph mode a layer computes at once below Keras, its trainers in that package too."""
    said = run("nameless", None, ["-c", BELOW])
    assert said == "keras.src.layers True\nkeras_nameless.trainer True\nkeras_names.own False\n"


BELOW = """
import kompat
with kompat.graph_mode():
    for name in ("keras.src.layers", "keras_nameless.trainer", "keras_names.own"):
        names = {"__name__": name, "kompat": kompat}
        exec("def ask(): return kompat.executing_eagerly()", names)
        print(name, names["ask"]())
"""
