"""Sparse tensors where the engine has them, and a clear refusal where it has none."""

import keras
import numpy as np
import pytest

import kompat

DENSE = np.array([[0.0, 1.5, 0.0], [2.0, 0.0, -1.0]])


@pytest.fixture(scope="module")
def matrix():
    return pytest.importorskip("scipy.sparse").coo_matrix(DENSE[::-1])


@pytest.fixture
def without(engine):
    return engine not in ("jax", "tensorflow")


def test_a_sparse_matrix_makes_a_sparse_tensor(K, matrix, without):
    if without:
        with pytest.raises(ValueError, match="engine with sparse tensors"):
            K.variable(matrix)
        return
    x = K.variable(matrix)
    assert K.is_sparse(x)
    assert (K.int_shape(x), K.dtype(x)) == ((2, 3), "float64")
    for value in (K.get_value(x), K.get_value(K.to_dense(x))):
        np.testing.assert_array_equal(value, DENSE[::-1])
        assert value.dtype == "float64"
    assert not K.is_sparse(K.to_dense(x))
    assert K.dtype(K.variable(matrix, "float32")) == "float32"
    with pytest.raises(ValueError, match="int32"):
        K.variable(matrix, "int32")


def test_what_is_dense_stays_as_it_is(K):
    for x in (K.ones((2,)), K.constant(1.0), np.ones(2), None, K.placeholder((2, 3))):
        assert not K.is_sparse(x)
        assert K.to_dense(x) is x


def test_what_keras_takes_for_sparse_is_dense(K):
    x = K.placeholder((2, 3))
    for dense in (x * 2, x * 2 * x, keras.ops.multiply(x, K.ones((3,)))):
        assert not K.is_sparse(dense)
    doubled = x * 2
    np.testing.assert_array_equal(K.function([doubled], doubled * 2)([DENSE]), DENSE * 2)


def test_sparse_placeholders_are_fed_sparse_and_dense(K, matrix, without):
    if without:
        with pytest.raises(ValueError, match="sparse"):
            K.placeholder((None, 3), sparse=True)
        return
    x = K.placeholder((None, 3), sparse=True)
    assert K.is_sparse(x)
    assert not K.is_sparse(K.to_dense(x))
    kernel = K.variable([[1.0], [2.0], [3.0]])
    total = K.variable(0.0)
    dense = K.to_dense(x)
    update = K.update_add(total, K.sum(dense))
    f = K.function([x], [keras.ops.matmul(x, kernel), dense], [update])
    for value in (matrix, K.variable(matrix, "float32"), DENSE[::-1]):
        for _ in range(2):
            product, same = f([value])
            np.testing.assert_allclose(product, DENSE[::-1] @ [[1], [2], [3]])
            np.testing.assert_allclose(same, DENSE[::-1])
    assert K.get_value(total) == 6 * DENSE.sum()
    with pytest.raises(ValueError, match=r"shape \(None, 3\)"):
        f([DENSE[:, :2]])


LABELS = [[3, 4, 5], [6, -1, -1], [0, 7, 8]]
FILLED = [[3, 4, 0], [6, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
def test_a_sparse_matrix_is_multiplied(K, matrix, without, graph):
    if without:
        pytest.skip("no sparse tensors")
    with kompat.graph_mode() if graph else kompat.eager_mode():
        weights = K.variable(np.arange(6.0).reshape(3, 2) / 3)
        x = K.placeholder((None, 3), sparse=True)
        product = K.dot(x, weights)
        slope = K.gradients(K.sum(K.square(product)), weights)[0]
        got, slopes = K.function([x], [product, slope])([matrix])
    dense = matrix.toarray()
    want = dense @ K.get_value(weights)
    np.testing.assert_allclose(got, want, rtol=1e-6)
    np.testing.assert_allclose(slopes, 2 * dense.T @ want, rtol=1e-6)
    for dtype in ("float32", "float64"):
        weights = K.variable(np.arange(6.0).reshape(3, 2) / 3, dtype)
        product = K.eval(K.dot(K.variable(matrix, dtype), weights))
        assert product.dtype == dtype
        np.testing.assert_array_equal(product, dense.astype(dtype) @ K.get_value(weights))


@pytest.mark.parametrize("axis", [0, 1])
def test_sparse_matrices_are_joined(K, matrix, without, axis):
    if without:
        pytest.skip("no sparse tensors")
    joined = K.concatenate([K.variable(matrix)] * 2, axis=axis)
    assert K.is_sparse(joined)
    want = np.concatenate([matrix.toarray()] * 2, axis)
    np.testing.assert_array_equal(K.eval(K.to_dense(joined)), want)
    x = K.placeholder((2, 3), dtype="float64", sparse=True)
    symbolic = K.concatenate([x, x], axis=axis)
    assert K.is_sparse(symbolic)
    np.testing.assert_array_equal(K.function([x], [K.to_dense(symbolic)])([matrix])[0], want)


@pytest.mark.parametrize("dtype", ["int32", "float32", "int64"])
def test_labels_without_padding(K, without, dtype):
    labels, lengths = np.array(LABELS, dtype), np.array([2, 1, 0])
    if without:
        with pytest.raises(ValueError, match="engine with sparse tensors"):
            K.ctc_label_dense_to_sparse(labels, lengths)
        return
    for given in (lengths, lengths[:, None], K.constant(lengths)):
        found = K.ctc_label_dense_to_sparse(labels, given)
        assert K.is_sparse(found)
        np.testing.assert_array_equal(K.get_value(found), FILLED)
        assert K.get_value(found).dtype == dtype
    fed = [K.placeholder((None, None), dtype=dtype), K.placeholder((None,))]
    sparse = K.ctc_label_dense_to_sparse(*fed)
    assert K.is_sparse(sparse)
    found, dense = K.function(fed, [sparse, K.to_dense(sparse)])([labels, lengths])
    np.testing.assert_array_equal(found, FILLED)
    np.testing.assert_array_equal(dense, FILLED)


def test_the_number_of_labels_is_known_where_nothing_is_traced(K, without):
    if without:
        pytest.skip("no sparse tensors")
    found = K.ctc_label_dense_to_sparse(np.array(LABELS), np.array([2, 1, 1]))
    elements = found.data if hasattr(found, "data") else found.values
    assert elements.shape[0] == 4  # a zero that is a label too


def test_errors_say_what_was_expected(K, without):
    if without:
        with pytest.raises(ValueError, match="engine with sparse tensors"):
            K.ctc_label_dense_to_sparse(K.placeholder((None, 2)), K.placeholder((None,)))
        return
    with pytest.raises(ValueError, match="labels of rank 2"):
        K.ctc_label_dense_to_sparse(np.array([1, 2]), np.array([1]))
    with pytest.raises(ValueError, match="one batch size"):
        K.ctc_label_dense_to_sparse(np.array(LABELS), np.array([1]))
