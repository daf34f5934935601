"""Notebooks run cell by cell, without IPython, and say which cell they speak of."""

import json

import pytest
from processes import kompat_run

from kompat.tools.notebook import read_notebook

pytestmark = pytest.mark.one_engine("numpy")


def notebook(folder, *sources, as_lines=False):
    """A notebook of nbformat 4 with a cell of text before each code cell."""
    cells = []
    for source in sources:
        text = source.splitlines(keepends=True) if as_lines else source
        cells.append({"cell_type": "markdown", "metadata": {}, "source": "# x = 1"})
        cells.append(
            {"cell_type": "code", "metadata": {}, "outputs": [], "source": text}
            | {"execution_count": None}
        )
    (folder / "sub").mkdir()
    content = {"nbformat": 4, "nbformat_minor": 0, "metadata": {}, "cells": cells}
    (folder / "sub" / "old.ipynb").write_text(json.dumps(content), encoding="utf-8")
    return "sub/old.ipynb"


@pytest.mark.parametrize("as_lines", [False, True])
def test_cells_run_in_order_in_one_namespace(tmp_path, as_lines):
    cells = ("x = 1\nx += 1", "def f():\n    return x\n\nx", "", "x *= 5\nprint(f(), 'é')")
    old = notebook(tmp_path, *cells, as_lines=as_lines)
    assert kompat_run([old], tmp_path) == (0, "10 é\n", "")


def test_a_notebook_is_like_a_script_without_a_file(tmp_path):
    old = notebook(
        tmp_path,
        "import sys, os",
        "print(sys.argv, os.path.basename(sys.path[0]))",
        "print(__name__, '__file__' in globals())",
        "import neighbour",
    )
    (tmp_path / "sub" / "neighbour.py").write_text("print('met')")
    done = kompat_run([old, "a", "--", "--b"], tmp_path)
    assert done == (0, f"[{old!r}, 'a', '--', '--b'] sub\n__main__ False\nmet\n", "")


def test_a_notebook_of_2016_runs(tmp_path):
    """nbformat 3 has worksheets, and its cells have an input."""
    code = {"cell_type": "code", "language": "python", "outputs": [], "prompt_number": 1}
    cells = [
        {"cell_type": "heading", "level": 1, "source": ["Old"]},
        code | {"input": ["%matplotlib inline\n", "from keras import backend as K\n"]},
        code | {"input": ["v = K.variable(2.)\n", "print(float(K.get_value(v)))"]},
    ]
    content = {"nbformat": 3, "metadata": {"name": ""}, "worksheets": [{"cells": cells}]}
    (tmp_path / "old.ipynb").write_text(json.dumps(content))
    done = kompat_run(["--backend", "numpy", "old.ipynb"], tmp_path)
    assert (done.status, done.printed) == (0, "2.0\n"), done.problems
    assert done.problems == (
        "kompat: old.ipynb, code cell 1, line 1: skipped `%matplotlib inline`\n"
    )


def test_a_traceback_names_the_cell_and_shows_its_lines(tmp_path):
    old = notebook(tmp_path, "def f(x):\n    return 1 / x", "f(1)\nf(0)")
    status, _, problems = kompat_run([old], tmp_path)
    assert status == 1
    lines = [line for line in problems.splitlines() if not {*line} <= {*" ^~"}]
    full = tmp_path / "sub" / "old.ipynb"
    assert lines == [
        "Traceback (most recent call last):",
        f'  File "{full} # %% 2", line 2, in <module>',
        "    f(0)",
        f'  File "{full} # %% 1", line 2, in f',
        "    return 1 / x",
        "ZeroDivisionError: division by zero",
    ]


def test_the_lines_of_a_cell_keep_their_numbers(tmp_path):
    old = notebook(
        tmp_path,
        "%load_ext autoreload\n%autoreload 2\nif True:\n    %config InlineBackend.rc = {}\n"
        "x = '''\n%not a magic\n!nor this\n'''\ny = (7\n% 4)\nprint(x, y)\nassert False, 'here'",
    )
    status, printed, problems = kompat_run([old], tmp_path)
    assert (status, printed) == (1, "\n%not a magic\n!nor this\n 3\n")
    assert [line.split("skipped ")[1] for line in problems.splitlines()[:3]] == [
        "`%load_ext autoreload`",
        "`%autoreload 2`",
        "`%config InlineBackend.rc = {}`",
    ]
    assert 'old.ipynb # %% 1", line 12, in <module>' in problems


@pytest.mark.parametrize(
    ("source", "line", "command"),
    [
        ("!pip install keras", 1, "!pip install keras"),
        ("x = 1\n\n  !ls 'it", 3, "!ls 'it"),
        ("%%bash\necho hello", 1, "%%bash"),
        ("%%timeit\nf()", 1, "%%timeit"),
        ("%matplotlib inline\n%run other.py", 2, "%run other.py"),
        ("x = 1\nfiles = !ls", 2, "files = !ls"),
        ("t = %timeit -o f()", 1, "t = %timeit -o f()"),
        ("x = 1\n?x", 2, "?x"),
        ("x = 1\nx.real?", 2, "x.real?"),
    ],
    ids=lambda value: str(value),
)
def test_a_command_of_ipython_is_refused_before_any_cell_runs(tmp_path, source, line, command):
    old = notebook(tmp_path, "print('ran')", source)
    status, printed, problems = kompat_run([old], tmp_path)
    assert (status, printed) == (2, "")
    assert problems.splitlines()[-1] == (
        f"kompat: {old}, code cell 2, line {line}: `{command}` is a command of IPython, which "
        "kompat run does without. Fix: remove the line, or write it in Python"
    )


def test_a_cell_that_is_no_python_is_pythons_to_report(tmp_path):
    old = notebook(tmp_path, "print('ran')", "x = 1\ny = = 2")
    status, printed, problems = kompat_run([old], tmp_path)
    assert (status, printed) == (1, "ran\n")
    assert problems.splitlines()[0].endswith('old.ipynb # %% 2", line 2')
    assert problems.splitlines()[-1] == "SyntaxError: invalid syntax"


def test_a_warning_is_shown_once_and_with_its_line(tmp_path):
    old = notebook(tmp_path, r"x = '\d'" + "\nimport warnings\nwarnings.warn('look')")
    problems = kompat_run([old], tmp_path, PYTHONWARNINGS="default").problems
    assert problems.count("invalid escape sequence") == 1
    assert "old.ipynb # %% 1:3: UserWarning: look\n  warnings.warn('look')\n" in problems


@pytest.mark.parametrize("content", ["no json", "[1, 2]", "{}", '{"nbformat": 4, "cells": [1]}'])
def test_what_is_no_notebook_is_refused(tmp_path, content):
    path = tmp_path / "old.ipynb"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"old\.ipynb is no notebook \(\w+: .+\)\. Fix: "):
        read_notebook(str(path))
    status, printed, problems = kompat_run(["old.ipynb"], tmp_path)
    assert (status, printed) == (2, "")
    assert problems.startswith("kompat: old.ipynb is no notebook")
    assert "Traceback" not in problems
