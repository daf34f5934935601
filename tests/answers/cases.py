"""Calls of K whose answers by tf.keras are recorded in backend.json.

A table of plain data: it imports neither a framework nor a backend, so the recorder plays it on
real tf.keras and the tests play the same cases on kompat.

    for case in CASES:
        args, kwargs, variables = prepare(case, K)
        result = getattr(K, case.function)(*args, **kwargs)

Each case has an `id` (its key in backend.json) and a `call` (its text, recorded beside the
answer, so that an answer recorded for another version of the case is found out).

An argument stands for itself, except these, which `prepare` turns into what they name: `Var` a
K.variable, `Tensor` a tensor of the engine, `Symbolic` a model's input, `Call` the result of
another K function, `Iter` an iterator. A marker used twice in one case is one object there.
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
    """K.constant(value, dtype): an immutable tensor of the engine."""

    value: Any
    dtype: str | None = None


@dataclass(frozen=True, eq=False)
class Symbolic:
    """An input of a model; `shape` includes the batch axis."""

    shape: tuple[int | None, ...]
    dtype: str = "float32"


@dataclass(frozen=True, eq=False)
class Call:
    """What K.<function>(*args) returns."""

    function: str
    args: tuple = ()


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
        words = [_text(arg) for arg in self.args]
        words += [f"{name}={_text(value)}" for name, value in self.kwargs.items()]
        steps = [_text(step) for step in self.before]
        return "; ".join([*steps, f"K.{self.function}({', '.join(words)})"])


class Prepared(NamedTuple):
    """A case's arguments on one backend, and every variable among them, in order."""

    args: tuple
    kwargs: dict[str, Any]
    variables: list


def reset(K: Any) -> None:
    """Put the configuration of `K` back to where every case starts."""
    K.set_floatx("float32")
    K.set_epsilon(1e-7)
    K.set_image_data_format("channels_last")
    K.reset_uids()


def prepare(case: Case, K: Any) -> Prepared:
    """Reset `K`, make the calls before the case, and build its arguments."""
    reset(K)
    made: dict[int, Any] = {}
    variables: list = []

    def build(item: Any) -> Any:
        if isinstance(item, list | tuple):
            return type(item)(build(part) for part in item)
        if not isinstance(item, Var | Tensor | Symbolic | Call | Iter):
            return item
        if id(item) not in made:
            made[id(item)] = make(item)
        return made[id(item)]

    def make(item: Any) -> Any:
        if isinstance(item, Var):
            variables.append(K.variable(item.value, item.dtype))
            return variables[-1]
        if isinstance(item, Tensor):
            return K.constant(item.value, item.dtype)
        if isinstance(item, Call):
            return getattr(K, item.function)(*build(item.args))
        if isinstance(item, Iter):
            return iter(build(item.items))
        from keras.layers import Input  # only the few symbolic cases need the framework itself

        return Input(shape=item.shape[1:], batch_size=item.shape[0], dtype=item.dtype)

    for step in case.before:
        build(step)
    args = build(case.args)
    kwargs = {name: build(value) for name, value in case.kwargs.items()}
    return Prepared(args, kwargs, variables)


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


def _text(item: Any) -> str:
    if isinstance(item, np.ndarray | np.generic):
        content = item.tolist() if item.size else f"shape={item.shape}"
        return f"{type(item).__name__}({content}, {item.dtype})"
    if isinstance(item, Var | Tensor):
        dtype = f", {item.dtype}" if item.dtype else ""
        return f"{type(item).__name__}({_text(item.value)}{dtype})"
    if isinstance(item, Symbolic):
        return f"Symbolic({item.shape}, {item.dtype})"
    if isinstance(item, Call):
        return f"K.{item.function}({', '.join(map(_text, item.args))})"
    if isinstance(item, Iter):
        return f"iter({_text(item.items)})"
    if isinstance(item, list):
        return f"[{', '.join(map(_text, item))}]"
    if isinstance(item, tuple):
        return f"({', '.join(map(_text, item))}{',' if len(item) == 1 else ''})"
    return repr(item)


# ---------------------------------------------------------------------------------- the table

# Their values cannot agree between engines; shape, dtype and bounds can.
RANDOM = {"random_uniform_variable"}
# After these, the values of the case's variables are recorded too.
WRITES = {"set_value", "batch_set_value", "update", "update_add", "update_sub"}

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


ELEMENTWISE = [
    *typed(PLANE, "float16", "float32", "float64"),
    *typed(WHOLE, "int32", "int64"),
    row(Tensor(TRUTH, "bool")),
    row(Tensor(CUBE)),
    row(Tensor(ODD)),
    row(Tensor(EMPTY)),
    row(Tensor(2.0)),
    row(Var(PLANE)),
    row(Var(2.25, "float64")),
    row(Var(WHOLE, "int32")),
    row(array(PLANE, "float32")),
    row(array(PLANE)),
    row(array(WHOLE, "int64")),
    row(np.float32(0.25)),
    row(2.25),
    row(3),
    row(True),
    row([1.0, 4.0]),
    row("text"),
    row(None),
]

REDUCTION = [
    row(Tensor(CUBE)),
    row(Tensor(CUBE), axis=0),
    row(Tensor(CUBE), axis=-1),
    row(Tensor(CUBE), axis=1, keepdims=True),
    row(Tensor(CUBE), axis=[0, 2]),
    row(Tensor(CUBE), axis=(-1, 0), keepdims=True),
    row(Tensor(CUBE), axis=None, keepdims=True),
    row(Tensor(CUBE), 2, True),
    row(Tensor(CUBE), axis=[]),
    row(Tensor(CUBE), axis=3),
    row(Tensor(CUBE), axis=-4),
    row(Tensor(CUBE), axis=[0, 0]),
    row(Tensor(CUBE), axis="first"),
    *typed(PLANE, "float16", "float64"),
    *typed(WHOLE, "int32", "int64"),
    row(Tensor(WHOLE, "int32"), axis=0),
    row(Tensor(TRUTH, "bool")),
    row(Tensor(TRUTH, "bool"), axis=0),
    row(Tensor([1.0, NAN, INF])),
    row(Tensor(EMPTY)),
    row(Tensor(EMPTY), axis=1),
    row(Tensor(2.5)),
    row(Tensor(2.5), axis=0),
    row(Var(PLANE), axis=-1),
    row(Var(WHOLE, "int64"), axis=1),
    row(array(PLANE, "float32"), axis=0),
    row(array(TRUTH), axis=0),
    row(PLANE),
    row([1, 2, 4]),
    row(2.5),
    row(None),
]

EXTREMUM_POSITION = [
    row(Tensor(PLANE)),
    row(Tensor(PLANE), axis=0),
    row(Tensor(CUBE), axis=-2),
    row(Tensor(CUBE), 1),
    row(Tensor([2.0, 5.0, 5.0, 2.0])),
    row(Tensor([1.0, NAN, 3.0])),
    *typed(PLANE, "float16", "float64"),
    *typed(WHOLE, "int32", "int64"),
    row(Tensor(TRUTH, "bool")),
    row(Var(PLANE), axis=0),
    row(array(PLANE, "float32")),
    row(array(WHOLE, "int64"), axis=0),
    row(PLANE),
    row(Tensor(PLANE), axis=None),
    row(Tensor(PLANE), axis=2),
    row(Tensor(PLANE), axis=-3),
    row(Tensor(PLANE), axis=[0, 1]),
    row(Tensor(EMPTY)),
    row(Tensor(EMPTY), axis=0),
    row(Tensor(2.0)),
    row(3.0),
    row(None),
]

CUMULATION = [
    row(Tensor(PLANE)),
    row(Tensor(PLANE), axis=1),
    row(Tensor(PLANE), -1),
    row(Tensor(CUBE), axis=-2),
    *typed(PLANE, "float16", "float64"),
    *typed(WHOLE, "int32", "int64"),
    row(Tensor(TRUTH, "bool")),
    row(Tensor([1.0, INF, NAN, 2.0])),
    row(Tensor(EMPTY)),
    row(Tensor([2**30, 2**30, 2**30], "int32")),
    row(Var(PLANE), axis=1),
    row(array(PLANE)),
    row([1, 2, 3]),
    row(Tensor(PLANE), axis=2),
    row(Tensor(PLANE), axis=-3),
    row(Tensor(PLANE), axis=None),
    row(Tensor(PLANE), axis=[0, 1]),
    row(Tensor(2.0)),
    row(None),
]

PAIR = [
    row(Tensor(PLANE), Tensor(STEP)),
    row(Tensor(PLANE), Tensor([1.5, -2.0, 0.25])),
    row(Tensor([[1.0], [2.0]]), Tensor([1.0, 2.0, 3.0])),
    row(Tensor(CUBE), Tensor(1.0)),
    row(Tensor(PLANE), 1.5),
    row(1.5, Tensor(PLANE)),
    row(Tensor(PLANE), 3),
    row(Tensor([0.5, 2.0], "float16"), Tensor([2.0, 2.0], "float16")),
    row(Tensor([0.5, 2.0], "float64"), Tensor([2.0, 2.0], "float64")),
    row(Tensor(WHOLE, "int32"), Tensor([3, 1, 2], "int32")),
    row(Tensor([BIG, 7], "int64"), Tensor([BIG - 1, 7], "int64")),
    row(Tensor(WHOLE, "int32"), 2),
    row(Tensor(TRUTH, "bool"), Tensor([True, False, False], "bool")),
    row(Tensor(ODD), Tensor([NAN, INF, INF, 0.0, -0.0, NAN])),
    row(Var(PLANE), Var(1.0)),
    row(Var(WHOLE, "int32"), Tensor(WHOLE, "int32")),
    row(Tensor(PLANE), array([1.5, -2.0, 0.25], "float32")),
    row(array(PLANE, "float32"), array([1.5, -2.0, 0.25], "float32")),
    row(array(PLANE), array(PLANE)),
    row([1.0, 2.0], [2.0, 1.0]),
    row(2, 3),
    row(2.5, 2.5),
    row(Tensor(EMPTY), Tensor([1.0, 2.0, 3.0])),
    row(Tensor(PLANE), array(PLANE)),
    row(Tensor(WHOLE, "int32"), 1.5),
    row(Tensor(WHOLE, "int32"), Tensor(WHOLE)),
    row(Tensor([1.0], "float32"), Tensor([1.0], "float64")),
    row(Tensor([1], "int32"), Tensor([1], "int64")),
    row(Tensor([1.0, 2.0]), Tensor([1.0, 2.0, 3.0])),
    row(Tensor([1.0, 2.0]), "text"),
    row(Tensor([1.0, 2.0]), None),
]

FILLED = [
    row((2, 3)),
    row([2, 1]),
    row(()),
    row((0, 3)),
    row(3),
    row((2,), "float16"),
    row((2,), dtype="float64"),
    row((2, 2), dtype="int32"),
    row((2,), dtype="int64"),
    row((2,), dtype="bool"),
    row((2,), name="slot"),
    row((2,), before=(Call("set_floatx", ("float64",)),)),
    row(array([2, 2], "int64")),
    row(Tensor([2, 2], "int32")),
    row((-1, 2)),
    row((None, 2)),
    row((1.5, 2)),
    row(None),
    row((2,), dtype="float33"),
]

FILLED_LIKE = [
    *typed(PLANE, "float16", "float32", "float64"),
    *typed(WHOLE, "int32", "int64"),
    row(Tensor(TRUTH, "bool")),
    row(Tensor(PLANE), dtype="int32"),
    row(Tensor(WHOLE, "int32"), "float64"),
    row(Tensor(PLANE), dtype="bool"),
    row(Tensor(EMPTY)),
    row(Tensor(2.5)),
    row(Var(PLANE)),
    row(Var(WHOLE, "int64"), dtype="float16"),
    row(array(PLANE)),
    row(array(WHOLE, "int64")),
    row([1, 2, 3]),
    row(2.5),
    row(Tensor(PLANE), name="copy"),
    row(Tensor(PLANE), dtype="float33"),
    row([[1.0], [2.0, 3.0]]),
    row(None),
]

# What a function that asks about one value can be asked about.
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

INCREMENT = [
    row(Var(PLANE), Tensor(STEP)),
    row(Var(PLANE), array(STEP, "float32")),
    row(Var(PLANE), array(STEP)),
    row(Var(PLANE), STEP),
    row(Var([1.0, 2.0], "float16"), array([0.1, 0.2], "float16")),
    row(Var(1 / 3, "float64"), 1 / 7),
    row(Var(0.5), 1),
    row(Var(5, "int32"), 2),
    row(Var(BIG, "int64"), 2),
    row(Var([1.0, 2.0]), Var([0.5, 0.25])),
    row(Var([1.0, 2.0]), Tensor([NAN, INF])),
    row(Var(np.zeros((0, 3))), EMPTY),
    row(Var([True, False], "bool"), [True, True]),
    row(Var([1.0, 2.0]), 1.0),
    row(Var([1.0, 2.0]), [1.0]),
    row(Var([1.0, 2.0]), [1.0, 2.0, 3.0]),
    row(Var(5, "int32"), 1.7),
    row(Var([1.0, 2.0]), Tensor([1, 2], "int32")),
    row(Var([1.0, 2.0]), Tensor([1.0, 2.0], "float64")),
    row(Var(1.0), "text"),
    row(Var(1.0), None),
    row(Tensor([1.0, 2.0]), [1.0, 2.0]),
    row(array([1.0, 2.0]), [1.0, 2.0]),
    row(2.0, 1.0),
]

SHARED_VARIABLE = Var([1.0, 2.0])
FIRST, SECOND = Var([1.0, 2.0]), Var(3, "int32")

TABLE: dict[str, list[Row]] = {
    **dict.fromkeys(
        ("abs", "cos", "exp", "log", "round", "sign", "sin", "sqrt", "square"), ELEMENTWISE
    ),
    **dict.fromkeys(("all", "any", "max", "mean", "min", "prod", "std", "sum", "var"), REDUCTION),
    **dict.fromkeys(("argmax", "argmin"), EXTREMUM_POSITION),
    **dict.fromkeys(("cumprod", "cumsum"), CUMULATION),
    **dict.fromkeys(("equal", "greater", "greater_equal", "less", "less_equal", "not_equal"), PAIR),
    **dict.fromkeys(("maximum", "minimum"), PAIR),
    **dict.fromkeys(("ones", "zeros"), FILLED),
    **dict.fromkeys(("ones_like", "zeros_like"), FILLED_LIKE),
    **dict.fromkeys(("count_params", "dtype", "int_shape", "ndim"), SUBJECT + SYMBOLIC),
    "is_keras_tensor": [
        *SUBJECT,
        *SYMBOLIC,
        row("text"),
        row(Call("square", (Symbolic((None, 3)),))),
    ],
    "shape": [*SUBJECT, row("text"), row([[1.0], [2.0, 3.0]])],
    "flatten": [*SUBJECT, row(Tensor(CUBE)), row([[1.0], [2.0, 3.0]])],
    "eval": [
        *SUBJECT,
        row("text"),
        row(Tensor(ODD)),
        row(Call("square", (Tensor(PLANE),))),
        row(Symbolic((None, 3))),
    ],
    "get_value": [
        *SUBJECT,
        row(Var(ODD)),
        row(Var([BIG], "int64")),
        row(Var(1 / 3, "float64")),
        row(Var(TRUTH, "bool")),
        row(Var(EMPTY)),
        row(Call("zeros", ((2, 3),))),
        row("text"),
        row([Var(1.0), Var(2.0)]),
        row(Symbolic((None, 3))),
    ],
    "stop_gradient": [
        *SUBJECT,
        row([Tensor(PLANE), Tensor(1.0)]),
        row((Var(1.0), Tensor([2], "int32"))),
        row([]),
    ],
    **dict.fromkeys(("update_add", "update_sub"), INCREMENT),
    "update": INCREMENT,
    "pow": [
        *PAIR,
        row(Tensor(PLANE), 2),
        row(Tensor([4.0, 9.0, -1.0]), 0.5),
        row(Tensor([0.0, 2.0]), -1.0),
        row(Tensor([2, 3], "int32"), -1),
        row(Tensor([2, 3], "int32"), 31),
    ],
    "cast": [
        row(Tensor(PLANE), "float64"),
        row(Tensor(PLANE), "float16"),
        row(Tensor([1.7, -1.7, 0.0]), "int32"),
        row(Tensor([1.7, -1.7, 0.0, NAN]), "bool"),
        row(Tensor([1e30, 1.0]), "float16"),
        row(Tensor([2**40 + 5, -1], "int64"), "int32"),
        row(Tensor([BIG], "int64"), "float64"),
        row(Tensor([BIG], "int64"), "float32"),
        row(Tensor([300, 7], "int32"), "uint8"),
        row(Tensor(TRUTH, "bool"), "float32"),
        row(Tensor(TRUTH, "bool"), dtype="int64"),
        row(Tensor(PLANE), "float32"),
        row(Tensor(PLANE), np.float64),
        row(Tensor(ODD), "float64"),
        row(Tensor(EMPTY), "int32"),
        row(Var(PLANE), "int32"),
        row(Var(2.5), "float32"),
        row(array(PLANE), "float32"),
        row(array(WHOLE), "float16"),
        row([1, 2], "float32"),
        row(2.5, "int32"),
        row(True, "float32"),
        row(Tensor(PLANE), "float33"),
        row(Tensor(PLANE), None),
        row("text", "float32"),
        row(None, "float32"),
    ],
    "cast_to_floatx": [
        row(Tensor(PLANE, "float64")),
        row(Tensor(WHOLE, "int32")),
        row(Tensor(TRUTH, "bool")),
        row(Var(PLANE, "float16")),
        row(Var(PLANE)),
        row(array(PLANE)),
        row(array(WHOLE, "int64")),
        row(array(TRUTH)),
        row([1, 2.5]),
        row(2.5),
        row(7),
        row(array([1e300, NAN])),
        row(array(PLANE), before=(Call("set_floatx", ("float64",)),)),
        row(Tensor(WHOLE, "int32"), before=(Call("set_floatx", ("float16",)),)),
        row(2.5, before=(Call("set_floatx", ("float16",)),)),
        row("1.5"),
        row("text"),
        row([[1.0], [2.0, 3.0]]),
        row(None),
    ],
    "clip": [
        row(Tensor(PLANE), -1.0, 1.0),
        row(Tensor(PLANE), -1, 2),
        row(Tensor(PLANE), None, 1.0),
        row(Tensor(PLANE), 0.0, None),
        row(Tensor(PLANE), None, None),
        row(Tensor(PLANE), 2.0, 1.0),
        row(Tensor(PLANE), min_value=0.5, max_value=0.5),
        row(Tensor(PLANE), Tensor([0.0, -1.0, 1.0]), 2.0),
        row(Tensor(PLANE), array([0.0, -1.0, 1.0], "float32"), array([1.0, 1.0, 2.0], "float32")),
        row(Tensor(PLANE), np.float32(2.0), np.float32(1.0)),
        row(Tensor(PLANE, "float16"), -1.0, 1.0),
        row(Tensor(PLANE, "float64"), -0.1, 0.1),
        row(Tensor(WHOLE, "int32"), -1, 3),
        row(Tensor([BIG], "int64"), 0, BIG - 1),
        row(Tensor(ODD), -1.0, 1.0),
        row(Tensor(EMPTY), 0.0, 1.0),
        row(Tensor(CUBE), Call("epsilon"), 1.0),
        row(Var(PLANE), 0.0, 1.0),
        row(array(PLANE), 0.0, 1.0),
        row([1, 5], 2, 3),
        row(2.5, 0.0, 1.0),
        row(Tensor(WHOLE, "int32"), None, 3),
        row(Tensor(WHOLE, "int32"), 0.5, 1.5),
        row(Tensor(TRUTH, "bool"), 0, 1),
        row(Tensor(PLANE), Tensor([0.0, 1.0]), 2.0),
        row(Tensor(PLANE), "low", 1.0),
        row(None, 0.0, 1.0),
    ],
    "constant": [
        row(2.5),
        row(7),
        row(True),
        row(PLANE),
        row(array(PLANE)),
        row(array(WHOLE, "int64")),
        row(array(WHOLE, "int64"), dtype="int64"),
        row([BIG], "int64"),
        row(1 / 3, "float64"),
        row(PLANE, "float16"),
        row(TRUTH, "bool"),
        row(ODD),
        row(EMPTY),
        row(3.0, shape=(2, 2)),
        row(3, dtype="int32", shape=[3]),
        row([1.0, 2.0, 3.0, 4.0], shape=(2, 2)),
        row(1.0, name="one"),
        row(2.5, before=(Call("set_floatx", ("float64",)),)),
        row(Tensor(PLANE)),
        row(array([1.7, -1.7]), dtype="int32"),
        row(1.7, "int32"),
        row(2**40, "int32"),
        row([1.0, 2.0, 3.0], shape=(2, 2)),
        row([[1.0], [2.0, 3.0]]),
        row("text"),
        row(1.0, "float33"),
        row(None),
    ],
    "variable": [
        row(2.5),
        row(7),
        row(True),
        row(PLANE),
        row(array(PLANE)),
        row(array(PLANE), dtype="float64"),
        row(array(WHOLE, "int64")),
        row(array(WHOLE, "int64"), dtype="int64"),
        row([BIG], "int64"),
        row(1 / 3, "float64"),
        row(PLANE, "float16"),
        row(TRUTH, "bool"),
        row(array(TRUTH)),
        row(ODD),
        row(EMPTY),
        row(1.0, name="one"),
        row(2.5, before=(Call("set_floatx", ("float64",)),)),
        row(Tensor(PLANE)),
        row(Var(PLANE)),
        row(np.float64(1 / 3)),
        row(array([1.7, -1.7]), dtype="int32"),
        row(Tensor(WHOLE, "int32")),
        row(Tensor(PLANE), dtype="float64"),
        row(1.7, "int32"),
        row(2**40, "int32"),
        row([[1.0], [2.0, 3.0]]),
        row("text"),
        row(1.0, "float33"),
        row(None),
    ],
    "eye": [
        row(1),
        row(3),
        row(0),
        row(2, "float16"),
        row(2, dtype="float64"),
        row(2, dtype="int32"),
        row(2, dtype="bool"),
        row(2, name="identity"),
        row(2, before=(Call("set_floatx", ("float64",)),)),
        row(np.int64(2)),
        row(-1),
        row(2.5),
        row((2, 3)),
        row(None),
        row(2, dtype="float33"),
    ],
    "random_uniform_variable": [
        row((2, 3), 0.0, 1.0),
        row((4,), -2, -1),
        row([2, 2], 0.0, 1.0, "float64"),
        row((3,), 0.0, 1.0, dtype="float16"),
        row((), 0.0, 1.0),
        row((0, 3), 0.0, 1.0),
        row((2,), low=0.0, high=1.0, seed=7, name="drawn"),
        row((2,), 0.5, 0.5),
        row((2,), 0.0, 1.0, before=(Call("set_floatx", ("float64",)),)),
        row((3,), 0, 5, dtype="int32"),
        row((2,), 0.0, 1.0, dtype="bool"),
        row((-1,), 0.0, 1.0),
        row(None, 0.0, 1.0),
        row((2,), "low", 1.0),
    ],
    "set_value": [
        row(Var(1.0), 2.5),
        row(Var(1.0), 2),
        row(Var(1.0), True),
        row(Var(1.0), np.float64(1 / 3)),
        row(Var(PLANE), array(PLANE, "float32") * 2),
        row(Var(PLANE), array(PLANE) / 3),
        row(Var([1.0, 2.0]), [3, 4]),
        row(Var([1.0, 2.0]), (3.0, 4.0)),
        row(Var(1 / 3, "float64"), 2 / 3),
        row(Var([1.0, 2.0], "float16"), [0.1, 0.2]),
        row(Var(1, "int64"), BIG),
        row(Var([1, 2], "int32"), array([3, 4], "int64")),
        row(Var([True, False], "bool"), [False, True]),
        row(Var([1.0, 2.0]), Tensor([3.0, 4.0])),
        row(Var([1.0, 2.0]), Var([3.0, 4.0])),
        row(Var([1.0, 2.0]), array([NAN, -INF])),
        row(Var(EMPTY), EMPTY),
        row(Var(1, "int32"), 1.7),
        row(Var([1, 2], "int32"), array([1.7, -1.7])),
        row(Var(1, "int32"), 2**40),
        row(Var(1, "int32"), array(2**40)),
        row(Var(1.0), 1e300),
        row(Var(1.0, "float16"), 1e5),
        row(Var(1.0), "2.5"),
        row(Var(1.0), "text"),
        row(Var(1.0), None),
        row(Var([1.0, 2.0]), 3.0),
        row(Var([1.0, 2.0]), [[3.0, 4.0]]),
        row(Var([1.0, 2.0]), [3.0, 4.0, 5.0]),
        row(Var([1.0, 2.0]), [[3.0], [4.0, 5.0]]),
        row(Var(1.0), [2.0]),
        row(Tensor([1.0, 2.0]), [3.0, 4.0]),
        row(array([1.0, 2.0]), [3.0, 4.0]),
        row(2.5, 3.0),
        row(None, 3.0),
    ],
    "batch_get_value": [
        row([Var(PLANE), Var(7, "int64"), Var(1 / 3, "float64")]),
        row((Var(1.0), Var([True], "bool"))),
        row([SHARED_VARIABLE, SHARED_VARIABLE]),
        row([Var(ODD, "float16"), Tensor(PLANE)]),
        row(Iter((Var(1.0), Var(2.0)))),
        row([]),
        row([Var(1.0), 2.5]),
        row([Var(1.0), array([1.0])]),
        row([Var(1.0), None]),
        row(Var([1.0, 2.0])),
        row(None),
    ],
    "batch_set_value": [
        row([(Var(PLANE), array(PLANE) * 2), (Var(7, "int64"), BIG)]),
        row(((Var(1.0), 2.0), (Var([1.0, 2.0], "float16"), [0.1, 0.2]))),
        row(Iter(((Var(1.0), 2.0), (Var([3.0, 4.0]), [5.0, 6.0])))),
        row([(SHARED_VARIABLE, [3.0, 4.0]), (SHARED_VARIABLE, [5.0, 6.0])]),
        row([[Var(1.0), 2]]),
        row([(Var([1.0, 2.0]), Tensor([NAN, INF]))]),
        row([]),
        row([(FIRST, [3.0, 4.0]), (SECOND, [9])]),
        row([(FIRST, [3.0]), (SECOND, 9)]),
        row([(FIRST, [3.0, 4.0]), (SECOND, 1.7)]),
        row([(FIRST, [3.0, 4.0]), (SECOND, "text")]),
        row([(FIRST, [3.0, 4.0]), (2.5, 1.0)]),
        row([(FIRST, [3.0, 4.0], SECOND)]),
        row([FIRST, [3.0, 4.0]]),
        row(None),
    ],
    "epsilon": [
        row(),
        row(before=(Call("set_epsilon", (1e-3,)),)),
        row(before=(Call("set_epsilon", (1,)),)),
        row(before=(Call("set_epsilon", (0.0,)),)),
        row(before=(Call("set_epsilon", (np.float64(1e-5),)),)),
        row(before=(Call("set_epsilon", ("0.5",)),)),
        row(before=(Call("set_epsilon", ("text",)),)),
        row(before=(Call("set_epsilon", (None,)),)),
    ],
    "floatx": [
        row(),
        *(row(before=(Call("set_floatx", (f"float{bits}",)),)) for bits in (16, 32, 64)),
        row(before=(Call("set_floatx", ("bfloat16",)),)),
        row(before=(Call("set_floatx", ("float8",)),)),
        row(before=(Call("set_floatx", ("int32",)),)),
        row(before=(Call("set_floatx", (np.float32,)),)),
        row(before=(Call("set_floatx", (None,)),)),
    ],
    "image_data_format": [
        row(),
        row(before=(Call("set_image_data_format", ("channels_first",)),)),
        row(before=(Call("set_image_data_format", ("channels_last",)),)),
        row(
            before=(
                Call("set_image_data_format", ("channels_first",)),
                Call("set_image_data_format", ("channels_last",)),
            )
        ),
        row(before=(Call("set_image_data_format", ("th",)),)),
        row(before=(Call("set_image_data_format", ("",)),)),
        row(before=(Call("set_image_data_format", (None,)),)),
    ],
    "get_uid": [
        row(),
        row("dense"),
        row(prefix="dense"),
        row("dense", before=(Call("get_uid", ("dense",)), Call("get_uid", ("dense",)))),
        row("dense", before=(Call("get_uid", ("conv",)),)),
        row("dense", before=(Call("get_uid", ("dense",)), Call("reset_uids"))),
        row("", before=(Call("get_uid"),)),
        row(7),
        row(None),
        row(["dense"]),
    ],
}

CASES = [
    make(function, number)
    for function in sorted(TABLE)
    for number, make in enumerate(TABLE[function], 1)
]
