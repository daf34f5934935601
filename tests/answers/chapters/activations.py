"""Activations and dropout."""

from answers.table import (
    CUBE,
    EMPTY,
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

FLOATS = [
    row(Tensor(PLANE)),
    row(Tensor(PLANE, static=(None, 3))),
    row(Tensor(CUBE, static=(None, None, 2))),
    row(Tensor([-1000.0, -20.0, 0.0, 20.0, 1000.0])),
    *typed(PLANE, "float16", "bfloat16", "float64"),
    row(Var(PLANE)),
    row(Var([[0.3, -0.7]], "float64")),
    row(array(PLANE)),
    row(array(PLANE, "float32")),
    row(Tensor(EMPTY)),
    row([[1.0, -2.0]]),
    row(Tensor(WHOLE, "int32")),
    row(None),
]

# Softmax refuses a single dimension, so numbers are not for all.
NUMBERS = [row(2.5), row(Tensor(-1.5))]

RECTIFIER = [
    *FLOATS,
    *NUMBERS,
    row(Tensor(TRUTH, "bool")),
    row(Tensor([5, -5], "int64"), max_value=3),
    row(Tensor(PLANE), 0.5),
    row(Tensor(PLANE), -0.5),
    row(Tensor(PLANE), alpha=0.5, threshold=1.0),
    row(Tensor(PLANE), max_value=2.0),
    row(Tensor(PLANE), max_value=6),
    row(Tensor(PLANE), threshold=1.0),
    row(Tensor(PLANE), threshold=-1.0),
    row(Tensor(PLANE), threshold=-1.0, max_value=2.0),
    row(Tensor(PLANE, static=(None, 3)), alpha=0.1, max_value=2.0, threshold=1.0),
    row(Tensor([1.0, 2.0, 0.0]), alpha=0.5, max_value=2.0),
    row(Tensor([-1.0, 7.0]), max_value=-1.0),
    row(Tensor(PLANE, "float16"), alpha=0.1, max_value=2.0, threshold=0.25),
    row(Tensor(PLANE, "float64"), alpha=0.1, max_value=2.0, threshold=0.3),
    row(Tensor(WHOLE, "int32"), alpha=0.5),
    row(Var(PLANE), alpha=0.3, max_value=3.0),
    row(Tensor(PLANE), alpha="steep"),
    row(Tensor([1.0, 2.0, -1.0]), alpha=0.5, max_value=2.0),
]

EXPONENTIAL = [
    *FLOATS,
    *NUMBERS,
    row(Tensor(PLANE), 0.5),
    row(Tensor(PLANE), alpha=0.0),
    row(Tensor(PLANE), alpha=-2.0),
    row(Tensor(PLANE, "float16"), alpha=0.3),
    row(Tensor(PLANE, "float64", static=(None, 3)), alpha=0.3),
    row(Tensor([0.0]), alpha=3.0),
]

PROBABILITIES = [
    *(row for i, row in enumerate(FLOATS) if i not in (3, 11)),
    row(Tensor([[-1000.0, 0.0, 1000.0]])),
    row(Tensor(CUBE), axis=1),
    row(Tensor(CUBE), 0),
    row(Tensor(CUBE, static=(None, None, 2)), axis=-3),
    row(Tensor([[[1000.0, 0.0], [999.0, 998.0]]]), axis=[1, 2]),
    row(Tensor(CUBE), axis=None),
    row(Tensor(PLANE), axis=2),
    row(Tensor(PLANE), axis="last"),
    row(Tensor([1.0, 2.0])),
    row(Tensor(1.0)),
    row([1.0, 2.0]),
]

LENGTH = [
    *(row for i, row in enumerate(FLOATS) if i != 3),
    row(Tensor(PLANE), axis=0),
    row(Tensor(PLANE), axis=-1),
    row(Tensor(CUBE, static=(None, None, 2)), axis=[0, 2]),
    row(Tensor(CUBE), 1),
    row(Tensor([[0.0, 0.0], [3.0, -4.0]]), axis=1),
    row(Tensor([[1e-8, 0.0]]), axis=1),
    row(Tensor([[1e-8, 0.0], [1e-5, 0.0]], "float64"), axis=1),
    row(Tensor(PLANE), axis=2),
    row(Tensor(PLANE), axis=[0, 0]),
    row(Tensor(PLANE), axis="rows"),
    row(2.5),
]

DROPPED = [
    row(Tensor(PLANE), 0.5),
    row(Tensor(PLANE, static=(None, 3)), 0.5, seed=7),
    row(Tensor(PLANE, "float16"), level=0.25),
    row(Tensor(PLANE, "float64"), level=0.25),
    row(Tensor(CUBE), 0.5, (2, 1, 2)),
    row(Tensor(CUBE, static=(None, 3, 2)), 0.5, noise_shape=(None, 1, 2)),
    row(Var(PLANE), 0.5),
    row(array(PLANE, "float32"), 0.5),
    row(PLANE, 0.5),
    row(Tensor(PLANE), 0.0),
    row(Tensor(PLANE), 1.0),
    row(Tensor(PLANE), -0.1),
    row(Tensor(PLANE), 1.5),
    row(Tensor(PLANE), "half"),
    row(Tensor(PLANE), 0.5, noise_shape=(4, 3)),
    row(Tensor(WHOLE, "int32"), 0.5),
    row(None, 0.5),
]

TABLE: dict[str, list[Row]] = {
    **dict.fromkeys(("hard_sigmoid", "sigmoid", "softplus", "softsign", "tanh"), FLOATS + NUMBERS),
    "dropout": DROPPED,
    "elu": EXPONENTIAL,
    "l2_normalize": LENGTH,
    "relu": RECTIFIER,
    "softmax": PROBABILITIES,
}

RANDOM = {"dropout"}
ANSWERED = {
    *("hard_sigmoid-14", "l2_normalize-13"),  # integers
    "relu-29 graph",  # the slope at the threshold
}
