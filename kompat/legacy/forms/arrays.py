"""Functions of old Keras on NumPy arrays and on the sizes of convolutions."""

from collections.abc import Sequence
from typing import Any

import numpy as np

_EPSILON = 1e-15


def binary_logloss(p: Any, y: Any) -> float:
    """The mean crossentropy of probabilities `p` and labels `y` of 0 and 1."""
    p = np.clip(p, _EPSILON, 1 - _EPSILON)
    return -float(np.mean(np.asarray(y) * np.log(p) + (1 - np.asarray(y)) * np.log(1 - p)))


def multiclass_logloss(p: Any, y: Any) -> float:
    """The mean crossentropy of rows of probabilities and the numbers of the classes."""
    rows = np.clip(p, _EPSILON, 1 - _EPSILON)[np.arange(len(y)), np.asarray(y, int)]
    return -float(np.mean(np.log(rows)))


def accuracy(p: Any, y: Any) -> float:
    """The part of `p` that equals `y`."""
    return float(np.mean(np.asarray(p) == np.asarray(y)))


def probas_to_classes(y_pred: np.ndarray) -> np.ndarray:
    """The class of each row of probabilities, or of each probability of a yes."""
    if y_pred.ndim > 1 and y_pred.shape[1] > 1:
        return categorical_probas_to_classes(y_pred)
    return (y_pred > 0.5).astype(int).ravel()


def categorical_probas_to_classes(p: np.ndarray) -> np.ndarray:
    """The class of each row of probabilities."""
    return np.argmax(p, axis=1)


def convert_kernel(kernel: np.ndarray, dim_ordering: str | None = None) -> np.ndarray:
    """A kernel turned round between Theano's convolutions and TensorFlow's; `kernel` is Keras's."""
    if not 3 <= kernel.ndim <= 5:
        raise ValueError(f"convert_kernel expects 3 to 5 dimensions, received {kernel.shape}.")
    return np.flip(kernel, axis=tuple(range(kernel.ndim - 2))).copy()


def conv_output_length(
    input_length: int | None, filter_size: int, padding: str, stride: int, dilation: int = 1
) -> int | None:
    """The length that a convolution leaves; None of None."""
    if input_length is None:
        return None
    window = filter_size + (filter_size - 1) * (dilation - 1)
    added = {"same": window - 1, "valid": 0, "causal": window - 1, "full": 2 * (window - 1)}
    return (input_length + added[padding] - window + stride) // stride


def conv_input_length(
    output_length: int | None, filter_size: int, padding: str, stride: int
) -> int | None:
    """The least length of which a convolution leaves `output_length`."""
    if output_length is None:
        return None
    around = {"same": filter_size // 2, "valid": 0, "full": filter_size - 1}[padding]
    return (output_length - 1) * stride - 2 * around + filter_size


def deconv_length(
    dim_size: int | None,
    stride_size: int,
    kernel_size: int,
    padding: str,
    output_padding: int | None = None,
    dilation: int = 1,
) -> int | None:
    """The length that a transposed convolution makes of `dim_size`."""
    if dim_size is None:
        return None
    window = kernel_size + (kernel_size - 1) * (dilation - 1)
    if output_padding is not None:
        around = {"same": window // 2, "valid": 0, "full": window - 1}[padding]
        return (dim_size - 1) * stride_size + window - 2 * around + output_padding
    spread = dim_size * stride_size
    if padding == "same":
        return spread
    return spread + (
        max(window - stride_size, 0) if padding == "valid" else -(stride_size + window - 2)
    )


def normalize_tuple(value: Any, n: int, name: str) -> tuple[int, ...]:
    """An integer n times, or n integers as they are."""
    sizes = (value,) * n if isinstance(value, int) else tuple(value)
    if len(sizes) != n:
        raise ValueError(f"{name} expects {n} integers, received {value!r}.")
    return tuple(int(size) for size in sizes)


def normalize_padding(value: str) -> str:
    """The name of a padding in small letters."""
    padding = value.lower()
    if padding not in ("valid", "same", "causal"):
        raise ValueError(f"expected a padding of valid, same or causal, received {value!r}.")
    return padding


def transpose_shape(
    shape: Sequence[Any], target_format: str, spatial_axes: Sequence[int]
) -> Sequence[Any]:
    """A shape with channels last, in the order of `target_format`."""
    if target_format == "channels_first":
        chosen = [*shape[: spatial_axes[0]], shape[-1], *(shape[axis] for axis in spatial_axes)]
    elif target_format == "channels_last":
        return shape
    else:
        raise ValueError(f"expected channels_first or channels_last, received {target_format!r}.")
    return tuple(chosen) if isinstance(shape, tuple) else chosen


def save_array(array: Any, name: str) -> None:
    """Write an array to a file, in NumPy's format (Keras 1 wrote PyTables)."""
    with open(name, "wb") as file:
        np.save(file, array)


def load_array(name: str) -> np.ndarray:
    """Read what `save_array` wrote."""
    with open(name, "rb") as file:
        return np.load(file)
