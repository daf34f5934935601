"""Settings, names and unique ids: the part of K that touches no tensor."""

from typing import Any

import keras
from keras.backend import (
    get_uid as keras_get_uid,
    is_float_dtype,
    is_int_dtype,
    result_type,
    standardize_dtype,
)
from keras.config import (
    backend,
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx as keras_set_floatx,
    set_image_data_format,
)

from kompat import engines
from kompat.backend import random
from kompat.graph import default, phase, program_cache
from kompat.keras_private import names
from kompat.session import set_default_session

__all__ = [
    "backend",
    "clear_session",
    "epsilon",
    "floatx",
    "get_uid",
    "image_data_format",
    "is_float_dtype",
    "is_int_dtype",
    "manual_variable_initialization",
    "name_scope",
    "reset_uids",
    "result_type",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "standardize_dtype",
]


def set_floatx(value: str) -> None:
    """Set the default float dtype, of K and of the layers that are made from now on.

    Keras keeps the dtype of layers beside it, from the first layer on. A dtype policy that is not
    the old default, such as "mixed_float16", stays.

    Args:
        value: "float16", "bfloat16", "float32" or "float64".

    Raises:
        ValueError: it is none of them.

    Example:

    >>> K.set_floatx("float16")
    >>> keras.layers.Dense(1).compute_dtype
    'float16'
    >>> K.set_floatx("float32")
    """
    is_default = keras.config.dtype_policy().name == floatx()
    keras_set_floatx(value)
    if is_default:
        keras.config.set_dtype_policy(value)


def clear_session() -> None:
    """Forget K's session, the learning phase, the sequences of seeds, and the names of Keras.

    Variables keep their values; another object stands for the graph. After as many compilations
    as `kompat.program_cache_size()` what the engine keeps of programs and variables that are gone
    is freed too; on JAX what lives is then compiled anew when it runs.

    Example:

    >>> K.clear_session()
    """
    keras.utils.clear_session()
    if program_cache.many_were_compiled():
        engines.current.forget()
    default.reset_default_graph()
    set_default_session(None)
    phase.set_default(None)
    random.restart_sequences()


def get_uid(prefix: str = "") -> int:
    """Count the uses of `prefix`, from 1.

    Args:
        prefix: any string; Keras counts the names of its own layers in the same way.

    Returns:
        An integer, larger by one at each call with the same prefix.

    Example:

    >>> K.get_uid("an_example"), K.get_uid("an_example")
    (1, 2)
    """
    return keras_get_uid(prefix)


def reset_uids() -> None:
    """Let every prefix of `get_uid` count from 1 again.

    Example:

    >>> _ = K.get_uid("an_example"); K.reset_uids(); K.get_uid("an_example")
    1
    """
    names.reset()


def name_scope(name: str) -> Any:
    """Prefix the paths of variables made inside a ``with`` block.

    Args:
        name: a string; slashes make nested scopes.

    Returns:
        A context manager.

    Example:

    >>> with K.name_scope("encoder"):
    ...     print(K.variable(0., name="scale").path)
    encoder/scale
    """
    return keras.name_scope(name)


def manual_variable_initialization(value: Any) -> None:
    """Accepted for TensorFlow 1; variables of K's own session have their values when made.

    Args:
        value: a boolean. Sessions made by hand are initialised by hand in any case.

    Example:

    >>> K.manual_variable_initialization(False)
    """
    if not isinstance(value, (bool, int)):
        raise TypeError(f"manual_variable_initialization expects a boolean, received {value!r}.")
