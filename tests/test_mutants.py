"""Every row of tests/mutants still fits the package and its tests; no mutant is run here."""

from pathlib import Path

import pytest
from answers import chapters
from mutants.mutant import RowError, problems, read

pytestmark = pytest.mark.one_engine("numpy")

ROOT = Path(__file__).parent.parent
MUTANTS = read()
ANSWERS = "tests/backend/test_answers.py::test_answers["
SOURCE = "def double(x):\n    return x + x\n\n\ndef twice(x):\n    return double(x)\n"
ROW = """
[halved]
rule = "double gives twice its argument"
engine = "jax"
file = "package.py"
tests = ["test_package.py::test_double[1]", "test_package.py::TestTwice::test_of_one"]
old = '''
    return x + x
'''
new = '''
    return x
'''
"""


@pytest.fixture(autouse=True)
def fresh_configuration():
    """Nothing here needs K, so its settings are left alone."""


@pytest.fixture
def project(tmp_path):
    """A package of one file, its tests, and a way to say what is wrong with a row about it."""
    (tmp_path / "package.py").write_text(SOURCE)
    tests = "def test_double(x): ...\nclass TestTwice:\n    def test_of_one(self): ...\n"
    (tmp_path / "test_package.py").write_text(tests)

    def check(*edits: tuple[str, str]) -> list[str]:
        text = ROW
        for old, new in edits:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "rows.toml").write_text(text)
        return list(problems(read(tmp_path).values(), tmp_path))

    check.root = tmp_path
    return check


def test_every_row_fits_the_package_and_its_tests():
    assert len(MUTANTS) > 300
    assert not (found := list(problems(MUTANTS.values(), ROOT))), "\n\n".join(found)


def test_recorded_answers_that_rows_name_exist():
    cases = {case.id for chapter in chapters.CHAPTERS.values() for case in chapters.cases(chapter)}
    known = {f"{ANSWERS}{case}-{mode}]" for case in cases for mode in ("eager", "graph")}
    named = {test for m in MUTANTS.values() for test in m.tests if test.startswith(ANSWERS)}
    assert named
    assert sorted(named - known) == []


def test_a_row_replaces_its_lines_alone(project):
    assert project() == []
    (mutant,) = read(project.root).values()
    assert mutant.source(project.root) == SOURCE.replace("return x + x", "return x")
    assert mutant.module == "package"


def test_a_row_may_have_further_replacements(project):
    also = "\n[[halved.also]]\nold = '''\ndef twice(x):\n'''\nnew = '''\ndef thrice(x):\n'''\n"
    assert project(("    return x\n'''\n", f"    return x\n'''\n{also}")) == []
    (mutant,) = read(project.root).values()
    assert mutant.source(project.root).splitlines()[4] == "def thrice(x):"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("x + x\n", "2 * x\n", "halved: expected `old` once in package.py, found it 0 times:"),
        (
            "    return x + x\n",
            "\n",
            "halved: expected `old` once in package.py, found it 2 times:",
        ),
        ("return x + x\n", "return x +\n", "found it 0 times:\n    return x +\n"),
        ("package.py", "other.py", "halved: there is no other.py"),
        ("    return x\n", "    return (x\n", "halved: with `new` in it package.py is no Python"),
        ("    return x\n", "return x\n", "halved: with `new` in it package.py is no Python"),
        ("test_double[1]", "test_halve", "halved: there is no test_package.py::test_halve."),
        ("TestTwice::", "", "halved: there is no test_package.py::test_of_one."),
    ],
)
def test_a_row_that_does_not_fit_is_named_with_its_file_and_old_text(project, old, new, said):
    found = project((old, new))
    assert said in "\n".join(found)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("rule =", "rules =", r"halved: rule, rules is missing, or is no field"),
        ('"jax"', '"mxnet"', r"halved: expected an engine of .*'mxnet'"),
        ("    return x\n'''", "    return x'''", r"halved: .* whole lines"),
        ('["test_package.py::test_double[1]", ', "[] #", r"halved: expected a test"),
        ("[halved]", "[halved", r"rows.toml is not TOML"),
    ],
)
def test_a_row_that_is_not_complete_is_named(project, old, new, said):
    with pytest.raises(RowError, match=said):
        project((old, new))


def test_two_rows_of_one_name_are_refused(project):
    (project.root / "more.toml").write_text(ROW)
    with pytest.raises(RowError, match=r"halved: rows.toml has a second row"):
        project()
