"""The TensorFlow-shaped door: `tf.keras.backend`, `tf.compat.v1.keras.backend`, `tf.Variable`.

    from kompat import tf

    K = tf.keras.backend

`tf.keras` is Keras 3 with K as its backend; `tf.float32` and its siblings are NumPy's dtypes.
TensorFlow itself is neither needed nor imported.
"""

from types import ModuleType
from typing import Any

import ml_dtypes
import numpy as np

from kompat import backend, mode, session
from kompat.graph.default import Graph, get_default_graph
from kompat.keras_private import slot as keras_slot
from kompat.storage.plain import is_engine_value
from kompat.variable import Variable as _Variable

__version__ = "2.21.0"
"""The TensorFlow whose answers K is checked against, for scripts that ask."""

__all__ = ["Variable", "compat", "keras", "random"]

_NAMES = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "bfloat16", "float32", "float64", "complex64", "complex128"),
)
_DTYPES = {name: np.dtype(getattr(ml_dtypes, name, name)) for name in _NAMES}
globals().update(_DTYPES)


class Variable(_Variable):
    """A variable with the constructor and the methods of `tf.Variable`.

    Args:
        initial_value: a number, nested lists of numbers, an array or tensor, or a function
            without arguments that returns one.
        trainable: whether layers that hold the variable train it.
        name: a string.
        dtype: a string; by default that of `initial_value`: float32 for Python floats, int32 for
            Python integers.
        constraint: applied by optimizers after each step.

    Raises:
        ValueError: there is no `initial_value`.

    Example:

    >>> from kompat import tf
    >>> v = tf.Variable(1.)
    >>> _ = v.assign_add(1.)
    >>> print(v.numpy())
    2.0
    """

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool = True,
        name: str | None = None,
        dtype: Any = None,
        constraint: Any = None,
    ):
        if callable(initial_value):
            initial_value = initial_value()
        if initial_value is None:
            raise ValueError("tf.Variable expects an initial_value, received None.")
        if dtype is None:
            dtype = _inferred_dtype(initial_value)
        super().__init__(
            initial_value, backend.standardize_dtype(dtype), name, constraint, trainable
        )

    def assign(self, value: Any) -> "Variable":  # type: ignore[override]
        """Replace the value; returns the variable, or in graph mode the operation."""
        if keras_slot.read(self) is None and is_engine_value(value):
            super().assign(value)  # the trainer hands the value back
            return self
        return backend.update(self, value)

    def assign_add(self, delta: Any) -> "Variable":
        """Add `delta`; returns the variable, or in graph mode the operation."""
        return backend.update_add(self, delta)

    def assign_sub(self, delta: Any) -> "Variable":
        """Subtract `delta`; returns the variable, or in graph mode the operation."""
        return backend.update_sub(self, delta)


def _inferred_dtype(value: Any) -> Any:
    dtype = getattr(value, "dtype", None)
    if dtype is not None:
        return dtype
    inferred = np.asarray(value).dtype
    return {"float64": "float32", "int64": "int32"}.get(inferred.name, inferred)


class _KerasDoor(ModuleType):
    """Keras 3, with K where tf.keras has its backend."""

    backend = backend

    def __getattr__(self, name: str) -> Any:
        import keras as keras3

        return getattr(keras3, name)


def _namespace(name: str, **attributes: Any) -> ModuleType:
    module = ModuleType(f"kompat.tf.{name}")
    module.__dict__.update(attributes)
    return module


def get_default_session() -> Any:
    """The session of the innermost `with` block of this thread; None outside of one."""
    return session.entered_session()


def global_variables_initializer() -> session.Initializer:
    """An operation that gives all variables made so far their first values in a session."""
    return session.Initializer()


def placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Any:
    """`K.placeholder`, with TensorFlow's order of arguments."""
    return backend.placeholder(shape, dtype=backend.standardize_dtype(dtype), name=name)


def assign(ref: Any, value: Any) -> Any:
    """`K.update`."""
    return backend.update(ref, value)


def assign_add(ref: Any, value: Any) -> Any:
    """`K.update_add`."""
    return backend.update_add(ref, value)


def assign_sub(ref: Any, value: Any) -> Any:
    """`K.update_sub`."""
    return backend.update_sub(ref, value)


class _Options:
    """Settings of TensorFlow 1's runtime: accepted, readable, without effect here."""

    def __init__(self, **settings: Any):
        self.__dict__.update(settings)


class GPUOptions(_Options):
    """Accepted for TensorFlow 1; the engine manages its devices itself."""


class ConfigProto(_Options):
    """Accepted for TensorFlow 1; the engine manages its devices itself."""

    def __init__(self, **settings: Any):
        super().__init__(**{"gpu_options": GPUOptions(), **settings})


def __getattr__(name: str) -> Any:
    """The names of TensorFlow 1 stand in `tf.compat.v1`, and in TensorFlow 1 itself here."""
    try:
        return vars(compat.v1)[name]
    except KeyError:
        raise AttributeError(f"module 'kompat.tf' has no attribute {name!r}") from None


keras = _KerasDoor("kompat.tf.keras", "Keras 3, with K as its backend.")
python = _namespace("python", keras=keras)
contrib = _namespace("contrib", keras=keras)
random = _namespace("random", set_seed=keras.utils.set_random_seed)
compat = _namespace(
    "compat",
    v1=_namespace(
        "compat.v1",
        keras=keras,
        Variable=Variable,
        Session=session.Session,
        placeholder=placeholder,
        global_variables_initializer=global_variables_initializer,
        get_default_session=get_default_session,
        get_default_graph=get_default_graph,
        assign=assign,
        assign_add=assign_add,
        assign_sub=assign_sub,
        Graph=Graph,
        ConfigProto=ConfigProto,
        GPUOptions=GPUOptions,
        disable_eager_execution=mode.disable_eager_execution,
        enable_eager_execution=mode.enable_eager_execution,
        disable_v2_behavior=mode.disable_eager_execution,
        executing_eagerly=mode.executing_eagerly,
        set_random_seed=keras.utils.set_random_seed,
        **_DTYPES,
    ),
)
