"""Reductions and cumulations along axes."""

from answers.table import (
    CUBE,
    EMPTY,
    INF,
    NAN,
    PLANE,
    TRUTH,
    WHOLE,
    Row,
    Tensor,
    Var,
    array,
    row,
    typed,
)

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

TABLE: dict[str, list[Row]] = {
    **dict.fromkeys(("all", "any", "max", "mean", "min", "prod", "std", "sum", "var"), REDUCTION),
    **dict.fromkeys(("argmax", "argmin"), EXTREMUM_POSITION),
    **dict.fromkeys(("cumprod", "cumsum"), CUMULATION),
}

ANSWERED = {f"{name}-{i}" for name in ("var", "std") for i in (16, 17, 18, 27)}
# NumPy's rule: a NaN is the largest and the smallest. TensorFlow's gradient of a product that holds
# a zero is wrong: 0.
NAN_INDEX, PRODUCT_OF_ZERO = {"argmax-6", "argmin-6"}, {"cumprod-4 graph"}
ENGINE = {
    "jax": NAN_INDEX | PRODUCT_OF_ZERO,
    "numpy": NAN_INDEX,
    "torch": NAN_INDEX | PRODUCT_OF_ZERO | {"std-9 graph", "std-24 graph"},  # the slope at 0
}
