"""Processes that a program of `kompat run` starts have K too, through the start-up file.

The tests put the project's own start-up file into a site folder, so that they say the same whether
kompat is installed or only stands on PYTHONPATH.
"""

import multiprocessing
import os
import shutil
from pathlib import Path

import pytest
from conftest import framework
from processes import kompat_run, python
from shares import often

pytestmark = pytest.mark.one_engine("numpy")

ROOT = Path(__file__).parent.parent
ASK = """
def ask(number):
    from keras.backend.tensorflow_backend import set_value
    from keras import backend as K
    v = K.variable(1.)
    set_value(v, number)
    return K.__name__, float(K.get_value(v))
"""
ANSWER = "('kompat.backend', 5.0)"
POOL = """
import multiprocessing
from asking import ask
def ask_here(number):
    return ask(number)
if __name__ == "__main__":
    with multiprocessing.get_context({method!r}).Pool(1) as pool:
        print(pool.map(ask_here, [5.])[0])
"""
LOKY = """
import os
from joblib import Parallel, delayed
from asking import ask
def ask_here(number):
    return ask(number), os.getpid()
if __name__ == "__main__":
    [(answer, process)] = Parallel(n_jobs=2, backend="loky")([delayed(ask_here)(5.)])
    assert process != os.getpid()
    print(answer)
"""
CHILD = """
import subprocess, sys
print(subprocess.run([sys.executable, *{words!r}], capture_output=True, text=True).stdout, end="")
"""
PRINT = "from asking import ask; print(ask(5.))"
PROGRAMS = {
    "spawn": POOL.format(method="spawn"),
    "forkserver": POOL.format(method="forkserver"),
    "loky": LOKY,
    "subprocess, script": CHILD.format(words=["child.py"]),
    "subprocess, module": CHILD.format(words=["-m", "child"]),
    "subprocess, code": CHILD.format(words=["-c", PRINT]),
    "subprocess, no user site": CHILD.format(words=["-s", "child.py"]),
    "subprocess, kompat run": CHILD.format(words=["-m", "kompat", "run", "child.py"]),
    "grandchild": CHILD.format(words=["-c", CHILD.format(words=["child.py"])]),
}
TESTS = """
import os
import pytest
from asking import ask

@pytest.mark.parametrize("number", [1., 2.])
def test_it(number):
    assert ask(number) == ("kompat.backend", number)
    assert ("PYTEST_XDIST_WORKER" in os.environ) == (os.environ["WORKERS"] != "0")
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder of programs, with a site folder that has the start-up file."""
    site = tmp_path / "site"
    site.mkdir()
    shutil.copy(ROOT / "kompat_startup.pth", site)
    (site / "sitecustomize.py").write_text(f"import site; site.addsitedir({str(site)!r})")
    (tmp_path / "asking.py").write_text(ASK)
    (tmp_path / "child.py").write_text(PRINT)
    return tmp_path


def surroundings(folder: Path) -> dict[str, str]:
    """The environment in which Python finds the start-up file, kompat and the programs."""
    inherited = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    places = [str(folder / "site"), str(ROOT), str(folder), *filter(None, inherited)]
    return {"PYTHONPATH": os.pathsep.join(places), "KERAS_BACKEND": "numpy"}


@pytest.mark.parametrize("name", often(PROGRAMS, ["spawn", "loky", "grandchild"]))
def test_a_child_has_k(folder, name):
    if name == "loky":
        framework("joblib")
    if name == "forkserver" and name not in multiprocessing.get_all_start_methods():
        pytest.skip("there is none on this system")
    (folder / "parent.py").write_text(PROGRAMS[name])
    status, printed, problems = kompat_run(["parent.py"], folder, **surroundings(folder))
    assert (status, printed) == (0, f"{ANSWER}\n"), problems


@pytest.mark.parametrize("form", [["-m", "parent"], ["parent"]], ids=["module", "folder"])
def test_a_spawned_child_finds_the_program_of_each_form(folder, form):
    """A child imports ``__main__`` again, by its specification; that of a folder it leaves out."""
    source = PROGRAMS["spawn"]
    if form == ["parent"]:
        source = source.replace("pool.map(ask_here", "pool.map(ask")
        (folder / "parent").mkdir()
        (folder / "parent" / "__main__.py").write_text(source)
    else:
        (folder / "parent.py").write_text(source)
    status, printed, problems = kompat_run(form, folder, **surroundings(folder))
    assert (status, printed) == (0, f"{ANSWER}\n"), problems


@pytest.mark.parametrize("workers", often(["0", "2"], ["0"]), ids=["in process", "xdist"])
def test_the_tests_of_pytest_have_k(folder, workers):
    (folder / "test_old.py").write_text(TESTS)
    command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", workers, "test_old.py"]
    environment = {**surroundings(folder), "WORKERS": workers}
    without = dict.fromkeys(("PYTEST_XDIST_WORKER", "PYTEST_ADDOPTS"))
    status, printed, _ = kompat_run(command, folder, **environment, **without)
    assert status == 0, printed
    assert "2 passed" in printed


MODE = "import keras, kompat; print(kompat.executing_eagerly())"


def test_a_child_is_in_the_mode_of_its_parent(folder):
    (folder / "parent.py").write_text(f"{MODE}\n{CHILD.format(words=['-c', MODE])}")
    environment = surroundings(folder)
    assert kompat_run(["--graph", "parent.py"], folder, **environment).printed == "False\nFalse\n"
    assert kompat_run(["parent.py"], folder, **environment).printed == "True\nTrue\n"


def test_a_child_that_is_kompat_run_has_the_mode_of_its_own_command(folder):
    command = ["-m", "kompat", "run", "-c", MODE]
    (folder / "parent.py").write_text(CHILD.format(words=command))
    assert kompat_run(["--graph", "parent.py"], folder, **surroundings(folder)).printed == "True\n"


FINDERS = (
    "import sys; print(sum(type(f).__module__ == 'kompat.installation' for f in sys.meta_path))"
)
LOADED = "import sys; print([m for m in ('keras', 'numpy', 'kompat') if m in sys.modules])"


def test_k_is_installed_once_and_before_anything_is_imported(folder):
    environment = {**surroundings(folder), "KOMPAT_RUN": "eager"}
    assert python(["-c", LOADED], folder, **environment) == (0, "['kompat']\n", "")
    assert python(["-c", FINDERS], folder, **environment) == (0, "1\n", "")
    assert kompat_run(["-c", FINDERS], folder, **environment) == (0, "1\n", "")


def test_without_the_variable_nothing_is_imported(folder):
    assert python(["-c", LOADED], folder, **surroundings(folder)) == (0, "[]\n", "")


def test_what_goes_wrong_at_the_start_is_said_in_one_line(folder):
    site = folder / "site" / "sitecustomize.py"
    site.write_text(
        "import kompat\ndef install(): raise OSError('broken')\nkompat.install = install\n"
        + site.read_text()
    )
    environment = {**surroundings(folder), "KOMPAT_RUN": "eager"}
    assert python(["-c", "print('on')"], folder, **environment) == (
        0,
        "on\n",
        "kompat: this process runs without K: OSError: broken\n",
    )


def test_a_program_may_let_its_children_start_without_k(folder):
    """`uninstall` is for one process; the variable is for those that it starts."""
    child = CHILD.format(words=["-c", FINDERS])
    (folder / "parent.py").write_text(
        f"import kompat, os\nkompat.uninstall()\n{FINDERS}\n{child}\n"
        f"del os.environ['KOMPAT_RUN']\n{child}"
    )
    printed = kompat_run(["parent.py"], folder, **surroundings(folder)).printed
    assert printed == "0\n1\n0\n"
