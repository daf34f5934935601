"""`kompat run` against plain Python, and the names that it makes resolve to K."""

import os
import re
import sys
from pathlib import Path

import pytest
from conftest import framework
from processes import kompat_run, python
from shares import often

one_engine = pytest.mark.one_engine("numpy")

SCRIPT = """
import os, sys
print(__name__, __package__, __spec__, __doc__)
print(os.path.basename(__file__), sys.argv, sys.path[0])
print(sys.modules["__main__"].__dict__ is globals())
print(sorted(name for name in globals() if name.startswith("__")))
import neighbour
print(neighbour.WHERE)
"""

ENDINGS = {
    "falls off the end": "",
    "exit 3": "import sys; sys.exit(3)",
    "exit with a message": "import sys; sys.exit('enough')",
    "system exit without code": "raise SystemExit",
    "exception": "def inner():\n    raise ValueError('deep')\ninner()",
    "chained exceptions": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n"
    "    raise KeyError('k') from e",
    "syntax error": "x = = 1",
    "own excepthook": "import sys\nsys.excepthook = lambda *a: print('hook', a[0].__name__)\n1 / 0",
    "atexit": "import atexit; atexit.register(print, 'bye'); raise RuntimeError('x')",
    "keyboard interrupt": "raise KeyboardInterrupt",
    "warning": "import warnings; warnings.warn('look here')",
    "group": "raise ExceptionGroup('several', [ValueError(1), TypeError(2)])",
}


def both(folder: Path, source: str, *arguments: str) -> tuple[tuple, tuple]:
    """What plain Python and `kompat run` make of a script in ``folder/scripts``."""
    (folder / "scripts").mkdir()
    (folder / "scripts" / "neighbour.py").write_text("WHERE = 'beside the script'")
    (folder / "scripts" / "old.py").write_text(source)
    script = os.path.join("scripts", "old.py")
    plain = python([script, *arguments], folder)
    return plain, kompat_run(["--backend", "numpy", script, *arguments], folder)


@one_engine
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_script_cannot_tell_the_difference(tmp_path, ending):
    plain, ours = both(tmp_path, SCRIPT + ENDINGS[ending], "--flag", "value")
    assert ours == plain


@one_engine
def test_the_arguments_of_the_script_are_its_own(tmp_path):
    plain, ours = both(tmp_path, "import sys; print(sys.argv)", "--backend", "x", "--help", "--")
    assert ours == plain


@one_engine
def test_a_script_gets_the_whole_path_that_python_gives_it(tmp_path):
    plain, ours = both(tmp_path, "import sys; print(sys.path)")
    assert ours == plain


IMPORTS = """
import os
print("keras" in __import__("sys").modules)
from keras import backend as K
import keras, keras.backend
import keras.backend.tensorflow_backend as T
from keras.backend.tensorflow_backend import set_value
assert keras.backend is K and T is K, (K, T)
print(K.__name__, K.get_value(K.variable(2.)), K.backend())
"""


@one_engine
def test_every_old_name_is_k(tmp_path):
    (tmp_path / "old.py").write_text(IMPORTS)
    status, printed, problems = kompat_run(["--backend", "jax", "old.py"], tmp_path)
    assert status == 0, problems
    assert printed == "False\nkompat.backend 2.0 jax\n"


TENSORFLOW = """
import tensorflow as tf
from tensorflow.keras import backend as K
from tensorflow.keras import layers
from tensorflow.keras.models import Sequential
import tensorflow.keras.backend
import keras
from tensorflow.compat.v1.keras.backend import set_session
from tensorflow.compat.v1.keras import backend as v1
from keras.backend import tensorflow_backend
assert K.__name__ == "kompat.backend", K
assert tf.keras.backend is v1 is tensorflow_backend is K
assert set_session is K.set_session
assert tensorflow.keras.backend is K
model = Sequential([keras.Input((2,)), layers.Dense(1)])
model.compile("sgd", "mse")
K.set_value(model.optimizer.lr, 0.25)
model.optimizer.lr = K.get_value(model.optimizer.lr) * 2
print(float(K.get_value(model.optimizer.learning_rate)))
"""


def test_the_tensorflow_names_are_k(tmp_path, engine):
    framework("tensorflow")
    (tmp_path / "old.py").write_text(TENSORFLOW)
    status, printed, problems = kompat_run(["--backend", engine, "old.py"], tmp_path)
    assert status == 0, problems
    assert printed == "0.5\n"


@one_engine
def test_the_script_may_choose_its_engine(tmp_path):
    (tmp_path / "old.py").write_text(
        "import os; os.environ['KERAS_BACKEND'] = 'numpy'\n"
        "from keras import backend as K; print(K.backend())"
    )
    assert kompat_run(["old.py"], tmp_path).printed == "numpy\n"


@one_engine
@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["nowhere.py"], r"can't open file '.+nowhere\.py': \[Errno 2\] No such file"),
        (["--backend", "theano", "old.py"], "expected an engine of jax, .*'theano'"),
        (["--graph"], "usage: kompat run .*expected a program"),
        (["--gra", "old.py"], "unrecognized arguments: --gra"),
        (["-m"], "nothing follows -m"),
        (["-Z", "old.py"], "unknown option -Z"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_errors_of_the_command_itself(tmp_path, words, problem):
    (tmp_path / "old.py").write_text("")
    status, printed, problems = kompat_run(words, tmp_path)
    assert (status, printed) == (2, "")
    assert re.search(problem, problems, re.DOTALL), problems
    assert "Traceback" not in problems


@one_engine
def test_without_a_program_the_usage_lists_the_programs(tmp_path):
    shown = kompat_run(["--help"], tmp_path).printed
    for program in ("script.py", "notebook.ipynb", "file.zip", "-m module", "-c code", "-  "):
        assert program in shown


@one_engine
@pytest.mark.parametrize("name", [" NumPy", "np"])
def test_the_engine_may_be_named_as_people_name_it(tmp_path, name):
    code = "import os; print(os.environ['KERAS_BACKEND'])"
    assert kompat_run(["--backend", name, "-c", code], tmp_path) == (0, "numpy\n", "")


def test_install_and_uninstall_within_a_process(K):
    import keras

    import kompat

    own = keras.backend
    optimizer = keras.optimizers.SGD(0.5)
    kompat.install()
    kompat.install()
    try:
        from keras import backend

        assert backend is K
        assert sys.modules["keras.backend"] is K
        assert optimizer.lr is optimizer.learning_rate
        optimizer.lr = 0.125
        assert float(optimizer.learning_rate) == 0.125
        uid = backend.get_uid("installed")
        assert backend.get_uid("installed") == uid + 1
    finally:
        kompat.uninstall()
        kompat.uninstall()
    assert keras.backend is own
    assert sys.modules["keras.backend"] is own
    assert not hasattr(keras.optimizers.SGD, "lr")


def test_writing_lr_of_a_schedule_explains_itself():
    import keras

    import kompat

    kompat.install()
    try:
        schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
        optimizer = keras.optimizers.SGD(schedule)
        with pytest.raises(kompat.errors.NotAVariableError, match="schedule"):
            optimizer.lr = 0.5
    finally:
        kompat.uninstall()


@one_engine
def test_a_script_starts_in_graph_mode_when_asked(tmp_path):
    """Momentum out of variables: in eager mode `0.9 * v` would be the value of the moment."""
    (tmp_path / "momentum.py").write_text(
        "from keras import backend as K\n"
        "x, w, v = K.placeholder(shape=()), K.variable(1.), K.variable(0.)\n"
        "g, = K.gradients(x * w, [w])\n"
        "step = K.function([x], [], updates=[K.update(v, 0.9 * v - 0.1 * g)])\n"
        "print([round(float(K.get_value(v)), 4) for _ in range(3) if step([1.]) == []])\n"
    )
    command = ["--backend", "jax", "--graph", "momentum.py"]
    status, printed, problems = kompat_run(command, tmp_path)
    assert status == 0, problems
    assert printed == "[-0.1, -0.19, -0.271]\n"


@one_engine
def test_an_engine_that_cannot_be_used_is_one_line(tmp_path):
    (tmp_path / "old.py").write_text("import keras")
    status, _, problems = kompat_run(["old.py"], tmp_path, KERAS_BACKEND="jxa")
    assert status == 2
    assert problems == (
        "kompat: expected an engine of jax, tensorflow, torch, numpy, openvino, received 'jxa' "
        "from KERAS_BACKEND.\n"
    )


@pytest.mark.one_engine("tensorflow")
def test_a_script_that_imports_tensorflow_after_keras_gets_it(tmp_path):
    framework("tensorflow")
    (tmp_path / "old.py").write_text(
        "import keras\nimport tensorflow\nprint(keras.config.backend())"
    )
    named = {"KERAS_BACKEND": None, "KERAS_HOME": str(tmp_path)}
    assert kompat_run(["old.py"], tmp_path, **named)[:2] == (0, "tensorflow\n")


FIRST = ("kompat.executing_eagerly()", "kompat.Session", "kompat.tf", "kompat.backend")


@one_engine
@pytest.mark.parametrize("first", often(FIRST, ["kompat.executing_eagerly()"]))
def test_what_comes_first_of_k_keras_and_the_modes_is_free(tmp_path, first):
    program = f"import kompat; kompat.install(); {first}; import keras; " + (
        "from keras import backend as K; print(K.__name__)"
    )
    assert python(["-c", program], tmp_path)[:2] == (0, "kompat.backend\n")


@pytest.fixture
def installed():
    import keras

    import kompat

    kompat.install()
    yield keras
    kompat.uninstall()


def test_a_model_of_one_tensor_has_a_tensor_for_input_and_output(installed):
    x = installed.Input((3,))
    y = installed.layers.Dense(2)(x)
    for model in (installed.Model([x], [y]), installed.Model(x, y)):
        assert model.input is x
        assert model.output is y
    assert installed.Model([x], [y, x]).output == [y, x]
    named = installed.Model({x.name: x}, {"y": y})
    assert named.output == {"y": y}


def test_a_layer_adds_updates_of_its_training_steps(K, installed):
    class Counting(installed.layers.Layer):
        def build(self, shape):
            self.seen = self.add_weight(initializer="zeros", trainable=False, shape=())

        def call(self, x):
            self.add_update([(self.seen, self.seen + K.sum(x))], x)
            return x

    layer = Counting()
    layer(K.ones((2, 2)))
    assert K.get_value(layer.seen) == 0
    layer(K.ones((2, 2)), training=True)
    assert K.get_value(layer.seen) == 4
