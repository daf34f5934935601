"""The examples in the docstrings run, on every engine."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import kompat

MODULES = [
    name
    for _, name, _ in pkgutil.walk_packages(kompat.__path__, "kompat.")
    if name.split(".")[1]
    in ("backend", "tf", "drawing", "installation", "mode", "session", "values")
    and not name.startswith("kompat.values.")
] + ["kompat.graph.fit", "kompat.graph.program_cache", "kompat.values.adapter"]


@pytest.mark.parametrize("name", MODULES)
def test_examples(K, engine, name):
    module = importlib.import_module(name)
    found = doctest.DocTestFinder().find(module, extraglobs={"K": K, "np": np})
    runner = doctest.DocTestRunner()
    for test in found:
        if engine == "numpy" and test.name.endswith(".gradients"):
            continue  # NumPy has no gradients
        runner.run(test)
    assert runner.failures == 0


def test_every_public_function_has_an_example(K):
    own = [
        getattr(K, name) for name in K.__all__ if getattr(K, name).__module__.startswith("kompat.")
    ]
    without = [f.__name__ for f in own if ">>>" not in f.__doc__]
    assert without == []
