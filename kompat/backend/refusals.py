"""A call of K that fails says which function and which arguments; one that succeeds pays nothing.

An error passes through the door of K in one of three ways:

- what is somebody else's is as it was: errors of the user's own code, in a callback or a method
  that K calls, warnings made errors, the lack of memory, and an engine's errors about its traces;
- what kompat raised on purpose keeps its class and its text, behind the text of the call;
- anything else came out of an engine or of Python, whose words are about code that the caller
  never wrote: `ArgumentError` says it in K's words, and has the original as its cause.
"""

import dis
import functools
import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from types import FrameType, TracebackType
from typing import Any, TypeVar

from kompat import engines
from kompat.backend.expectations import expected, unfit
from kompat.descriptions import call_text, described, nests_too_deeply
from kompat.errors import ArgumentError, MissingAttributeError
from kompat.user_code import is_user_code

Function = TypeVar("Function", bound=Callable[..., Any])

READS_AND_WRITES = frozenset(["get_value", "set_value", "batch_get_value", "batch_set_value"])
"""What raises kompat's own errors alone, so quickly that a call more would be half of its time."""

UPDATES = frozenset(["update", "update_add", "update_sub"])
"""What counts who holds its variable, so that no wrapper may: these call `refuse` themselves."""

_OUT_OF_MEMORY = re.compile(
    r"OutOfMemory|ResourceExhausted|RESOURCE_EXHAUSTED|can't allocate memory"
)

# Where the classes of errors about traces are made: they tell how to change the traced program.
_OF_TRACES = ("jax.errors", "jax._src.errors", "jax._src.export")
_OF_TENSORFLOW_TRACES = {"OperatorNotAllowedInGraphError", "InaccessibleTensorError"}
_OF_TORCH_TRACES = ("torch._dynamo", "torch._subclasses")


def refuse(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], error: Exception
) -> None:
    """Raise what says in K's words why a call failed; return if `error` may pass.

    Args:
        function: the function of K.
        args, kwargs: what it was called with.
        error: what it raised, with its traceback; the first frame is the caller of `function`.

    Raises:
        ArgumentError: the error is an engine's or Python's.
    """
    arguments = _bound(function, args, kwargs)
    if arguments is None or _is_somebody_elses(error, arguments):
        return
    text = call_text(function.__name__, arguments)
    if _is_on_purpose(error):
        _put_before(text, function.__name__, error)
    else:
        raise _in_words_of_k(function, text, arguments, error) from error


def _bound(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Mapping[str, Any] | None:
    """The arguments by name; None if Python itself refused the call, and has said why."""
    try:
        return inspect.signature(function).bind(*args, **kwargs).arguments
    except TypeError:
        return None


def _is_somebody_elses(error: Exception, arguments: Mapping[str, Any]) -> bool:
    if isinstance(error, (MemoryError, Warning)):
        return True
    if isinstance(error, RecursionError):
        return not any(map(nests_too_deeply, arguments.values()))
    if _OUT_OF_MEMORY.search(type(error).__name__ + str(error)[:2000]):
        return True
    return _is_about_a_trace(type(error)) or _comes_from_callers_code(error, arguments)


def _is_about_a_trace(kind: type[BaseException]) -> bool:
    """Whether an error is about the program that the caller traces, in which the call stands."""
    modules = [base.__module__ for base in kind.__mro__]
    if any(module.startswith(_OF_TORCH_TRACES) for module in modules):
        return True
    known = any(module.startswith(_OF_TRACES) for module in modules)
    return (known or kind.__name__ in _OF_TENSORFLOW_TRACES) and engines.current.tracing()


def _comes_from_callers_code(error: Exception, arguments: Mapping[str, Any]) -> bool:
    """Whether the user's own code raised the error, or what it called, or a callback did."""
    callbacks = [x for x in arguments.values() if callable(x)]
    return any(
        is_user_code(frame.f_globals) or any(_runs(frame, x) for x in callbacks)
        for frame in (place.tb_frame for place in _places(error.__traceback__))
    )


def _places(traceback: TracebackType | None) -> Iterable[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def _runs(frame: FrameType, x: Any) -> bool:
    """Whether a frame is that of a function, or of the call of an object."""
    if frame.f_code is getattr(x, "__code__", None):
        return True
    if frame.f_code is not getattr(type(x).__call__, "__code__", None):
        return False
    first = next(iter(frame.f_locals.values()), None)
    return first is x or (isinstance(first, tuple) and first[:1] == (x,))


def _is_on_purpose(error: Exception) -> bool:
    """Whether kompat raised the error by a statement, or it is of a class that kompat made."""
    if type(error).__module__.startswith("kompat."):
        return True
    last = [*_places(error.__traceback__)][-1]
    code = last.tb_frame.f_code
    return (
        isinstance(error, (TypeError, ValueError))
        and last.tb_frame.f_globals.get("__name__", "").startswith("kompat.")
        and dis.opname[code.co_code[last.tb_lasti]] == "RAISE_VARARGS"
    )


def _put_before(text: str, name: str, error: Exception) -> None:
    """Let the text of an error begin with the text of the call, once."""
    said = error.args[0] if error.args else None
    if isinstance(said, str) and not said.startswith(f"K.{name}("):
        error.args = (f"{text}: {said.removeprefix(f'K.{name}: ')}", *error.args[1:])


def _in_words_of_k(
    function: Callable[..., Any], text: str, arguments: Mapping[str, Any], error: Exception
) -> ArgumentError:
    names = [name for name, x in arguments.items() if unfit(function, name, x)] or [*arguments]
    lines = [
        f"  {name}: expected {expected(function, name)}; received {described(arguments[name])}."
        for name in names
    ]
    kind = MissingAttributeError if isinstance(error, AttributeError) else ArgumentError
    reason = str(error).strip().partition("\n")[0][:300]
    return kind(
        "\n".join([f"{text}: cannot be computed.", *lines]),
        f"{type(error).__name__}: {reason}" if reason else type(error).__name__,
        f"pass what is expected; help(K.{function.__name__}) tells more.",
    )


def guarded(function: Function) -> Function:
    """`function`, whose failures are said in K's words."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            refuse(function, args, kwargs, error)
            raise

    return call  # type: ignore[return-value]  # functools.wraps keeps the signature
