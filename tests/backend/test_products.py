"""Products against NumPy's einsum, and what the recorded answers cannot tell."""

import keras
import numpy as np
import pytest
from hypothesis import given, strategies as st
from shares import examples

LETTERS = "abcdefgh"
property_test = examples(40)


def filled(*shape, dtype="float32"):
    """Small whole numbers, whose products are exact in every dtype."""
    return np.resize(np.arange(-3, 4), shape).astype(dtype)


@st.composite
def operands_of_batch_dot(draw):
    """Shapes with a common axis, its places, counted from either end, and the einsum."""
    sizes = st.integers(1, 3)
    batch, common = draw(sizes), draw(sizes)
    shapes, places, letters = [], [], []
    for free in ("bcd", "efg"):
        others = draw(st.lists(sizes, max_size=3))
        place = draw(st.integers(1, len(others) + 1))
        shapes.append((batch, *others[: place - 1], common, *others[place - 1 :]))
        letters.append("a" + free[: place - 1] + "k" + free[place - 1 : len(others)])
        places.append(draw(st.sampled_from([place, place - len(others) - 2])))
    result = "a" + "".join(letters).replace("a", "").replace("k", "")
    return shapes, tuple(places), f"{letters[0]},{letters[1]}->{result}"


@property_test
@given(operands_of_batch_dot())
def test_batch_dot_is_the_einsum_over_its_axes(K, case):
    (x_shape, y_shape), axes, einsum = case
    x, y = filled(*x_shape), filled(*y_shape)
    want = np.einsum(einsum, x, y)
    got = K.eval(K.batch_dot(K.constant(x), K.constant(y), axes))
    np.testing.assert_array_equal(got, want if want.ndim > 1 else want[:, None])


@st.composite
def operands_of_legacy_batch_dot(draw):
    """Operands whose ranks differ by one at most: the batches, what is kept, what is summed."""
    sizes = st.integers(1, 3)
    batches = draw(st.lists(sizes, min_size=1, max_size=2))
    common, places, shapes, letters = draw(sizes), [], [], []
    kept = draw(st.sampled_from([(True, True), (True, False), (False, True)]))
    for letter, keeps in zip("xy", kept):
        last = draw(st.booleans()) if keeps else True
        other, name = ([draw(sizes)], letter) if keeps else ([], "")
        shapes.append((*batches, *((*other, common) if last else (common, *other))))
        letters.append(LETTERS[: len(batches)] + (name + "k" if last else "k" + name))
        places.append(len(batches) + (len(other) if last else 0))
    result = LETTERS[: len(batches)] + "".join(n for n, keeps in zip("xy", kept) if keeps)
    return shapes, tuple(places), f"{letters[0]},{letters[1]}->{result}"


@property_test
@given(operands_of_legacy_batch_dot())
def test_the_legacy_batch_dot_takes_all_but_two_axes_for_samples(K, case):
    (x_shape, y_shape), axes, einsum = case
    x, y = filled(*x_shape), filled(*y_shape)
    got = K.batch_dot(K.constant(x), K.constant(y), axes, legacy=True)
    np.testing.assert_array_equal(K.eval(got), np.einsum(einsum, x, y))


@pytest.mark.parametrize(
    ("axes", "definition"),
    [(1, lambda x, y: (x * y).sum(1)), (None, lambda x, y: np.diag(x @ y))],
    ids=["one axis", "default"],
)
def test_the_legacy_batch_dot_of_matrices_is_a_column(K, axes, definition):
    x, y = filled(3, 3), filled(3, 3) + 1
    got = K.eval(K.batch_dot(K.constant(x), K.constant(y), axes, legacy=True))
    np.testing.assert_array_equal(got, definition(x, y)[:, None])


@pytest.mark.parametrize(
    ("x", "y", "axes", "shape"),
    [
        ((None, 5, 3), (None, 5, 3, 2), (2, 2), (None, 5, 2)),
        ((None, 4, 3), (None, 3), (2, 1), (None, 4)),
        ((None, None, 3), (4, 3, 2), None, (4, None, 2)),
        ((None, 3), (None, 3), 1, (None, 1)),
    ],
)
def test_the_legacy_batch_dot_of_unknown_sizes(K, x, y, axes, shape):
    product = K.batch_dot(K.placeholder(shape=x), K.placeholder(shape=y), axes, legacy=True)
    assert K.int_shape(product) == shape
    values = [filled(*(4 if n is None else n for n in each)) for each in (x, y)]
    at_once = K.batch_dot(*values, axes, legacy=True)
    inputs = [K.placeholder(shape=x), K.placeholder(shape=y)]
    run = K.function(inputs, [K.batch_dot(*inputs, axes, legacy=True)])
    np.testing.assert_array_equal(run(values)[0], K.eval(at_once))


def test_what_the_legacy_batch_dot_refuses(K):
    with pytest.raises(ValueError, match="differ by 1"):
        K.batch_dot(K.ones((2, 3)), K.ones((2, 4, 5, 3)), legacy=True)
    with pytest.raises(ValueError, match="one size"):
        K.batch_dot(K.ones((2, 3, 4)), K.ones((2, 5, 3)), (2, 1), legacy=True)


def test_batch_dot_names_the_switch_where_old_code_breaks(K):
    with pytest.raises(ValueError, match="legacy=True"):
        K.batch_dot(K.ones((2, 3, 4)), K.ones((2, 3, 5)), (2, 1))


@property_test
@given(st.lists(st.integers(1, 3), max_size=2), st.lists(st.integers(1, 3), max_size=3))
def test_dot_is_numpys(K, x_rest, y_rest):
    """`np.dot` has the same axes, for all ranks from 1 on."""
    x = filled(*x_rest, 2)
    y = filled(*y_rest[:-1], 2, *y_rest[-1:])
    np.testing.assert_array_equal(K.eval(K.dot(K.constant(x), K.constant(y))), np.dot(x, y))


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64", "bfloat16", "float64"])
def test_products_keep_the_dtype(K, dtype):
    x = K.cast(K.constant([[1, 2], [3, 1]]), dtype)
    for product in (K.dot(x, x), K.batch_dot(x, x), K.bias_add(x, x[0])):
        assert K.dtype(product) == dtype
    np.testing.assert_array_equal(np.asarray(K.eval(K.dot(x, x)), "int32"), [[7, 4], [6, 7]])


def test_integers_are_multiplied_exactly(K):
    odd = K.constant([[2**24 + 1, 2]], dtype="int32")
    assert K.eval(K.dot(odd, K.constant([[1], [0]], dtype="int32"))) == 2**24 + 1
    long = K.constant([[2**53 + 1, 2]], dtype="int64")
    assert K.eval(K.batch_dot(long, K.constant([[1, 1]], dtype="int64"))) == 2**53 + 3


def test_operands_of_two_dtypes_are_promoted_and_never_narrowed(K):
    x = K.constant([[1.0 + 2**-40]], dtype="float64")
    for y in (K.constant([[1.0]]), K.constant([[1]], dtype="int64")):
        product = K.dot(x, y)
        assert K.dtype(product) == "float64"
        assert K.eval(product) == 1.0 + 2**-40
    assert K.dtype(K.dot(K.constant([[1.0]]), K.constant([[1]], dtype="int64"))) == "float32"


def test_a_number_is_no_matrix(K):
    with pytest.raises(ValueError, match="rank 1 or more"):
        K.dot(K.ones((2, 3)), 2.0)


@pytest.mark.parametrize("name", ["dot", "batch_dot", "bias_add"])
def test_products_in_a_model_of_unknown_sizes(K, name):
    """A variable beside a symbolic tensor is read when the model runs."""
    weight = K.variable(filled(3, 3) if name == "dot" else filled(3))
    x = keras.Input((None, 3))
    y = K.batch_dot(x, x, 2) if name == "batch_dot" else getattr(K, name)(x, weight)
    model, value = keras.Model(x, y), filled(2, 4, 3)
    K.set_value(weight, 2 * K.get_value(weight))
    now = K.get_value(weight)
    want = {
        "dot": lambda: value @ now,
        "batch_dot": lambda: value @ value.swapaxes(1, 2),
        "bias_add": lambda: value + now,
    }[name]()
    np.testing.assert_array_equal(K.get_value(model(value)), want)


def test_a_bias_of_one_number_is_no_bias_for_all_channels(K):
    with pytest.raises(ValueError, match="one number per channel"):
        K.bias_add(K.ones((2, 3)), K.ones((1,)))
