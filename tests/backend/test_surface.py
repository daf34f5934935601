"""The names and signatures of K against those of the tf.keras backend API."""

import inspect
import json
from functools import reduce
from importlib import import_module
from pathlib import Path
from types import ModuleType

import keras
import pytest

from kompat.catalogue import CATALOGUE

API = json.loads((Path(__file__).parent.parent / "data" / "tf_keras_backend.json").read_text())
API.pop("experimental")


def parameters(name: str) -> list[tuple[str, str | None]]:
    """The (name, default) pairs of tf.keras's parameters."""
    entry = API[name].get("v2") or API[name]["v1"]
    if "signature" not in entry:
        entry = API[name]["v1"]
    signature = entry["signature"]
    return [(p["name"], p.get("default")) for p in signature["parameters"]]


def implemented() -> list[str]:
    from kompat import backend

    return sorted(set(backend.__all__))


def test_the_catalogue_has_the_149_names():
    assert len(CATALOGUE) == 149
    assert set(CATALOGUE) == set(API)


def test_the_catalogue_and_the_module_agree(K):
    assert sorted(CATALOGUE) == sorted(K.__all__)


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_a_function_stands_in_its_chapter(K, name):
    chapter = import_module(f"kompat.backend.{CATALOGUE[name].chapter}")
    assert name in chapter.__all__
    assert inspect.unwrap(getattr(K, name)) is inspect.unwrap(getattr(chapter, name))


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_the_catalogue_has_the_parameters(K, name):
    positional = [
        parameter
        for parameter in inspect.signature(getattr(K, name)).parameters.values()
        if parameter.kind is not parameter.KEYWORD_ONLY
    ]
    bare = [p.replace(annotation=p.empty) for p in positional]
    assert str(inspect.Signature(bare)) == f"({CATALOGUE[name].parameters})"


@pytest.mark.parametrize("instead", sorted({row.keras3 for row in CATALOGUE.values()} - {""}))
def test_what_keras_3_has_instead_exists(instead):
    root, *path = instead.split(".")
    start = {"keras": keras, "Variable": keras.Variable, "tensor": keras.KerasTensor((2,))}[root]
    reduce(getattr, path, start)


@pytest.mark.parametrize("name", implemented())
def test_signatures_are_those_of_tf_keras(K, name):
    ours = inspect.signature(getattr(K, name)).parameters.values()
    positional = [p for p in ours if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert [p.name for p in positional] == [n for n, _ in parameters(name)]
    for parameter, (_, default) in zip(positional, parameters(name)):
        if default is None:
            assert parameter.default is parameter.empty
        else:
            assert str(parameter.default) == default
    extras = [p for p in ours if p.kind is p.KEYWORD_ONLY]
    assert all(p.default is not p.empty for p in extras)


@pytest.mark.parametrize("name", implemented())
def test_functions_carry_their_names_and_say_what_they_do(K, name):
    function = getattr(K, name)
    assert function.__name__ == name
    assert function.__doc__


def test_k_is_a_module_that_code_may_assign_onto(K, monkeypatch):
    assert isinstance(K, ModuleType)
    monkeypatch.setattr(K, "my_own_function", lambda x: x, raising=False)
    assert K.my_own_function(3) == 3


def test_the_newer_names_of_keras_backend_are_there(K):
    assert K.standardize_dtype(float) == "float32"
    assert K.is_float_dtype("bfloat16")
    assert K.is_int_dtype("uint8")
    assert K.result_type("int8", "float32") == "float32"
