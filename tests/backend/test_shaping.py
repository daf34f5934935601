"""What holds for shapes on every engine, beside the recorded answers."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from shares import examples

X = np.arange(24.0, dtype="float32").reshape(2, 3, 4)


@pytest.mark.parametrize("indices", [[2], [-1], [0, 5]])
def test_an_index_out_of_range_is_refused(K, indices):
    with pytest.raises(ValueError, match=r"\[0, 2\)"):
        K.gather(K.constant(X), np.array(indices))


@pytest.mark.parametrize("padding", [((1, 1),), ((1, 1), (1, 1, 1)), ((1, 1), (-1, 0)), (1, 1)])
def test_a_padding_of_another_form_is_refused(K, padding):
    with pytest.raises(ValueError, match="2 pairs"):
        K.spatial_2d_padding(K.ones((1, 2, 2, 1)), padding)


@pytest.mark.parametrize("symbolic", [False, True])
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda K, x: K.permute_dimensions(x, (0, 1)), "pattern of the axes"),
        (lambda K, x: K.squeeze(x, 1), "axis 1 to have the size 1"),
        (lambda K, x: K.concatenate([x, x[:, :2]], axis=2), "differ along axis 2 only"),
        (lambda K, x: K.stack([x, x[:, :2]]), "tensors of one shape"),
        (lambda K, x: K.tile(x, (2,)), "for each axis"),
        (lambda K, x: K.reverse(x, [0, 0]), "different axes"),
        (lambda K, x: K.expand_dims(x, 5), r"axis in \[-4, 4\)"),
        (lambda K, x: K.resize_images(x, 2, 2, "channels_last"), "rank 4"),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_what_does_not_fit_is_refused_alike_on_every_engine(K, call, message, symbolic):
    with pytest.raises(ValueError, match=message):
        call(K, K.placeholder(X.shape) if symbolic else K.constant(X))


@pytest.mark.parametrize("function", ["repeat", "temporal_padding", "spatial_2d_padding"])
def test_another_rank_is_refused(K, function):
    args = (2,) if function == "repeat" else ()
    with pytest.raises(ValueError, match="rank"):
        getattr(K, function)(K.ones((2,)), *args)


@pytest.mark.parametrize("join", ["stack", "concatenate"])
def test_a_fraction_beside_integers_is_not_cut(K, join):
    whole = K.constant([1], dtype="int32")
    parts = [whole[0], 1.5] if join == "stack" else [whole, [1.5]]
    assert K.eval(getattr(K, join)(parts)).tolist() == [1, 1.5]


@examples(40)
@given(order=st.permutations(range(4)), data=st.data())
def test_moves_of_axes_are_those_of_numpy(K, order, data):
    shape = data.draw(st.lists(st.integers(0, 3), min_size=4, max_size=4))
    x = np.arange(np.prod(shape), dtype="float32").reshape(shape)
    np.testing.assert_array_equal(K.eval(K.permute_dimensions(x, order)), x.transpose(order))


@examples(40)
@given(times=st.lists(st.integers(0, 3), min_size=3, max_size=3))
def test_tile_is_that_of_numpy(K, times):
    np.testing.assert_array_equal(K.eval(K.tile(K.constant(X), times)), np.tile(X, times))


@examples(40)
@given(pairs=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=2))
def test_padding_is_that_of_numpy(K, pairs):
    x = X[..., None]
    want = np.pad(x, [(0, 0), *pairs, (0, 0)])
    np.testing.assert_array_equal(K.eval(K.spatial_2d_padding(x, pairs)), want)


@examples(40)
@given(axis=st.integers(-3, 2), count=st.integers(1, 4))
def test_joins_are_those_of_numpy(K, axis, count):
    parts = [X + i for i in range(count)]
    np.testing.assert_array_equal(K.eval(K.concatenate(parts, axis)), np.concatenate(parts, axis))
    np.testing.assert_array_equal(K.eval(K.stack(parts, axis)), np.stack(parts, axis))


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos3", "gaussian"])
def test_a_constant_image_stays_constant(K, interpolation):
    x = K.constant(np.full((1, 3, 2, 1), 2.5))
    grown = K.eval(K.resize_images(x, 3, 2, "channels_last", interpolation))
    np.testing.assert_allclose(grown, np.full((1, 9, 4, 1), 2.5), rtol=1e-6)


def test_a_bilinear_image_goes_evenly_from_pixel_to_pixel(K):
    x = K.constant(np.arange(4.0).reshape(1, 1, 4, 1))
    grown = K.eval(K.resize_images(x, 1, 2, "channels_last", "bilinear")).ravel()
    np.testing.assert_allclose(grown, [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3], rtol=1e-6)
