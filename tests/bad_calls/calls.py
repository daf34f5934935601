"""Bad calls of K: one good call of each function, with one argument replaced by a bad value."""

import inspect
from collections.abc import Iterable
from itertools import cycle, islice
from typing import Any, NamedTuple

from answers.plays import CASES, answer
from answers.table import PLANE, Call, Case, Code, Tensor, Var
from bad_calls.values import BAD

from kompat.catalogue import CATALOGUE

FED = Code("K.placeholder(shape=(2,))")
SQUARED = Call("square", (FED,))

# Callbacks compute with K: what the engine's operators raise in them is the caller's own error.
OWN = [
    Case("foldl", (Code("lambda a, x: K.maximum(a, K.square(x))"), Tensor(PLANE))),
    Case("foldr", (Code("lambda a, x: K.maximum(a, K.square(x))"), Tensor(PLANE))),
    Case("function", ([FED], [SQUARED], [(Var([1.0, 2.0]), SQUARED)], "a_function")),
    Case("get_session"),
    Case("gradients", (Call("sum", (SQUARED,)), [FED])),
    Case("learning_phase_scope", (1,)),
    Case("manual_variable_initialization", (False,)),
    Case("map_fn", (Code("lambda x: K.square(x)"), Tensor(PLANE))),
    Case("name_scope", ("a_scope",)),
    Case("placeholder", ((2, 3),)),
    Case(
        "rnn",
        (
            Code("lambda x, states: (K.square(x), [K.sum(K.stack([x, *states]), axis=0)])"),
            Tensor([PLANE, PLANE]),
            [Tensor([[0.0] * 3] * 2)],
        ),
    ),
    Case("set_epsilon", (1e-7,)),
    Case("set_floatx", ("float32",)),
    Case("set_image_data_format", ("channels_last",)),
    Case("set_learning_phase", (0,)),
    Case("set_session", (Call("get_session"),)),
]


def bases() -> dict[str, Case]:
    """A good call of each function that has parameters: its own, or the first that is answered."""
    found = {case.function: case for case in OWN}
    for case in CASES:
        is_good = answer(case, "eager")["kind"] != "error" and "Symbolic(" not in case.call
        if is_good and not case.before:
            found.setdefault(case.function, case)
    return {name: found[name] for name, row in sorted(CATALOGUE.items()) if row.parameters}


class BadCall(NamedTuple):
    """A function, and one of its parameters that gets a bad value."""

    function: str
    parameter: str
    value: str

    def case(self, K: Any, base: Case) -> Case:
        """The good call, with the bad value in its place; all arguments by name."""
        given = inspect.signature(getattr(K, self.function)).bind_partial(*base.args, **base.kwargs)
        bad = Code("make(K)", make=BAD[self.value])
        return Case(self.function, kwargs={**given.arguments, self.parameter: bad})

    def __str__(self) -> str:
        return f"K.{self.function} with {self.value} for {self.parameter}"


def parameters(function: str) -> list[str]:
    """What the caller of a function names."""
    signature = inspect.signature(eval(f"lambda {CATALOGUE[function].parameters}: 0"))
    return [p.name for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]


def all_of(function: str) -> list[BadCall]:
    """Every parameter of a function with every bad value."""
    return [BadCall(function, name, value) for name in parameters(function) for value in BAD]


def sample(functions: Iterable[str], count: int) -> list[BadCall]:
    """`count` bad values for each parameter, in turn, so that each is used about as often."""
    values = cycle(BAD)
    return [
        BadCall(function, name, value)
        for function in functions
        for name in parameters(function)
        for value in islice(values, count)
    ]
