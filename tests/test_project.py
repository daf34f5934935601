"""What the README, the Makefile and the dependency list promise about the project itself."""

import io
import re
import subprocess
import tomllib
from contextlib import redirect_stdout
from pathlib import Path

import conftest
import pytest
from expected_failures import EXPECTED

import kompat

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


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
    for document in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for link in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
            assert (document.parent / link).exists(), f"{document.name}: {link}"


def test_the_changelog_has_the_version():
    assert f"## {kompat.__version__}\n" in (ROOT / "CHANGELOG.md").read_text()


def test_every_dependency_has_its_reason():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    assert set(extras) == {"jax", "torch", "tensorflow", "draw", "dev"}
    rows = re.findall(
        r"^\| (.+?) \| .+? \| .+ \|$", (ROOT / "docs/dependencies.md").read_text(), re.M
    )
    explained = {re.split(r"[ <>=]", name)[0] for row in rows for name in row.split(", ")}
    named = [re.split(r"[<>=]", d)[0] for d in sum(extras.values(), project["dependencies"])]
    assert set(named) <= explained
    base = {re.split(r"[<>=]", d)[0] for d in project["dependencies"]}
    assert base == {"numpy", "ml_dtypes", "keras"}


def test_make_explains_its_targets():
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = [line.split()[0] for line in said.stdout.splitlines()]
    assert {"demo", "test", "test-engines", "check", "bench", "record-answers", "help"} <= {*listed}


@pytest.mark.parametrize(
    ("backend", "package"), [("torch", "torch==2.13.0"), ("tensorflow", "tensorflow-cpu")]
)
def test_make_demo_installs_and_runs_the_engine_that_is_asked_for(backend, package):
    command = ["make", "-n", "demo", f"BACKEND={backend}", "VENV=.absent"]
    planned = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert f"pip install --quiet {package}\n" in planned
    runs = re.findall(r"run --backend (\w+) (examples/\w+\.py)", planned)
    assert sorted(runs) == [
        (backend, f"examples/{path.name}") for path in sorted((ROOT / "examples").glob("*.py"))
    ]


def test_the_oldest_keras_that_is_tested_is_the_oldest_that_is_allowed():
    makefile = (ROOT / "Makefile").read_text()
    (oldest, *others) = re.search(r"^KERAS_VERSIONS := (.+)$", makefile, re.M)[1].split()
    assert others == ["newest", "nightly"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"keras>={oldest},<4" in project["dependencies"]
    assert f".venv-keras-{oldest}/.done: KERAS := keras=={oldest}.*\n" in makefile


def test_ci_runs_the_tests_of_the_readme_the_engines_and_the_checks():
    commands = (ROOT / ".ci" / "run").read_text().splitlines()
    assert [c for c in commands if c.startswith("make ")] == [
        "make test",
        "make test-engines",
        "make check",
    ]
    assert "| `make test` |" in README


def test_a_missing_framework_is_a_failure_where_all_are_promised(monkeypatch):
    monkeypatch.setenv("KOMPAT_ALL_FRAMEWORKS", "1")
    with pytest.raises((RuntimeError, pytest.skip.Exception)) as caught:
        conftest.framework("nowhere")
    assert caught.type is RuntimeError
    monkeypatch.delenv("KOMPAT_ALL_FRAMEWORKS")
    with pytest.raises(pytest.skip.Exception, match="nowhere"):
        conftest.framework("nowhere")
    makefile = (ROOT / "Makefile").read_text()
    assert "$(call RUN_ENGINES)" in makefile.partition("test-engines:")[2].partition("\n\n")[0]
    assert "KOMPAT_ALL_FRAMEWORKS=1" in makefile.partition("RUN_ENGINES =")[2].partition("\n\n")[0]


@pytest.mark.parametrize("engine", EXPECTED)
def test_few_failures_are_expected_and_each_is_a_test(engine):
    assert len(EXPECTED[engine]) <= {"jax": 0, "numpy": 0}.get(engine, 5)
    for name, reason in EXPECTED[engine].items():
        file, _, test = name.partition("::")
        assert f"def {test.partition('[')[0]}(" in (ROOT / file).read_text()
        assert "https://" in reason or "no thread found" in reason
