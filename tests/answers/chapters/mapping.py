"""Functions of each element: K.map_fn, K.foldl and K.foldr."""

from typing import Any

from answers.table import BIG, CUBE, EMPTY, PLANE, Code, Row, Tensor, Var, array, row

NUMBERS = [3.0, -1.0, 2.0]
INDICES = [0, 2, 1]


def fn(text: str, **names: Any) -> Code:
    return Code(f"lambda {text}", **names)


def plane(**options: Any) -> Tensor:
    return Tensor(PLANE, **options)


DOUBLE = fn("v: v * 2")
FOLD = fn("a, v: a * 0.5 + v * v")

FOLDS = [
    row(FOLD, plane()),
    row(FOLD, plane(static=(None, 3))),
    row(FOLD, Tensor(NUMBERS)),
    row(FOLD, Tensor(NUMBERS, static=(None,)), Tensor(4.0)),
    row(FOLD, plane(), Tensor([1.0, 2.0, 3.0]), "a_name"),
    row(FOLD, plane(), initializer=Var([1.0, 2.0, 3.0]), name="a_name"),
    row(fn("a, v: a * 2.0 + K.sum(v)"), plane(), 1.5),
    row(fn("a, v: a * 2.0 + K.sum(v)"), plane(), 0),
    row(fn("a, v: a * 2 - v"), Tensor([3, 1, 2], "int32")),
    row(fn("a, v: a * 2 - v"), Tensor([BIG, 1, 2], "int64")),
    row(fn("a, v: a * 2 - v"), Tensor([3, 1, 2], "int32"), 7),
    row(FOLD, Tensor(NUMBERS, "float64")),
    row(FOLD, Tensor(PLANE, "float16")),
    row(FOLD, Tensor(CUBE), Tensor(CUBE[0])),
    row(fn("a, v: a + v[0] * v[1]"), (Tensor(NUMBERS), Tensor([1.0, 2.0, 5.0])), Tensor(0.0)),
    row(fn("a, v: (a[0] - v[0], a[1] * v[1])"), (plane(), Tensor([2.0, 5.0]))),
    row(fn("a, v: [a[0] - v[0], v[1]]"), [plane(), Tensor([2, 5], "int32")]),
    row(fn("a, v: (a[0] + v, a[1] - v)"), Tensor(NUMBERS), (Tensor(1.0), Tensor(2.0))),
    row(fn("a, v: a * w + v * c", w=Var(0.5), c=Tensor(3.0)), Tensor(NUMBERS)),
    row(fn("a, v: a * w + v", w=Tensor([0.5, 2.0, -1.0])), plane(), Tensor([0.0, 0.0, 0.0])),
    row(fn("a, v: K.maximum(a, v)"), Tensor(NUMBERS)),
    row(FOLD, Tensor([2.5])),
    row(FOLD, array(NUMBERS, "float32")),
    row(fn("a, v: a - v"), array([7, 2, 1], "int64")),
    row(FOLD, Var(PLANE)),
    row(fn("a, v: K.constant(3.0)"), Tensor(NUMBERS)),
    row(FOLD, Tensor(EMPTY), Tensor([1.0, 2.0, 3.0])),
    row(FOLD, Tensor(EMPTY)),
    row(FOLD, plane(), 1.0),
    row(fn("a, v: K.cast(v, 'float64')"), Tensor(NUMBERS)),
    row(FOLD, Tensor(2.0)),
    row(FOLD, [1.0, 2.0]),
    row(FOLD, []),
    row(fn("a, v: a - v[0]"), (plane(), Tensor(NUMBERS)), Tensor([0.0, 0.0, 0.0])),
    row(fn("a, v: (a[0], v[1])"), [plane(), plane()]),
    row(fn("a, v: None"), Tensor(NUMBERS)),
    row("no function", Tensor(NUMBERS)),
]

TABLE: dict[str, list[Row]] = {
    **dict.fromkeys(("foldl", "foldr"), FOLDS),
    "map_fn": [
        row(DOUBLE, plane()),
        row(fn("v: v * v"), plane(static=(None, None))),
        row(fn("v: K.sum(v)"), plane(static=(None, 3))),
        row(fn("v: K.sum(v)"), Tensor(CUBE), "a_name"),
        row(DOUBLE, Tensor(NUMBERS), name="a_name"),
        row(fn("v: v + 1"), Tensor([BIG, 1], "int64")),
        row(fn("v: v / 3.0"), Tensor(PLANE, "float64")),
        row(fn("v: v * v"), Tensor(PLANE, "float16")),
        row(fn("v: v > 0"), plane(), dtype="bool"),
        row(fn("v: K.cast(v, 'float32') * 0.5"), Tensor(INDICES, "int32"), dtype="float32"),
        row(fn("v: K.cast(v, 'int32')"), plane(), None, "int32"),
        row(fn("v: (v[0] + 1, v[1])"), (plane(), Tensor([1, 2], "int32"))),
        row(fn("v: [v[1], v[0] * 2]"), [plane(), plane(static=(None, 3))]),
        row(fn("v: v[0] * v[1]"), (plane(), Tensor([2.0, 3.0])), dtype="float32"),
        row(fn("v: (v, K.sum(v))"), plane(), dtype=("float32", "float32")),
        row(fn("v: v['a'] * v['b']"), {"a": plane(), "b": Tensor([2.0, 3.0])}, dtype="float32"),
        row(fn("v: v * w + c", w=Var([1.0, 2.0, 3.0]), c=Tensor(5.0)), plane()),
        row(
            fn("i: K.sum(x) * K.cast(i, 'float32')", x=plane()),
            Tensor(INDICES, "int32"),
            dtype="float32",
        ),
        row(fn("v: K.constant(1.5)"), plane()),
        row(DOUBLE, array(PLANE, "float32")),
        row(fn("v: v + 1"), array([1, 2])),
        row(DOUBLE, Var(PLANE)),
        row(fn("v: K.map_fn(lambda u: u * K.sum(v), v)"), plane()),
        row(fn("v: K.foldl(lambda a, u: a - u * u, v)"), plane()),
        row(fn("v: K.cast(v, 'float32')"), Tensor(INDICES, "int32")),
        row(fn("v: v"), Tensor(INDICES, "int32"), dtype="float32"),
        row(fn("v: v[0] * v[1]"), (plane(), Tensor([2.0, 3.0]))),
        row(fn("v: (v, v)"), plane(), dtype="float32"),
        row(fn("v: v"), plane(), dtype=("float32", "float32")),
        row(DOUBLE, Tensor(EMPTY)),
        row(DOUBLE, Tensor(1.0)),
        row(DOUBLE, [1.0, 2.0]),
        row(DOUBLE, []),
        row(fn("v: v[0]"), (plane(), Tensor(NUMBERS)), dtype="float32"),
        row(fn("v: None"), plane()),
        row("no function", plane()),
    ],
}

# tf.keras reads as many elements as the first tensor has; of none it forgets the shape.
REFUSED = {"foldl-34 graph", "foldr-34 graph", "map_fn-30"}
ANSWERED = {"foldl-35 eager", "foldr-35 eager", "map_fn-27"}
