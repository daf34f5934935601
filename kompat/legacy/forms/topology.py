"""Small functions on lists, layers and models that old Keras's modules had for themselves."""

import inspect
import pickle
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from kompat.user_code import caller_level


def to_list(x: Any, allow_tuple: bool = False) -> list[Any]:
    """A list as it is, anything else in a list of one."""
    if isinstance(x, list):
        return x
    return list(x) if allow_tuple and isinstance(x, tuple) else [x]


def unpack_singleton(x: Any) -> Any:
    """The only element of a list of one; anything else as it is."""
    return x[0] if len(x) == 1 else x


def object_list_uid(object_list: Any) -> str:
    """A string that tells the objects of a list from others."""
    return ", ".join(str(abs(id(one))) for one in to_list(object_list))


def is_all_none(iterable_or_element: Any) -> bool:
    """Whether nothing but None is in it."""
    return all(one is None for one in to_list(iterable_or_element, allow_tuple=True))


def slice_arrays(arrays: Any, start: Any = None, stop: int | None = None) -> Any:
    """The rows from `start` to `stop`, or those in the list `start`, of each array."""
    if isinstance(arrays, list):
        return [slice_arrays(one, start, stop) for one in arrays]
    if arrays is None:
        return None
    if hasattr(start, "__len__"):
        return arrays[np.asarray(start)]
    return arrays[start:stop]


def slice_X(X: Any, start: Any = None, stop: int | None = None) -> Any:
    """`slice_arrays` under the name that it had in Keras 1."""
    return slice_arrays(X, start, stop)


def make_batches(size: int, batch_size: int) -> list[tuple[int, int]]:
    """The first row of each batch, and the one after its last."""
    return [(start, min(size, start + batch_size)) for start in range(0, size, batch_size)]


def batch_shuffle(index_array: np.ndarray, batch_size: int) -> np.ndarray:
    """Indices with their batches in another order; what fills no batch stays last."""
    whole = len(index_array) // batch_size * batch_size
    batches = index_array[:whole].reshape(-1, batch_size)
    np.random.shuffle(batches)
    return np.append(batches.ravel(), index_array[whole:])


def has_arg(fn: Callable[..., Any], name: str, accept_all: bool = False) -> bool:
    """Whether a function takes an argument by this name."""
    parameters = inspect.signature(fn).parameters
    if accept_all and any(one.kind == one.VAR_KEYWORD for one in parameters.values()):
        return True
    by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return name in parameters and parameters[name].kind in by_name


def getargspec(fn: Callable[..., Any]) -> inspect.FullArgSpec:
    """`inspect.getfullargspec`."""
    return inspect.getfullargspec(fn)


def get_from_module(
    identifier: Any,
    module_params: Mapping[str, Any],
    module_name: str,
    instantiate: bool = False,
    kwargs: Mapping[str, Any] | None = None,
) -> Any:
    """What a name, or a dictionary with a name, means among `module_params`."""
    if isinstance(identifier, dict):
        settings = dict(identifier)
        return get_from_module(settings.pop("name"), module_params, module_name, True, settings)
    if not isinstance(identifier, str):
        return identifier
    if identifier not in module_params:
        raise ValueError(f"expected a name of {module_name}, received {identifier!r}.")
    found = module_params[identifier]
    return found(**(kwargs or {})) if instantiate else found


def make_tuple(*args: Any) -> tuple[Any, ...]:
    """Its arguments."""
    return args


def layer_from_config(config: Mapping[str, Any], custom_objects: Any = None) -> Any:
    """A layer of the dictionary that `keras.layers.serialize` made."""
    return keras.layers.deserialize(dict(config), custom_objects=custom_objects)


def model_from_config(config: Mapping[str, Any], custom_objects: Any = None) -> Any:
    """A model of the dictionary that `keras.saving.serialize_keras_object` made.

    Raises:
        TypeError: it is a list, as the configuration of a Sequential was once.
    """
    if isinstance(config, list):
        raise TypeError(
            "model_from_config expects a dictionary, received a list. "
            "Fix: Sequential.from_config(config)"
        )
    return keras.layers.deserialize(dict(config), custom_objects=custom_objects)


def pickle_model(model: Any) -> bytes:
    """`pickle.dumps`."""
    return pickle.dumps(model)


def unpickle_model(state: bytes) -> Any:
    """`pickle.loads`."""
    return pickle.loads(state)


def print_summary(
    model: Any,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    print_fn: Callable[..., Any] | None = None,
) -> None:
    """`model.summary`; it takes lists of layers no more."""
    model.summary(line_length=line_length, positions=positions, print_fn=print_fn)


def count_params(weights: Sequence[Any]) -> int:
    """How many numbers variables have together, each counted once."""
    unique = {id(weight): weight for weight in weights}
    return int(sum(np.prod(tuple(weight.shape)) for weight in unique.values()))


def count_total_params(layers: Any, layer_set: Any = None) -> tuple[int, int]:
    """How many trainable numbers layers have, and how many others."""
    unique = {id(layer): layer for layer in layers}.values()
    trainable = [weight for layer in unique for weight in layer.trainable_weights]
    rest = [weight for layer in unique for weight in layer.non_trainable_weights]
    return count_params(trainable), count_params(rest)


def multi_gpu_model(
    model: Any, gpus: Any = None, cpu_merge: bool = True, cpu_relocation: bool = False
) -> Any:
    """The model itself, which computes the same on one device; says so."""
    warnings.warn(
        "multi_gpu_model: the model runs on one device. Fix: "
        "keras.distribution.set_distribution(keras.distribution.DataParallel()) uses all of them.",
        stacklevel=caller_level(),
    )
    return model


def is_model(layer: Any) -> bool:
    """Whether a layer is a model."""
    return isinstance(layer, keras.Model)


def is_wrapped_model(layer: Any) -> bool:
    """Whether a layer is a wrapper around a model."""
    return isinstance(layer, keras.layers.Wrapper) and is_model(layer.layer)
