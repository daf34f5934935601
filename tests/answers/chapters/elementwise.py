"""Functions of each element, of one tensor and of two."""

import numpy as np
from answers.table import (
    BIG,
    CUBE,
    EMPTY,
    INF,
    NAN,
    ODD,
    PLANE,
    STEP,
    SUBJECT,
    TRUTH,
    WHOLE,
    Call,
    Row,
    Tensor,
    Var,
    array,
    row,
    typed,
)

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

TABLE: dict[str, list[Row]] = {
    **dict.fromkeys(
        ("abs", "cos", "exp", "log", "round", "sign", "sin", "sqrt", "square"), ELEMENTWISE
    ),
    **dict.fromkeys(("equal", "greater", "greater_equal", "less", "less_equal", "not_equal"), PAIR),
    **dict.fromkeys(("maximum", "minimum"), PAIR),
    "pow": [
        *PAIR,
        row(Tensor(PLANE), 2),
        row(Tensor([4.0, 9.0, -1.0]), 0.5),
        row(Tensor([0.0, 2.0]), -1.0),
        row(Tensor([2, 3], "int32"), -1),
        row(Tensor([2, 3], "int32"), 31),
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
    "stop_gradient": [
        *SUBJECT,
        row([Tensor(PLANE), Tensor(1.0)]),
        row((Var(1.0), Tensor([2], "int32"))),
        row([]),
    ],
}

ANSWERED = {
    *(f"{name}-25" for name in ("equal", "not_equal", "greater", "greater_equal", "less")),
    *("less_equal-25", "maximum-25", "minimum-25", "pow-25"),
    *(f"sqrt-{i}" for i in (4, 5, 6, 13)),
}
TIES = {
    f"{name}-{i} graph" for name in ("maximum", "minimum") for i in (2, 3, 4, 5, 6, 7, 9, 17, 24)
}
TIES |= {"clip-17 graph"}
NEGATIVE_BASE = {"pow-2 graph", "pow-4 graph", "pow-15 graph"}
# These refuse tensors of negative integers as exponents of integers; the others cut the fraction.
UNEXPLAINED = {engine: {"pow-16 graph"} for engine in ("numpy", "tensorflow")}
VALUES = {"sign-8": [0.0, 1.0, -1.0, 0.0, 0.0, 1.0]}  # of NaN 0
ENGINE = {
    # Where two operands are equal, both get half of the gradient; TensorFlow gives it to the first.
    # The exponent of a negative number gets NaN, from TensorFlow 0. |x| has the slope 1 at 0.
    "jax": TIES | NEGATIVE_BASE | {"abs-7 graph"},
    # A NumPy array is the engine's own tensor: it is not converted to the dtype beside it.
    "numpy": {"maximum-24 eager", "minimum-24 eager", "pow-24 eager"},
    "torch": TIES | NEGATIVE_BASE | {"sign-8"},  # sign(nan) is 0
}
