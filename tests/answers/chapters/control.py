"""Branches, and what depends on the learning phase."""

from answers.table import CUBE, PLANE, STEP, WHOLE, Call, Code, Row, Tensor, Var, array, row

YES, NO = Tensor(True, "bool"), Tensor(False, "bool")
A, B = Tensor(PLANE), Tensor(STEP)
MIXED = Tensor([[True, False, True], [False, False, True]], "bool")


def thunk(x: object) -> Code:
    return Code("lambda: x", x=x)


def after(phase: int) -> tuple[Call, ...]:
    return (Call("set_learning_phase", (phase,)),)


PHASES: list[Row] = [
    row(A, B, before=after(1)),
    row(A, B, before=after(0)),
    row(A, B, training=1),
    row(A, B, training=0),
    row(A, B, True),
    row(A, B, False),
    row(thunk(A), thunk(B), training=1),
    row(thunk(A), B, training=0),
    row(A, Code("lambda: x * y", x=A, y=B), training=0),
    row(Var(PLANE), B, training=1),
    row(Tensor(WHOLE, "int32"), Tensor(WHOLE, "int32"), 1),
    row(2.5, 1.5, training=1),
    row(A, B, training=YES),
    row(A, B, training=NO),
    row(A),
]

TABLE: dict[str, list[Row]] = {
    "switch": [
        row(YES, A, B),
        row(NO, A, B),
        row(YES, thunk(A), thunk(B)),
        row(NO, thunk(A), thunk(B)),
        row(condition=YES, then_expression=thunk(A), else_expression=thunk(B)),
        row(NO, Code("lambda: a * v", a=A, v=Var(2.0)), Code("lambda: a + v", a=A, v=Var(2.0))),
        row(MIXED, A, B),
        row(MIXED, thunk(A), thunk(B)),
        row(Tensor([True, False], "bool"), A, B),
        row(Tensor([[True], [False]], "bool"), A, B),
        row(Tensor([True, False], "bool"), Tensor(CUBE), Tensor(CUBE)),
        row(Tensor([True, False], "bool", static=(None,)), Tensor(PLANE, static=(None, 3)), B),
        row(Tensor([1.0, 0.0]), A, B),
        row(Tensor(1.0), A, B),
        row(Tensor(2, "int32"), A, B),
        row(YES, Tensor(WHOLE, "int32"), Tensor(WHOLE, "int32")),
        row(Code("K.sum(x) > 1", x=A), A, B),
        row(Code("K.sum(x) > 100", x=A), thunk(A), B),
        row(Var(True, "bool"), A, B),
        row(YES, 1.5, 2.5),
        row(Tensor(CUBE), A, B),
        row(Tensor([[[True]]], "bool"), A, B),
        row(MIXED, A, Tensor([1.0])),
        row(None, A, B),
    ],
    "in_train_phase": PHASES,
    "in_test_phase": PHASES,
    "print_tensor": [
        row(A),
        row(A, message="it is"),
        row(A, summarize=1),
        row(Tensor(WHOLE, "int32"), "it is", -1),
        row(Tensor(PLANE, static=(None, 3))),
        row(Var(PLANE)),
        row(Tensor(True, "bool")),
        row(array(PLANE)),
        row(None),
    ],
}

REFUSED = {"print_tensor-9"}  # nothing to print
