"""Losses of classifiers."""

from answers.table import INF, NAN, Call, Code, Row, Tensor, Var, array, row

ONES = [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
SOFT = [[0.5, 0.25, 0.25], [0.125, 0.75, 0.125]]
PREDICTED = [[0.25, 0.5, 0.25], [0.0, 0.125, 0.875]]
UNNORMED = [[2.0, 1.0, 1.0], [0.5, 0.25, 3.25]]
LOGITS = [[2.0, -1.0, 0.5], [-30.0, 0.0, 40.0]]
FAR = [[1000.0, 0.0, -1000.0], [0.0, 200.0, 0.0]]
DEEP = [[[0.5, 0.5], [0.25, 0.75]], [[0.1, 0.9], [0.875, 0.125]], [[0.3, 0.7], [0.6, 0.4]]]
# One-hot along each of its axes but the first: tf.keras's gradients are wrong for other targets.
DEEP_ONES = [[[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]]]
NUMBERS = [[0, 1], [1, 1], [0, 0]]

HALF = Tensor(PREDICTED, "float16")
OPEN = Tensor(PREDICTED, static=(None, 3))
VARIABLE = Var(PREDICTED)


def of(text: str, value: list, **options: object) -> Code:
    """An expression of the logits x."""
    return Code(text, x=Tensor(value, **options))


ALIKE = [
    row(Tensor(ONES), Tensor(PREDICTED)),
    row(Tensor(SOFT), Tensor(PREDICTED)),
    row(Tensor(ONES, static=(None, 3)), OPEN),
    row(Tensor(ONES), Tensor(PREDICTED, static=(None, None))),
    row(Tensor(ONES), VARIABLE),
    row(Tensor(ONES, "float16"), HALF),
    row(Tensor(ONES, "float64"), Tensor(PREDICTED, "float64")),
    row(ONES, PREDICTED),
    row(array(ONES, "float32"), Tensor(PREDICTED)),
    row(Tensor(DEEP_ONES), Tensor(DEEP)),
    row(Tensor(ONES), Tensor(PREDICTED), before=(Call("set_epsilon", (0.01,)),)),
    row(Tensor(ONES), Tensor([[NAN, 0.5, 0.5], [0.25, 0.25, 0.5]])),
    row(Tensor(ONES, "int32"), Tensor(PREDICTED)),
    row(None, Tensor(PREDICTED)),
    row(Tensor(ONES), None),
]

WITH_LOGITS = [
    row(Tensor(ONES), Tensor(LOGITS), from_logits=True),
    row(Tensor(ONES, static=(None, 3)), Tensor(LOGITS, static=(None, 3)), from_logits=True),
    row(Tensor(SOFT, "float64"), Tensor(LOGITS, "float64"), from_logits=True),
    row(Tensor(ONES), Var(LOGITS), from_logits=True),
    row(Tensor(ONES, "float16"), Tensor(LOGITS, "float16"), from_logits=True),
]

WRONG_SHAPES = [
    row(Tensor(ONES), Tensor(PREDICTED[:1])),
    row(Tensor(ONES[0]), Tensor(PREDICTED)),
    row(Tensor(ONES), Tensor([[0.5, 0.5], [0.5, 0.5]])),
]

BINARY = [
    *ALIKE,
    *WITH_LOGITS,
    row(Tensor(ONES), Tensor([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]), from_logits=True),
    row(1.0, Tensor(PREDICTED)),
    row(Tensor(ONES), Tensor(PREDICTED[:1])),
    row(Tensor(ONES), Tensor(LOGITS[:1]), from_logits=True),
    row(Tensor(ONES), of("K.sigmoid(x)", FAR)),
    row(Tensor(ONES, static=(None, 3)), of("K.sigmoid(x)", FAR, static=(None, 3))),
    row(Tensor(ONES), of("K.sigmoid(x)", FAR), True),
    row(Tensor(ONES), of("K.abs(K.sigmoid(x))", FAR), before=(Call("set_epsilon", (0.01,)),)),
    row(Tensor(ONES), of("K.softmax(x)", FAR)),
]

FOCAL = [
    *ALIKE,
    *WITH_LOGITS,
    row(Tensor(ONES), Tensor(PREDICTED), gamma=0.5),
    row(Tensor(ONES), Tensor(PREDICTED, static=(None, 3)), gamma=0.0, alpha=0.75),
    row(Tensor(ONES), Tensor(PREDICTED), alpha=1.0, gamma=3),
]

BINARY_FOCAL = [
    *FOCAL,
    row(Tensor(ONES), Tensor(PREDICTED), True),
    row(Tensor(SOFT), Tensor(PREDICTED), True, 0.75, 1.0, False),
    row(Tensor(ONES), Tensor(LOGITS), apply_class_balancing=True, alpha=0.1, from_logits=True),
    row(Tensor(ONES), of("K.sigmoid(x)", FAR)),
    row(1.0, Tensor(PREDICTED)),
    row(Tensor(ONES), Tensor([[0.5, 0.5], [0.5, 0.5]])),
]

CATEGORICAL = [
    *ALIKE,
    *WITH_LOGITS,
    *WRONG_SHAPES,
    row(Tensor(ONES), Tensor(UNNORMED)),
    row(Tensor(ONES), Tensor([[0.0, 0.0, 0.0], [0.0, 0.0, 1.0]])),
    row(Tensor(DEEP_ONES), Tensor(DEEP), axis=1),
    row(Tensor(DEEP_ONES), Tensor(DEEP), False, 0),
    row(Tensor(DEEP_ONES), Tensor(DEEP, static=(None, 2, 2)), axis=-2),
    row(Tensor(DEEP_ONES), Tensor(DEEP), from_logits=True, axis=1),
    row(Tensor(ONES), Tensor(PREDICTED), axis=2),
    row(Tensor(ONES), Tensor(PREDICTED), from_logits=True, axis=-3),
]

REMEMBERING = [
    row(Tensor(ONES), of("K.softmax(x)", FAR)),
    row(Tensor(ONES, static=(None, 3)), of("K.softmax(x)", FAR, static=(None, 3))),
    row(Tensor(ONES, "float64"), of("K.softmax(x)", FAR, dtype="float64")),
    row(Tensor(ONES), of("K.softmax(x)", FAR), from_logits=True),
    row(Tensor(ONES), of("K.abs(K.softmax(x))", FAR)),
    row(Tensor(ONES), of("K.softmax(x) * 1.0", FAR)),
    row(Tensor(ONES), of("K.sigmoid(x)", LOGITS)),
    row(Tensor(DEEP_ONES), of("K.softmax(x, axis=1)", DEEP_ONES), axis=1),
    row(Tensor(DEEP_ONES), of("K.softmax(x, axis=1)", DEEP_ONES), axis=-1),
]

CATEGORICAL_FOCAL = [
    *FOCAL,
    *WRONG_SHAPES,
    row(Tensor(ONES), Tensor(UNNORMED), 0.5, 1.0, False, 1),
    row(Tensor(ONES), Tensor(PREDICTED), alpha=[0.1, 0.2, 0.7]),
    row(Tensor(DEEP_ONES), Tensor(DEEP), axis=1),
    row(Tensor(DEEP_ONES), Tensor(DEEP, static=(None, 2, 2)), from_logits=True, axis=-2),
    row(Tensor(ONES), of("K.softmax(x)", FAR)),
    row(Tensor(ONES), Tensor(PREDICTED), axis=2),
]

SPARSE = [
    row(Tensor([0, 2], "int32"), Tensor(PREDICTED)),
    row(Tensor([0, 2], "int64"), Tensor(PREDICTED)),
    row(Tensor([0, 2], "int32", static=(None,)), OPEN),
    row(Tensor([[0], [2]], "int32", static=(None, 1)), OPEN),
    row(Tensor([0.0, 2.9]), Tensor(PREDICTED)),
    row(Tensor([1, 0], "uint8"), VARIABLE),
    row(Tensor([0, 2], "int32"), HALF),
    row(Tensor([0, 2], "int32"), Tensor(PREDICTED, "float64")),
    row([0, 2], PREDICTED),
    row(array([0, 2]), Tensor(UNNORMED)),
    row(0, Tensor([0.5, 0.5])),
    row(Tensor(NUMBERS, "int32"), Tensor(DEEP)),
    row(Tensor(NUMBERS, "int32", static=(None, None)), Tensor(DEEP, static=(None, None, 2))),
    row(Tensor(NUMBERS, "int32"), Tensor(DEEP), axis=1),
    row(Tensor([[0, 1], [2, 2]], "int32"), Tensor(DEEP), False, 0),
    row(Tensor(NUMBERS, "int32"), Tensor(DEEP, static=(None, 2, 2)), axis=-2),
    row(Tensor(NUMBERS, "int32"), Tensor(DEEP), from_logits=True, axis=1),
    row(Tensor([0, 2], "int32"), Tensor(LOGITS), from_logits=True),
    row(Tensor([1, 0], "int32"), Tensor(LOGITS, "float64"), True),
    row(Tensor([0, 2], "int32"), Tensor(PREDICTED), before=(Call("set_epsilon", (0.01,)),)),
    row(Tensor([0, -1], "int32"), Tensor(PREDICTED), ignore_class=-1),
    row(Tensor([0, 255], "uint8", static=(None,)), OPEN, ignore_class=255),
    row(Tensor([0, 1], "int32"), Tensor([[0.5, 0.5], [NAN, 0.5]]), ignore_class=1),
    row(Tensor([[0], [2]], "int32"), Tensor(PREDICTED), ignore_class=0),
    row(Tensor([[0, 1], [1, 9], [0, 0]], "int32"), Tensor(DEEP), ignore_class=9),
    row(Tensor([[0, 1], [1, 9], [9, 0]], "int32"), Tensor(DEEP), True, 1, 9),
    row(Tensor([1, 2], "int32"), of("K.softmax(x)", FAR)),
    row(Tensor([1, 2], "int32", static=(None,)), of("K.softmax(x)", FAR, static=(None, 3))),
    row(Tensor([1, -1], "int32"), of("K.softmax(x)", FAR), ignore_class=-1),
    row(Tensor([1, 2], "int32"), of("K.softmax(x)", FAR), from_logits=True),
    row(Tensor([1, 2], "int32"), of("K.abs(K.softmax(x))", FAR)),
    row(Tensor(NUMBERS, "int32"), of("K.softmax(x, axis=1)", DEEP_ONES), axis=1),
    row(Tensor([0, 3], "int32"), Tensor(PREDICTED)),
    row(Tensor([0, -1], "int32"), Tensor(PREDICTED)),
    row(Tensor([0], "int32"), Tensor(PREDICTED)),
    row(Tensor([0, 1, 2], "int32"), Tensor(PREDICTED)),
    row(Tensor([0, 2], "int32"), Tensor(PREDICTED), axis=2),
    row(None, Tensor(PREDICTED)),
]

SCORES = [[0.1, 0.7, 0.2], [0.5, 0.5, 0.0], [0.3, 0.3, 0.4]]

TOP = [
    *(row(Tensor(SCORES), Tensor([0, 1, 2], "int32"), k) for k in (-1, 0, 1, 2, 3, 9)),
    row(Tensor(SCORES), Tensor([2, 2, 0], "int32"), k=2),
    row(Tensor(SCORES, static=(None, 3)), Tensor([2, 2, 0], "int64", static=(None,)), k=1),
    row(Tensor(SCORES, static=(None, None)), Tensor([2, 2, 0], "int32"), 2),
    row(Tensor([[NAN, 1.0], [INF, 0.0], [-INF, 1.0]]), Tensor([1, 1, 1], "int32"), 1),
    row(Tensor(SCORES), Tensor([3, -1, 2], "int32"), 1),
    row(Var(SCORES), array([1, 0, 0], "int32"), 1),
    row(array(SCORES, "float32"), [1, 0, 0], 1),
    row(Tensor(SCORES, "float64"), Tensor([1, 0, 0], "int32"), 1),
    row(Tensor(SCORES), Tensor([1.0, 0.0, 0.0]), 1),
    row(Tensor(SCORES), Tensor([1, 0], "int32"), 1),
    row(Tensor(SCORES[0]), Tensor([1], "int32"), 1),
    row(Tensor(SCORES), Tensor([1, 0, 0], "int32"), 1.5),
    row(Tensor(SCORES), None, 1),
]

TABLE: dict[str, list[Row]] = {
    "binary_crossentropy": BINARY,
    "binary_focal_crossentropy": BINARY_FOCAL,
    "categorical_crossentropy": CATEGORICAL + REMEMBERING,
    "categorical_focal_crossentropy": CATEGORICAL_FOCAL,
    "in_top_k": TOP,
    "sparse_categorical_crossentropy": SPARSE,
}

ANSWERED = {
    *("binary_crossentropy-13", "categorical_crossentropy-13"),  # targets of integers
    *("binary_focal_crossentropy-13", "categorical_focal_crossentropy-13"),
    "binary_focal_crossentropy-8",  # lists
    # tf.keras takes what any activation made for what the loss's own made, along any axis
    *("binary_crossentropy-29", "categorical_crossentropy-38", "categorical_crossentropy-40 graph"),
    # the gradient is NaN where the power's base is 0
    *("binary_focal_crossentropy-21 graph", "binary_focal_crossentropy-22 graph"),
}
