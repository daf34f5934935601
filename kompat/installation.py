"""Let old imports of the Keras backend find K, in a whole process.

After `install()`, ``keras.backend``, ``keras.backend.tensorflow_backend`` and
``tensorflow.keras.backend`` are K, and ``optimizer.lr`` is the learning rate. Keras is imported no
earlier than the program does it, so that the program may still choose its engine. Where
TensorFlow is not installed, ``tensorflow.keras`` is Keras 3.
"""

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from operator import attrgetter
from types import ModuleType
from typing import Any

from kompat.engine_choice import choose_engine

# Where TensorFlow had Keras; with TensorFlow installed the last is a part of its own inside.
_KERAS_NAMES = ("tensorflow.keras", "tensorflow.compat.v1.keras", "tensorflow.python.keras")
# Names that a program may import, and one that Keras loads with itself for TensorFlow's sake.
_K_NAMES = frozenset(
    [
        "keras.backend.tensorflow_backend",
        "kompat.backend.tensorflow_backend",  # from keras.backend import tensorflow_backend
        "tensorflow.keras.backend",
        "tensorflow.compat.v1.keras.backend",
    ]
)
_LOADED_BY_KERAS = "keras._tf_keras.keras.backend"
_TENSORFLOW = "tensorflow"


def install() -> None:
    """Make the names of the old Keras backend resolve to K, until `uninstall`.

    Example:

    >>> import kompat
    >>> kompat.install()
    >>> from keras import backend
    >>> backend.get_value(backend.variable(2.))
    np.float32(2.0)
    >>> kompat.uninstall()
    """
    if _finder in sys.meta_path:
        return
    sys.meta_path.insert(0, _finder)
    if "keras" in sys.modules:
        _patches.apply()


def uninstall() -> None:
    """Undo `install`: the names resolve to Keras's own backend again."""
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
        _patches.revert()


class _Patches:
    """What `install` changes in modules that are already there, and how to change it back."""

    def __init__(self) -> None:
        self.modules: dict[str, ModuleType | None] = {}
        self.attributes: list[tuple[Any, str, Any]] = []

    def apply(self) -> None:
        import keras

        from kompat import backend

        self._module("keras.backend", backend)
        self._attribute(keras, "backend", backend)
        for name in (*_K_NAMES, _LOADED_BY_KERAS):
            if name in sys.modules:
                self._module(name, backend)
                parent = sys.modules.get(name.rpartition(".")[0])
                if parent is not None:
                    self._attribute(parent, "backend", backend)
        self._attribute(keras.optimizers.Optimizer, "lr", learning_rate)
        self._attribute(keras.Sequential, "input", sequential_input)
        self._attribute(keras.Sequential, "output", sequential_output)

    def revert(self) -> None:
        for owner, name, old in reversed(self.attributes):
            if old is _ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, old)
        for name, module in self.modules.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module
        self.modules.clear()
        self.attributes.clear()

    def _module(self, name: str, module: ModuleType) -> None:
        self.modules.setdefault(name, sys.modules.get(name))
        sys.modules[name] = module

    def _attribute(self, owner: Any, name: str, value: Any) -> None:
        self.attributes.append((owner, name, vars(owner).get(name, _ABSENT)))
        setattr(owner, name, value)


_ABSENT = object()


def _get_lr(optimizer: Any) -> Any:
    return optimizer.learning_rate


def _set_lr(optimizer: Any, value: Any) -> None:
    import keras

    from kompat.values import schedule_error, set_value

    rate = optimizer.learning_rate
    if not isinstance(rate, keras.Variable):
        raise schedule_error(f"the schedule of {type(optimizer).__name__}")
    set_value(rate, value)


learning_rate = property(
    _get_lr, _set_lr, doc="The learning rate under its old name: a variable; assigning writes it."
)


def _only(tensors: Any, model: Any) -> Any:
    if not tensors:
        raise AttributeError(
            f"The model {model.name!r} is not built; give it an Input or call it on data first."
        )
    return tensors[0] if len(tensors) == 1 else tensors


sequential_input = property(
    lambda model: _only(model.inputs, model),
    doc="The model's symbolic input, which a Sequential of Keras 3 has only after a call.",
)
sequential_output = property(
    lambda model: _only(model.outputs, model),
    doc="The symbolic output that belongs to `input`.",
)


class _KLoader(importlib.abc.Loader):
    """Loads K under another name; the module keeps its own specification."""

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        from kompat import backend

        self._spec = backend.__spec__
        _patches.modules.setdefault(spec.name, None)
        return backend

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


class _KerasLoader(importlib.abc.Loader):
    """Loads Keras as its own loader does, then puts K into it."""

    def __init__(self, loader: importlib.abc.Loader):
        self._loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__.loader = module.__loader__ = self._loader  # type: ignore[union-attr]
        _finder.is_importing_keras = True
        try:
            self._loader.exec_module(module)
        finally:
            _finder.is_importing_keras = False
        _patches.apply()


class _AliasLoader(importlib.abc.Loader):
    """Loads a module of Keras 3 under its name in ``tensorflow.keras``."""

    def __init__(self, target: ModuleType):
        self._target = target

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = ModuleType(spec.name, self._target.__doc__)
        module.__dict__.update(
            {
                name: value
                for name, value in vars(self._target).items()
                if not name.startswith("__") or name in ("__getattr__", "__version__")
            }
        )
        module.__path__ = []
        _patches.modules.setdefault(spec.name, None)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """The module is complete when it is created."""


class _Finder(importlib.abc.MetaPathFinder):
    """Answers for Keras, for the names of K and, without TensorFlow, for ``tensorflow.keras``."""

    is_importing_keras = False
    """Keras, and the engine that it imports, must see whether TensorFlow is really there."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name == "keras":
            return self._keras(path)
        if name in _K_NAMES:
            return importlib.machinery.ModuleSpec(name, _KLoader())
        if name.partition(".")[0] == _TENSORFLOW and self._is_played(name):
            if name == "tensorflow.python.keras.backend":
                return importlib.machinery.ModuleSpec(name, _KLoader())
            stand_in = self._stand_in(name)
            if stand_in is not None:
                loader = _AliasLoader(stand_in)
                return importlib.machinery.ModuleSpec(name, loader, is_package=True)
        return None

    def _keras(self, path: Sequence[str] | None) -> importlib.machinery.ModuleSpec | None:
        choose_engine()
        spec = importlib.machinery.PathFinder.find_spec("keras", path)
        if spec is not None and spec.loader is not None:
            spec.loader = _KerasLoader(spec.loader)
        return spec

    def _is_played(self, name: str) -> bool:
        """Whether a part of TensorFlow is played by another module here and now."""
        if self.is_importing_keras or self._asked_by_keras():
            return False
        # Even where TensorFlow is installed this is no module that can be imported.
        return name.startswith("tensorflow.compat.v1.keras") or not self._has_tensorflow()

    def _asked_by_keras(self) -> bool:
        """Whether the import that is going on was made by Keras itself."""
        frame = sys._getframe(1)
        while frame is not None:
            name = frame.f_globals.get("__name__", "")
            if name != __name__ and not name.startswith(("importlib", "_frozen_importlib")):
                return name.partition(".")[0] == "keras"
            frame = frame.f_back  # type: ignore[assignment]
        return False

    def _has_tensorflow(self) -> bool:
        return importlib.machinery.PathFinder.find_spec(_TENSORFLOW) is not None

    def _stand_in(self, name: str) -> ModuleType | None:
        """The module of Keras, or of `kompat.tf`, that plays ``tensorflow`` or a part of it."""
        if name == _TENSORFLOW:
            import numpy as np

            keras = importlib.import_module("keras")
            # Keras asks once whether TensorFlow is there, and remembers the answer: let it ask
            # before the stand-in is there.
            keras.saving.serialize_keras_object(np.float32(0))
            return importlib.import_module("kompat.tf")
        if name in ("tensorflow.compat", "tensorflow.compat.v1"):
            part: ModuleType = attrgetter(name.partition(".")[2])(
                importlib.import_module("kompat.tf")
            )
            return part
        if name == "tensorflow.python":
            return ModuleType(name)
        for place in _KERAS_NAMES:
            if name == place or name.startswith(f"{place}."):
                try:
                    return importlib.import_module(f"keras{name.removeprefix(place)}")
                except ModuleNotFoundError:
                    return None
        return None


_finder = _Finder()
_patches = _Patches()
