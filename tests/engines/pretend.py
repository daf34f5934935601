"""Run a program on an engine that Keras calls by another name than its own.

python -P pretend.py NAME -c PROGRAM
python -P pretend.py NAME -m MODULE [arguments]
"""

import runpy
import sys

import keras

NAME, KIND, PROGRAM = sys.argv[1:4]


def backend() -> str:
    """The name of the pretended engine."""
    return NAME


keras.config.backend = backend
sys.argv = sys.argv[3:]
if KIND == "-c":
    exec(PROGRAM, {"__name__": "__main__"})
else:
    runpy.run_module(PROGRAM, run_name="__main__", alter_sys=True)
