"""Layers and functions that only old Keras had, against NumPy."""

import h5py
import keras
import numpy as np
import pytest
from sklearn import metrics as reference

RNG = np.random.default_rng(3)
X = RNG.normal(size=(4, 3)).astype("float32")


def run(layer, *inputs) -> np.ndarray:
    return keras.ops.convert_to_numpy(layer(*inputs))


def same(made, expected) -> None:
    np.testing.assert_allclose(made, expected, rtol=1e-4, atol=1e-5)


def test_maxout_is_the_greatest_of_its_maps(old_keras):
    old_keras("1.2")
    layer = keras.layers.MaxoutDense(2, nb_feature=3, b_regularizer="l2")
    made = run(layer, X)
    kernel, bias = layer.get_weights()
    same(made, (np.einsum("bi,fio->bfo", X, kernel) + bias).max(axis=1))


def test_highway_lets_pass_what_its_gate_says(old_keras):
    old_keras("1.2")
    layer = keras.layers.Highway(activation="tanh")
    made = run(layer, X)
    kernel, gate, bias, gate_bias = layer.get_weights()
    assert (gate_bias == -2).all()
    opened = 1 / (1 + np.exp(-(X @ gate + gate_bias)))
    same(made, opened * np.tanh(X @ kernel + bias) + (1 - opened) * X)


def test_trained_activations(old_keras):
    old_keras("1.2")
    same(run(keras.layers.ParametricSoftplus(), X), 0.2 * np.log1p(np.exp(5.0 * X)))
    layer = keras.layers.SReLU(a_left_init="zero", t_right_init="one", a_right_init="zero")
    same(run(layer, X), np.clip(X, 0, 1))


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_local_layers_have_a_kernel_for_each_place(old_keras, data_format):
    old_keras("2.2")
    layer = keras.layers.LocallyConnected1D(2, 2, strides=2, data_format=data_format)
    steps = RNG.normal(size=(3, 6, 4)).astype("float32")
    first = data_format == "channels_first"
    made = run(layer, steps.transpose(0, 2, 1) if first else steps)
    kernel, bias = layer.get_weights()
    windows = steps.reshape(3, 3, 2, 4)
    fields = (windows.transpose(0, 1, 3, 2) if first else windows).reshape(3, 3, 8)
    expected = np.einsum("bpf,pfo->bpo", fields, kernel)
    if first:
        expected = expected.transpose(0, 2, 1)
    same(made, expected + (bias.T if first else bias))


def test_merge_has_its_modes(old_keras):
    old_keras("1.2")
    a, b = X, X[::-1] + 1
    expected = {
        "sum": a + b,
        "mul": a * b,
        "ave": (a + b) / 2,
        "max": np.maximum(a, b),
        "concat": np.concatenate([a, b], axis=1),
        "dot": (a * b).sum(axis=1, keepdims=True),
        "cos": (a * b).sum(axis=1, keepdims=True)
        / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))[:, None],
    }
    left, right = keras.Input((3,)), keras.Input((3,))
    for mode, values in expected.items():
        joined = keras.layers.merge([left, right], mode=mode)
        same(run(keras.Model(input=[left, right], output=joined), [a, b]), values)
    by_hand = keras.layers.merge(
        [left, right], mode=lambda pair: pair[0] - pair[1], output_shape=(3,)
    )
    same(run(keras.Model([left, right], by_hand), [a, b]), a - b)
    with pytest.raises(ValueError, match="expects a mode"):
        keras.layers.merge([left, right], mode="difference")


def test_metrics_of_a_batch(old_keras):
    old_keras("1.2")
    y = np.array([1, 0, 1, 1, 0, 0], "float32")
    p = np.array([0.9, 0.8, 0.7, 0.1, 0.2, 0.1], "float32")
    rounded = p.round()
    for name, expected in {
        "precision": reference.precision_score(y, rounded),
        "recall": reference.recall_score(y, rounded),
        "fmeasure": reference.f1_score(y, rounded),
        "matthews_correlation": reference.matthews_corrcoef(y, rounded),
    }.items():
        same(float(getattr(keras.metrics, name)(y, p)), expected)


def test_functions_on_arrays(old_keras):
    old_keras("1.2")
    from keras.engine.training import batch_shuffle, make_batches, slice_X
    from keras.utils.np_utils import (
        binary_logloss,
        conv_input_length,
        conv_output_length,
        multiclass_logloss,
        probas_to_classes,
    )

    p = np.array([[0.2, 0.8], [0.9, 0.1]])
    same(multiclass_logloss(p, [1, 0]), reference.log_loss([1, 0], p))
    same(binary_logloss(p[:, 1], np.array([1, 0])), reference.log_loss([1, 0], p))
    assert probas_to_classes(p).tolist() == [1, 0]
    assert make_batches(5, 2) == [(0, 2), (2, 4), (4, 5)]
    assert [one.tolist() for one in slice_X([np.arange(4), np.arange(4)], [3, 0])] == [[3, 0]] * 2
    shuffled = batch_shuffle(np.arange(7), 2)
    assert sorted(shuffled) == list(range(7))
    assert shuffled[-1] == 6
    for mode in ("valid", "same"):
        made = keras.layers.Conv1D(1, 3, strides=2, padding=mode).compute_output_shape((None, 9, 1))
        assert conv_output_length(9, 3, mode, 2) == made[1]
    assert conv_input_length(4, 3, "valid", 2) == 9


def test_rows_of_a_file_are_read_when_they_are_asked_for(old_keras, tmp_path):
    old_keras("2.2")
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file["x"] = np.arange(20.0).reshape(10, 2)
    from keras.utils.io_utils import HDF5Matrix

    rows = HDF5Matrix(str(tmp_path / "data.h5"), "x", start=2, end=8, normalizer=lambda x: x / 2)
    assert (len(rows), rows.shape) == (6, (6, 2))
    same(rows[[3, 0]], [[5.0, 5.5], [2.0, 2.5]])
    same(np.asarray(rows), np.arange(4.0, 16.0).reshape(6, 2) / 2)


def test_initializations_make_variables(old_keras):
    old_keras("1.2")
    from keras import backend as K, initializations

    made = K.get_value(initializations.get("uniform")((50, 4), scale=0.5, name="w"))
    assert 0.3 < np.abs(made).max() <= 0.5
    layer = keras.layers.Dense(2, init=lambda shape, name=None: initializations.one(shape))
    same(run(layer, X), np.repeat(X.sum(axis=1, keepdims=True), 2, axis=1))
    assert initializations.get_fans((8, 3, 5, 5)) == (75, 200)
    assert initializations.get_fans((5, 5, 3, 8), "tf") == (75, 200)


@pytest.mark.parametrize("name", ["weights", "weights.h5", "weights.hdf5", "all.weights.h5"])
def test_weights_come_back_from_files_of_any_name(old_keras, tmp_path, name):
    old_keras("2.2")
    model = keras.Sequential([keras.layers.Dense(3, input_dim=2)])
    kept = model.get_weights()
    model.save_weights(str(tmp_path / name))
    model.set_weights([value + 1 for value in kept])
    model.load_weights(str(tmp_path / name))
    for value, expected in zip(model.get_weights(), kept, strict=True):
        np.testing.assert_array_equal(value, expected)


def test_dropped_channels_and_borders_say_what_to_do(old_keras):
    old_keras("1.2")
    with pytest.raises(ValueError, match="ZeroPadding2D"):
        keras.layers.Convolution2D(8, 3, 3, border_mode="full")
    with pytest.raises(TypeError, match="SpatialDropout1D"):
        keras.layers.Embedding(9, 2, dropout=0.5)
