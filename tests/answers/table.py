"""How a case is written: a call of K whose answer by tf.keras is recorded.

A table of plain data: it imports neither a framework nor a backend, so the recorder plays it on
real tf.keras and the tests play the same cases on kompat.

    for case in CASES:
        prepared = prepare(case, K)
        result = prepared.call()

Each case has an `id` (its key in the recorded answers) and a `call` (its text, recorded beside the
answer, so that an answer recorded for another version of the case is found out).

An argument stands for itself, except these, which `prepare` turns into what they name: `Var` a
K.variable, `Tensor` a tensor of the engine, `Symbolic` a model's input, `Call` the result of
another K function, `Code` the value of an expression, `Iter` an iterator. A marker used twice in
one case is one object there.

Cases are played twice: eagerly, and as a graph, where each `Tensor` is a K.placeholder that is fed.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np


@dataclass(frozen=True, eq=False)
class Var:
    """K.variable(value, dtype)."""

    value: Any
    dtype: str | None = None


@dataclass(frozen=True, eq=False)
class Tensor:
    """K.constant(value, dtype), a tensor of the engine; in graphs a placeholder that is fed it.

    `static` is the placeholder's shape, where that is not the value's.
    """

    value: Any
    dtype: str | None = None
    static: tuple[int | None, ...] | None = None

    @property
    def host(self) -> np.ndarray:
        return np.asarray(self.value, self.dtype or "float32")


@dataclass(frozen=True, eq=False)
class Symbolic:
    """An input of a model; `shape` includes the batch axis."""

    shape: tuple[int | None, ...]
    dtype: str = "float32"


@dataclass(frozen=True, eq=False)
class Call:
    """What K.<function>(*args, **kwargs) returns."""

    function: str
    args: tuple = ()
    kwargs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, init=False)
class Code:
    """The value of an expression over K, np and the named arguments, often a lambda."""

    text: str
    names: dict[str, Any]

    def __init__(self, text: str, **names: Any):
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "names", names)


@dataclass(frozen=True, eq=False)
class Iter:
    """An iterator, which can be read once, over `items`."""

    items: tuple


@dataclass(frozen=True, eq=False)
class Case:
    """One call of K, after the calls `before` it."""

    function: str
    args: tuple = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    before: tuple[Call, ...] = ()
    id: str = ""

    @property
    def call(self) -> str:
        steps = [_text(step) for step in self.before]
        return "; ".join([*steps, _call_text(self)])


class Prepared(NamedTuple):
    """A case on one backend: its call, every variable in it, and what its placeholders are fed.

    Without `is_fed`, it has inputs of models too, and so a value only when they run.
    """

    call: Callable[[], Any]
    variables: list
    feeds: list[tuple[Any, np.ndarray]]
    is_fed: bool = True


def reset(K: Any) -> None:
    """Put the configuration of `K` back to where every case starts."""
    K.set_floatx("float32")
    K.set_epsilon(1e-7)
    K.set_image_data_format("channels_last")
    K.reset_uids()


def prepare(case: Case, K: Any, graph: bool = False) -> Prepared:
    """Reset `K`, make the calls before the case, and build its arguments."""
    reset(K)
    made: dict[int, Any] = {}
    variables: list = []
    feeds: list = []

    def build(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: build(part) for key, part in item.items()}
        if isinstance(item, list | tuple):
            return type(item)(build(part) for part in item)
        if isinstance(item, np.ndarray):
            return item.copy()
        if not isinstance(item, Var | Tensor | Symbolic | Call | Code | Iter):
            return item
        if id(item) not in made:
            made[id(item)] = make(item)
        return made[id(item)]

    def make(item: Any) -> Any:
        if isinstance(item, Var):
            variables.append(K.variable(item.value, item.dtype))
            return variables[-1]
        if isinstance(item, Tensor):
            return tensor(item)
        if isinstance(item, Call):
            return getattr(K, item.function)(*build(item.args), **build(item.kwargs))
        if isinstance(item, Code):
            return eval(item.text, {"K": K, "np": np, **build(item.names)})
        if isinstance(item, Iter):
            return iter(build(item.items))
        from keras.layers import Input  # only the few symbolic cases need the framework itself

        return Input(shape=item.shape[1:], batch_size=item.shape[0], dtype=item.dtype)

    def tensor(item: Tensor) -> Any:
        if not graph:
            return K.constant(item.value, item.dtype)
        shape = item.host.shape if item.static is None else item.static
        feeds.append((K.placeholder(shape=shape, dtype=item.dtype), item.host))
        return feeds[-1][0]

    for step in case.before:
        build(step)
    args, kwargs = build(case.args), build(case.kwargs)
    is_fed = "Symbolic(" not in case.call
    return Prepared(lambda: getattr(K, case.function)(*args, **kwargs), variables, feeds, is_fed)


def weights(shape: Iterable[int], dtype: str) -> np.ndarray:
    """The weights with which a result is summed before it is differentiated."""
    shape = tuple(shape)
    return np.cos(np.arange(math.prod(shape)) + 1.0).reshape(shape).astype(dtype)


def encode(array: np.ndarray) -> Any:
    """The array as nested lists of JSON values; floats that JSON lacks become strings."""

    def plain(item: Any) -> Any:
        if isinstance(item, list):
            return [plain(part) for part in item]
        if isinstance(item, float) and not math.isfinite(item):
            return repr(item)  # 'nan', 'inf' or '-inf', which float() reads
        return item

    return plain(array.tolist())


def decode(answer: dict[str, Any]) -> np.ndarray:
    """The array of an answer that has `value`, `dtype` and `shape`, bit for bit."""

    def leaves(item: Any) -> Iterable[Any]:
        if isinstance(item, list):
            for part in item:
                yield from leaves(part)
        else:
            yield float(item) if isinstance(item, str) else item

    return np.array(list(leaves(answer["value"])), answer["dtype"]).reshape(answer["shape"])


def _call_text(call: "Call | Case") -> str:
    words = [_text(arg) for arg in call.args]
    words += [f"{name}={_text(value)}" for name, value in call.kwargs.items()]
    return f"K.{call.function}({', '.join(words)})"


def _text(item: Any) -> str:
    if isinstance(item, np.ndarray | np.generic):
        content = item.tolist() if item.size else f"shape={item.shape}"
        return f"{type(item).__name__}({content}, {item.dtype})"
    if isinstance(item, Var | Tensor):
        dtype = f", {item.dtype}" if item.dtype else ""
        static = f", static={item.static}" if getattr(item, "static", None) else ""
        return f"{type(item).__name__}({_text(item.value)}{dtype}{static})"
    if isinstance(item, Symbolic):
        return f"Symbolic({item.shape}, {item.dtype})"
    if isinstance(item, Call):
        return _call_text(item)
    if isinstance(item, Code):
        names = [f"{name}={_text(value)}" for name, value in item.names.items()]
        return " where ".join([f"({item.text})", *names])
    if isinstance(item, dict):
        return f"dict({', '.join(f'{key}={_text(value)}' for key, value in item.items())})"
    if isinstance(item, Iter):
        return f"iter({_text(item.items)})"
    if isinstance(item, list):
        return f"[{', '.join(map(_text, item))}]"
    if isinstance(item, tuple):
        return f"({', '.join(map(_text, item))}{',' if len(item) == 1 else ''})"
    return repr(item)


Row = Callable[[str, int], Case]


def row(*args: Any, before: tuple[Call, ...] = (), **kwargs: Any) -> Row:
    """A case that only lacks its function, so that functions can share their rows."""

    def named(function: str, number: int) -> Case:
        return Case(function, args, kwargs, before, id=f"{function}-{number}")

    return named


def array(value: Any, dtype: str | None = None) -> np.ndarray:
    return np.array(value, dtype)


NAN, INF = math.nan, math.inf
PLANE = [[1.5, -2.0, 0.25], [3.0, -0.5, 4.0]]
STEP = [[0.5, 1.0, -0.25], [2.0, -1.5, 0.75]]
WHOLE = [[3, -1, 2], [0, 5, -4]]
TRUTH = [[True, False, True], [True, True, True]]
CUBE = [[[1.0, -2.0], [0.5, 3.0], [2.0, 2.0]], [[0.0, -1.0], [4.0, 0.25], [-3.0, 1.0]]]
ODD = [NAN, INF, -INF, -0.0, 0.0, 1.0]
BIG = 2**53 + 1
EMPTY = array(np.zeros((0, 3)), "float32")


def typed(value: Any, *dtypes: str) -> list[Row]:
    return [row(Tensor(value, dtype)) for dtype in dtypes]


SUBJECT = [
    row(Tensor(PLANE)),
    row(Tensor(CUBE, "float16")),
    row(Tensor(PLANE, "float64")),
    row(Tensor(WHOLE, "int32")),
    row(Tensor([BIG], "int64")),
    row(Tensor(TRUTH, "bool")),
    row(Tensor(2.5)),
    row(Tensor(EMPTY)),
    row(Var(PLANE)),
    row(Var(2.5, "float64")),
    row(Var(7, "int64")),
    row(array(PLANE)),
    row(array(WHOLE, "int32")),
    row(np.float32(0.5)),
    row([1, 2, 3]),
    row(2.5),
    row(7),
    row(None),
]

SYMBOLIC = [
    row(Symbolic((None, 3))),
    row(Symbolic((4, 2, 3), "int32")),
    row(Symbolic((None,))),
    row(Symbolic((2, None, 3), "float64")),
]
