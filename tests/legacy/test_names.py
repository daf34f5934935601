"""Every public name of Keras 1.2.2, 2.2.4 and 2.3.1 is there, or says why it is gone."""

import importlib
import sys

import pytest
from conftest import framework
from legacy.old_keras import RECORDED, names_of
from processes import HIDE_TENSORFLOW, kompat_run, python

from kompat.errors import RemovedImportError, RemovedNameError

KEPT = {"1.2": 306, "2.2": 438, "2.3": 642}
"""At least so many names of each version are not gone."""


@pytest.mark.parametrize("version", RECORDED)
def test_every_name_is_there_or_explained(old_keras, version):
    old_keras(version)
    kept, reasons = 0, []
    for name in names_of(version):
        if name.owner:
            continue
        module = importlib.import_module(name.module)
        try:
            assert getattr(module, name.name) is not None
            kept += 1
        except RemovedNameError as error:
            reasons.append(str(error))
    print(f"Keras {RECORDED[version]}: {kept} names are there, {len(reasons)} are explained")
    assert kept >= KEPT[version]
    assert all("Why: " in reason and "Fix: " in reason for reason in reasons)


def test_a_name_of_another_address_is_the_same_object(old_keras):
    old_keras("1.2")
    import keras
    from keras.layers.convolutional import Convolution2D
    from keras.legacy import layers as legacy_layers
    from keras.objectives import mse

    assert Convolution2D is keras.layers.Conv2D
    assert keras.layers.core.Dense is keras.layers.Dense
    assert legacy_layers.MaxoutDense is keras.layers.MaxoutDense
    assert keras.utils.np_utils.to_categorical is keras.utils.to_categorical
    assert mse([[1.0]], [[3.0]]) == 4.0


def test_all_names_of_an_old_module_can_be_imported_at_once(old_keras):
    old_keras("1.2")
    names: dict = {}
    exec("from keras.layers.core import *\nfrom keras.layers.recurrent import *", names)
    assert names["Dense"] is sys.modules["keras"].layers.Dense
    assert names["MaxoutDense"].__name__ == "MaxoutDense"
    assert "Recurrent" not in names


def test_all_names_of_todays_module_come_with_those_of_old(old_keras):
    old_keras("1.2")
    names: dict = {}
    exec("from keras.layers import *", names)
    assert names["Dense"] is sys.modules["keras"].layers.Dense
    assert {"Merge", "Deconvolution2D", "merge"} < names.keys()
    assert not {"engine", "objectives", "Recurrent"} & names.keys()


def test_an_import_of_what_is_gone_says_what_to_do(old_keras):
    old_keras("2.2")
    with pytest.raises(ImportError, match=r"RNN\(cell\)") as caught:
        exec("from keras.layers.recurrent import Recurrent", {})
    assert isinstance(caught.value, RemovedImportError)
    import keras

    assert not hasattr(keras.optimizers, "TFOptimizer")
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        keras.layers.Nothing  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'Nothing'"):
        exec("from keras.layers.core import Nothing", {})


def test_nothing_of_it_is_there_before_and_after(old_keras):
    import keras

    assert not hasattr(keras.layers, "Deconvolution2D")
    old_keras("1.2")
    importlib.import_module("keras.layers.core")
    importlib.import_module("keras_applications.vgg16")
    assert keras.layers.Deconvolution2D is keras.layers.Conv2DTranspose
    import kompat

    kompat.uninstall()
    for name in ("Deconvolution2D", "core"):
        assert not hasattr(keras.layers, name)
    for name in ("keras.layers.core", "keras.engine", "keras_applications"):
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module(name)


IMPORTS = """
from {root}.layers.core import Dense
from {root}.utils import np_utils
from {root}.preprocessing.text import Tokenizer
import {root}.engine.topology
import keras
assert Dense is keras.layers.Dense
print(np_utils.probas_to_classes.__name__, Tokenizer.__name__)
"""


@pytest.mark.one_engine("jax")
@pytest.mark.parametrize(
    "root", ["tensorflow.keras", "tensorflow.python.keras", "tensorflow.contrib.keras"]
)
def test_what_plays_tensorflow_has_the_old_modules(tmp_path, root):
    (tmp_path / "own.py").write_text(IMPORTS.format(root=root))
    start = f"{HIDE_TENSORFLOW}\nimport kompat\nkompat.install()\nimport own"
    done = python(["-c", start], tmp_path)
    assert done == (0, "probas_to_classes Tokenizer\n", "")


@pytest.mark.one_engine("tensorflow")
def test_tensorflow_itself_has_the_old_modules(tmp_path):
    framework("tensorflow")
    (tmp_path / "old.py").write_text(IMPORTS.format(root="tensorflow.keras"))
    done = kompat_run(["--backend", "tensorflow", "old.py"], tmp_path)
    assert done[:2] == (0, "probas_to_classes Tokenizer\n")
