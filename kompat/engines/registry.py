"""Which class an engine has, by its name: kompat's own, or that of an installed package.

The name is what `keras.config.backend()` gives. Packages say theirs in the entry-point group
`kompat.engines`; an engine of which nobody says anything computes through Keras's functions.
"""

from importlib.metadata import EntryPoint, entry_points

import keras

from kompat.engines.engine import Engine
from kompat.errors import UnknownEngineError

GROUP = "kompat.engines"
NAME: str = keras.config.backend()

# Looked at first: to search all installed packages takes milliseconds.
_OWN = {
    "jax": "kompat.engines.jax:JaxEngine",
    "numpy": "kompat.engines.numpy:NumpyEngine",
    "tensorflow": "kompat.engines.tensorflow:TensorflowEngine",
    "torch": "kompat.engines.torch:TorchEngine",
}


def engine_class(name: str) -> type[Engine]:
    """The class of an engine.

    Raises:
        UnknownEngineError: several packages say one, or what they say is no class of engines.
    """
    if name in _OWN:
        found = [EntryPoint(name, _OWN[name], GROUP)]
    else:
        found = list(entry_points(group=GROUP, name=name))
    if not found:
        return Engine
    if len(found) > 1:
        raise UnknownEngineError(
            f"expected one class for the engine {name!r}, found "
            f"{' and '.join(sorted(point.value for point in found))}.",
            f"several installed packages have it among their entry points {GROUP!r}.",
            "uninstall all but one of them.",
        )
    loaded = found[0].load()
    if not (isinstance(loaded, type) and issubclass(loaded, Engine)):
        raise UnknownEngineError(
            f"expected a class derived from kompat.engines.engine.Engine for the engine {name!r}, "
            f"received {loaded!r}.",
            f"the entry point {found[0].value!r} of the group {GROUP!r} names it.",
            "let the entry point name the class.",
        )
    return loaded
