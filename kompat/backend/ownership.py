"""What K's functions return of a variable is the caller's own.

A slice of all rows, a reshape to the same shape or a dropout of nothing may be the very array or
memory of the variable that it is of: a later write would change it, and a training step that
donates the array would destroy it. One rule for all functions: such a result is copied, and one
that is fresh already is not.
"""

import functools
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import keras

from kompat.backend.refusals import refuse
from kompat.storage import apart

Function = TypeVar("Function", bound=Callable[..., Any])


def owned(function: Function) -> Function:
    """`function`, whose results share no memory with the variables among its arguments.

    Its errors say that they come from it.
    """

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            result = function(*args, **kwargs)
            variables: list[keras.Variable] = []
            _gather(args, variables)
            if kwargs:
                _gather(kwargs.values(), variables)
            return _apart(result, variables) if variables else result
        except Exception as error:
            refuse(function, args, kwargs, error)
            raise

    return call  # type: ignore[return-value]  # functools.wraps keeps the signature


def _gather(arguments: Iterable[Any], variables: list[keras.Variable]) -> None:
    """Add the variables among arguments, at any depth of lists."""
    for x in arguments:
        if isinstance(x, keras.Variable):
            variables.append(x)
        elif type(x) is list or type(x) is tuple:
            _gather(x, variables)


def _apart(result: Any, variables: list[keras.Variable]) -> Any:
    """`result`, with copies of its tensors that are the memory of variables."""
    if isinstance(result, (list, tuple)):
        return type(result)(_apart(part, variables) for part in result)
    return apart(result, *variables) if keras.ops.is_tensor(result) else result
