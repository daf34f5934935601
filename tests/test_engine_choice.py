"""Which engine runs: what was named, what the program imports, what is installed."""

import os
import subprocess
import sys

import pytest
from conftest import framework

from kompat.engine_choice import engine_named
from kompat.errors import UnknownEngineError

pytestmark = pytest.mark.one_engine("numpy")

CHOSEN = "from kompat import backend as K; print(K.backend())"


def run(program: str, **environment: str) -> subprocess.CompletedProcess:
    """A program in a process of its own, for which nobody has chosen an engine."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("KERAS_")}
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def python(program: str, **environment: str) -> str:
    """What a program prints that ends well."""
    done = run(program, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_jax_is_the_default_and_the_file_that_keras_writes_is_no_choice(tmp_path):
    framework("jax")
    assert python(CHOSEN, KERAS_HOME=str(tmp_path)) == "jax"
    assert (tmp_path / "keras.json").exists()
    assert python(CHOSEN, KERAS_HOME=str(tmp_path)) == "jax"


def test_the_environment_wins_and_takes_synonyms(tmp_path):
    (tmp_path / "keras.json").write_text('{"backend": "jax"}')
    assert python(CHOSEN, KERAS_HOME=str(tmp_path), KERAS_BACKEND=" NumPy") == "numpy"


def test_a_configuration_file_wins_and_takes_synonyms(tmp_path):
    (tmp_path / "keras.json").write_text('{"backend": "np", "floatx": "float16"}')
    program = CHOSEN + "; print(K.floatx())"
    assert python(program, KERAS_HOME=str(tmp_path)) == "numpy\nfloat16"


def test_a_keras_imported_earlier_is_respected(tmp_path):
    program = (
        "import os; os.environ['KERAS_BACKEND'] = 'numpy'\n"
        "import keras; del os.environ['KERAS_BACKEND']\n" + CHOSEN
    )
    assert python(program, KERAS_HOME=str(tmp_path)) == "numpy"


@pytest.mark.parametrize(
    ("text", "name"),
    [("tf", "tensorflow"), ("pytorch", "torch"), ("JAX", "jax"), (" Torch ", "torch")],
)
def test_synonyms(text, name):
    assert engine_named(text) == name


EVERY_ENGINE = "expected an engine of jax, tensorflow, torch, numpy, openvino"


def test_a_name_that_is_no_engine_gets_the_list(tmp_path):
    with pytest.raises(UnknownEngineError, match=f"{EVERY_ENGINE}, received 'theano'"):
        engine_named("theano")
    done = run(CHOSEN, KERAS_BACKEND="jxa", KERAS_HOME=str(tmp_path))
    assert done.stderr.splitlines()[-1] == (
        f"kompat.errors.UnknownEngineError: {EVERY_ENGINE}, received 'jxa' from KERAS_BACKEND."
    )
    (tmp_path / "keras.json").write_text('{"backend": "theano"}')
    done = run(CHOSEN, KERAS_HOME=str(tmp_path))
    assert f"received 'theano' from {tmp_path / 'keras.json'}" in done.stderr


INSTALLED = """
import importlib.util, sys
importlib.util.find_spec = lambda name: name in {installed} or None
if {imported}:
    sys.modules["tensorflow"] = sys
from kompat.engine_choice import choose_engine, note_program
note_program({source!r})
choose_engine()
import os; print(os.environ["KERAS_BACKEND"])
"""


def chosen(tmp_path, installed, source="", imported=False, **environment):
    """What is chosen where just some engines are installed, for a program that is known."""
    program = INSTALLED.format(installed=installed, source=source, imported=imported)
    return run(program, KERAS_HOME=str(tmp_path), **environment)


ALL = ["jax", "tensorflow", "torch"]


def test_a_package_may_bring_an_engine(tmp_path):
    """Keras imports `keras_<name>` for an engine that is no part of it."""
    assert chosen(tmp_path, ["keras_mlx"], KERAS_BACKEND="MLX").stdout == "mlx\n"
    refused = chosen(tmp_path, ALL, KERAS_BACKEND="mlx")
    assert f"{EVERY_ENGINE}, received 'mlx' from KERAS_BACKEND" in refused.stderr


@pytest.mark.parametrize(
    ("installed", "name"),
    [(ALL, "jax"), (["torch"], "torch"), (["tensorflow", "torch"], "tensorflow")],
    ids=str,
)
def test_jax_goes_before_the_engine_that_is_installed(tmp_path, installed, name):
    assert chosen(tmp_path, installed).stdout == f"{name}\n"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import numpy, tensorflow as tf", "tensorflow"),
        ("def f():\n    from tensorflow.keras import layers", "tensorflow"),
        ("import tensorflow_hub, keras", "jax"),
        ("print 'Python 2'; import tensorflow", "jax"),
    ],
)
def test_a_program_that_imports_tensorflow_gets_it(tmp_path, source, name):
    assert chosen(tmp_path, ALL, source).stdout == f"{name}\n"
    assert chosen(tmp_path, ["jax"], source).stdout == "jax\n"
    assert chosen(tmp_path, ALL, source, KERAS_BACKEND="torch").stdout == "torch\n"


def test_a_process_that_has_imported_tensorflow_gets_it(tmp_path):
    assert chosen(tmp_path, ALL, imported=True).stdout == "tensorflow\n"


def test_what_is_not_installed_is_named_with_the_command_that_brings_it(tmp_path):
    errors = {
        (): 'no engine is installed: pip install "kompat[jax]", or pip install '
        '"kompat[tensorflow]", or pip install "kompat[torch]"',
        ("torch",): "the engine 'torch' is not installed (no module 'torch'): "
        'pip install "kompat[torch]"',
        ("numpy",): "the engine 'numpy' is not installed (no module 'scipy'): "
        'pip install "kompat[numpy]"',
    }
    for named, error in errors.items():
        environment = {"KERAS_BACKEND": named[0]} if named else {}
        done = chosen(tmp_path, [], **environment)
        assert done.stderr.splitlines()[-1] == f"kompat.errors.MissingEngineError: {error}"


def test_without_an_engine_importing_keras_ends_with_one_error(tmp_path):
    """The search for an engine must not ask what plays TensorFlow, which would import Keras."""
    program = (
        "import importlib.util, kompat\n"
        "importlib.util.find_spec = lambda name: None\n"
        "kompat.install()\n"
        "try:\n    import keras\n"
        "except ImportError as error:\n    print(type(error).__name__)"
    )
    assert python(program, KERAS_HOME=str(tmp_path)) == "MissingEngineError"
