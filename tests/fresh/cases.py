"""What must hold in an environment where an extra, and nothing else, was installed: plain data.

A case is a program, the files that it finds, and what it must print. The examples of the documents
are cases too; `tests/fresh/documents.py` makes them.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import ZipFile

# extra -> what pip installs; "kompat" is the wheel.
EXTRAS = {
    "jax": ("kompat[jax]",),
    "torch": ("kompat[torch]", "torch==2.13.0"),
    "tensorflow": ("kompat[tensorflow]",),
    "numpy": ("kompat[numpy]",),
    "none": ("kompat",),
}
ENGINES = ("jax", "torch", "tensorflow", "numpy")
WITHOUT_TENSORFLOW = ("jax", "torch", "numpy")


@dataclass(frozen=True)
class Case:
    """A program, and what it must do."""

    name: str
    command: tuple[str, ...]
    """`python`, `kompat` or another program of the environment, with its arguments."""
    files: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)
    """The text of each file of the working folder; a mapping is a zip archive of such files."""
    prints: str | None = None
    """All that it prints; None if that does not matter."""
    same_as: tuple[str, ...] = ()
    """A command that must print the same."""
    refuses: tuple[str, ...] = ()
    """If it must fail: the patterns that its one error must match."""
    stdin: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    extras: tuple[str, ...] = ENGINES
    needs: tuple[str, ...] = ()
    """Packages that are installed besides, after the cases that need none."""

    def lay(self, folder: Path) -> None:
        """Write the files."""
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, str):
                path.write_text(content, "utf-8")
                continue
            with ZipFile(path, "w") as archive:
                for member, text in content.items():
                    archive.writestr(member, text)

    def judge(self, status: int, printed: str, errors: str, prints: str | None) -> str:
        """What is wrong with what the program did, where it should print `prints`."""
        if self.refuses:
            return self._judge_refusal(status, errors)
        if status != 0:
            return f"expected exit status 0, received {status}\n{errors}"
        if prints is not None and printed != prints:
            return f"expected {prints!r}, received {printed!r}\n{errors}"
        return ""

    def _judge_refusal(self, status: int, errors: str) -> str:
        wrong = [f"expected {what!r} in it" for what in self.refuses if not re.search(what, errors)]
        if status == 0:
            wrong.append("expected another exit status than 0")
        # Python itself shows where an import failed; kompat run says in one line what to do.
        if errors.count("Traceback") > (self.command[0] == "python"):
            wrong.append("expected one error and no traceback that leads nowhere")
        if self.command[0] == "kompat" and len(errors.splitlines()) != 1:
            wrong.append("expected one line")
        return "\n".join([*wrong, errors]) if wrong else ""


# Modules that are put beside the installed packages: one of those that look for TensorFlow.
BESIDE = {
    "looks_for_tensorflow": """
import importlib.util

def finds_it():
    return importlib.util.find_spec("tensorflow") is not None
"""
}

# --- The imports of old scripts ---------------------------------------------------------------

TF_KERAS = """
import tensorflow as tf
K = tf.keras.backend
v = K.variable(1.)
K.set_value(v, K.get_value(v) + 1)
print(K.__name__, K.get_value(v))
"""
INSTALLED = """
import kompat
kompat.install()
import keras
from keras import backend as K
print(K.__name__, keras.backend is K, K.get_value(K.variable(2.)))
"""
PROBE = """
import tensorflow as tf
import looks_for_tensorflow
print(looks_for_tensorflow.finds_it())
"""
SUMMARY_WRITER = """
import tensorflow as tf
try:
    from torch.utils.tensorboard import SummaryWriter
except ImportError as error:
    assert error.name == "tensorboard", repr(error)
"""
EINOPS = """
import tensorflow as tf
import einops
import numpy as np
print(einops.rearrange(np.zeros((2, 3)), "a b -> b a").shape)
"""

IMPORTS = [
    Case(
        "kompat run of a script that imports Keras",
        ("kompat", "run", "old.py"),
        files={"old.py": "import keras\n"},
        prints="",
    ),
    Case(
        "kompat run of a script that uses tf.keras.backend",
        ("kompat", "run", "old.py"),
        files={"old.py": TF_KERAS},
        prints="kompat.backend 2.0\n",
    ),
    Case(
        "kompat.install() before Keras is imported",
        ("python", "-c", INSTALLED),
        prints="kompat.backend True 2.0\n",
    ),
    Case(
        "an installed package does not find the TensorFlow that a script imports",
        ("kompat", "run", "old.py"),
        files={"old.py": PROBE},
        prints="False\n",
        extras=WITHOUT_TENSORFLOW,
    ),
    Case(
        "SummaryWriter works, or says that TensorBoard is missing",
        ("kompat", "run", "old.py"),
        files={"old.py": SUMMARY_WRITER},
        prints="",
        extras=("torch",),
    ),
    Case(
        "einops beside the TensorFlow that a script imports",
        ("kompat", "run", "old.py"),
        files={"old.py": EINOPS},
        prints="(3, 2)\n",
        extras=WITHOUT_TENSORFLOW,
        needs=("einops",),
    ),
]

# --- Keras's FAQ: the output of a layer --------------------------------------------------------

WITHOUT_INSTALL = "from kompat import backend as K\n"
WITH_INSTALL = "import kompat; kompat.install()\nfrom keras import backend as K\n"
SEQUENTIAL = """
from keras.layers import Dense, Dropout
from keras.models import Sequential
model = Sequential([Dense(4, input_shape=(3,)), Dense(4), Dropout(0.5), Dense(2)])
"""
FUNCTIONAL = """
from keras.layers import Dense, Dropout, Input
from keras.models import Model
x = Input((3,))
model = Model(x, Dense(2)(Dropout(0.5)(Dense(4)(x))))
"""
FAQ = """
import numpy as np
data = np.linspace(-1, 1, 60, dtype="float32").reshape(20, 3)
expected = data
for layer in model.layers:
    if layer.get_weights():
        kernel, bias = layer.get_weights()
        expected = expected @ kernel + bias

f = K.function([model.layers[0].input, K.learning_phase()], [model.layers[3].output])
print(np.allclose(f([data, 0])[0], expected, atol=1e-5), np.allclose(f([data, 1])[0], expected))
"""

LAYERS = [
    Case(
        f"the output of a layer of a {kind} model{', installed' if start is WITH_INSTALL else ''}",
        ("python", "old.py"),
        files={"old.py": start + model + FAQ},
        prints="True False\n",
        extras=ENGINES if start is WITH_INSTALL else ("jax",),
    )
    for kind, model in [("Sequential", SEQUENTIAL), ("functional", FUNCTIONAL)]
    for start in (WITH_INSTALL, WITHOUT_INSTALL)
]

# --- Children of a script ----------------------------------------------------------------------

NAME = """
from keras import backend as K

def name(_):
    from keras import backend
    return backend.__name__
"""
SPAWN = """
import multiprocessing

if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.map(name, [0]))
"""
SUBPROCESS = """
import subprocess, sys
subprocess.run([sys.executable, "child.py"], check=True)
"""
LOKY = """
from joblib import Parallel, delayed
print(Parallel(n_jobs=2)(delayed(name)(i) for i in range(2)))
"""
TEST = """
def test_name():
    assert name(0) == "kompat.backend"
"""

CHILDREN = [
    Case(
        "spawned children have K",
        ("kompat", "run", "old.py"),
        files={"old.py": NAME + SPAWN},
        prints="['kompat.backend']\n",
        extras=("jax",),
    ),
    Case(
        "scripts that a script starts have K",
        ("kompat", "run", "old.py"),
        files={"old.py": SUBPROCESS, "child.py": NAME + "print(name(0))"},
        prints="kompat.backend\n",
        extras=("jax",),
    ),
    Case(
        "joblib's children have K",
        ("kompat", "run", "old.py"),
        files={"old.py": NAME + LOKY},
        prints="['kompat.backend', 'kompat.backend']\n",
        extras=("jax",),
        needs=("joblib",),
    ),
    Case(
        "tests that pytest runs have K",
        ("kompat", "run", "-m", "pytest", "test_old.py"),
        files={"test_old.py": NAME + TEST},
        extras=("jax",),
        needs=("pytest",),
    ),
]

# --- The choice of the engine ------------------------------------------------------------------

USE = "from keras import backend as K\nprint(K.backend())\n"
ALL_ENGINES = tuple(rf"\b{engine}\b" for engine in ENGINES)
HOW_TO_INSTALL = r'pip install "kompat\[jax\]"'
COPY = """
import numpy as np
import kompat
held = np.arange(3.)
read = kompat.get_value(held)
print(read.tolist(), np.shares_memory(held, read))
"""

ENGINE = [
    Case(
        "an engine that there is not is refused by name",
        ("python", "-c", "from kompat import backend"),
        variables={"KERAS_BACKEND": "jxa"},
        refuses=("jxa", *ALL_ENGINES),
        extras=("jax", "none"),
    ),
    Case(
        "kompat run refuses an engine that there is not in one line",
        ("kompat", "run", "old.py"),
        files={"old.py": USE},
        variables={"KERAS_BACKEND": "jxa"},
        refuses=("jxa", *ALL_ENGINES),
        extras=("jax",),
    ),
    *(
        Case(
            f"KERAS_BACKEND={name} is {engine}",
            ("kompat", "run", "old.py"),
            files={"old.py": USE},
            variables={"KERAS_BACKEND": name},
            prints=f"{engine}\n",
            extras=(engine,),
        )
        for name, engine in [("JAX", "jax"), ("pytorch", "torch"), ("tf", "tensorflow")]
    ),
    Case(
        "without an engine K says how to install one",
        ("python", "-c", "from kompat import backend"),
        refuses=(HOW_TO_INSTALL,),
        extras=("none",),
    ),
    Case(
        "without an engine kompat run says how to install one",
        ("kompat", "run", "old.py"),
        files={"old.py": USE},
        refuses=(HOW_TO_INSTALL,),
        extras=("none",),
    ),
    Case(
        "without an engine the values of arrays are read, as copies",
        ("python", "-c", COPY),
        prints="[0.0, 1.0, 2.0] False\n",
        extras=("none",),
    ),
]

# --- What kompat run takes ---------------------------------------------------------------------

SHOW = "import sys\nprint(__name__, sys.argv, sys.path[0])\n"
NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {},
    "cells": [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# A notebook"},
        *(
            {
                "cell_type": "code",
                "id": name,
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": lines,
            }
            for name, lines in [
                ("b", ["from keras import backend as K\n", "v = K.variable(2.)"]),
                ("c", ["print(K.get_value(v) + 1)"]),
            ]
        ),
    ],
}

PROGRAMS = [
    *(
        Case(
            f"kompat run takes {what} as Python does",
            ("kompat", "run", *program, "a"),
            files={"old.py": SHOW, "pack/__main__.py": SHOW, "pack.zip": {"__main__.py": SHOW}},
            stdin=SHOW,
            same_as=("python", *program, "a"),
            extras=("jax",),
        )
        for what, program in [
            ("a script and its --", ("old.py", "--")),
            ("-m with a module", ("-m", "old")),
            ("-m with a package", ("-m", "pack")),
            ("-c", ("-c", SHOW)),
            ("standard input", ("-",)),
            ("a folder", ("pack",)),
            ("a zip file", ("pack.zip",)),
        ]
    ),
    Case(
        "kompat run takes a notebook",
        ("kompat", "run", "old.ipynb"),
        files={"old.ipynb": json.dumps(NOTEBOOK)},
        prints="3.0\n",
        extras=("jax",),
    ),
]

CASES = [*IMPORTS, *LAYERS, *CHILDREN, *ENGINE, *PROGRAMS]
