"""K.rnn: steps that carry states through sequences."""

from typing import Any

import numpy as np
from answers.table import Case, Code, Row, Symbolic, Tensor, Var, array, row

WAVES = np.cos(np.arange(12.0)).reshape(2, 3, 2).round(2)
START = [[0.5, -1.0], [1.5, 2.0]]
MASK = [[1, 0, 1], [1, 1, 0]]
EARLY = [[0, 0, 1], [0, 1, 0]]

ADD = Code("lambda x, s: (x + s[0], [x + s[0]])")
TIMES = Code("lambda x, s: (x * s[0] + x, [x * s[0] + x])")
COUNT = Code("lambda x, s: (x * s[1], [s[0] + x, s[1] + 1.0])")
NESTED = Code("lambda x, s: (s[0][0] - x, [[s[0][0] + x, s[0][1] * 2.0]])")
PAIR = Code("lambda x, s: (x[0] * x[1] + s[0], [s[0] + x[1]])")
WEIGHED = "lambda x, s: (x * w * s[1] + s[0], [s[0] * x])"
CLOSED = "lambda x, s: (K.sum(c) * s[0], [s[0] * c + x])"
TWO = Code("lambda x, s: ([x + s[0], x * 2.0], [x + s[0]])")


def sequence(**options: Any) -> Tensor:
    return Tensor(WAVES, **options)


def swapped(**options: Any) -> Tensor:
    return Tensor(WAVES.swapaxes(0, 1), **options)


def start(**options: Any) -> list[Tensor]:
    return [Tensor(START, **options)]


def mask(value: Any = MASK, dtype: str = "bool", **options: Any) -> Tensor:
    return Tensor(np.array(value, dtype), dtype, **options)


def part(text: str, **names: Any) -> Row:
    """A part of what K.rnn returns, of which gradients are recorded."""

    def named(function: str, number: int) -> Case:
        return Case("flatten", (Code(text, **names),), id=f"{function}-{number}")

    return named


TABLE: dict[str, list[Row]] = {
    "rnn": [
        row(ADD, sequence(), start()),
        row(TIMES, sequence(static=(None, None, 2)), start(static=(None, 2))),
        row(ADD, sequence(), start(), go_backwards=True),
        row(ADD, sequence(), start(), True, mask()),
        row(ADD, sequence(), start(), mask=mask()),
        row(ADD, sequence(static=(None, 3, 2)), start(), mask=mask(static=(None, None))),
        row(ADD, sequence(), start(), mask=mask(EARLY)),
        row(ADD, sequence(), start(), mask=mask(MASK, "float32")),
        row(ADD, sequence(), start(), mask=mask(np.array(MASK)[..., None])),
        row(ADD, sequence(), start(), mask=array(MASK)),
        row(ADD, sequence(), start(), mask=mask(), zero_output_for_mask=True),
        row(ADD, sequence(), start(), mask=mask(), go_backwards=True, zero_output_for_mask=True),
        row(ADD, sequence(), start(), unroll=True),
        row(ADD, sequence(static=(None, 3, 2)), start(), unroll=True, mask=mask()),
        row(ADD, sequence(), start(), unroll=True, mask=mask(EARLY), go_backwards=True),
        row(ADD, sequence(), start(), unroll=True, mask=mask(), zero_output_for_mask=True),
        row(
            *(ADD, sequence(), start(), True, mask()),
            unroll=True,
            zero_output_for_mask=True,
        ),
        row(ADD, swapped(), start(), time_major=True),
        row(TIMES, swapped(static=(None, None, 2)), start(), time_major=True),
        row(
            *(ADD, swapped(static=(None, 2, 2)), start()),
            time_major=True,
            mask=mask(np.transpose(MASK)),
            go_backwards=True,
        ),
        row(ADD, swapped(), start(), unroll=True, time_major=True),
        row(ADD, sequence(), start(), return_all_outputs=False),
        row(ADD, sequence(), start(), return_all_outputs=False, mask=mask()),
        row(ADD, sequence(), start(), return_all_outputs=False, unroll=True, mask=mask()),
        row(
            *(ADD, sequence(static=(None, None, 2)), start()),
            return_all_outputs=False,
            zero_output_for_mask=True,
            mask=mask(),
        ),
        row(
            Code("lambda x, s: (x * s[1] + s[2], [s[0] + 1.0])"),
            *(sequence(), start()),
            constants=[Tensor([2.0, -1.0]), Tensor(START)],
        ),
        row(
            Code("lambda x, s: (x * s[1], [s[0] - x])"),
            *(sequence(), start()),
            constants=[Var([2.0, -1.0])],
            unroll=True,
        ),
        row(COUNT, sequence(), [Tensor(START), Tensor(0.0)]),
        row(COUNT, sequence(), [Tensor(START), Tensor([[0.0], [0.0]])], mask=mask()),
        row(COUNT, sequence(), [Tensor(START), Tensor(0.0)], unroll=True),
        row(COUNT, sequence(), [Tensor(START), 0.0]),
        row(NESTED, sequence(), [[Tensor(START), Tensor(START)]]),
        row(NESTED, sequence(), [[Tensor(START), Tensor(START)]], mask=mask()),
        row(PAIR, [sequence(), Tensor(WAVES * 2)], start()),
        row(PAIR, (sequence(), Tensor(WAVES * 2)), start(), mask=mask(), go_backwards=True),
        row(PAIR, [sequence(), Tensor(WAVES * 2)], start(), unroll=True),
        row(TWO, sequence(), start()),
        row(TWO, sequence(), start(), mask=mask()),
        row(Code("lambda x, s: (x * 2.0, [])"), sequence(), []),
        row(Code("lambda x, s: (K.sum(x, axis=-1), [s[0] + x])"), sequence(), start()),
        row(ADD, Tensor(np.arange(16.0).reshape(2, 2, 2, 2)), [Tensor(np.ones((2, 2, 2)))]),
        row(
            *(ADD, Tensor(np.arange(16.0).reshape(2, 2, 2, 2)), [Tensor(np.ones((2, 2, 2)))]),
            mask=mask([[1, 0], [0, 1]]),
        ),
        row(ADD, sequence(), (Tensor(START),)),
        row(ADD, sequence(), [Var(START)]),
        row(Code("lambda x, s: (x * w, [s[0] + w])", w=Var([2.0, 3.0])), sequence(), start()),
        row(Code("lambda x, s: (x * w, [s[0] + w])", w=Tensor([2.0, 3.0])), sequence(), start()),
        row(ADD, array(WAVES, "float32"), start()),
        row(ADD, Tensor(WAVES, "float16"), start(dtype="float16"), mask=mask()),
        row(TIMES, Tensor(WAVES, "float64"), start(dtype="float64"), mask=mask()),
        row(
            ADD,
            Tensor(np.arange(6).reshape(1, 3, 2) + 2**53, "int64"),
            [Tensor([[0, 1]], "int64")],
        ),
        row(ADD, sequence(), start(), input_length=3),
        row(ADD, sequence(), start(), input_length=Tensor([3, 1], "int32")),
        row(ADD, sequence(), start(), input_length=Tensor([[3], [1]], "int32")),
        row(ADD, sequence(), start(), input_length=array([2, 1])),
        row(
            Code("lambda x, s: (x + s[0], [x + s[0]])"),
            *(Tensor(WAVES[..., :1]), [Tensor([[0.0], [1.0]])]),
            input_length=Tensor([[3], [1]], "int32"),
        ),
        row(
            Code("lambda x, s: (x + s[0], [x + s[0]])"),
            *(Tensor(WAVES[..., :1]), [Tensor([[0.0], [1.0]])], True),
            input_length=Tensor([[3], [1]], "int32"),
            zero_output_for_mask=True,
        ),
        row(ADD, Symbolic((None, 3, 2)), [Symbolic((None, 2))]),
        row(ADD, Tensor(WAVES[..., 0]), start()),
        row(ADD, Tensor(WAVES[:, :0]), start()),
        row(ADD, Tensor(WAVES[:, :0]), start(), unroll=True),
        row(ADD, sequence(static=(None, None, 2)), start(), unroll=True),
        row(ADD, sequence(), Tensor(START)),
        row(ADD, sequence(), None),
        row(ADD, sequence(), []),
        row(Code("lambda x, s: (x, [s[0], s[0]])"), sequence(), start()),
        row(Code("lambda x, s: (x, [K.flatten(s[0])])"), sequence(), start()),
        row(Code("lambda x, s: (x, [K.flatten(s[0])])"), sequence(), start(), unroll=True),
        row(Code("lambda x, s: (x, [K.cast(s[0], 'float64')])"), sequence(), start()),
        row(Code("lambda x, s: (None, s)"), sequence(), start()),
        row(Code("lambda x, s: None"), sequence(), start()),
        row(COUNT, sequence(), [Tensor(START), Tensor(0.0)], mask=mask()),
        row(PAIR, [sequence(), Tensor(WAVES[:, :2])], start()),
        row(PAIR, [Tensor(WAVES[:, :2]), sequence()], start()),
        row(ADD, sequence(), start(), mask=mask(np.array(MASK)[:, :2])),
        row(TWO, sequence(), start(), mask=mask(), unroll=True),
        part("K.rnn(f, x, [s])[1]", f=TIMES, x=sequence(), s=Tensor(START)),
        part("K.rnn(f, x, [s], mask=m)[1]", f=TIMES, x=sequence(), s=Tensor(START), m=mask()),
        part("K.rnn(f, x, [s], mask=m)[0]", f=TIMES, x=sequence(), s=Tensor(START), m=mask(EARLY)),
        part(
            "K.rnn(f, x, [s], True, m, zero_output_for_mask=True)[1]",
            f=TIMES,
            x=sequence(),
            s=Tensor(START),
            m=mask(),
        ),
        part("K.rnn(f, x, [s], unroll=True)[2][0]", f=TIMES, x=sequence(), s=Tensor(START)),
        part(
            f"K.rnn({WEIGHED}, x, [v], constants=[c])[2][0]",
            x=sequence(),
            w=Var([2.0, 0.5]),
            v=Var(START),
            c=Tensor([0.5, 2.0]),
        ),
        part(
            f"K.rnn({CLOSED}, x, [s], return_all_outputs=False)[1]",
            x=sequence(static=(None, None, 2)),
            s=Tensor(START),
            c=Tensor([0.5, 2.0]),
        ),
    ],
}

# States that change their dtype or get a batch dimension; inputs that are not read to their end.
REFUSED = {"rnn-68 eager", "rnn-71 eager", "rnn-73 graph"}
# tf.keras zeroes by the mask in the order of the inputs, ignores lengths that are no tensors, and
# takes lengths of shape (batch,) for those of features.
ANSWERED = {"rnn-17", "rnn-54", "rnn-75"}
# The step fails by itself.
UNEXPLAINED = {engine: {"rnn-64"} for engine in ("jax", "torch", "tensorflow", "numpy")}
