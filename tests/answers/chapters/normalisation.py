"""Normalisation of batches, and moving averages."""

from answers.table import CUBE, PLANE, WHOLE, Row, Tensor, Var, array, row

IMAGES = [
    [[[1.0, -2.0], [0.5, 3.0]], [[2.0, 2.0], [4.0, 0.0]]],
    [[[0.0, -1.0], [4.0, 0.25]], [[-3.0, 1.0], [2.5, 1.5]]],
]
MEAN, VAR, BETA, GAMMA = [1.0, -0.5], [4.0, 0.25], [0.5, -1.0], [2.0, 3.0]
FOUR = tuple(Tensor(each) for each in (MEAN, VAR, BETA, GAMMA))
THREE = tuple(
    Tensor(each) for each in ([1.0, 0.0, 2.0], [4.0, 0.25, 9.0], [0.5, 0.0, 1.0], PLANE[0])
)
WIDE = tuple(Tensor(each, "float64") for each in (MEAN, VAR, BETA, GAMMA))
COLUMN = tuple(Tensor([[[[a]], [[b]]]]) for a, b in (MEAN, VAR, BETA, GAMMA))

NORMALISED = [
    row(Tensor(IMAGES), *FOUR),
    row(Tensor(IMAGES, static=(None, None, None, 2)), *FOUR),
    row(Tensor(IMAGES), *FOUR, axis=3),
    row(Tensor(IMAGES), *FOUR, -1, 0.5),
    row(Tensor(IMAGES), *COLUMN, axis=1),
    row(Tensor(IMAGES, static=(None, 2, None, None)), *COLUMN, 1, 0.1),
    row(Tensor(IMAGES), *FOUR[:2], None, None),
    row(Tensor(IMAGES), *FOUR[:2], FOUR[2], None),
    row(Tensor(IMAGES), *FOUR[:2], None, FOUR[3], epsilon=0.01),
    row(Tensor(PLANE), *THREE),
    row(Tensor(PLANE, static=(None, 3)), *THREE, epsilon=0.1),
    row(Tensor(PLANE), *THREE[:2], None, None),
    row(Tensor(PLANE), *THREE[:2], THREE[2], None),
    row(Tensor(CUBE), *FOUR, axis=2),
    row(Tensor(CUBE), *FOUR, axis=0),
    row(Tensor(CUBE, static=(None, None, 2)), *FOUR[:2], None, FOUR[3]),
    row(Tensor(CUBE, "float64"), *WIDE),
    row(Tensor(IMAGES, "float16"), *FOUR),
    row(Var(PLANE), *(Var(each.value) for each in THREE)),
    row(array(PLANE, "float32"), *(array(each.value, "float32") for each in THREE)),
    row(Tensor(PLANE), Tensor(2.0), Tensor(4.0), None, None),
    row(Tensor(PLANE), *FOUR),
    row(Tensor(IMAGES), *THREE),
    row(Tensor(IMAGES), *FOUR, axis=4),
    row(Tensor(PLANE), None, *THREE[1:]),
    row(None, *THREE),
    row(Tensor(WHOLE, "int32"), *THREE),
]

IN_TRAINING = [
    row(Tensor(IMAGES), *FOUR[3:1:-1], [0, 1, 2]),
    row(Tensor(IMAGES), *FOUR[3:1:-1], (0, 1, 2), 0.5),
    row(Tensor(IMAGES, static=(None, None, None, 2)), *FOUR[3:1:-1], [0, 1, 2]),
    row(Tensor(IMAGES), None, None, [0, 1, 2]),
    row(Tensor(IMAGES), FOUR[3], None, [0, 2, 3]),
    row(Tensor(IMAGES, static=(None, 2, None, None)), *FOUR[3:1:-1], [0, 2, 3], epsilon=0.1),
    row(Tensor(IMAGES), None, FOUR[2], [2, 0, 1]),
    row(Tensor(CUBE), *FOUR[3:1:-1], [0, 1]),
    row(Tensor(CUBE, static=(None, None, 2)), *FOUR[3:1:-1], [0, 1], epsilon=0.1),
    row(Tensor(CUBE), *FOUR[3:1:-1], [1, 2]),
    row(Tensor(CUBE), Tensor(IMAGES[0][0]), None, [1]),
    row(Tensor(CUBE), None, None, [0]),
    row(Tensor(PLANE), *THREE[3:1:-1], [0]),
    row(Tensor(PLANE), FOUR[3], FOUR[2], [1]),
    row(Tensor(CUBE, "float16"), None, None, [0, 1]),
    row(Tensor(CUBE, "float64"), *WIDE[3:1:-1], [0, 1]),
    row(Var(PLANE), Var([2.0, 1.0, 3.0]), None, [0]),
    row(array(PLANE, "float32"), None, None, [0]),
    row(Tensor(PLANE), None, None, [2]),
    row(Tensor(PLANE), None, None, [0, 0]),
    row(Tensor(PLANE), None, None, 0),
    row(Tensor(PLANE), FOUR[3], None, [0]),
    row(None, None, None, [0]),
]

MOVED = [
    row(Var([1.0, 2.0]), Tensor([3.0, -4.0]), 0.9),
    row(Var([1.0, 2.0]), [3.0, -4.0], 0.5),
    row(Var([1.0, 2.0]), value=8.0, momentum=0.75),
    row(Var([1.0, 2.0]), array([3.0, -4.0]), momentum=0.0),
    row(Var([1.0, 2.0]), Tensor([3.0, -4.0]), 1.0),
    row(Var([1.0, 2.0]), Tensor([3.0, -4.0]), Tensor(0.5)),
    row(Var([1.0, 2.0], "float64"), Tensor([0.3, 0.7], "float64"), 0.99),
    row(Var([1.0, 2.0], "float16"), Tensor([0.3, 0.7], "float16"), 0.9),
    row(Var([1.0, 2.0]), Tensor([3.0, -4.0], "float64"), 0.5),
    row(Var(2.0), Var(4.0), 0.5),
    row(Var([1.0, 2.0]), Tensor([1.0, 2.0, 3.0]), 0.5),
    row(Tensor([1.0]), Tensor([2.0]), 0.5),
    row(Var([1.0, 2.0]), None, 0.5),
]

TABLE: dict[str, list[Row]] = {
    "batch_normalization": NORMALISED,
    "moving_average_update": MOVED,
    "normalize_batch_in_training": IN_TRAINING,
}

WRITES = {"moving_average_update"}

REFUSED = {"batch_normalization-24"}  # an axis that is not there
ANSWERED = {
    # tf.keras has no gradients by the mean and the variance of four dimensions
    *(f"batch_normalization-{i} graph" for i in (1, 2, 3, 4, 7, 8, 9)),
    "batch_normalization-15",  # it takes the last axis, whatever was said
    "batch_normalization-27",  # it computes with integers
    "moving_average_update-7",  # it rounds the momentum to float32
}
