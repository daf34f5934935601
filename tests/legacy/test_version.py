"""Which Keras a program was written for, by its words, by its user, and in its children."""

import pytest
from processes import kompat_run

import kompat
from kompat.errors import ArgumentError
from kompat.legacy.version import version_of

pytestmark = pytest.mark.one_engine("numpy")

PROGRAMS = {
    "model.fit(x, y, nb_epoch=2)": ("1.2", "nb_epoch"),
    "Convolution2D(8, 3, 3, border_mode='same')": ("1.2", "border_mode"),
    "import tensorflow.keras as keras": ("tf", "tensorflow.keras"),
    "from tensorflow import keras": ("tf", "tensorflow.keras"),
    "from tensorflow.keras.layers import Dense": ("tf", "tensorflow.keras"),
    "import tensorflow as tf; tf.keras.layers.Dense(3)": ("tf", "tensorflow.keras"),
    "import tensorflow as tf; from keras import layers": ("2.2", ""),
    "# border_mode\nfrom keras.layers import Dense": ("2.2", ""),
    "print 'Python 2', nb_epoch": ("2.2", ""),
}


@pytest.mark.parametrize("source", PROGRAMS)
def test_the_words_of_a_program_tell(source):
    assert version_of(source) == PROGRAMS[source]


def test_what_is_chosen_is_said_when_somebody_asks(tmp_path):
    program = "from keras.layers import Layer\ndict(nb_epoch=3)"
    said = "kompat: written for Keras 1.2 (nb_epoch)\n"
    words = ["--backend", "numpy", "--explain", "-c", program]
    assert kompat_run(words, tmp_path) == (0, "", said)
    chosen = kompat_run(["--keras", "2.3", *words], tmp_path)
    assert chosen == (0, "", "kompat: written for Keras 2.3 (--keras)\n")
    assert kompat_run(["--backend", "numpy", "-c", program], tmp_path) == (0, "", "")


def test_children_are_handed_the_version(tmp_path):
    program = "import os; print(os.environ['KOMPAT_KERAS'])"
    assert kompat_run(["--backend", "numpy", "--keras", "tf", "-c", program], tmp_path).printed == (
        "tf\n"
    )


def test_an_unknown_version_is_refused(tmp_path):
    done = kompat_run(["--keras", "0.3", "-c", ""], tmp_path)
    assert (done.status, done.printed) == (2, "")
    assert "expected a Keras of 1.2, 2.2, 2.3, tf, received '0.3'" in done.problems
    with pytest.raises(ArgumentError, match="Fix: "):
        kompat.install(keras="2.4")
