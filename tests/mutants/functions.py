"""Break each function of K, one parameter and one output at a time, and show that the tests notice.

    cd tests && KERAS_BACKEND=jax python -m mutants.functions [name ...]

A mutant is a function of K that ignores one of its optional parameters, returns another dtype,
drops the last element, or swaps its first two outputs. The recorded answers of tf.keras are played
on it, in both modes, until one of them notices. What they cannot tell, as the seed of random
numbers, `ELSEWHERE` names the tests for; `WITHOUT_EFFECT` is accepted for tf.keras's sake alone.
"""

import argparse
import functools
import inspect
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import default_settings
import keras
import numpy as np
import pytest
from backend import test_answers

import kompat
from kompat import backend as K

TESTS = Path(__file__).resolve().parents[1]
MODES = (False, True)
"""Whether the cases are played as graphs."""
OTHER_DTYPE = {"float32": "float64", "bool": "int32"}

_RANDOM = "backend/test_random.py"
_SEEDS = f"{_RANDOM}::test_seeds_name_the_numbers"
_SEEDS_OF_VARIABLES = f"{_RANDOM}::test_seeds_name_the_values_of_variables"
_ONES = f"{_RANDOM}::test_ones_come_with_their_probability"
_DISTRIBUTIONS = f"{_RANDOM}::test_draws_follow_their_distribution"
_KEPT = "test_variable.py::test_a_constraint_is_kept_and_not_applied_by_set_value"
_NAMES = "test_variable.py::test_the_name_of_a_variable"
_DROPOUT = "backend/test_activations.py::TestDropout"

ELSEWHERE = {
    "batch_dot.legacy": "backend/test_products.py",
    "dropout.noise_shape": f"{_DROPOUT}::test_elements_share_the_fate_of_their_place",
    "dropout.seed": f"{_DROPOUT}::test_a_seed_names_its_mask",
    "eye.name": _NAMES,
    "function.name": "graph/test_function.py::test_an_error_inside_a_run_says_where",
    "function.updates": "graph/test_function.py",
    "get_value.copy": "values/test_rules.py",
    "ones.name": _NAMES,
    "placeholder.dtype": "graph/test_unranked.py::test_what_it_tells_of_itself",
    "placeholder.name": "graph/test_session.py",
    "placeholder.ndim": "graph/test_unranked.py::test_a_rank_alone",
    "placeholder.ragged": "graph/test_unranked.py::test_a_ragged_one_is_refused",
    "placeholder.shape": "graph/test_function.py",
    "placeholder.sparse": "backend/test_sparse.py",
    "print_tensor.message": "graph/test_control.py::test_print_tensor_prints_each_run",
    "print_tensor.summarize": "graph/test_control.py::test_print_tensor_shows_the_ends",
    "random_bernoulli.p": _ONES,
    "random_bernoulli.seed": _SEEDS,
    "random_binomial.p": _ONES,
    "random_binomial.seed": _SEEDS,
    "random_normal.mean": _DISTRIBUTIONS,
    "random_normal.seed": _SEEDS,
    "random_normal.stddev": _DISTRIBUTIONS,
    "random_normal_variable.name": _NAMES,
    "random_normal_variable.seed": _SEEDS_OF_VARIABLES,
    "random_uniform.maxval": _DISTRIBUTIONS,
    "random_uniform.minval": _DISTRIBUTIONS,
    "random_uniform.seed": _SEEDS,
    "random_uniform_variable.name": _NAMES,
    "random_uniform_variable.seed": _SEEDS_OF_VARIABLES,
    "truncated_normal.mean": _DISTRIBUTIONS,
    "truncated_normal.seed": _SEEDS,
    "truncated_normal.stddev": _DISTRIBUTIONS,
    "variable.constraint": _KEPT,
    "variable.name": _NAMES,
    "zeros.name": _NAMES,
}

WITHOUT_EFFECT = {
    "constant.name",
    "foldl.name",
    "foldr.name",
    "get_session.op_input_list",
    "map_fn.name",
    "ones_like.name",
    "zeros_like.name",
}


class Mutant(NamedTuple):
    """A broken function of K."""

    function: str
    what: str
    broken: Callable[..., Any]
    cases: list[Any]
    """The cases that may notice."""

    @property
    def name(self) -> str:
        return f"{self.function}.{self.what}"


class Mutated:
    """K with one function replaced."""

    def __init__(self, mutant: Mutant):
        setattr(self, mutant.function, mutant.broken)

    def __getattr__(self, name: str) -> Any:
        return getattr(K, name)


def mutants(name: str) -> Iterator[Mutant]:
    """All mutants of a function."""
    function = getattr(K, name)
    cases = [case for case in test_answers.CASES if case.function == name]
    signature = inspect.signature(function)
    for parameter in signature.parameters.values():
        if parameter.default is not parameter.empty:
            given = [c for c in cases if is_given(signature, c, parameter.name)]
            yield Mutant(name, parameter.name, ignoring(function, signature, parameter.name), given)
    kinds = [kinds_of(test_answers.RECORDED[case.id]["eager"]) for case in cases]
    for rule, spoil, kind in SPOILT:
        fitting = [case for case, found in zip(cases, kinds) if kind in found]
        if fitting:
            yield Mutant(name, rule, spoiling(function, spoil), fitting)


def kinds_of(answer: dict[str, Any]) -> set[str]:
    """Whether a recorded answer is, or begins with, an array, and whether it is several."""
    items = answer.get("items", [])
    if not items:
        return {"array"} if answer["kind"] in ("array", "variable", "symbolic") else set()
    return kinds_of(items[0]) | ({"several"} if len(items) > 1 else set())


def is_given(signature: inspect.Signature, case: Any, parameter: str) -> bool:
    try:
        return parameter in signature.bind(*case.args, **case.kwargs).arguments
    except TypeError:
        return False


def ignoring(function: Callable, signature: inspect.Signature, parameter: str) -> Callable:
    @functools.wraps(function)
    def broken(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.arguments.pop(parameter, None)
        bound.apply_defaults()
        return function(*bound.args, **bound.kwargs)

    return broken


def spoiling(function: Callable, spoil: Callable[[Any], Any]) -> Callable:
    @functools.wraps(function)
    def broken(*args: Any, **kwargs: Any) -> Any:
        return spoil(function(*args, **kwargs))

    return broken


def is_tensor(x: Any) -> bool:
    known = (keras.KerasTensor, keras.Variable, np.ndarray)
    return isinstance(x, known) or keras.ops.is_tensor(x)


def of_first(spoil: Callable[[Any], Any], result: Any) -> Any:
    """The first tensor of a result, or all of it, spoilt."""
    if is_tensor(result):
        return spoil(result)
    if type(result) in (list, tuple) and result:
        return type(result)([of_first(spoil, result[0]), *result[1:]])
    return result


def other_dtype(result: Any) -> Any:
    def cast(x: Any) -> Any:
        dtype = OTHER_DTYPE.get(K.dtype(x), "float32")
        return x.astype(dtype) if isinstance(x, np.ndarray) else K.cast(x, dtype)

    return of_first(cast, result)


def shortened(result: Any) -> Any:
    return of_first(lambda x: x[..., :-1] if len(x.shape) else x + 1, result)


def swapped(result: Any) -> Any:
    if type(result) in (list, tuple) and len(result) > 1:
        return type(result)([result[1], result[0], *result[2:]])
    return result


SPOILT = (
    ("returned dtype", other_dtype, "array"),
    ("last element", shortened, "array"),
    ("order", swapped, "several"),
)


def verdict(mutant: Mutant) -> str:
    """Killed if a test goes red, broken if that test is red without the mutant too."""
    if mutant.name in ELSEWHERE:
        test = ELSEWHERE[mutant.name]
        with pytest.MonkeyPatch.context() as patch:
            for module in (K, kompat):
                if hasattr(module, mutant.function):
                    patch.setattr(module, mutant.function, mutant.broken)
            noticed = outcome(test) == pytest.ExitCode.TESTS_FAILED
        if outcome(test) != pytest.ExitCode.OK:
            return "broken"
    else:
        noticed = any(is_red(case, graph, mutant) for case in mutant.cases for graph in MODES)
    return "killed" if noticed else "SURVIVED"


def outcome(test: str) -> int:
    return pytest.main(["-qq", "-x", "--no-summary", str(TESTS / test)])


def is_red(case: Any, graph: bool, mutant: Mutant) -> bool:
    try:
        test_answers.check(case, graph, Mutated(mutant), K.backend())
    except (Exception, pytest.fail.Exception):
        return True
    finally:
        default_settings.restore(K)
    return False


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m mutants.functions",
        description="Show that the tests notice each broken function of K.",
    )
    parser.add_argument("names", nargs="*", metavar="name", help="functions; all by default")
    names = parser.parse_args().names or [name for name in K.__all__ if callable(getattr(K, name))]
    warnings.simplefilter("ignore")
    killed, alive = 0, []
    for name in names:
        made = [mutant for mutant in mutants(name) if mutant.name not in WITHOUT_EFFECT]
        verdicts = {mutant.name: verdict(mutant) for mutant in made}
        killed += list(verdicts.values()).count("killed")
        alive += [f"{word} {name}" for name, word in verdicts.items() if word != "killed"]
        print(f"{name:32}{', '.join(m.what for m in made)}", flush=True)
    for line in alive:
        print(line)
    print(f"\n{killed} passed, {len(alive)} failed")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
