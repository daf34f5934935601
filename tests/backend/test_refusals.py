"""What a failed call of K raises: whose error it is, what it says, and what it keeps alive."""

import gc
import inspect
import weakref
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from bad_calls.values import cyclic, deep

from kompat.backend.expectations import expected
from kompat.backend.refusals import guarded
from kompat.catalogue import CATALOGUE
from kompat.descriptions import described
from kompat.errors import (
    ArgumentError,
    MissingAttributeError,
    ShapeMismatchError,
    UnavailableValueError,
)

ROWS = np.float32([[1.0, 2.0], [3.0, 4.0]])


class MineError(Exception):
    """An error of the caller's own."""


def fail(*_):
    raise MineError


def generated():
    yield 1.0
    raise MineError


CALLBACKS = {
    "map_fn": lambda K: K.map_fn(fail, ROWS),
    "foldl": lambda K: K.foldl(fail, ROWS),
    "foldr": lambda K: K.foldr(fail, ROWS),
    "rnn": lambda K: K.rnn(fail, K.constant([ROWS]), [K.constant([[0.0, 0.0]])]),
    "switch": lambda K: K.switch(True, fail, fail),
    "in_train_phase": lambda K: K.in_train_phase(fail, fail),
    "in_test_phase": lambda K: K.in_test_phase(fail, fail),
    "generator": lambda K: K.batch_get_value(generated()),
}


@pytest.mark.parametrize("name", CALLBACKS)
def test_what_the_callers_own_code_raises_is_as_it_was(K, name):
    with pytest.raises(MineError) as caught:
        CALLBACKS[name](K)
    assert type(caught.value) is MineError
    assert caught.value.args == ()


@pytest.mark.parametrize("kind", [TypeError, ValueError, AttributeError, KeyError, MemoryError])
def test_errors_of_a_callback_keep_their_words(K, kind):
    def step(x):
        raise kind("mine")

    with pytest.raises(kind) as caught:
        K.map_fn(step, ROWS)
    assert (type(caught.value), caught.value.args) == (kind, ("mine",))


def test_an_interrupt_passes(K):
    def step(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        K.map_fn(step, ROWS)


def test_k_in_a_callback_names_itself_alone(K):
    with pytest.raises(ArgumentError, match=r"^K\.concatenate\(tensors=3\)"):
        K.map_fn(lambda x: K.concatenate(3), ROWS)


def installed(source, **names):
    """What `source` defines, as if a package that is installed had it."""
    namespace = {"__name__": "keras.inner", "__file__": keras.__file__, **names}
    exec(source, namespace)
    return namespace


FUNCTION = "def call(*_):\n    raise KeyError('mine')\n"
FAILING = {
    "a function": FUNCTION,
    "an object": f"{FUNCTION}call = type('Call', (), {{'__call__': call}})()\n",
}


@pytest.mark.parametrize("kind", FAILING)
def test_a_callback_of_a_package_raises_its_own_errors_too(K, kind):
    with pytest.raises(KeyError) as caught:
        K.map_fn(installed(FAILING[kind])["call"], ROWS)
    assert type(caught.value) is KeyError


def of_a_package(error):
    """A function of K's kind that calls an installed package, which raises `error`."""
    source = "def inner(error):\n    raise error\ndef call(x):\n    inner(error)\n"
    return guarded(installed(source, error=error)["call"])


PASSING = [
    MemoryError("no memory"),
    RuntimeError("RESOURCE_EXHAUSTED: out of memory"),
    UserWarning("made an error by python -W error"),
    RecursionError("of a caller's own recursion"),
]


@pytest.mark.parametrize("error", PASSING, ids=lambda error: type(error).__name__)
def test_what_is_not_about_the_arguments_passes(error):
    with pytest.raises(type(error)) as caught:
        of_a_package(error)(1)
    assert caught.value is error


INNER = [
    AttributeError("'int' object has no attribute 'aval'"),
    AssertionError(),
    IndexError("tuple index out of range"),
    KeyError("float33"),
    OverflowError("too large"),
    RuntimeError("Expected all tensors to be on the same device"),
    TypeError("add got incompatible shapes"),
    ValueError("axis out of bounds"),
    ZeroDivisionError("division by zero"),
]


@pytest.mark.parametrize("error", INNER, ids=lambda error: type(error).__name__)
def test_an_inner_error_is_said_in_words_of_k(error):
    with pytest.raises(ArgumentError) as caught:
        of_a_package(error)(object)
    assert caught.value.__cause__ is error
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, ValueError)
    assert str(caught.value).startswith("K.call(x=<class 'object'>): cannot be computed.")
    assert type(error).__name__ in str(caught.value)


def test_code_written_for_a_missing_attribute_still_catches_it(K):
    with pytest.raises(MissingAttributeError, match=r"K\.ndim\(x=3\)"):
        K.ndim(3)


@pytest.mark.parametrize("make", [cyclic, deep])
def test_a_list_that_no_array_can_be_is_named(K, make):
    with pytest.raises(ArgumentError, match="contains itself, or is nested too deeply"):
        K.abs(make())


def test_it_names_the_argument_what_was_expected_and_what_was_received(K):
    with pytest.raises(ArgumentError) as caught:
        K.concatenate(3)
    assert str(caught.value).splitlines() == [
        "K.concatenate(tensors=3): cannot be computed.",
        "  tensors: expected a list of tensors, variables or arrays, whose other axes have the "
        "same sizes; received 3.",
        "Why: TypeError: 'int' object is not iterable",
        "Fix: pass what is expected; help(K.concatenate) tells more.",
    ]


def test_where_each_argument_may_be_right_all_are_named(K):
    x, y = K.constant(ROWS), K.constant([1.0, 2.0, 3.0])
    source = "def inner():\n    raise KeyError('shapes')\ndef call(x, y):\n    inner()\n"
    with pytest.raises(ArgumentError) as caught:
        guarded(installed(source)["call"])(x, y)
    assert "x: expected" in str(caught.value)
    assert "received float32 (2, 2)" in str(caught.value)
    assert "received float32 (3,)" in str(caught.value)


def test_errors_of_kompat_keep_their_class_and_begin_with_the_call(K):
    v = K.variable(ROWS, name="rows")
    with pytest.raises(ShapeMismatchError) as caught:
        K.update(v, [1.0])
    assert str(caught.value).startswith(
        "K.update(x=float32 (2, 2), new_x=[1.0]): variable 'rows': expected a value of shape"
    )
    assert caught.value.__cause__ is None


def test_a_class_of_kompat_is_kept_wherever_it_was_raised():
    error = UnavailableValueError("the value is gone.", "it was donated.")
    with pytest.raises(UnavailableValueError) as caught:
        of_a_package(error)(1)
    assert caught.value is error
    assert str(error) == "K.call(x=1): the value is gone.\nWhy: it was donated."


def test_a_plain_error_that_kompat_raised_is_only_put_behind_the_call(K):
    with pytest.raises(ValueError, match=r"^K\.sum\(x=float32 \(2, 2\), axis=7\): exp") as caught:
        K.sum(ROWS, axis=7)
    assert type(caught.value) is ValueError


def test_the_argument_that_cannot_be_right_is_named_alone(K):
    with pytest.raises(ArgumentError) as caught:
        K.one_hot([0, 1], "text")
    assert str(caught.value).splitlines()[1:-2] == [
        "  num_classes: expected an integer, or several (the size of the new axis); "
        "received 'text'."
    ]


def test_the_name_of_the_function_is_said_once(K):
    with pytest.raises(TypeError) as caught:
        K.gradients(3.0, 4.0)
    assert str(caught.value).count("K.gradients") == 1


def test_what_python_refuses_is_as_python_says_it(K):
    with pytest.raises(TypeError, match=r"^sum\(\) got an unexpected keyword argument 'axes'$"):
        K.sum(ROWS, axes=1)


def test_an_error_keeps_nothing_alive_once_it_is_gone(K):
    class Held:
        pass

    x = Held()
    held = weakref.ref(x)
    gc.disable()
    try:
        with pytest.raises(ArgumentError):
            K.concatenate(x)
        del x
        assert held() is None
    finally:
        gc.enable()


class Unspeakable:
    """What cannot be shown."""

    def __repr__(self):
        raise MineError


DESCRIBED = {
    "a number": (1.5, "1.5"),
    "a long number": (10**5000, "<int>"),
    "text": ("axis", "'axis'"),
    "an array": (ROWS, "float32 (2, 2)"),
    "a list": ([1, None, ROWS], "[1, None, float32 (2, 2)]"),
    "a tuple of one": ((1,), "(1,)"),
    "a long list": (list(range(100)), "[0, 1, 2, 3, 4, 5, ...]"),
    "a cycle": (cyclic(), "a list that contains itself, or is nested too deeply"),
    "a deep list": (deep(), "a list that contains itself, or is nested too deeply"),
    "a dtype": (np.float32, "<class 'numpy.float32'>"),
    "a strange dtype": (SimpleNamespace(dtype="float32", shape=(2,)), "float32 (2,)"),
}


@pytest.mark.parametrize("name", DESCRIBED)
def test_values_in_few_words(name):
    value, text = DESCRIBED[name]
    assert described(value) == text


def test_what_cannot_be_shown_is_named_by_its_type():
    assert described(Unspeakable()).startswith("<Unspeakable")


def test_however_long_a_value_is_its_description_is_short():
    assert len(described(["a" * 10**6] * 10**4)) <= 100
    assert len(described(dict.fromkeys(range(10**4), "a" * 1000))) <= 100


@pytest.mark.parametrize("name", sorted(name for name, row in CATALOGUE.items() if row.parameters))
def test_what_is_expected_of_each_parameter_can_be_said(K, name):
    function = getattr(K, name)
    for parameter in inspect.signature(function).parameters:
        assert len(expected(function, parameter)) > 3


OLDER = {
    "conv3d_transpose": (None, None, None),
    "get_variable_shape": (3,),
    "is_int_dtype": ("text",),
    "local_conv": (None,) * 5,
    "normalize_data_format": (3,),
    "placeholder_with_default": ("text", None),
    "result_type": ("text",),
    "separable_conv1d": (ROWS, ROWS, ROWS),
    "set_image_dim_ordering": ("text",),
    "size": (object(),),
    "standardize_dtype": ("text",),
}


@pytest.mark.parametrize("name", OLDER)
def test_functions_outside_of_the_catalogue_say_their_calls_too(K, name):
    with pytest.raises((TypeError, ValueError), match=rf"^K\.{name}\("):
        getattr(K, name)(*OLDER[name])


UNFIT = {
    "sizes": (lambda K: K.zeros((-1,)), r"sizes as integers of 0 or more, received \(-1,\)"),
    "increment": (
        lambda K: K.update_add(K.variable(ROWS), K.constant([1.0, 2.0, 3.0])),
        r"shapes that broadcast, received \(2, 2\) and \(3,\)",
    ),
    "operands": (
        lambda K: K.equal(K.constant(ROWS), K.constant([1.0, 2.0, 3.0])),
        r"shapes that broadcast, received \(2, 2\) and \(3,\)",
    ),
}


@pytest.mark.parametrize("name", UNFIT)
def test_k_says_of_shapes_what_does_not_fit(K, name):
    call, text = UNFIT[name]
    with pytest.raises(ValueError, match=f"expect(s|ed) {text}"):
        call(K)
