"""Each form of program is to `kompat run` what it is to Python."""

import os
import py_compile
import re
import sys
import zipfile
from pathlib import Path

import pytest
from processes import HIDE_TENSORFLOW, kompat_run, python
from shares import often

pytestmark = pytest.mark.one_engine("numpy")

SHOW = """
import sys
main = {name: value for name, value in globals().items() if name != "sys"}
print(sys.modules["__main__"].__dict__ is globals(), sys.argv, sys.path)
for name, value in sorted(main.items()):
    print(name, type(value), sorted(value) if isinstance(value, dict) else value)
"""
ENDINGS = {
    "falls off the end": "",
    "exit 3": "raise SystemExit(3)",
    "exit with a message": "import sys; sys.exit('enough')",
    "exception": "def inner():\n    raise ValueError('deep')\ninner()",
    "chained exceptions": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n"
    "    raise KeyError('k') from e",
    "syntax error": "x = = 1",
    "open bracket": "x = (1",
    "missing module": "import nowhere",
    "keyboard interrupt": "raise KeyboardInterrupt",
    "own traceback": "import traceback\ntry:\n    1 / 0\nexcept Exception:\n"
    "    traceback.print_exc()",
    "warnings": "import warnings\nwarnings.warn('look here')\n"
    "warnings.warn('old', DeprecationWarning)",
}
# Each is what follows `python`, and reads the program under test from where `lay` has put it.
FORMS = {
    "script": ["old.py", "a"],
    "script, dotted": ["./sub/../old.py"],
    "compiled": ["old.pyc", "a"],
    "folder": ["folder", "a"],
    "this folder": ["."],
    "package folder": ["package", "a"],
    "zip file": ["old.zip", "a"],
    "module": ["-m", "old", "a"],
    "module, attached": ["-mold"],
    "package": ["-m", "package", "a"],
    "module of a package": ["-m", "package.part", "--", "-m", "x"],
    "dashes": ["old.py", "--", "a", "--", "--help", "--backend", "x", "-c"],
    "code": ["-c", None, "a", "--", "-m"],
    "standard input": ["-", "a", "--"],
}
IMPORTING = {
    "missing": "import nowhere",
    "failing": "def f():\n    import failing\nf()",
    "chained": "def f():\n    try:\n        import nowhere\n    except ImportError as error:\n"
    "        raise KeyError('k') from error\ntry:\n    f()\nfinally:\n    import failing",
}
MISSING = [
    ["-m", "nowhere"],
    ["-m", "package.nowhere"],
    ["-m", "old.py"],
    ["-m", "sub"],
    ["-m", ".old"],
    ["sub"],
    ["sub/"],
]


def lay(folder: Path, source: str) -> None:
    """Write a program in all its forms into a folder."""
    for name in ("sub", "folder", "package"):
        (folder / name).mkdir(exist_ok=True)
    for name in ("old", "__main__", "folder/__main__", "package/__main__", "package/part"):
        (folder / f"{name}.py").write_text(source)
    (folder / "package" / "__init__.py").write_text("import sys; print(sys.argv)")
    with zipfile.ZipFile(folder / "old.zip", "w") as archive:
        archive.write(folder / "old.py", "__main__.py")


def both(words: list, folder: Path, source: str = "") -> tuple[tuple, tuple]:
    """What Python and `kompat run` make of a command line, but for addresses of objects."""
    command = [source if word is None else word for word in words]
    return tuple(  # type: ignore[return-value]
        (status, re.sub(r" at 0x\w+", "", printed), problems)
        for status, printed, problems in (
            python(command, folder, stdin=source),
            kompat_run(command, folder, stdin=source),
        )
    )


@pytest.mark.parametrize("form", FORMS)
def test_a_program_sees_of_itself_what_python_shows_it(tmp_path, form):
    lay(tmp_path, SHOW)
    py_compile.compile(str(tmp_path / "old.py"), str(tmp_path / "old.pyc"))
    plain, ours = both(FORMS[form], tmp_path, SHOW)
    assert ours == plain
    assert plain[0] == 0
    assert "__name__ <class 'str'> __main__" in plain[1]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("form", ["folder", "zip file", "package", "code", "standard input"])
def test_a_program_ends_as_under_python(tmp_path, form, ending):
    if form == "code" and ending == "warnings" and sys.version_info >= (3, 13):
        pytest.skip("tracebacks of code show its lines since 3.13; here warnings show them too")
    lay(tmp_path, ENDINGS[ending])
    plain, ours = both(FORMS[form], tmp_path, ENDINGS[ending])
    assert ours == plain


@pytest.mark.parametrize("words", MISSING, ids=" ".join)
def test_what_is_missing_is_said_as_python_says_it(tmp_path, words):
    lay(tmp_path, SHOW)
    plain, ours = both(words, tmp_path)
    assert ours == plain
    assert plain[0] == 1


@pytest.mark.parametrize("name", IMPORTING)
def test_the_traceback_of_an_import_is_pythons_where_tensorflow_is_played(tmp_path, name):
    lay(tmp_path, IMPORTING[name])
    (tmp_path / "failing.py").write_text("1 / 0")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(HIDE_TENSORFLOW)
    places = os.pathsep.join([str(tmp_path / "site"), *sys.path])
    plain, ours = (run(["old.py"], tmp_path, PYTHONPATH=places) for run in (python, kompat_run))
    assert ours == plain
    assert plain.status == 1


@pytest.mark.parametrize("form", ["script", "folder", "module", "code"])
def test_a_safe_path_stays_safe(tmp_path, form):
    lay(tmp_path, SHOW)
    words = [SHOW if word is None else word for word in FORMS[form]]
    found = [
        run(words, tmp_path, PYTHONSAFEPATH="1", PYTHONPATH=os.pathsep.join(sys.path))
        for run in (python, kompat_run)
    ]
    plain, ours = ((done.status, re.sub(r" at 0x\w+", "", done.printed)) for done in found)
    assert ours == plain


OF_2016 = """
import sys
import numpy as np
import keras
from keras import backend as K
from keras.backend.tensorflow_backend import set_value

rate = K.variable(0.5)
K.set_value(rate, K.get_value(rate) / 2)
x = K.placeholder(shape=(None, 2))
double = K.function([x], [2 * x])
(y,) = double([np.ones((1, 2))])
print(__name__, sys.argv[1:], K.image_dim_ordering(), float(K.get_value(rate)), y.tolist())
"""


@pytest.mark.parametrize(
    "form",
    often(
        ["script", "folder", "zip file", "package", "module", "code", "standard input"],
        ["script", "package", "standard input"],
    ),
)
def test_a_program_of_2016_runs_in_each_form(tmp_path, form):
    lay(tmp_path, OF_2016)
    words = [OF_2016 if word is None else word for word in FORMS[form]]
    done = kompat_run(["--backend", "numpy", *words], tmp_path, stdin=OF_2016)
    expected = f"__main__ {words[2 if words[0] in ('-m', '-c') else 1 :]} tf 0.25 [[2.0, 2.0]]\n"
    assert done.status == 0, done.problems
    assert done.printed.endswith(expected)
