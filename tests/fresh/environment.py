"""An empty virtual environment, and programs that run there as on a machine that is new.

A program sees an empty home and an empty working folder, and of the caller's environment only what
a machine cannot do without: no engine is chosen, no path leads back to the checkout.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.fresh.cases import Case

# Without these Windows starts no process at all.
KEPT = ("SYSTEMROOT", "COMSPEC")
LIMIT_SECONDS = 180
SCRIPTS = "Scripts" if os.name == "nt" else "bin"


class Environment:
    """A virtual environment of the Python that runs this, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)

    def prepare(self, *command: str | Path) -> None:
        """Run a module of Python that fetches packages, pip or build, as the caller has set it up.

        Raises:
            CalledProcessError: it fails; the error has what it printed.
        """
        variables = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        python = self.folder / SCRIPTS / "python"
        output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        try:
            subprocess.run(
                [python, "-m", *command], env=variables, cwd=self.folder, check=True, **output
            )
        except subprocess.CalledProcessError as error:
            error.add_note(error.stdout)
            raise

    def install(self, wheel: Path, *requirements: str) -> None:
        """Install requirements, where "kompat" is the wheel."""
        given = [re.sub(r"^kompat(?=\[|$)", lambda _: str(wheel), one) for one in requirements]
        self.prepare("pip", "install", "--quiet", *given)

    def add_modules(self, sources: Mapping[str, str]) -> None:
        """Put modules beside the installed packages, as if pip had installed them."""
        where = "import sysconfig; print(sysconfig.get_path('purelib'))"
        done = self.run(["python", "-c", where], cwd=self.folder, check=True)
        for name, source in sources.items():
            (Path(done.stdout.strip()) / f"{name}.py").write_text(source, "utf-8")

    def run(self, command: Sequence[str], cwd: Path, **options: Any) -> Any:
        """Run a program of the environment, python or kompat, with nothing of the caller's."""
        program = self.folder / SCRIPTS / command[0]
        with tempfile.TemporaryDirectory() as home:
            variables = {name: os.environ[name] for name in KEPT if name in os.environ}
            variables["PATH"] = os.pathsep.join([str(program.parent), os.environ["PATH"]])
            variables["HOME"] = variables["USERPROFILE"] = home
            return subprocess.run(
                [program, *command[1:]],
                cwd=cwd,
                env=variables | options.pop("variables", {}),
                capture_output=True,
                encoding="utf-8",
                **options,
            )


def play(case: Case, environment: Environment) -> str:
    """What is wrong when the case is played in the environment; "" if nothing is."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        case.lay(folder)

        def run(command: Sequence[str]) -> Any:
            return environment.run(
                command,
                cwd=folder,
                variables=case.variables,
                input=case.stdin,
                timeout=LIMIT_SECONDS,
            )

        try:
            prints = run(case.same_as).stdout if case.same_as else case.prints
            done = run(case.command)
        except subprocess.TimeoutExpired as error:
            return str(error)
        return case.judge(done.returncode, done.stdout, done.stderr, prints)
