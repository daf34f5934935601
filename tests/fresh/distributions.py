"""The sdist and the wheel, built from what git knows of this tree.

The wheel is built from the sdist, so the sdist holds what a build needs; that it holds the whole
tree besides, and the wheel the package alone, are cases.
"""

import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

from tests.fresh.environment import Environment

ROOT = Path(__file__).resolve().parents[2]
AROUND = {"bench", "docs", "examples", "tests"}


class Distributions:
    """Both distributions, below `folder`."""

    def __init__(self, folder: Path) -> None:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        self.tree = [name for name in listed.stdout.split("\0") if (ROOT / name).is_file()]
        copy = folder / "tree"
        for name in self.tree:
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
        builder = Environment(folder / "builder")
        builder.prepare("pip", "install", "--quiet", "build")
        builder.prepare("build", "--outdir", folder, copy)
        (self.wheel,) = folder.glob("*.whl")
        (self.sdist,) = folder.glob("*.tar.gz")

    def verdicts(self) -> Iterator[tuple[str, str]]:
        with tarfile.open(self.sdist) as archive:
            held = {name.partition("/")[2] for name in archive.getnames()}
        missing = sorted(set(self.tree) - held)
        yield "the sdist holds the whole tree", f"missing: {missing}" if missing else ""
        extra = AROUND & {name.split("/")[0] for name in ZipFile(self.wheel).namelist()}
        yield "the wheel holds nothing around the package", f"found: {extra}" if extra else ""
