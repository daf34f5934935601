"""Connectionist temporal classification: costs and decoding."""

from typing import Any

import numpy as np
from answers.table import Row, Tensor, Var, array, row


def probabilities(batch: int, time: int, classes: int) -> np.ndarray:
    x = np.exp(2 * np.sin(np.arange(float(batch * time * classes)) ** 2))
    x = x.reshape(batch, time, classes)
    return (x / x.sum(axis=-1, keepdims=True)).round(3)


def output(dtype: str = "float32", **options: Any) -> Tensor:
    return Tensor(probabilities(2, 5, 4), dtype, **options)


def lengths(*values: float, dtype: str = "int32") -> Tensor:
    return Tensor([[value] for value in values], dtype)


def labels(value: Any = ((0, 1, 2), (1, 1, 0)), dtype: str = "int32", **options: Any) -> Tensor:
    return Tensor([list(x) for x in value], dtype, **options)


# "a a b" with a blank between the equal labels, which a beam search of tf.keras merges.
TWICE = np.full((1, 5, 3), 0.05)
TWICE[0, range(5), [0, 2, 0, 2, 1]] = 0.9
FIVE_FOUR = Tensor([5, 4], "int32")

TABLE: dict[str, list[Row]] = {
    "ctc_batch_cost": [
        row(labels(), output(), lengths(5, 4), lengths(3, 2)),
        row(
            labels(dtype="float32", static=(None, None)),
            output(static=(None, None, 4)),
            lengths(5, 4, dtype="float32"),
            lengths(3, 2, dtype="int64"),
        ),
        row(labels(), output(static=(2, 5, 4)), lengths(3, 5), lengths(1, 3)),
        row(labels(), output("float64"), lengths(5, 4), lengths(3, 2)),
        row(labels(), output("float16"), lengths(5, 4), lengths(3, 2)),
        row(labels([[2], [0]]), output(), lengths(1, 5), lengths(1, 1)),
        row(labels([[1, 1, 1], [2, 2, -1]]), output(), lengths(5, 3), lengths(3, 2)),
        row(labels(), Tensor(probabilities(2, 5, 4) * 3), lengths(5, 4), lengths(3, 2)),
        row(labels(), array(np.zeros((2, 5, 4)), "float32"), lengths(5, 4), lengths(3, 2)),
        row(
            labels(),
            Tensor(np.eye(4)[[[0, 3, 1, 2, 3], [1, 3, 1, 0, 0]]]),
            lengths(5, 5),
            lengths(3, 3),
        ),
        row(
            array([[0, 1, 2], [1, 1, 0]]),
            array(probabilities(2, 5, 4), "float32"),
            array([[5], [4]]),
            array([[3], [2]]),
        ),
        row(labels(), Var(probabilities(2, 5, 4)), lengths(5, 4), lengths(3, 2)),
        row(
            y_true=labels(), y_pred=output(), input_length=lengths(5, 4), label_length=lengths(4, 2)
        ),
        row(labels(), output(), lengths(2, 4), lengths(3, 2)),
        row(labels(), output(), lengths(5, 4), lengths(0, 2)),
        row(labels(), output(), lengths(6, 4), lengths(3, 2)),
        row(labels([[0, 3, 2], [1, 1, 0]]), output(), lengths(5, 4), lengths(3, 2)),
        row(labels(), output(), Tensor([5, 4], "int32"), lengths(3, 2)),
        row(labels(), output(), lengths(5, 4), Tensor([3, 2], "int32")),
        row(labels(), Tensor(probabilities(1, 5, 4)[0]), lengths(5, 4), lengths(3, 2)),
        row(Tensor([0, 1], "int32"), output(), lengths(5, 4), lengths(3, 2)),
        row(labels(), Tensor(probabilities(3, 5, 4)), lengths(5, 4), lengths(3, 2)),
        row(labels(), None, lengths(5, 4), lengths(3, 2)),
    ],
    "ctc_decode": [
        row(output(), FIVE_FOUR),
        row(output(static=(None, None, 4)), Tensor([3.0, 5.0], static=(None,))),
        row(output(), Tensor([0, 1], "int64")),
        row(output(), FIVE_FOUR, True, 7, 3),
        row(Tensor(TWICE), Tensor([5], "int32")),
        row(Tensor(np.full((1, 3, 3), 1 / 3)), Tensor([3], "int32")),
        row(output("float64"), FIVE_FOUR),
        row(array(probabilities(2, 5, 4), "float32"), array([5, 4])),
        row(Var(probabilities(2, 5, 4)), FIVE_FOUR),
        row(output(), FIVE_FOUR, greedy=False),
        row(output(static=(None, 5, None)), FIVE_FOUR, greedy=False, top_paths=3),
        row(output(), FIVE_FOUR, greedy=False, beam_width=1),
        row(output(), FIVE_FOUR, greedy=False, beam_width=2, top_paths=2),
        row(output(), FIVE_FOUR, greedy=False, beam_width=4, top_paths=4),
        row(output(), Tensor([0, 2], "int32"), False),
        row(output("float64"), Tensor([3, 5], "int32"), False, 100, 2),
        row(Tensor(TWICE), Tensor([5], "int32"), greedy=False, top_paths=3),
        row(
            Tensor(probabilities(3, 8, 5)),
            Tensor([8, 7, 6], "int32"),
            greedy=False,
            beam_width=10,
            top_paths=5,
        ),
        row(Tensor(probabilities(2, 1, 4)), Tensor([1, 1], "int32"), greedy=False, top_paths=4),
        row(Tensor(probabilities(2, 1, 4)), Tensor([1, 1], "int32"), greedy=False, top_paths=5),
        row(output("float16"), FIVE_FOUR),
        row(output(), Tensor([6, 4], "int32")),
        row(output(), FIVE_FOUR, greedy=False, beam_width=2, top_paths=3),
        row(output(), FIVE_FOUR, greedy=False, top_paths=0),
        row(output(), FIVE_FOUR, greedy=False, beam_width=0),
        row(output(), lengths(5, 4)),
        row(output(), Tensor([5], "int32")),
        row(Tensor(probabilities(1, 5, 4)[0]), FIVE_FOUR),
        row(None, FIVE_FOUR),
    ],
    "ctc_label_dense_to_sparse": [
        row(labels(), Tensor([2, 3], "int32")),
        row(labels(dtype="float32", static=(None, None)), Tensor([3, 0], "int32")),
        row(labels(dtype="int64"), Tensor([1, 1], "int32", static=(None,))),
        row(labels(), lengths(2, 1)),
        row(labels(), Tensor([4, 1], "int32")),
        row(labels(), Tensor([0, 0], "int32")),
        row(Var([[1.5, 2.0], [0.0, 3.0]]), Tensor([2, 1], "int32")),
        row(array([[1, 2], [3, 4]], "int32"), array([1, 2], "int32")),
        row(labels=labels(), label_lengths=Tensor([1, 2], "int32")),
        row(labels(), Tensor([2.0, 1.0])),
        row(Tensor([1, 2], "int32"), Tensor([1, 2], "int32")),
        row(labels(), Tensor([2], "int32")),
        row(None, Tensor([2], "int32")),
    ],
}

# TensorFlow adds up in float32.
ANSWERED = {"ctc_batch_cost-4", "ctc_decode-16"}

# The graphs of tf.keras refuse floats and lengths of shape (batch, 1) themselves.
NO_SPARSE = {
    *(f"ctc_label_dense_to_sparse-{i}" for i in (1, 3, 5, 6, 8, 9)),
    *(f"ctc_label_dense_to_sparse-{i} eager" for i in (2, 4, 7)),
}
ENGINE = {"numpy": NO_SPARSE, "torch": NO_SPARSE}
