"""`make fresh` itself: what it takes for wrong, what its programs see, and what it plays."""

import tomllib
from pathlib import Path

import pytest

from tests.fresh.__main__ import shortened
from tests.fresh.cases import CASES, ENGINES, EXTRAS, Case
from tests.fresh.documents import DOCUMENTS, example
from tests.fresh.environment import Environment, play

pytestmark = pytest.mark.one_engine("numpy")

ROOT = Path(__file__).parent.parent
TRACE = "Traceback (most recent call last):\n"
USES = Case("uses", ("python", "old.py"), prints="2.0\n")
REFUSED = Case("refused", ("python", "old.py"), refuses=("jxa", "numpy"))
REFUSED_BY_RUN = Case("refused", ("kompat", "run", "old.py"), refuses=("jxa", "numpy"))


@pytest.mark.parametrize(
    ("case", "status", "printed", "errors", "wrong"),
    [
        (USES, 0, "2.0\n", "a warning", ""),
        (USES, 0, "1.0\n", "", "received '1.0"),
        (USES, 1, "2.0\n", "", "exit status 0, received 1"),
        (REFUSED, 1, "", TRACE + "no jxa, but numpy", ""),
        (REFUSED, 1, "", TRACE + TRACE + "no jxa, but numpy", "no traceback"),
        (REFUSED, 1, "", "no jxa", "expected 'numpy' in it"),
        (REFUSED, 0, "", "no jxa, but numpy", "another exit status"),
        (REFUSED_BY_RUN, 2, "", "no jxa, but numpy", ""),
        (REFUSED_BY_RUN, 1, "", TRACE + "no jxa, but numpy", "no traceback"),
        (REFUSED_BY_RUN, 2, "", "no jxa, but numpy\nand more", "one line"),
    ],
)
def test_a_program_is_judged_by_its_status_and_by_what_it_says(
    case, status, printed, errors, wrong
):
    found = case.judge(status, printed, errors, case.prints)
    assert wrong in found
    assert bool(found) == bool(wrong)


def test_the_examples_of_a_document_are_one_program_and_say_what_it_prints(tmp_path):
    document = tmp_path / "page.md"
    document.write_text(
        "```python\nx = 1\n```\n```py\nfragment(\n```\n"
        "```python\nprint(x)  # 1\ny = 2  # two\n```\n"
    )
    case = example(document)
    assert case.files["example.py"] == "x = 1\n\nprint(x)  # 1\ny = 2  # two\n"
    assert case.prints == "1\n"
    document.write_text("```py\nfragment(\n```\n")
    assert example(document) is None


def test_the_readme_and_every_extra_are_played():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {*ENGINES} == set(extras["optional-dependencies"]) - {"draw", "dev"}
    assert {*EXTRAS} == {*ENGINES, "none"}
    assert "the examples of README.md" in [case.name for case in DOCUMENTS]
    for extra in EXTRAS:
        names = [case.name for case in (*DOCUMENTS, *CASES) if extra in case.extras]
        assert len(names) == len(set(names)) >= 4


def test_long_errors_are_cut_in_the_middle():
    assert shortened("\n".join(map(str, range(12)))) == [str(n) for n in range(12)]
    assert shortened("\n".join(map(str, range(100)))) == [
        *("0", "1", "2", "..."),
        *(str(n) for n in range(91, 100)),
    ]


def test_programs_see_a_new_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    environment = Environment(tmp_path / "environment")
    environment.add_modules({"beside": "NAME = 'beside'"})
    program = (
        "import os, sys, importlib.util, pathlib, beside\n"
        "names = ('KERAS_BACKEND', 'PYTHONPATH', 'GIVEN')\n"
        "print(beside.NAME, [os.environ.get(name) for name in names])\n"
        "print(importlib.util.find_spec('kompat'), list(pathlib.Path.home().iterdir()))\n"
        "print(sorted(os.listdir()), sys.stdin.read())\n"
    )
    prints = "beside [None, None, 'x']\nNone []\n['data.txt', 'old.py'] input\n"
    files = {"old.py": program, "data.txt": ""}
    variables = {"GIVEN": "x"}
    command = ("python", "old.py")
    case = Case("sees", command, files, prints, variables=variables, stdin="input")
    assert play(case, environment) == ""
    same = Case("same", command, files, same_as=("python", "-c", "print('another')"))
    assert "expected 'another\\n'" in play(same, environment)
