"""Questions about a tensor, and casts."""

import numpy as np
from answers.table import (
    BIG,
    CUBE,
    EMPTY,
    NAN,
    ODD,
    PLANE,
    SUBJECT,
    SYMBOLIC,
    TRUTH,
    WHOLE,
    Call,
    Row,
    Symbolic,
    Tensor,
    Var,
    array,
    row,
)

TABLE: dict[str, list[Row]] = {
    **dict.fromkeys(("count_params", "dtype", "int_shape", "ndim"), SUBJECT + SYMBOLIC),
    "is_keras_tensor": [
        *SUBJECT,
        *SYMBOLIC,
        row("text"),
        row(Call("square", (Symbolic((None, 3)),))),
    ],
    "shape": [*SUBJECT, row("text"), row([[1.0], [2.0, 3.0]])],
    "flatten": [*SUBJECT, row(Tensor(CUBE)), row([[1.0], [2.0, 3.0]])],
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
}

REFUSED = {
    "count_params-21",
    "shape-19",  # of a string
}
ANSWERED = {
    *("count_params-7", "count_params-10", "count_params-11"),  # tf.keras: 1.0 of a scalar
}
# A NumPy array is the engine's own tensor there.
ENGINE = {"numpy": {"is_keras_tensor-12", "is_keras_tensor-13"}}
