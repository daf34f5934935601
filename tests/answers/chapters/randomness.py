"""Random tensors: their shapes and dtypes; tests/backend/test_random.py looks at their values."""

from answers.table import Call, Code, Row, Tensor, row

UNKNOWN = Tensor([[1.0, 2.0], [3.0, 4.0]], static=(None, 2))
FLOAT64 = (Call("set_floatx", ("float64",)),)


def drawn(**settings: float) -> list[Row]:
    """A distribution's shapes, dtypes, seeds and settings."""
    return [
        row((2, 3)),
        row([2, 3]),
        row(()),
        row((0, 3)),
        row((2,), dtype="float16"),
        row((2,), dtype="float64"),
        row((2,), **settings),
        row((2,), **dict(list(settings.items())[:1]), seed=7),
        row((2,), before=FLOAT64),
        row(Code("K.shape(x)", x=UNKNOWN)),
        row(Code("(K.shape(x)[0], 3)", x=UNKNOWN)),
        row(Tensor([2, 3], "int32")),
        row((-1,)),
        row(None),
        row("shape"),
    ]


def variables(*settings: float) -> list[Row]:
    return [
        row((2, 3), *settings),
        row([2], *settings, "float64"),
        row((2,), *settings, dtype="float16", name="drawn"),
        row((), *settings, seed=7),
        row((0, 3), *settings),
        row((2,), *settings, before=FLOAT64),
        row((-1,), *settings),
        row(None, *settings),
        row((2,), "low", 1.0),
    ]


TABLE: dict[str, list[Row]] = {
    "random_normal": drawn(mean=3.0, stddev=0.5),
    "random_uniform": [*drawn(minval=-1.0, maxval=2.0), row((3,), 0, 5, "int32")],
    "truncated_normal": drawn(mean=3.0, stddev=0.5),
    "random_bernoulli": drawn(p=0.5),
    "random_binomial": drawn(p=0.5),
    "random_normal_variable": variables(0.0, 1.0),
}

RANDOM = {*TABLE}
