"""Questions about sparse tensors."""

from answers.table import PLANE, Call, Row, Tensor, Var, array, row

SPARSE = Call(
    "ctc_label_dense_to_sparse",
    (Tensor(PLANE), Tensor([2, 1], "int32")),
)
WHOLE = Call(
    "ctc_label_dense_to_sparse",
    (Tensor([[7, 8], [9, 1]], "int64", static=(None, 2)), Tensor([1, 2], "int32")),
)
PLACEHOLDER = Call("placeholder", (), {"shape": (None, 3), "sparse": True})

COMMON = [
    row(Tensor(PLANE)),
    row(Var(PLANE)),
    row(array(PLANE)),
    row(None),
    row(2.5),
    row(SPARSE),
    row(WHOLE),
    row(tensor=SPARSE),
]

TABLE: dict[str, list[Row]] = {
    "is_sparse": [*COMMON, row(PLACEHOLDER), row(Call("to_dense", (PLACEHOLDER,)))],
    "to_dense": COMMON,
}

_NEEDS_SPARSE = {
    *(f"{name}-{i}" for name in TABLE for i in (6, 7, 8)),
    *("is_sparse-9", "is_sparse-10"),
}
ENGINE = {"numpy": _NEEDS_SPARSE, "torch": _NEEDS_SPARSE}
