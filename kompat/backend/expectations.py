"""What each parameter of K's functions takes: in words, and as a test of a value.

The words are those of the function's docstring. The tests only serve to name, once a call has
failed, the arguments that cannot be right whatever the others are.
"""

import functools
import inspect
import re
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np

from kompat.descriptions import nests_too_deeply


def expected(function: Callable[..., Any], parameter: str) -> str:
    """What `parameter` takes, in the words of the docstring."""
    documented = _documented(function).get(parameter)
    kind = _KINDS.get(parameter, _TENSOR)
    if documented is None or kind in (_TENSOR, _ANYTHING) or documented.startswith(kind[0]):
        return documented or kind[0]
    return f"{kind[0]} ({documented})"


@functools.cache
def _documented(function: Callable[..., Any]) -> dict[str, str]:
    """The entries under "Args:" by parameter; their first sentence."""
    text = inspect.getdoc(function) or ""
    section = re.search(r"^Args:\n(.*?)(?=^\S|\Z)", text, re.DOTALL | re.MULTILINE)
    entries = re.split(r"\n(?=\S)", textwrap.dedent(section[1])) if section else []
    found = {}
    for entry in entries:
        names, _, words = entry.partition(":")
        sentence = re.split(r"[.;](?:\s|$)", " ".join(words.split()), maxsplit=1)[0]
        found.update(dict.fromkeys(re.findall(r"\w+", names), sentence))
    return found


def unfit(function: Callable[..., Any], parameter: str, x: Any) -> bool:
    """Whether a value cannot be right for `parameter`, whatever the others are."""
    default = inspect.signature(function).parameters[parameter].default
    if x is default:
        return False
    try:
        return not _KINDS.get(parameter, _TENSOR)[1](x)
    except Exception:  # of a value that does not even answer what it is
        return True


def _is_tensor(x: Any) -> bool:
    """A tensor of numbers, or numbers in lists of one shape."""
    if hasattr(x, "dtype") and hasattr(x, "shape"):
        return getattr(np.asarray(x).dtype, "kind", "f") not in "OSU" if _is_host(x) else True
    if isinstance(x, (list, tuple)):
        return not nests_too_deeply(x) and all(map(_is_tensor, x)) and _is_rectangular(x)
    return isinstance(x, (int, float, complex))


def _is_host(x: Any) -> bool:
    return isinstance(x, (np.ndarray, np.generic))


def _is_rectangular(x: list[Any] | tuple[Any, ...]) -> bool:
    return len({len(part) if isinstance(part, (list, tuple)) else None for part in x}) < 2


def _are_integers(x: Any) -> bool:
    if isinstance(x, (list, tuple)):
        return not nests_too_deeply(x) and all(map(_are_integers, x))
    return x is None or hasattr(x, "shape") or isinstance(x, (int, np.integer))


def _is_name(x: Any) -> bool:
    return isinstance(x, str)


def _is_dtype(x: Any) -> bool:
    try:
        return x is not None and bool(np.dtype(x).name)
    except TypeError:
        return isinstance(x, str) and x == "bfloat16"


def _are_tensors(x: Any) -> bool:
    return isinstance(x, (list, tuple)) and bool(x) and not nests_too_deeply(x)


Kind = tuple[str, Callable[[Any], bool]]

_TENSOR: Kind = ("a tensor, a variable, an array or numbers in lists of one shape", _is_tensor)
_INTEGERS: Kind = ("an integer, or several", _are_integers)
_NAME: Kind = ("a string", _is_name)
_FUNCTION: Kind = ("a function", callable)
_ANYTHING: Kind = ("what its documentation says", lambda x: True)

_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("axis", "axes", "reduction_axes", "pattern", "n", "rep", "shape"), _INTEGERS),
    **dict.fromkeys(("strides", "dilation_rate", "pool_size", "kernel_size"), _INTEGERS),
    **dict.fromkeys(("noise_shape", "ndim", "num_classes", "size", "k", "seed"), _INTEGERS),
    **dict.fromkeys(("height_factor", "width_factor", "depth_factor"), _INTEGERS),
    **dict.fromkeys(("beam_width", "top_paths", "ignore_class", "summarize"), _INTEGERS),
    **dict.fromkeys(("data_format", "pool_mode", "interpolation", "name", "prefix"), _NAME),
    **dict.fromkeys(("fn", "step_function"), _FUNCTION),
    **dict.fromkeys(("padding", "constraint", "training", "mask", "constants"), _ANYTHING),
    **dict.fromkeys(("then_expression", "else_expression", "alt", "initializer"), _ANYTHING),
    **dict.fromkeys(("inputs", "outputs", "updates", "initial_states", "elems"), _ANYTHING),
    **dict.fromkeys(("keepdims", "greedy", "from_logits", "session", "message"), _ANYTHING),
    **dict.fromkeys(("variables", "loss"), _ANYTHING),
    "tensors": ("a list of tensors", _are_tensors),
    "dtype": ("the name of a dtype, as 'float32'", _is_dtype),
}
