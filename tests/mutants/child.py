"""Run some tests of one copy of the package, and write down which passed and which failed.

    python -P child.py question.json answer.json

It is started by `__main__` with PYTHONPATH set to the copy. First it imports the package and makes
sure that it is the copy: a mutant that cannot be imported has not been noticed by any test.
"""

import importlib
import json
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest

# What a slip in the row itself raises, wherever a test happens to be.
SLIPS = (ImportError, NameError, SyntaxError)


class Selection:
    """A pytest plugin: keeps the selected tests, and their outcomes."""

    def __init__(self, root: Path, tests: list[str], mutated: bool):
        self.root, self.tests, self.mutated = root, tests, mutated
        self.passed: list[str] = []
        self.failed: dict[str, str] = {}
        self.missing: list[str] = []
        self.problem = ""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        names = [selected_by(item.nodeid) for item in items]
        self.missing = [test for test in self.tests if not any(test in known for known in names)]
        items[:] = [item for item, known in zip(items, names) if known & {*self.tests}]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo) -> Any:
        report = yield
        if report.when == "call" and report.passed:
            self.passed.append(item.nodeid)
        elif report.failed:
            assert call.excinfo is not None
            error = "".join(traceback.format_exception_only(call.excinfo.value))[:400].strip()
            text = f"{item.nodeid}\n{error}"
            if self.mutated and (report.when != "call" or self.is_slip(call.excinfo)):
                self.problem = self.problem or f"{report.when} of {text}"
            else:
                self.failed[item.nodeid] = text
        return report

    def is_slip(self, error: pytest.ExceptionInfo) -> bool:
        """Whether the copy itself, and not a framework, raised what no test is about."""
        raised_by = Path(str(error.traceback[-1].path))
        return isinstance(error.value, SLIPS) and raised_by.is_relative_to(self.root)


def selected_by(name: str) -> set[str]:
    """What a row may say to select the test called `name`: it, all its parameters, its file."""
    return {name, name.partition("[")[0], name.partition("::")[0]}


def require_copy(root: Path, modules: list[str]) -> None:
    """Import the package and the given modules of it, from nowhere but `root`."""
    for name in ["kompat", "kompat.backend", *modules]:
        module = importlib.import_module(name)
        assert module.__file__ is not None
        assert Path(module.__file__).resolve().is_relative_to(root), module.__file__


def main() -> None:
    question, answer = map(Path, sys.argv[1:])
    asked = json.loads(question.read_text())
    root = Path(asked["root"]).resolve()
    require_copy(root, asked["modules"])
    selection = Selection(root, asked["tests"], bool(asked["modules"]))
    files = dict.fromkeys(test.partition("::")[0] for test in asked["tests"])
    there = [file for file in files if (root / file).exists()]
    options = ["-q", "-p", "no:cacheprovider", *(["--maxfail=1"] if asked["modules"] else [])]
    status = pytest.main([*options, *there], plugins=[selection])
    gone = [test for test in asked["tests"] if test.partition("::")[0] not in there]
    require_copy(root, [name for name in sys.modules if name.startswith("kompat.")])
    found = {
        "passed": selection.passed,
        "failed": selection.failed,
        "missing": [*selection.missing, *gone],
        "problem": selection.problem,
    }
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and not gone:
        found["problem"] = found["problem"] or f"pytest ended with {status!r}"
        if status == pytest.ExitCode.NO_TESTS_COLLECTED:
            found["problem"] = ""
    answer.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
