"""What K's functions return of a variable is the caller's own.

A slice of all rows, a reshape to the same shape or a dropout of nothing may be the very array or
memory of the variable that it is of: a later write would change it, and a training step that
donates the array would destroy it. One rule for all functions: such a result is copied, and one
that is fresh already is not.
"""

import functools
from collections.abc import Callable, Iterable, Iterator, ValuesView
from typing import Any, TypeVar

import keras

from kompat.storage import apart

Function = TypeVar("Function", bound=Callable[..., Any])


def owned(function: Function) -> Function:
    """`function`, whose results share no memory with the variables among its arguments."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        for x in args:
            if isinstance(x, (keras.Variable, list, tuple)):
                return own(result, args, kwargs.values())
        return own(result, kwargs.values()) if kwargs else result

    return call  # type: ignore[return-value]  # functools.wraps keeps the signature


def own(result: Any, *arguments: Iterable[Any]) -> Any:
    """`result`, with copies of its tensors that are the memory of variables in `arguments`."""
    variables = list(_variables(arguments))
    return _apart(result, variables) if variables else result


def _apart(result: Any, variables: list[keras.Variable]) -> Any:
    if isinstance(result, (list, tuple)):
        return type(result)(_apart(part, variables) for part in result)
    return apart(result, *variables) if keras.ops.is_tensor(result) else result


def _variables(arguments: Iterable[Any]) -> Iterator[keras.Variable]:
    for x in arguments:
        if isinstance(x, keras.Variable):
            yield x
        elif isinstance(x, (list, tuple, ValuesView)):
            yield from _variables(x)
