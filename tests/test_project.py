"""What the README, the Makefile and the dependency list promise about the project itself."""

import io
import re
import shutil
import subprocess
import sys
import tomllib
from contextlib import redirect_stdout
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from zipfile import ZipFile

import completeness
import conftest
import pytest
from expected_failures import EXPECTED
from packaging.requirements import Requirement

import kompat

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REPOSITORY = PROJECT["urls"]["Repository"]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
TARGETS = {*re.findall(r"^([a-z-]+):", MAKEFILE, re.M)}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_the_lines_of_the_readme_run():
    (lines,) = blocks("python")
    assert len([line for line in lines.splitlines() if line]) == 5
    printed = io.StringIO()
    names: dict = {}
    with redirect_stdout(printed):
        exec(lines, names)
    assert printed.getvalue() == "2.0\n"
    assert names["K"].get_value(names["v"]) == 3


def test_the_readme_names_the_change_and_the_way_to_install():
    assert blocks("diff") == [
        "- from keras import backend as K\n+ from kompat import backend as K\n"
    ]
    assert 'pip install "kompat[jax]"' in README
    for heading in ("What is not supported", "When not to use it"):
        assert f"## {heading}" in README


def test_links_of_the_documents_lead_somewhere():
    for document in (ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text()):
            assert (document.parent / link).exists(), f"{document.name}: {link}"


def test_links_of_the_readme_are_absolute_for_pypi_does_not_have_the_files():
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert len(links) >= 8
    for link in links:
        place, found, path = link.partition("/blob/main/")
        assert (place, found) == (REPOSITORY, "/blob/main/"), link
        assert (ROOT / path.partition("#")[0]).is_file(), link


def test_the_changelog_has_the_version():
    assert f"## {kompat.__version__}\n" in (ROOT / "CHANGELOG.md").read_text()


def test_every_dependency_has_its_reason():
    extras = PROJECT["optional-dependencies"]
    assert set(extras) == {"jax", "torch", "tensorflow", "numpy", "draw", "dev"}
    rows = re.findall(
        r"^\| (.+?) \| .+? \| .+ \|$", (ROOT / "docs/dependencies.md").read_text(), re.M
    )
    explained = {re.split(r"[ <>=]", name)[0] for row in rows for name in row.split(", ")}
    named = [re.split(r"[<>=]", d)[0] for d in sum(extras.values(), PROJECT["dependencies"])]
    assert set(named) <= explained
    base = {re.split(r"[<>=]", d)[0] for d in PROJECT["dependencies"]}
    assert base == {"numpy", "ml_dtypes", "keras"}


@pytest.mark.parametrize(
    ("system", "machine", "package"),
    [
        ("linux", "x86_64", "tensorflow-cpu"),
        ("win32", "AMD64", "tensorflow-cpu"),
        ("linux", "aarch64", "tensorflow"),
        ("darwin", "arm64", "tensorflow"),
    ],
)
def test_the_extra_takes_the_tensorflow_that_is_built_for_a_machine(system, machine, package):
    here = {"sys_platform": system, "platform_machine": machine}
    wanted = map(Requirement, PROJECT["optional-dependencies"]["tensorflow"])
    assert [one.name for one in wanted if one.marker.evaluate(here)] == [package]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> ZipFile:
    """The wheel that is built from a copy of this tree."""
    folder = tmp_path_factory.mktemp("tree")
    for path in filter(Path.is_file, ROOT.iterdir()):
        shutil.copy(path, folder)
    shutil.copytree(
        ROOT / "kompat", folder / "kompat", ignore=shutil.ignore_patterns("__pycache__")
    )
    build = "from setuptools import build_meta; build_meta.build_wheel('.')"
    subprocess.run([sys.executable, "-c", build], cwd=folder, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return ZipFile(path)


@pytest.fixture(scope="module")
def metadata(wheel) -> Message:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return message_from_bytes(wheel.read(name))


def test_the_wheel_holds_the_licence_and_the_mark_of_types(wheel):
    (licence,) = (name for name in wheel.namelist() if name.endswith("/licenses/LICENSE"))
    words = " ".join(wheel.read(licence).decode().split())
    assert words.startswith("Apache License Version 2.0, January 2004")
    assert "END OF TERMS AND CONDITIONS" in words
    assert "kompat/py.typed" in wheel.namelist()


def test_the_metadata_says_whose_kompat_is_and_where(metadata):
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Author"] == "The kompat developers"
    urls = dict(entry.split(", ") for entry in metadata.get_all("Project-URL"))
    assert set(urls) == {"Repository", "Documentation", "Changelog", "Issues"}
    assert all(url == REPOSITORY or url.startswith(f"{REPOSITORY}/") for url in urls.values())
    assert metadata["Description-Content-Type"] == "text/markdown"


def pythons() -> list[str]:
    """The versions of Python that the classifiers name."""
    prefix = "Programming Language :: Python :: 3."
    return [name.split(" :: ")[-1] for name in PROJECT["classifiers"] if name.startswith(prefix)]


def test_every_python_that_is_promised_is_tested_on_every_system(metadata):
    assert metadata["Requires-Python"] == f">={pythons()[0]}"
    assert "Operating System :: OS Independent" in PROJECT["classifiers"]
    tests = (ROOT / ".github/workflows/tests.yml").read_text()
    (versions,) = re.findall(r"python: \[(.+)\]", tests)
    assert re.findall(r"[\d.]+", versions) == pythons() == ["3.11", "3.12", "3.13", "3.14"]
    assert "system: [ubuntu-latest, macos-latest, windows-latest]" in tests


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_and_hooks_run_targets_that_exist(workflow):
    for text in (workflow.read_text(), (ROOT / ".pre-commit-config.yaml").read_text()):
        run = re.findall(r"(?:run|entry): make ([a-z-]+)", text)
        (every,) = re.findall(r"target: \[(.+)\]", text) or [""]
        run += re.findall(r"[a-z-]+", every)
        assert run
        assert set(run) <= TARGETS


def test_every_part_of_test_all_runs_at_night():
    (parts,) = re.findall(r"^test-all: (.+) ##", MAKEFILE, re.M)
    nightly = (ROOT / ".github/workflows/nightly.yml").read_text()
    assert f"target: [{', '.join(parts.split())}]" in nightly
    assert "run: make ${{ matrix.target }}" in nightly
    assert "schedule:" in nightly


def test_a_release_is_checked_and_needs_no_password():
    release = (ROOT / ".github/workflows/release.yml").read_text()
    steps = re.findall(r"run: make ([a-z-]+)|uses: ([^@]+)", release)
    done = [target or action for target, action in steps]
    assert done.index("check") < done.index("fresh") < done.index("dist")
    assert done[-1] == "pypa/gh-action-pypi-publish"
    assert "id-token: write" in release
    assert "secrets." not in release


@pytest.mark.parametrize(
    "form", sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml")), ids=lambda path: path.name
)
def test_the_forms_of_issues_ask_for_what_is_needed_to_repeat_them(form):
    text = form.read_text()
    assert re.findall(r"id: (\w+)", text) == ["script", "expected", "received", "environment"]
    assert "`kompat doctor` or, before 0.2, of `python -m pip list`" in text
    assert text.count("required: true") == 4


def planned(*arguments: str) -> str:
    """What make would run."""
    command = ["make", "-n", *arguments, "VENV=.absent"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_make_explains_its_targets_and_what_the_engines_need():
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = {line.split()[0] for line in said.stdout.splitlines() if line.startswith("  ")}
    assert {"demo", "test", "test-engines", "test-all", "check", "bench", "help"} <= listed
    assert {"jax,", "torch", "tensorflow"} <= listed
    for target in re.findall(r"make (\.venv/\.\w+)", said.stdout):
        assert f"$(VENV)/{target.removeprefix('.venv/')}:" in MAKEFILE


def test_make_uses_the_folders_of_windows_there():
    assert ".absent/bin/" in planned("check", "OS=")
    there = planned("check", "test-keras-versions", "record-answers", "OS=Windows_NT")
    assert "python -m venv .absent\n" in there
    assert ".absent/Scripts/ruff" in there
    assert "/bin/" not in there


@pytest.mark.parametrize(
    ("backend", "package"),
    [("torch", "torch==2.13.0"), ("tensorflow", '--editable ".[tensorflow]"')],
)
def test_make_demo_installs_and_runs_the_engine_that_is_asked_for(backend, package):
    plan = planned("demo", f"BACKEND={backend}")
    assert f"pip install --quiet {package}\n" in plan
    runs = re.findall(r"run --backend (\w+) (examples/\w+\.py)", plan)
    assert sorted(runs) == [
        (backend, f"examples/{path.name}") for path in sorted((ROOT / "examples").glob("*.py"))
    ]


def test_the_oldest_keras_that_is_tested_is_the_oldest_that_is_allowed():
    (oldest, *others) = re.search(r"^KERAS_VERSIONS := (.+)$", MAKEFILE, re.M)[1].split()
    assert others == ["newest", "nightly"]
    assert f"keras>={oldest},<4" in PROJECT["dependencies"]
    assert f".venv-keras-{oldest}/.done: KERAS := keras=={oldest}.*\n" in MAKEFILE


def test_ci_runs_the_tests_of_the_readme_the_engines_and_the_checks():
    commands = (ROOT / ".ci" / "run").read_text().splitlines()
    assert [c for c in commands if c.startswith("make ")] == [
        "make test",
        "make test-others",
        "make check",
        "make fresh",
    ]
    assert "| `make test` |" in README


def test_a_missing_framework_is_a_failure_where_all_are_promised(monkeypatch):
    monkeypatch.setenv("KOMPAT_ALL_FRAMEWORKS", "1")
    with pytest.raises((RuntimeError, pytest.skip.Exception)) as caught:
        conftest.framework("nowhere")
    assert caught.type is RuntimeError
    monkeypatch.delenv("KOMPAT_ALL_FRAMEWORKS")
    with pytest.raises(pytest.skip.Exception, match=r"nowhere is not installed: make \.venv"):
        conftest.framework("nowhere")


def test_every_engine_is_tested_on_every_change_and_all_of_it_at_night():
    """`make test` is for JAX and NumPy, `make test-others` for the rest; the night runs all."""

    def runs(target):
        return [line for line in planned(target).splitlines() if " -m pytest " in line]

    quick = runs("test") + runs("test-others")
    engines = [re.search(r"KERAS_BACKEND=(\w+)", line)[1] for line in quick]
    assert engines == ["jax", "numpy", "torch", "tensorflow"]
    assert all('-m "not nightly"' in line for line in quick)
    assert all("KOMPAT_ALL_FRAMEWORKS=1" in line for line in runs("test-others"))
    (nightly,) = runs("test-engines")
    assert "KOMPAT_ALL_FRAMEWORKS=1" in nightly
    assert "not nightly" not in nightly


def test_the_page_of_completeness_counts_what_the_tests_expect():
    assert completeness.PAGE.read_text() == completeness.page(), "make completeness"


@pytest.mark.parametrize("engine", EXPECTED)
def test_few_failures_are_expected_and_each_is_a_test(engine):
    assert len(EXPECTED[engine]) <= {"jax": 0, "numpy": 0}.get(engine, 5)
    for name, reason in EXPECTED[engine].items():
        file, _, test = name.partition("::")
        assert f"def {test.partition('[')[0]}(" in (ROOT / file).read_text()
        assert "https://" in reason or "no thread found" in reason
