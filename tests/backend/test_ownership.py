"""No result of K is a variable's own memory: the whole catalogue, played with variables."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from answers import chapters
from answers.table import Code, Tensor, Var, prepare
from shares import where_compiled

from kompat import engines, storage
from kompat.catalogue import CATALOGUE, WITHOUT_TENSORS

ANSWERS = {
    key: answer
    for path in (Path(__file__).parents[1] / "answers" / "recorded").glob("*.json")
    for key, answer in json.loads(path.read_text()).get("cases", {}).items()
}
# As many of the recorded calls of a function as have different arguments that may be variables.
_FEW = 8
_OFTEN = 2


def with_variables(item, made):
    """The arguments of a case with a variable in place of each tensor."""
    if isinstance(item, Tensor):
        return made.setdefault(id(item), Var(item.value, item.dtype))
    if isinstance(item, list | tuple):
        return type(item)(with_variables(part, made) for part in item)
    if isinstance(item, dict):
        return {name: with_variables(part, made) for name, part in item.items()}
    if isinstance(item, Code):
        return Code(item.text, **with_variables(item.names, made))
    return item


def cases() -> list[Any]:
    found, chosen = [], []
    for chapter in chapters.CHAPTERS.values():
        for function in sorted(chapter.TABLE):
            if function in CATALOGUE and CATALOGUE[function].chapter not in WITHOUT_TENSORS:
                own = [c for c in chapters.cases(chapter) if c.function == function]
                own = [c for c in own if "Tensor(" in c.call or "Var(" in c.call]
                own = [c for c in own if ANSWERS[c.id]["eager"]["kind"] != "error"]
                found += own[:_FEW]
                chosen += own[:_OFTEN]
    return where_compiled(found, chosen)


def tensors(result):
    """The tensors of a result; where a function gives the variable itself, it is no snapshot."""
    leaves = keras.tree.flatten(result)
    return [x for x in leaves if keras.ops.is_tensor(x) and not isinstance(x, keras.Variable)]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", cases(), ids=lambda c: c.id)
def test_a_result_stays_what_it_is_when_the_variables_are_written(case, K, engine):
    made: dict = {}
    case = replace(
        case, args=with_variables(case.args, made), kwargs=with_variables(case.kwargs, made)
    )
    if engine in ("torch", "numpy") and "sparse" in case.call:
        pytest.skip("Keras has no sparse tensors on this engine")
    prepared = prepare(case, K)
    results = tensors(prepared.call())
    before = K.batch_get_value(results)
    held = [x for x in map(storage.memory_of, prepared.variables) if x is not None]
    for result in results:
        assert not any(engines.current.shares_memory(result, x) for x in held)
    for variable in prepared.variables:
        value = K.get_value(variable)
        if value.size and value.dtype != bool:
            K.update_add(variable, np.ones_like(value))
        K.set_value(variable, np.zeros_like(value))
    for was, now in zip(before, K.batch_get_value(results)):
        np.testing.assert_array_equal(was, now)


SOURCES = {
    "variable": lambda K, v: v,
    "tensor of a variable": lambda K, v: v.value,
    "keras.Variable": lambda K, v: keras.Variable(K.get_value(v)),
    "tensor": lambda K, v: K.constant(K.get_value(v)),
}


@pytest.mark.parametrize("name", SOURCES)
def test_a_variable_made_of_another_is_its_own(K, name):
    source = SOURCES[name](K, K.variable([1.0, 2.0]))
    copy = K.variable(source)
    K.update_add(copy, [1.0, 1.0])
    assert K.get_value(source).tolist() == [1, 2]
    if isinstance(source, keras.Variable):
        K.update_add(source, [5.0, 5.0])
    assert K.get_value(copy).tolist() == [2, 3]


def test_a_variable_made_of_another_frameworks_tensor_is_its_own(K):
    from conftest import framework

    torch, tf = framework("torch"), framework("tensorflow")
    for source in (torch.ones(2), torch.nn.Parameter(torch.ones(2)), tf.Variable([1.0, 1.0])):
        copy = K.variable(source)
        K.update_add(copy, [1.0, 1.0])
        assert K.get_value(source).tolist() == [1, 1]
        K.set_value(source, [5.0, 5.0])
        assert K.get_value(copy).tolist() == [2, 2]
