"""Read and write the value of any live variable of any framework.

Reads are fresh and never alias the variable; writes are copied before the call returns; dtypes
are never narrowed; a batch is written whole or not at all.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from numbers import Number
from typing import Any

import numpy as np

from kompat.descriptions import described
from kompat.errors import NotAVariableError
from kompat.values import temporary
from kompat.values.adapter import Adapter, adapter_of, found, register_adapter

__all__ = [
    "Adapter",
    "adapter_of",
    "batch_get_value",
    "batch_set_value",
    "get_value",
    "register_adapter",
    "set_value",
]


def get_value(x: Any, *, copy: bool = True) -> Any:
    """Return the current value of a variable, whatever framework owns it.

    Args:
        x: a variable, tensor or array of Keras, JAX, flax, PyTorch, TensorFlow, NumPy or of a type
            registered with `register_adapter`; or a Python number, None or a string.
        copy: False asks for a read-only view, in constant time. It keeps the value that it
            shows when the variable is written later.

    Returns:
        A NumPy scalar for a scalar variable, else a fresh writable array, with the variable's
        shape and dtype. Numbers, None and strings, which never change, come back as they are.

    Raises:
        NotAVariableError: `x` is something else: a list, a model, an optimizer's state.
        ViewRefusedError: `copy=False` and the holder has no view that keeps its value.
        UnavailableValueError: the buffer was deleted or donated, or the session is closed.
        SymbolicValueError: `x` is symbolic and has no value yet.

    Example:

    >>> from kompat import backend as K
    >>> v = K.variable(1.)
    >>> K.set_value(v, K.get_value(v) + 1)
    >>> print(K.get_value(v))
    2.0

    Source: https://www.tensorflow.org/api_docs/python/tf/keras/backend/get_value
    """
    adapter = found.get(type(x)) or adapter_of(type(x))
    return _unchanging(x) if adapter is None else adapter.read(x, copy)


def set_value(x: Any, value: Any) -> None:
    """Replace the value of a variable, whatever framework owns it.

    The value is copied before the call returns. The variable keeps its identity, dtype, device
    and sharding; constraints are not applied.

    Args:
        x: a variable of Keras, flax, PyTorch or TensorFlow, a PyTorch tensor, a NumPy array without
            masked elements, or an instance of a type registered with `register_adapter`.
        value: a number, nested lists of numbers, or an array or variable of any framework, of
            the variable's shape.

    Raises:
        ShapeMismatchError: the shape differs, even if it would broadcast.
        LossyWriteError: the variable's dtype cannot hold the value.
        UnsupportedValueError: the value is no array of numbers.
        NotAVariableError, ImmutableValueError: `x` cannot be written, or nobody holds it, so that
            the value would be lost.
        UnavailableValueError: the variable cannot be reached.

    Example:

    >>> import kompat, numpy as np
    >>> weights = np.zeros(2)
    >>> kompat.set_value(weights, [1, 2])
    >>> weights
    array([1., 2.])

    Source: https://www.tensorflow.org/api_docs/python/tf/keras/backend/set_value
    """
    adapter = found.get(type(x)) or writable(x)
    adapter.write(x, value)


def batch_get_value(tensors: Iterable[Any]) -> list[Any]:
    """Return the values of several variables, of one framework or of many.

    Args:
        tensors: any iterable of what `get_value` takes.

    Returns:
        A list of values, in the order of `tensors`.

    Raises:
        As `get_value`.

    Example:

    >>> import kompat
    >>> from kompat import backend as K
    >>> [float(v) for v in kompat.batch_get_value([K.variable(1.), K.variable(2.)])]
    [1.0, 2.0]
    """
    xs = list(_several(tensors))
    adapters = {adapter_of(kind) for kind in set(map(type, xs))}
    if len(adapters) == 1 and (adapter := adapters.pop()) is not None:
        return adapter.read_many(xs)
    values = list(xs)
    for adapter, places in _by_adapter(xs).items():
        own = [xs[i] for i in places]
        read = map(_unchanging, own) if adapter is None else adapter.read_many(own)
        for place, value in zip(places, read):
            values[place] = value
    return values


def batch_set_value(tuples: Iterable[tuple[Any, Any]]) -> None:
    """Replace the values of several variables: all of them or, if one is refused, none.

    Args:
        tuples: any iterable of (variable, value) pairs, as `set_value` takes them; a ``zip``
            is as good as a list. Variables of different frameworks may be mixed.

    A thread that reads meanwhile may see some of the new values beside some of the old; never
    half of one.

    Raises:
        As `set_value`; every variable is then as it was.

    Example:

    >>> import kompat
    >>> from kompat import backend as K
    >>> a, b = K.variable(0.), K.variable(0.)
    >>> kompat.batch_set_value(zip([a, b], [1., 2.]))
    >>> [float(v) for v in kompat.batch_get_value([a, b])]
    [1.0, 2.0]
    """
    pairs = list(_several(tuples))
    if {*map(type, pairs)} != {tuple} or {*map(len, pairs)} != {2}:
        _require_pairs(pairs)
    types = {type(x): None for x, _ in pairs}
    staged: dict[Adapter, list[tuple[Any, Any]]] = defaultdict(list)
    for cls in types:
        own = pairs if len(types) == 1 else [pair for pair in pairs if type(pair[0]) is cls]
        adapter = writable(own[0][0])
        staged[adapter] += adapter.stage_many(own)
    if len(staged) == 1:
        adapter.commit(staged[adapter])
    else:
        _commit_in_turn(staged)


def _commit_in_turn(staged: Mapping[Adapter, list[tuple[Any, Any]]]) -> None:
    """Commit what several adapters have staged; an error or an interrupt undoes all of it."""
    undos = [adapter.undo(writes) for adapter, writes in staged.items()]
    begun = 0
    try:
        for adapter, writes in staged.items():
            begun += 1
            adapter.commit(writes)
    except BaseException as error:
        # An adapter that refuses has written nothing; one that is interrupted may be ready.
        for undo in undos[: begun - isinstance(error, Exception)]:
            undo()
        raise


def _require_pairs(items: list[Any]) -> None:
    """Raise unless all are pairs: a variable of two elements could be taken apart like one."""
    for item in items:
        if not isinstance(item, (tuple, list)) or len(item) != 2:
            raise TypeError(
                f"batch_set_value: expected pairs (variable, value), received an item of type "
                f"{type(item).__name__}: {described(item)}."
            )


def _several(items: Iterable[Any]) -> Iterator[Any]:
    """The items, unless it is one variable: iterating over that would never end on JAX."""
    if adapter_of(type(items)) is not None:
        raise NotAVariableError(
            f"expected an iterable of variables, received one {type(items).__name__}.",
            "a batch reads or writes several variables.",
            "put it into a list: [variable].",
        )
    try:
        return iter(items)
    except TypeError as error:
        raise NotAVariableError(
            f"expected an iterable of variables, received {described(items)}.",
            "a batch reads or writes several variables.",
            "put them into a list: [variable].",
        ) from error


def _by_adapter(xs: list[Any]) -> dict[Any, list[int]]:
    """The places of `xs` that each adapter serves."""
    groups: dict[Any, list[int]] = {}
    for place, x in enumerate(xs):
        groups.setdefault(found.get(type(x)) or adapter_of(type(x)), []).append(place)
    return groups


def _unchanging(x: Any) -> Any:
    """`x`, which no adapter serves, if it is a value by itself.

    Anything else would be handed out alive: a list of variables, or a model, is no snapshot.
    """
    if x is None or isinstance(x, (Number, np.generic, str, bytes)):
        return x.copy() if isinstance(x, np.void) else x
    raise NotAVariableError(
        f"expected a variable, tensor, array or number to read, received {type(x).__name__}.",
        "its parts go on changing; it has no value of its own to copy.",
        f"read its parts: {_how_to_read(x)}.",
    )


def _how_to_read(x: Any) -> str:
    if hasattr(x, "variables"):  # on PyTorch Keras's models have a state_dict as well
        return "kompat.batch_get_value(x.variables)"
    if hasattr(x, "state_dict"):
        return "kompat.batch_get_value(x.state_dict().values())"
    if isinstance(x, Mapping):
        return "{name: kompat.get_value(part) for name, part in x.items()}"
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return "jax.tree.map(kompat.get_value, x)"
    if isinstance(x, Iterable):
        return "kompat.batch_get_value(x)"
    return "x.part, or register how: kompat.register_adapter(type(x), read=...)"


def writable(x: Any) -> Adapter:
    """The adapter that writes `x`."""
    adapter = adapter_of(type(x))
    if adapter is None:
        raise not_a_variable(x)
    return adapter


def not_a_variable(x: Any) -> NotAVariableError:
    """The error for writing to something that no adapter serves."""
    if hasattr(x, "get_config") and callable(x):
        return schedule_error(f"the schedule {type(x).__name__}")
    return NotAVariableError(
        f"expected a variable to write to, received {type(x).__name__} {described(x)}.",
        "Python numbers and objects hold no variable; an optimizer's momentum, for example, is "
        "a float that is baked into the training step.",
        "to change momentum, assign it and make the step anew: optimizer.momentum = 0.9; "
        "model.make_train_function(force=True). Else write to a variable, for example "
        "optimizer.learning_rate, or make one: K.variable(value).",
    )


def schedule_error(received: str) -> NotAVariableError:
    """The error for writing to a learning-rate schedule."""
    return NotAVariableError(
        f"expected a variable to write to, received {received}.",
        "a learning-rate schedule computes the rate from the step; it holds no variable.",
        "compile the optimizer with a number, learning_rate=0.01, and write that variable; "
        "or change the schedule's own attributes and compile again.",
    )


temporary.measure(set_value)

# TensorFlow's AutoGraph would rewrite the functions, and all that they call, into graph code.
for _function in (get_value, set_value, batch_get_value, batch_set_value):
    setattr(_function, "autograph_info__", None)  # noqa: B010  # mypy knows no such attribute
