"""Let old imports of the Keras backend find K, in a whole process.

After `install()`, ``keras.backend``, ``keras.backend.tensorflow_backend`` and
``tensorflow.keras.backend`` are K, ``optimizer.lr`` is the learning rate, and what else an old
Keras had and today's has not is there (`kompat.legacy`). Keras is imported no earlier than the
program does it, so that the program may still choose its engine. For the user's own code
TensorFlow 1's names are there too: as attributes of ``tensorflow``, or, where that is not
installed, in what plays it.
"""

import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Sequence
from functools import partial
from types import FunctionType, ModuleType
from typing import Any

import kompat
from kompat import stand_in, startup
from kompat.engine_choice import choose_engine, noted_program
from kompat.keras_private import layers as keras_layers, patches
from kompat.keras_private.replacements import Replacements
from kompat.legacy import arguments, modules as old_modules
from kompat.legacy.names import at_address
from kompat.legacy.version import version_named, version_of
from kompat.user_code import is_user_code

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
# Even where TensorFlow is installed this is no module that can be imported.
_TENSORFLOW_1_KERAS = "tensorflow.compat.v1.keras"


def install(keras: str | None = None) -> None:
    """Make the names of the old Keras backend resolve to K, and old Keras's to today's.

    `uninstall` takes all of it back.

    Args:
        keras: the Keras that the program was written for: "1.2", "2.2", "2.3" or "tf". By default
            the words of the program that `kompat run` runs tell, as ``nb_epoch`` does of 1.2.

    Raises:
        ArgumentError: `keras` is none of these.

    Example:

    >>> import kompat
    >>> kompat.install()
    >>> from keras import backend
    >>> backend.get_value(backend.variable(2.))
    np.float32(2.0)
    >>> kompat.uninstall()
    """
    version = version_named(keras) if keras is not None else _version_of_program()
    if _finder in sys.meta_path:
        return
    _old_world.version = version
    sys.meta_path.insert(0, _finder)
    if stand_in.is_needed():
        patches.apply("install", "builtins", "importlib")
    for name, change in _AFTER_IMPORT.items():
        if name in sys.modules:
            change()


def uninstall() -> None:
    """Undo `install`, and all that kompat replaced in Keras: it is as it was without kompat.

    What was taken from kompat before computes on, but for what kompat cannot do without its
    replacements in Keras. They are back as soon as anything is taken from kompat again, as by
    ``from kompat import backend``.
    """
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
    _old_world.revert()
    _modules.revert()
    patches.revert()
    kompat._forget()


def _version_of_program() -> str:
    return startup.handed_down_keras() or version_of(noted_program())[0]


class _Modules:
    """The names of modules under which `install` put K, and what stood there before."""

    def __init__(self) -> None:
        self._before: dict[str, ModuleType | None] = {}

    def note(self, name: str) -> None:
        """Remember what stands under a name."""
        self._before.setdefault(name, sys.modules.get(name))

    def note_new(self, name: str) -> None:
        """Remember that nothing stood under a name."""
        self._before.setdefault(name, None)

    def replace(self, name: str, module: ModuleType) -> None:
        """Put a module under a name."""
        self.note(name)
        sys.modules[name] = module

    def revert(self) -> None:
        """Put back what stood under the names."""
        for name, module in self._before.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module
        self._before.clear()


class _OldWorld:
    """What `install` changes in Keras's modules and classes so that old programs find theirs."""

    def __init__(self) -> None:
        self.version = ""
        self.in_place = False
        self.attributes = Replacements()
        self._functions: dict[FunctionType, Any] = {}

    def apply(self) -> None:
        """Change Keras, which is loaded."""
        self.in_place = True
        for change in arguments.changes(self.version):
            if change.owner is None:
                self._functions[at_address(change.name)] = change.value
            else:
                self.attributes.set(*change)
        for name in filter(old_modules.is_public, list(sys.modules)):
            self.old_names_in(name)

    def old_names_in(self, name: str) -> None:
        """Let a module of Keras find what it had once."""
        look_up = partial(old_modules.old_attribute, name)
        module = sys.modules[name]
        self.attributes.set(module, "__getattr__", look_up)
        for attribute, value in list(vars(module).items()):
            if isinstance(value, FunctionType) and value in self._functions:
                self.attributes.set(module, attribute, self._functions[value])

    def old_module(self, name: str) -> None:
        """Note a module that only an old Keras had, to forget it afterwards."""
        _modules.note_new(name)
        parent, _, child = name.rpartition(".")
        if parent in sys.modules:
            self.attributes.note(sys.modules[parent], child)

    def revert(self) -> None:
        """Put back what was changed."""
        self.attributes.revert()
        self._functions.clear()
        self.in_place = False


def _after_k() -> None:
    """Give K the place of Keras's backend, once both are loaded."""
    from kompat import backend

    _modules.replace("keras.backend", backend)
    for name in (*_K_NAMES, _LOADED_BY_KERAS):
        if name in sys.modules:
            _modules.replace(name, backend)
    patches.apply("install", "keras")
    _old_world.apply()
    _explain_foreign_tensors()


def _after_tensorflow() -> None:
    """Give TensorFlow the names that it has lost, once it is loaded."""
    patches.apply("install", "tensorflow")
    _explain_foreign_tensors()


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


def _only(tensors: Any, structure: Any, model: Any) -> Any:
    """One tensor where there is one; else the structure that the model was made with, or a list."""
    if not tensors:
        raise AttributeError(
            f"The model {model.name!r} is not built; give it an Input or call it on data first."
        )
    if isinstance(structure, dict):
        return structure
    return tensors[0] if len(tensors) == 1 else tensors


model_input = property(
    lambda model: _only(model.inputs, keras_layers.structure_of_inputs(model), model),
    doc="The model's symbolic input, which a Sequential of Keras 3 has only after a call.",
)
model_output = property(
    lambda model: _only(model.outputs, keras_layers.structure_of_outputs(model), model),
    doc="The symbolic output that belongs to `input`.",
)


def _explain_foreign_tensors() -> None:
    """Let TensorFlow say what is wrong with the tensors of another engine, if both are there."""
    engines = sys.modules.get("kompat.engines")
    if "tensorflow" in sys.modules and getattr(engines, "NAME", "tensorflow") != "tensorflow":
        importlib.import_module("kompat.graph.tensorflow_functions").register()


def add_update(layer: Any, updates: Any, inputs: Any = None) -> None:
    """Write variables in each training step, as layers of old Keras ask in their `call`.

    Args:
        layer: the layer.
        updates: pairs of a variable and its new value, or what `K.update` returned; one or a list.
        inputs: what the updates depend on, which nobody has to be told here.
    """
    from kompat import backend

    if not backend.learning_phase():
        return
    for update in updates if isinstance(updates, list) else [updates]:
        if isinstance(update, tuple):
            backend.update(*update)


def tensorflow_1_name(name: str) -> Any:
    """What TensorFlow 2 has no more of ``tf.Session`` and its kind, for the user's own code."""
    if is_user_code(sys._getframe(1).f_globals) and not name.startswith("__"):
        from kompat import tf

        if name in vars(tf.compat.v1):
            return getattr(tf.compat.v1, name)
    raise AttributeError(f"module 'tensorflow' has no attribute {name!r}")


class _KLoader(importlib.abc.Loader):
    """Loads K under another name; the module keeps its own specification."""

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        from kompat import backend

        self._spec = backend.__spec__
        _modules.note(spec.name)
        return backend

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


class _OwnLoader(importlib.abc.Loader):
    """Loads a module as its own loader does, then changes it."""

    def __init__(self, loader: importlib.abc.Loader, change: Callable[[], None]):
        self._loader = loader
        self._change = change

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__.loader = module.__loader__ = self._loader  # type: ignore[union-attr]
        self._loader.exec_module(module)
        self._change()


class _DoorLoader(importlib.abc.Loader):
    """Loads ``tensorflow.compat.v1.keras``, which TensorFlow has as an attribute alone."""

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        from kompat import tf

        module = ModuleType(spec.name, tf.keras.__doc__)
        module.__getattr__ = lambda name: getattr(tf.keras, name)  # type: ignore[method-assign]
        _modules.note(spec.name)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """The module is complete when it is created."""


class _Finder(importlib.abc.MetaPathFinder):
    """Answers for the names of K, and for Keras and TensorFlow, which are changed once loaded."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name in _AFTER_IMPORT:
            return self._changed(name, path)
        if name in _K_NAMES:
            return importlib.machinery.ModuleSpec(name, _KLoader())
        if name == _TENSORFLOW_1_KERAS:
            return importlib.machinery.ModuleSpec(name, _DoorLoader(), is_package=True)
        old = old_modules.specification(name, _old_world.old_module)
        if old is None and _old_world.in_place and old_modules.is_public(name):
            return self._with_old_names(name, path)
        return old

    def _with_old_names(
        self, name: str, path: Sequence[str] | None
    ) -> importlib.machinery.ModuleSpec | None:
        """How to load a module of Keras that is imported after Keras itself."""
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            change = partial(_old_world.old_names_in, name)
            spec.loader = _OwnLoader(spec.loader, change)
        return spec

    def _changed(
        self, name: str, path: Sequence[str] | None
    ) -> importlib.machinery.ModuleSpec | None:
        if name == "keras":
            choose_engine()
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            spec.loader = _OwnLoader(spec.loader, _AFTER_IMPORT[name])
        return spec


_finder = _Finder()
_modules = _Modules()
_old_world = _OldWorld()
# K loads Keras itself, where the program has not: Keras is changed when both are there.
_AFTER_IMPORT: dict[str, Callable[[], Any]] = {
    "keras": lambda: importlib.import_module("kompat.backend"),
    "kompat.backend": _after_k,
    "tensorflow": _after_tensorflow,
}
