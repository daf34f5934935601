"""Every parameter that a class or function had is taken, translated, or refused with a reason."""

import importlib
import inspect
from types import ModuleType
from typing import Any

import keras
import pytest
from keras.src.models.functional import Functional
from legacy.old_keras import RECORDED, names_of

from kompat.legacy import ROWS
from kompat.legacy.names import at_address

BY_KEYWORDS = {
    "keras.layers.merge.dot(normalize": "handed on to the layer",
    "keras.engine.saving.save_model(include_optimizer": "taken for files of HDF5",
    "keras.engine.saving.save_weights_to_hdf5_group(group": "the group, whose name is f elsewhere",
}
"""What a function takes without naming it."""


def rows_of(target: Any) -> set[str]:
    """The arguments that rows have for an object, for its classes, or for the function beneath."""
    beneath = inspect.unwrap(target)
    found = set()
    for row in ROWS:
        if row.kind not in ("argument", "refused", "positions"):
            continue
        for owner in map(at_address, row.owners):
            is_base = isinstance(owner, type) and isinstance(target, type)
            if (is_base and issubclass(target, owner)) or inspect.unwrap(owner) is beneath:
                found |= {*row.was.split()}
    return found


def taken(target: Any) -> set[str]:
    """What a function takes by itself; classes hand on what their bases take."""
    if not isinstance(target, type):
        return {*inspect.signature(target).parameters}
    classes = [*target.__mro__, *([Functional] if issubclass(target, keras.Model) else ())]
    return {name for one in classes for name in inspect.signature(one.__init__).parameters}


@pytest.mark.one_engine("numpy")
@pytest.mark.parametrize("version", RECORDED)
def test_every_parameter_is_known(old_keras, version):
    old_keras(version)
    unknown, count = [], 0
    for name in names_of(version):
        if name.owner or not name.parameters:
            continue
        target = getattr(importlib.import_module(name.module), name.name, None)
        if target is None or isinstance(target, ModuleType):
            continue
        wanted = {parameter for parameter in name.parameters if not parameter.startswith("*")}
        count += len(wanted)
        left = wanted - taken(target)
        if left:
            left -= rows_of(target)
        named = {f"{name.module}.{name.name}({parameter}" for parameter in left}
        unknown += sorted(named - BY_KEYWORDS.keys())
    print(f"Keras {RECORDED[version]}: {count} parameters")
    assert unknown == [], "\n".join(unknown)
