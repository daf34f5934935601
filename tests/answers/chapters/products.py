"""Products over axes, and biases."""

import numpy as np
from answers.table import PLANE, Row, Tensor, Var, array, row


def ramp(*shape: int) -> list:
    """Small numbers of both signs, none of which repeats along an axis; no tie for a maximum."""
    count = int(np.prod(shape))
    return (((np.arange(count) * 37 % 101) - 50) / 16).reshape(shape).tolist()


def tensor(*shape: int, dtype: str | None = None, static: tuple | None = None) -> Tensor:
    return Tensor(ramp(*shape), dtype, static)


def whole(*shape: int) -> Tensor:
    return Tensor((np.array(ramp(*shape)) * 16).astype(int).tolist(), "int32")


def half(*shape: int) -> Tensor:
    """In half precision, small integers, whose products and sums are exact in it."""
    return Tensor((np.arange(np.prod(shape)) % 7 - 3).reshape(shape).tolist(), "float16")


DOT = [
    row(tensor(2, 3), tensor(3, 4)),
    row(tensor(2, 4, 3), tensor(3, 5)),
    row(tensor(2, 3), tensor(4, 3, 2)),
    row(tensor(2, 2, 3), tensor(4, 3, 5)),
    row(tensor(2, 1, 2, 3), tensor(2, 2, 3, 2)),
    row(tensor(3), tensor(2, 3, 4)),
    row(tensor(2, 3, static=(None, 3)), tensor(3, 4)),
    row(tensor(2, 4, 3, static=(None, None, 3)), tensor(3, 5)),
    row(tensor(2, 2, 3, static=(None, 2, 3)), tensor(4, 3, 5)),
    row(tensor(2, 3, static=(None, None)), Var(ramp(3, 2))),
    row(Var(ramp(2, 3)), Var(ramp(3, 2))),
    row(Var(ramp(2, 3)), tensor(3, 2)),
    row(half(2, 3), half(3, 2)),
    row(tensor(2, 3, dtype="float64"), tensor(3, 2, dtype="float64")),
    row(whole(2, 3), whole(3, 2)),
    row(Tensor([[2**40 + 1, 1]], "int64"), Tensor([[1], [1]], "int64")),
    row(tensor(0, 3), tensor(3, 2)),
    row(tensor(2, 3), array(ramp(3, 2))),
    row(array(ramp(2, 3), "float32"), array(ramp(3, 2), "float32")),
    row([[1.0, 2.0]], [[1.0], [2.0]]),
    row(tensor(3), tensor(3)),
    row(tensor(2, 3), tensor(3)),
    row(tensor(2, 2, 3), tensor(3)),
    row(Tensor(2.0), Tensor(3.0)),
    row(tensor(2, 3), tensor(2, 3)),
    row(tensor(2, 2, 3), tensor(2, 2)),
    row(tensor(2, 3), tensor(3, 2, dtype="float64")),
    row(tensor(2, 3), None),
]

BATCH_DOT = [
    row(tensor(2, 3), tensor(2, 3)),
    row(tensor(2, 3), tensor(2, 3, 4)),
    row(tensor(2, 4, 3), tensor(2, 3)),
    row(tensor(2, 4, 3), tensor(2, 3, 5)),
    row(tensor(2, 4, 3), tensor(2, 3, 5), (2, 1)),
    row(tensor(2, 4, 3), tensor(2, 3, 5), axes=[2, 1]),
    row(tensor(2, 4, 3), tensor(2, 5, 3), axes=2),
    row(tensor(2, 4, 3), tensor(2, 5, 3), axes=-1),
    row(tensor(2, 3, 4), tensor(2, 3, 5), axes=1),
    row(tensor(2, 3), tensor(2, 3), axes=(1, -1)),
    row(tensor(2, 3), tensor(2, 3), axes=1),
    row(tensor(2, 3, 4), tensor(2, 5, 3), axes=(1, 2)),
    row(tensor(2, 3, 4), tensor(2, 5, 3), axes=(-2, -1)),
    row(tensor(2, 4, 3, 2), tensor(2, 3, 5), axes=(2, 1)),
    row(tensor(2, 2, 3, 2), tensor(2, 3, 2, 2), axes=(3, 2)),
    row(tensor(2, 2, 3, 2), tensor(2, 4, 3), axes=(-2, -1)),
    row(tensor(2, 3), tensor(2, 2, 3, 2), axes=(1, 2)),
    row(tensor(2, 2, 3, 2), tensor(2, 3), axes=(2, 1)),
    row(tensor(2, 5, 3), tensor(2, 5, 3, 2), axes=(2, 2)),
    row(tensor(2, 1, 2, 3, 2), tensor(2, 3), axes=(3, 1)),
    row(tensor(2, 4, 3, static=(None, 4, 3)), tensor(2, 3, 5, static=(None, 3, 5))),
    row(tensor(2, 4, 3, static=(None, None, 3)), tensor(2, 3, 5, static=(None, 3, None))),
    row(tensor(2, 3, static=(None, 3)), tensor(2, 3, static=(None, 3)), axes=1),
    row(tensor(2, 4, 3, static=(None, None, None)), tensor(2, 5, 3, static=(2, None, 3)), axes=2),
    row(Var(ramp(2, 3)), tensor(2, 3)),
    row(half(2, 4, 3), half(2, 3, 2)),
    row(tensor(2, 4, 3, dtype="float64"), tensor(2, 3, 2, dtype="float64")),
    row(whole(2, 4, 3), whole(2, 3, 2)),
    row(array(ramp(2, 3), "float32"), array(ramp(2, 3), "float32")),
    row(tensor(0, 4, 3), tensor(0, 3, 2)),
    row(tensor(2, 0, 3), tensor(2, 3, 2)),
    row(tensor(3), tensor(3)),
    row(tensor(2), tensor(2, 3)),
    row(tensor(2, 3), tensor(3, 3)),
    row(tensor(2, 4, 3), tensor(1, 3, 5)),
    row(tensor(2, 4, 3), tensor(2, 3, 5), axes=0),
    row(tensor(2, 4, 3), tensor(2, 3, 5), axes=(0, 1)),
    row(tensor(2, 4, 3), tensor(2, 3, 5), axes=(2, 2)),
    row(tensor(2, 4, 3), tensor(2, 3, 5), axes=(1, 2, 3)),
    row(tensor(2, 4, 3), tensor(2, 3, 5), axes=((1,), (2,))),
    row(tensor(2, 4, 3), tensor(2, 3, 5), axes=(3, 1)),
    row(tensor(2, 4, 3), tensor(2, 3, 5), axes=(-4, 1)),
    row(tensor(2, 4, 3), tensor(2, 3, 5), axes=(-3, 1)),
    row(tensor(2, 4, 3), tensor(2, 3, 5), axes="last"),
    row(tensor(2, 4, 3), tensor(2, 3, 5), axes=1.0),
    row(tensor(2, 4, 3), tensor(2, 3, 5), axes=(2.0, 1.0)),
    row(tensor(2, 4, 3), tensor(2, 3, 5), axes=(2,)),
    row(tensor(2, 3), tensor(2, 3, dtype="float64")),
    row(tensor(2, 3), None),
]

FIRST = "channels_first"
BIAS_ADD = [
    row(tensor(2, 3), tensor(3)),
    row(tensor(2, 3), tensor(3), FIRST),
    row(tensor(2, 4, 3), tensor(3)),
    row(tensor(2, 4, 3), tensor(4), data_format=FIRST),
    row(tensor(2, 4, 3), tensor(4, 3)),
    row(tensor(2, 4, 3), tensor(3, 4), data_format=FIRST),
    row(tensor(2, 4, 3), tensor(1, 3)),
    row(tensor(2, 4, 3), tensor(1, 4), data_format=FIRST),
    row(tensor(2, 2, 3, 4), tensor(4)),
    row(tensor(2, 2, 3, 4), tensor(2), data_format=FIRST),
    row(tensor(2, 2, 3, 4), tensor(2, 3, 4), data_format="channels_last"),
    row(tensor(2, 2, 3, 4), tensor(3, 4, 2), data_format=FIRST),
    row(tensor(2, 2, 3, 4), tensor(1, 1, 4)),
    row(tensor(1, 2, 2, 3, 2), tensor(2)),
    row(tensor(1, 3, 2, 2, 2), tensor(3), data_format=FIRST),
    row(tensor(1, 2, 2, 3, 2), tensor(2, 2, 3, 2)),
    row(tensor(1, 3, 2, 2, 2), tensor(2, 2, 2, 3), data_format=FIRST),
    row(tensor(2, 3, static=(None, 3)), Var(ramp(3))),
    row(tensor(2, 2, 3, 4, static=(None, None, None, 4)), tensor(4)),
    row(tensor(2, 2, 3, 4, static=(None, 2, None, None)), Var(ramp(2)), data_format=FIRST),
    row(tensor(2, 4, 3, static=(None, None, 3)), tensor(4, 3, static=(None, 3))),
    row(Var(ramp(2, 3)), Var(ramp(3))),
    row(half(2, 3), half(3)),
    row(tensor(2, 3, dtype="float64"), tensor(3, dtype="float64")),
    row(whole(2, 3), whole(3)),
    row(array(ramp(2, 3), "float32"), array(ramp(3), "float32")),
    row(tensor(2, 3), array(ramp(3))),
    row(tensor(0, 3), tensor(3)),
    row(tensor(2, 1, 2, 2, 1, 3), tensor(3)),
    row(tensor(3), tensor(3)),
    row(tensor(2, 4, 3), Tensor(1.0)),
    row(tensor(2, 2, 3, 4), tensor(3, 4)),
    row(tensor(1, 2, 2, 2, 2), tensor(2, 2, 2)),
    row(tensor(2, 2, 3, 4), tensor(3)),
    row(tensor(2, 2, 3, 4), tensor(1)),
    row(tensor(2, 4, 3), tensor(3, 3)),
    row(tensor(2, 4, 3), tensor(3), data_format="middle"),
    row(tensor(2, 3), tensor(3, dtype="float64")),
    row(Tensor(PLANE), None),
]

TABLE: dict[str, list[Row]] = {"batch_dot": BATCH_DOT, "bias_add": BIAS_ADD, "dot": DOT}

# A NumPy array is the engine's own tensor: it is not converted to the dtype beside it.
ENGINE = {"numpy": {"bias_add-27 eager"}}
