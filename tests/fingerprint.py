"""What stands in Keras, attribute by attribute; as a program, what kompat changes of it.

The program prints as JSON, for each moment, the attributes that differ from those before kompat:
after `import kompat`; with K; with `install`, training and a session; after `uninstall`; and when K
is taken from kompat again.
"""

import builtins
import importlib
import json
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

ABSENT = object()
OF_PYTHON = {"__annotations__", "__warningregistry__"}
"""What Python adds when somebody looks for annotations, and notes of the warnings of a module."""
Fingerprint = dict[str, tuple[Any, dict[str, Any]]]


def owners() -> Iterator[Any]:
    """Keras's modules and classes; of others, the objects in which kompat replaces something."""
    yield from (builtins, importlib)
    if "torch" in sys.modules:
        yield sys.modules["torch"].Tensor
    if "tensorflow" in sys.modules:
        yield sys.modules["tensorflow"]
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "keras":
            yield module
            for x in list(vars(module).values()):
                if isinstance(x, type) and x.__module__.startswith("keras."):
                    yield x


def path_of(owner: Any) -> str:
    """The name of a module; of a class, with its module before it."""
    if isinstance(owner, ModuleType):
        return owner.__name__
    return f"{owner.__module__}:{owner.__qualname__}"


def fingerprint() -> Fingerprint:
    """The owners and their attributes as they are now."""
    return {path_of(owner): (owner, dict(vars(owner))) for owner in owners()}


def changes(before: Fingerprint) -> list[str]:
    """The attributes of which now another object stands there, or none, or one more."""
    found = []
    for path, (owner, had) in before.items():
        has = dict(vars(owner))
        for name in (had.keys() | has.keys()) - OF_PYTHON:
            old, new = had.get(name, ABSENT), has.get(name, ABSENT)
            if old is not new and not is_loaded_since(f"{path}.{name}", new):
                found.append(f"{path} {name}")
    return sorted(found)


def is_loaded_since(path: str, x: Any) -> bool:
    """Whether it is a module that was imported since, under its own name."""
    return isinstance(x, ModuleType) and x.__name__ == path


def names_of_others(before: dict[str, ModuleType]) -> list[str]:
    """The names of Keras's modules under which now another module is found."""
    return sorted(name for name, module in before.items() if sys.modules.get(name) is not module)


def use() -> None:
    """Train where the engine can, predict, and run a session."""
    import keras
    import numpy as np

    import kompat
    from kompat import backend as K

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    x = np.ones((4, 2), "float32")
    model.predict(x, verbose=0)
    if keras.config.backend() != "numpy":
        model.compile("sgd", "mse")
        model.fit(x, x[:, :1], verbose=0)
    v = K.variable(1.0)
    with kompat.graph_mode(), kompat.Session() as session:
        session.run(kompat.tf.compat.v1.global_variables_initializer())
        assert session.run(K.update_add(v, 1.0)) == 2.0
    assert K.get_session().run(v) == 1.0


def main() -> None:
    """Print what differs at each moment."""
    import keras

    if keras.config.backend() == "torch":
        import torch  # noqa: F401  # Keras loads it; its tensors are looked at
    before = fingerprint()
    modules = {name: module for name, module in sys.modules.items() if name.startswith("keras")}
    found = {}
    import kompat

    found["kompat"] = changes(before)
    import kompat.backend
    from kompat import installation

    found["K"] = changes(before)
    kompat.install()
    use()
    found["install"] = changes(before)
    found["old names"] = sorted(
        f"{path_of(x)} {name}" for x, name in installation._old_world.attributes.places()
    )
    found["names with install"] = names_of_others(modules)
    kompat.uninstall()
    found["uninstall"] = changes(before)
    found["names after uninstall"] = names_of_others(modules)
    from kompat import backend  # noqa: F401

    found["K again"] = changes(before)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
