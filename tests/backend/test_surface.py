"""The names and signatures of K against those of the tf.keras backend API."""

import inspect
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

from kompat.catalogue import CATALOGUE

API = json.loads((Path(__file__).parent.parent / "data" / "tf_keras_backend.json").read_text())
API.pop("experimental")


# Variables, creation, inspection, configuration.
FIRST = """
variable get_value set_value batch_get_value batch_set_value eval update update_add update_sub
zeros ones eye zeros_like ones_like constant random_uniform_variable random_normal_variable
count_params int_shape ndim dtype shape cast cast_to_floatx is_keras_tensor
epsilon set_epsilon floatx set_floatx image_data_format set_image_data_format backend
clear_session get_uid reset_uids name_scope
"""


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


def test_the_names_of_the_first_chapters_are_there(K):
    """Those of FIRST, and what the example computes with."""
    example = Path(__file__).parents[2] / "examples" / "cyclical_lr_digits.py"
    used = re.findall(r"\bK\.(\w+)\(", example.read_text())
    assert {*FIRST.split(), *used} <= set(K.__all__)


def test_the_catalogue_and_the_module_agree(K):
    assert set(K.__all__) <= set(CATALOGUE)
    assert len(K.__all__) == len(set(K.__all__))
    for name in K.__all__:
        home = inspect.getmodule(inspect.unwrap(getattr(K, name)))
        assert home.__name__.startswith(("kompat.backend.", "kompat.values", "keras."))


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


@pytest.mark.parametrize("name", sorted(set(CATALOGUE) - set(implemented())))
def test_what_is_missing_says_so(K, name):
    with pytest.raises(AttributeError, match=rf"K\.{name}"):
        getattr(K, name)


def test_k_is_a_module_that_code_may_assign_onto(K, monkeypatch):
    assert isinstance(K, ModuleType)
    monkeypatch.setattr(K, "my_own_function", lambda x: x, raising=False)
    assert K.my_own_function(3) == 3


def test_the_newer_names_of_keras_backend_are_there(K):
    assert K.standardize_dtype(float) == "float32"
    assert K.is_float_dtype("bfloat16")
    assert K.is_int_dtype("uint8")
    assert K.result_type("int8", "float32") == "float32"
