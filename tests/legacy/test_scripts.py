"""Whole programs in the style of their time run unchanged."""

import shutil
from pathlib import Path

import pytest
from processes import kompat_run

SCRIPTS = Path(__file__).parent / "scripts"
PRINTED = {
    "digits_2016": """\
accuracy above 0.7: True True
classes: (5,) (None, 10)
epochs: [0, 1] joined: (None, 8) (None, 8)
""",
    "sequences_2018": """\
accuracy: True
weights are back: True
logs: ['acc', 'learning_rate', 'loss', 'val_acc', 'val_loss']
rate of Adadelta: 0.3333
loaded: True
""",
    "estimators_2017": """\
{'units': 8} True
(3,) (3, 3)
(2,) True
""",
}


@pytest.mark.one_engine("jax")
@pytest.mark.parametrize("name", PRINTED)
def test_a_script_of_its_time_runs_unchanged(tmp_path, name, engine):
    if engine == "numpy":
        pytest.skip("this engine does not train")
    script = shutil.copy(SCRIPTS / f"{name}.py", tmp_path)
    done = kompat_run(["--backend", engine, script], tmp_path)
    assert done.status == 0, done.problems
    assert done.printed == PRINTED[name]
