"""What importing loads, and which way imports go."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "kompat"
pytestmark = pytest.mark.one_engine("numpy")

FRAMEWORKS = ("keras", "jax", "torch", "tensorflow", "flax", "numpy")


def python(program: str, **environment: str) -> str:
    """The output of a program in a process of its own, without any engine chosen for it."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("KERAS_")}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_kompat_imports_no_framework():
    loaded = python(f"import sys, kompat; print([m for m in {FRAMEWORKS} if m in sys.modules])")
    assert loaded == "[]"


def test_importing_kompat_takes_less_than_a_tenth_of_a_second():
    """The least of three, since other processes only ever add time."""
    program = (
        "import time; start = time.process_time()\n"
        "import kompat; print(time.process_time() - start)"
    )
    assert min(float(python(program)) for _ in range(3)) < 0.1


def test_reading_loads_only_what_the_value_needs():
    program = (
        "import sys, numpy as np, kompat\n"
        "x = np.zeros(2); kompat.set_value(x, [1, 2]); kompat.get_value(3.0)\n"
        "print([m for m in ('keras', 'jax', 'torch', 'tensorflow', 'flax') if m in sys.modules])"
    )
    assert python(program) == "[]"


def test_the_rows_of_old_keras_need_no_framework():
    program = (
        "import sys, kompat.legacy; assert len(kompat.legacy.ROWS) > 100\n"
        f"print([m for m in {FRAMEWORKS} if m in sys.modules])"
    )
    assert python(program) == "[]"


# A module may import those to its right, never those to its left.
LAYERS = [
    *(
        "tools",
        "drawing",
        "installation",
        "stand_in",
        "legacy",
        "tf",
        "backend",
        "function",
        "session",
        "variable",
        "storage",
    ),
    *("graph", "mode", "engines", "values", "keras_private"),
]
BENEATH = {"errors", "catalogue", "descriptions", "engine_choice", "user_code"}


def layer_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def kompat_imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    modules = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("kompat"):
            names = {f"kompat.{alias.name}" for alias in node.names}
            modules |= names if node.module == "kompat" else {node.module}
        elif isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names if alias.name.startswith("kompat.")}
    return modules


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE))
)
def test_imports_go_one_way(path):
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if own not in LAYERS:
        return
    for module in kompat_imports(PACKAGE / path):
        other = layer_of(module)
        if other in LAYERS:
            assert LAYERS.index(other) >= LAYERS.index(own), f"{path} imports {module}"
        elif own == "values":
            assert other in BENEATH
