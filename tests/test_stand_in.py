"""What plays TensorFlow is there for the user's own code, and for nobody else."""

import importlib
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from conftest import framework
from processes import HIDE_TENSORFLOW

from kompat.user_code import is_user_code

ROOT = Path(__file__).parent.parent

LOOKER = """
import importlib.util, sys

def sees_tensorflow():
    found = ["tensorflow" in sys.modules, importlib.util.find_spec("tensorflow") is not None]
    for look in (lambda: __import__("tensorflow"), lambda: importlib.import_module("tensorflow")):
        try:
            look()
            found.append(True)
        except ImportError:
            found.append(False)
    return found
"""


@pytest.fixture
def without_tensorflow(engine, tmp_path):
    """Runs the user's program where TensorFlow is not installed, after `kompat.install()`."""
    if engine == "tensorflow":
        pytest.skip("the engine itself")

    def run(program: str) -> str:
        packages = tmp_path / "site-packages"
        packages.mkdir(exist_ok=True)
        (packages / "looker.py").write_text(LOOKER)
        (tmp_path / "own.py").write_text(textwrap.dedent(program))
        start = f"{HIDE_TENSORFLOW}\nimport kompat\nkompat.install()\nimport own"
        done = subprocess.run(
            [sys.executable, "-c", start],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (packages, ROOT)))},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_the_users_own_code_imports_it_in_every_form(without_tensorflow):
    printed = without_tensorflow("""
        import importlib
        import tensorflow
        import tensorflow as tf
        import tensorflow.keras.layers
        import tensorflow.keras.backend as K
        import tensorflow.compat.v1 as tf1
        from tensorflow import keras
        from tensorflow.keras import backend, layers
        from tensorflow.keras.models import Sequential
        from tensorflow.keras.preprocessing.image import img_to_array
        from tensorflow.python.keras import backend as inner
        from tensorflow.compat.v1.keras.backend import set_session
        import keras as own

        assert K is backend is inner is tf.keras.backend is tf1.keras.backend is own.backend
        assert K.__name__ == "kompat.backend" and set_session is K.set_session
        assert tensorflow is tf is importlib.import_module("tensorflow")
        assert importlib.import_module("tensorflow.keras.layers") is layers is own.layers
        assert tf.keras.Sequential is Sequential is own.Sequential
        session = tf.Session(config=tf.ConfigProto(allow_soft_placement=True))
        set_session(tf1.Session(config=tf1.ConfigProto()))
        tf.random.set_seed(1)
        print(tf.__version__)
    """)
    assert printed == "2.21.0\n"


def test_nobody_else_sees_it(without_tensorflow):
    printed = without_tensorflow("""
        import looker
        before = looker.sees_tensorflow()
        import tensorflow as tf
        from tensorflow.keras import layers
        print(before, looker.sees_tensorflow())
    """)
    assert printed == f"{[False] * 4} {[False] * 4}\n"


def test_what_it_does_not_play_says_so(without_tensorflow):
    printed = without_tensorflow("""
        for line in ("import tensorflow.nothing", "from tensorflow import nothing",
                     "import tensorflow.keras.layers.nothing"):
            try:
                exec(line)
            except ModuleNotFoundError as error:
                print(error.name, "|", error)
    """)
    names = ["tensorflow.nothing", "tensorflow.nothing", "tensorflow.keras.layers.nothing"]
    for name, line in zip(names, printed.splitlines(), strict=True):
        assert line.startswith(f"{name} | No module named {name!r}: TensorFlow is not installed")
        assert line.endswith("Fix: pip install tensorflow")


def test_uninstall_takes_it_away(without_tensorflow):
    printed = without_tensorflow("""
        import builtins, importlib, kompat
        kompat.uninstall()
        print(builtins.__import__.__module__, importlib.import_module.__module__)
        try:
            import tensorflow
        except ModuleNotFoundError:
            print("gone")
    """)
    assert printed == "builtins importlib\ngone\n"


def test_the_names_of_tensorflow_1_are_attributes_where_tensorflow_is_installed(tmp_path):
    framework("tensorflow")
    (tmp_path / "site-packages").mkdir()
    (tmp_path / "site-packages" / "looker.py").write_text(
        "import tensorflow\nSEEN = hasattr(tensorflow, 'Session')"
    )
    (tmp_path / "own.py").write_text(
        "import tensorflow as tf\n"
        "from keras.backend.tensorflow_backend import set_session\n"
        "from keras import backend as K\n"
        "config = tf.ConfigProto()\n"
        "config.gpu_options.allow_growth = True\n"
        "set_session(tf.Session(config=config))\n"
        "import looker\n"
        "print(tf.Variable.__module__.partition('.')[0], looker.SEEN, K.get_session())\n"
        "kompat.uninstall()\n"
        "print(hasattr(tf, 'Session'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", "import kompat; kompat.install(); exec(open('own.py').read())"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), "site-packages"])},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first.startswith("tensorflow False <kompat.session.Session")
    assert second == "False"


@pytest.mark.parametrize(
    ("name", "is_own"),
    [
        ("test_stand_in", True),
        ("pytest", False),
        ("json.decoder", False),
        ("numpy", False),
        ("kompat.values", False),
        ("sys", False),
    ],
)
def test_whose_code_a_module_is(name, is_own):
    here = sys.modules[__name__] if name == "test_stand_in" else importlib.import_module(name)
    assert is_user_code(vars(here)) is is_own
    assert is_user_code({"__name__": "__main__"})  # a session of the interpreter, or a notebook
