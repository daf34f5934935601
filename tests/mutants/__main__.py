"""Break one rule at a time, and show that the tests notice.

    python -m tests.mutants [--jobs 2] [name ...]

Each row in `rows/` is a mutant; `mutant.py` says what a row is. For each of them the package and
its tests are copied, the row's lines are replaced, and its tests run there in a process of their
own. A mutant is killed when a test fails. It survives when none does, and it is broken when that
says nothing: the row does not fit the package, the package cannot be imported, no test ran.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from .mutant import Mutant, problems, read

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
COPIED = ("kompat", "kompat_startup.pth", "tests", "pyproject.toml")
LIMIT_SECONDS = 1800


class Report(NamedTuple):
    """What a child process found; `problem` says why it found nothing."""

    passed: list[str]
    failed: dict[str, str]
    missing: list[str]
    problem: str = ""


class Verdict(NamedTuple):
    word: str
    why: str = ""


def copy(source: Path, target: Path) -> None:
    """Copy the package and its tests, without compiled files and without the mutants."""
    ignore = shutil.ignore_patterns("__pycache__", "mutants", ".hypothesis")
    for name in COPIED:
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, ignore=ignore)
        else:
            shutil.copy(source / name, target / name)


def run(folder: Path, engine: str, tests: Iterable[str], modules: Sequence[str] = ()) -> Report:
    """Run tests of the copy in `folder`; with `modules` given, stop at the first failure."""
    question, answer = folder / "question.json", folder / "answer.json"
    asked: dict[str, Any] = {"root": str(folder), "tests": list(tests), "modules": list(modules)}
    question.write_text(json.dumps(asked))
    environment = {
        **os.environ,
        "KERAS_BACKEND": engine,
        "KOMPAT_ALL_FRAMEWORKS": "1",
        "PYTHONPATH": str(folder),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    try:
        done = subprocess.run(
            [sys.executable, "-P", str(HERE / "child.py"), str(question), str(answer)],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Report([], {}, [], f"no answer within {LIMIT_SECONDS} s")
    if not answer.exists():
        return Report([], {}, [], f"exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return Report(**json.loads(answer.read_text()))


def judge(mutant: Mutant, snapshot: Path, baseline: Report) -> Verdict:
    """Break the rule in a copy and run its tests."""
    if wrong := list(problems([mutant], snapshot)):
        return Verdict("broken", "\n".join(wrong))
    if baseline.problem:
        return Verdict("broken", "the tests do not run without the mutant")
    for test in mutant.tests:
        if test in baseline.missing:
            return Verdict("broken", f"no such test: {test}")
        for name in baseline.failed:
            if covers(test, name):
                return Verdict("broken", f"red without the mutant: {name}")
    with tempfile.TemporaryDirectory(prefix=f"mutant-{mutant.name}-") as name:
        folder = Path(name)
        copy(snapshot, folder)
        (folder / mutant.file).write_text(mutant.source(folder))
        report = run(folder, mutant.engine, mutant.tests, [mutant.module])
    if report.problem:
        return Verdict("broken", report.problem)
    if report.failed:
        return Verdict("killed", "\n".join(report.failed.values()))
    if not report.passed:
        return Verdict("broken", "every test was skipped")
    return Verdict("SURVIVED")


def covers(test: str, name: str) -> bool:
    """Whether `test` of a row stands for the test called `name`."""
    return test in (name, name.partition("[")[0], name.partition("::")[0])


def check_unmutated(mutants: Sequence[Mutant], snapshot: Path, jobs: int) -> dict[str, Report]:
    """Run every selected test on the package as it is, once per engine."""
    tests: dict[str, dict[str, None]] = {}
    for mutant in mutants:
        tests.setdefault(mutant.engine, {}).update(dict.fromkeys(mutant.tests))

    def baseline(engine: str) -> Report:
        with tempfile.TemporaryDirectory(prefix="unmutated-") as name:
            copy(snapshot, Path(name))
            return run(Path(name), engine, tests[engine])

    with ThreadPoolExecutor(jobs) as pool:
        reports = dict(zip(tests, pool.map(baseline, tests)))
    for engine, report in reports.items():
        print(f"unmutated, {engine}: {len(report.passed)} green, {len(report.failed)} red")
        for text in [report.problem, *report.failed.values()]:
            if text:
                print(indent(text))
    print(flush=True)
    return reports


def indent(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines()[-12:])


def table(mutants: Sequence[Mutant], verdicts: Iterable[Verdict], verbose: bool) -> list[Verdict]:
    """Print a row for each mutant as its verdict arrives."""

    def tests(mutant: Mutant) -> str:
        more = f" and {len(mutant.tests) - 1} more" if len(mutant.tests) > 1 else ""
        return mutant.tests[0].rpartition("/")[2] + more

    rows = [(m.name, m.rule, m.engine, tests(m)) for m in mutants]
    titles = ("mutant", "rule", "engine", "tests")
    widths = [max(map(len, column)) for column in zip(titles, *rows)]

    def line(cells: Sequence[str]) -> str:
        return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths))

    print(f"{line(titles)}  result")
    seen = []
    for row, verdict in zip(rows, verdicts):
        print(f"{line(row)}  {verdict.word}", flush=True)
        if verdict.why and (verbose or verdict.word != "killed"):
            print(indent(verdict.why), flush=True)
        seen.append(verdict)
    return seen


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutants", description="Show that the tests notice each broken rule."
    )
    parser.add_argument("names", nargs="*", metavar="name", help="mutants to run; all by default")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time (default: 2)")
    parser.add_argument("--verbose", action="store_true", help="show which assertion killed")
    options = parser.parse_args()
    rows = read()
    if unknown := sorted(set(options.names) - set(rows)):
        parser.error(f"no mutant named {', '.join(unknown)}; have {', '.join(rows)}")
    mutants = [rows[name] for name in options.names or rows]
    with tempfile.TemporaryDirectory(prefix="snapshot-") as name:
        snapshot = Path(name)
        copy(ROOT, snapshot)
        baselines = check_unmutated(mutants, snapshot, options.jobs)
        with ThreadPoolExecutor(options.jobs) as pool:
            verdicts = pool.map(lambda m: judge(m, snapshot, baselines[m.engine]), mutants)
            seen = table(mutants, verdicts, options.verbose)
    killed = sum(verdict.word == "killed" for verdict in seen)
    print(f"\n{killed} passed, {len(seen) - killed} failed")
    return 0 if killed == len(seen) else 1


if __name__ == "__main__":
    sys.exit(main())
