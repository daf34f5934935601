"""K in plain NumPy, for the cases in which tf.keras has no answer to compare with.

    prepare(case, Reference()).call()

Each function follows its definition, in the precision of its operands and more; what a case never
asks for is not here. Shapes and values count, dtypes are the engine's.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from answers.alignments import collapsed, probabilities_of_labels
from answers.windows import assembled, channels_first as _channels_first, convolved, windows

EPSILON = 1e-7


class Reference:
    """K's names over NumPy arrays; `shift` moves one tensor or variable that a case makes.

    Args:
        shift: what is moved and by how much, as (("constant", 0), change) for the first tensor.
    """

    def __init__(self, shift: tuple[tuple[str, int], np.ndarray] | None = None):
        self._shift = shift
        self.made: dict[tuple[str, int], np.ndarray] = {}

    def __getattr__(self, name: str) -> Any:
        return globals()[name]

    def constant(self, value: Any, dtype: str | None = None) -> np.ndarray:
        return self._make("constant", value, dtype or "float32")

    def variable(self, value: Any, dtype: str | None = None) -> np.ndarray:
        return self._make("variable", value, dtype or getattr(value, "dtype", "float32"))

    def _make(self, kind: str, value: Any, dtype: Any) -> np.ndarray:
        array = np.array(value, dtype)
        place = kind, len([made for made, _ in self.made if made == kind])
        if self._shift is not None and self._shift[0] == place:
            array = array.astype("float64") + self._shift[1]
        self.made[place] = array
        return array


# --- the configuration, which the cases set and the functions here do not need


def _nothing(*_: Any) -> None:
    """A setting without effect here."""


set_floatx = set_epsilon = set_image_data_format = reset_uids = _nothing


def floatx() -> str:
    return "bfloat16"  # the one case sets it


# --- elementwise


def floating(x: Any) -> np.ndarray:
    x = np.asarray(x)
    return x.astype("float64") if x.dtype.kind in "biuf" else x


def _elementwise(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: function(floating(x))


sin, cos, exp, tanh = map(_elementwise, (np.sin, np.cos, np.exp, np.tanh))
sqrt = _elementwise(lambda x: np.sqrt(np.maximum(x, 0)))  # of less than 0 it is 0 in Keras
log = _elementwise(np.log)
sigmoid = _elementwise(lambda x: 1 / (1 + np.exp(-x)))
softplus = _elementwise(lambda x: np.log1p(np.exp(x)))
softsign = _elementwise(lambda x: x / (1 + np.abs(x)))
hard_sigmoid = _elementwise(lambda x: np.clip(0.2 * x + 0.5, 0, 1))
elu = _elementwise(lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))))
abs = np.abs
square = _elementwise(np.square)
sign = _elementwise(np.sign)
round = _elementwise(np.round)
equal, not_equal = np.equal, np.not_equal
greater, greater_equal, less, less_equal = np.greater, np.greater_equal, np.less, np.less_equal
maximum, minimum = np.maximum, np.minimum


def relu(x: Any, alpha: float = 0.0, max_value: float | None = None) -> np.ndarray:
    x = floating(x)
    return np.where(x > 0, np.minimum(x, np.inf if max_value is None else max_value), alpha * x)


def pow(x: Any, a: Any) -> np.ndarray:
    power = np.power(floating(x), floating(a))
    return power if {np.asarray(y).dtype.kind for y in (x, a)} & {"f"} else np.trunc(power)


def clip(x: Any, low: Any, high: Any) -> np.ndarray:
    return np.minimum(np.maximum(x, low), high)


def epsilon() -> float:
    return EPSILON


def cast(x: Any, dtype: str) -> np.ndarray:
    return np.asarray(x).astype(dtype)


def softmax(x: Any, axis: int = -1) -> np.ndarray:
    kind = getattr(x, "dtype", np.dtype("float32"))
    x = floating(x)
    powers = np.exp(x - x.max(axis, keepdims=True))
    shares = powers / powers.sum(axis, keepdims=True)
    return shares.astype(kind) if kind.kind == "f" else shares


def l2_normalize(x: Any, axis: int | None = None) -> np.ndarray:
    x = floating(x)
    return x / np.sqrt(np.square(x).sum(axis, keepdims=True))


def switch(condition: Any, then: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    condition = np.asarray(condition).astype(bool)
    return np.where(
        condition.reshape(condition.shape + (1,) * (then.ndim - condition.ndim)), then, otherwise
    )


# --- reductions


def _reduction(function: Callable[..., Any]) -> Callable[..., Any]:
    def reduce(x: Any, axis: Any = None, keepdims: bool = False) -> np.ndarray:
        axis = tuple(axis) if isinstance(axis, list) else axis
        return function(np.asarray(x), axis=axis, keepdims=keepdims)

    return reduce


max, min, std, var = map(_reduction, (np.max, np.min, np.std, np.var))


def _of_booleans(of_numbers: Callable[..., Any], of_booleans: Callable[..., Any]) -> Callable:
    return lambda x, **options: (of_booleans if x.dtype == bool else of_numbers)(x, **options)


sum = _reduction(_of_booleans(np.sum, np.any))
prod = _reduction(_of_booleans(np.prod, np.all))


@_reduction
def mean(x: np.ndarray, **options: Any) -> np.ndarray:
    average = np.mean(x, **options)
    return np.trunc(average) if x.dtype.kind in "iu" else average


def cumsum(x: np.ndarray, axis: int = 0) -> np.ndarray:
    return np.logical_or.accumulate(x, axis) if x.dtype == bool else np.cumsum(x, axis)


def cumprod(x: np.ndarray, axis: int = 0) -> np.ndarray:
    return np.logical_and.accumulate(x, axis) if x.dtype == bool else np.cumprod(x, axis)


argmax, argmin = np.argmax, np.argmin


# --- what a tensor is


def count_params(x: Any) -> int:
    return int(np.prod(np.shape(x)))


def dtype(x: Any) -> str:
    return x.dtype.name


def ndim(x: Any) -> int:
    return np.ndim(x)


def is_keras_tensor(x: Any) -> bool:
    """Arrays are the tensors of an engine here, and none is symbolic."""
    return False


# --- shapes


def concatenate(tensors: list, axis: int = -1) -> np.ndarray:
    return np.concatenate([np.asarray(x) for x in tensors], axis)


def stack(tensors: list, axis: int = 0) -> np.ndarray:
    return np.stack(tensors, axis)


def repeat(x: np.ndarray, n: int) -> np.ndarray:
    return np.stack([x] * n, axis=1)


def gather(x: np.ndarray, indices: Any) -> np.ndarray:
    """The rows; NaN for one that there is not, which a running graph cannot refuse everywhere."""
    indices = np.asarray(indices, int)
    rows = np.asarray(x)[np.clip(indices, -len(x), len(x) - 1)]
    known = (-len(x) <= indices) & (indices < len(x))
    return np.where(known.reshape(known.shape + (1,) * (rows.ndim - known.ndim)), rows, np.nan)


# --- products


def dot(x: Any, y: Any) -> np.ndarray:
    return np.dot(floating(x), floating(y))


def batch_dot(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (x * y).sum(-1, keepdims=True)


def bias_add(x: Any, bias: Any) -> np.ndarray:
    return np.add(x, bias)


# --- windows


def _per_axis(value: Any, axes: int) -> tuple[int, ...]:
    return (value,) * axes if isinstance(value, int) else tuple(value)


def _convolution(rank: int) -> Callable[..., np.ndarray]:
    def convolve(
        x: Any,
        kernel: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
    ) -> np.ndarray:
        first = data_format == "channels_first"
        x = np.moveaxis(x, 1, -1) if first else np.asarray(x)
        moves = _per_axis(strides, rank), padding, _per_axis(dilation_rate, rank)
        found = convolved(floating(x), floating(kernel), *moves)
        return _channels_first(found) if first else found

    return convolve


conv1d, conv2d = _convolution(1), _convolution(2)


def depthwise_conv2d(x: Any, kernel: np.ndarray, strides: Any = 1) -> np.ndarray:
    *window, channels, multiplier = kernel.shape
    return conv2d(x, kernel.reshape(*window, 1, channels * multiplier), strides)


def separable_conv2d(x: Any, deep: np.ndarray, point: np.ndarray, strides: Any = 1) -> np.ndarray:
    return conv2d(depthwise_conv2d(x, deep, strides), point)


def conv2d_transpose(
    x: np.ndarray, kernel: np.ndarray, shape: tuple, strides: Any = 1, dilation_rate: Any = 1
) -> np.ndarray:
    """The adjoint of the convolution, by what it makes of each unit."""
    moves = _per_axis(strides, 2), "valid", _per_axis(dilation_rate, 2)
    found = np.zeros(shape)
    for place in np.ndindex(*shape):
        unit = np.zeros(shape)
        unit[place] = 1
        found[place] = (convolved(unit, kernel, *moves) * x).sum()
    return found


def local_conv1d(x: np.ndarray, kernel: np.ndarray, size: int, stride: int) -> np.ndarray:
    parts = windows(x, (size,), (stride,), "valid")
    return np.stack([w.reshape(len(x), -1) @ k for (_, w), k in zip(parts, kernel)], axis=1)


def _pooling(rank: int) -> Callable[..., np.ndarray]:
    def pool(x: np.ndarray, window: Any, strides: Any = 1) -> np.ndarray:
        window = _per_axis(window, rank)
        seen = windows(x, window, _per_axis(strides or window, rank), "valid")
        return assembled((place, w.max(tuple(range(1, rank + 1)))) for place, w in seen)

    return pool


pool2d = _pooling(2)


def pool3d(x: np.ndarray, window: Any, strides: Any = (1, 1, 1)) -> np.ndarray:
    return _pooling(3)(x, window, strides)


# --- losses and normalisation


def _probabilities(x: Any) -> np.ndarray:
    return np.clip(floating(x), EPSILON, 1 - EPSILON)


def binary_crossentropy(target: Any, output: Any) -> np.ndarray:
    """In the dtype of the probabilities, whose rounding near 1 the loss depends on."""
    wide = isinstance(output, np.ndarray) and output.dtype == "float64"
    output = np.asarray(output, "float64" if wide else "float32")
    output = np.clip(output, output.dtype.type(EPSILON), output.dtype.type(1 - EPSILON))
    target = floating(target)
    return -(target * np.log(output + EPSILON) + (1 - target) * np.log(1 - output + EPSILON))


def binary_focal_crossentropy(
    target: Any, output: Any, apply_class_balancing: bool = False, alpha: float = 0.25, gamma=2.0
) -> np.ndarray:
    target, output = floating(target), floating(output)
    of_truth = target * output + (1 - target) * (1 - output)
    weight = target * alpha + (1 - target) * (1 - alpha) if apply_class_balancing else 1
    return weight * (1 - of_truth) ** gamma * binary_crossentropy(target, output)


def categorical_crossentropy(target: Any, output: Any, axis: int = -1) -> np.ndarray:
    output = floating(output)
    shares = _probabilities(output / output.sum(axis, keepdims=True))
    return -(floating(target) * np.log(shares)).sum(axis)


def categorical_focal_crossentropy(target: Any, output: Any) -> np.ndarray:
    output = floating(output)
    shares = _probabilities(output / output.sum(-1, keepdims=True))
    return (0.25 * (1 - shares) ** 2 * -floating(target) * np.log(shares)).sum(-1)


def sparse_categorical_crossentropy(target: np.ndarray, output: Any) -> np.ndarray:
    output = _probabilities(output)
    known = (target >= 0) & (target < output.shape[-1])
    found = -np.log(output[np.arange(len(target)), np.where(known, target, 0)])
    return np.where(known, found, np.nan)


def in_top_k(predictions: np.ndarray, targets: np.ndarray, k: int) -> np.ndarray:
    of_targets = predictions[np.arange(len(targets)), targets]
    return (predictions > of_targets[:, None]).sum(1) < k


def _along(x: Any, axes: list[int], rank: int) -> np.ndarray:
    """A vector of `axes` beside a tensor."""
    x = floating(x)
    return x.reshape([-1 if axis in axes else 1 for axis in range(rank)]) if x.ndim == 1 else x


def batch_normalization(
    x: Any, mean: Any, variance: Any, beta: Any, gamma: Any, axis: int = -1, epsilon: float = 1e-3
) -> np.ndarray:
    x = floating(x)
    place = functools.partial(_along, axes=[axis % x.ndim], rank=x.ndim)
    beta, gamma = 0 if beta is None else beta, 1 if gamma is None else gamma
    mean, variance, beta, gamma = map(place, (mean, variance, beta, gamma))
    return (x - mean) / np.sqrt(variance + epsilon) * gamma + beta


def normalize_batch_in_training(
    x: Any, gamma: Any, beta: Any, axes: list[int], epsilon: float = 1e-3
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x, axes = floating(x), tuple(axes)
    mean, variance = x.mean(axes), x.var(axes)
    kept = [axis for axis in range(x.ndim) if axis not in axes]
    found = (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + epsilon)
    gamma, beta = (
        default if value is None else _along(value, kept, x.ndim)
        for value, default in ((gamma, 1), (beta, 0))
    )
    return found * gamma + beta, mean, variance


def moving_average_update(x: np.ndarray, value: Any, momentum: float) -> np.ndarray:
    return update(x, x * momentum + np.asarray(value) * (1 - momentum))


# --- loops


def _elements(x: Any) -> list:
    """What a function of elements gets, one after the other."""
    if isinstance(x, (list, tuple)):
        return [type(x)(parts) for parts in zip(*x)]
    return list(x)


def map_fn(function: Callable, x: Any) -> np.ndarray:
    return np.stack([function(element) for element in _elements(x)])


def foldl(function: Callable, x: Any, initializer: Any = None) -> Any:
    elements = _elements(x)
    started = elements if initializer is None else [initializer, *elements]
    return functools.reduce(function, started)


def foldr(function: Callable, x: Any, initializer: Any = None) -> Any:
    elements = _elements(x)[::-1]
    started = elements if initializer is None else [initializer, *elements]
    return functools.reduce(function, started)


def rnn(
    step: Callable,
    x: np.ndarray,
    states: list[np.ndarray],
    go_backwards: bool = False,
    mask: np.ndarray | None = None,
    unroll: bool = False,
    input_length: Any = None,
    zero_output_for_mask: bool = False,
) -> tuple:
    """One step after the other; what is masked keeps the states, and repeats the output or is 0."""
    length = x.shape[1]
    if input_length is not None:
        mask = np.arange(length) < np.reshape(input_length, (-1, 1))
    outputs: list[list[np.ndarray]] = []
    for time in reversed(range(length)) if go_backwards else range(length):
        output, new = step(x[:, time], states)
        several = isinstance(output, list)
        parts = output if several else [output]
        if mask is not None:
            used = mask[:, time, None]
            before = [0 * part for part in parts]
            if outputs and not zero_output_for_mask:
                before = outputs[-1]
            parts = [np.where(used, part, old) for part, old in zip(parts, before)]
            new = [np.where(used, state, old) for state, old in zip(new, states)]
        outputs.append(parts)
        states = new
    last, whole = outputs[-1], [np.stack(parts, axis=1) for parts in zip(*outputs)]
    return (last, whole, states) if several else (last[0], whole[0], states)


# --- CTC


def ctc_batch_cost(labels: Any, y: np.ndarray, used: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    costs = []
    for target, outputs, time, length in zip(labels, y, np.ravel(used), np.ravel(lengths)):
        fits = length <= len(target) and time <= len(outputs)
        wanted = tuple(map(int, target[:length])) if fits else None
        found = probabilities_of_labels(floating(outputs)[:time])
        costs.append([-np.log(found.get(wanted, 0.0))])
    return np.array(costs)


def ctc_label_dense_to_sparse(labels: np.ndarray, lengths: Any) -> np.ndarray:
    """Dense again: zeros where the padding was."""
    return np.where(np.arange(labels.shape[1]) < np.reshape(lengths, (-1, 1)), labels, 0)


def ctc_decode(
    y: np.ndarray, used: np.ndarray, greedy: bool = True, beam_width: int = 100, top_paths: int = 1
) -> tuple[list[np.ndarray], np.ndarray]:
    """The best labels, padded with -1, and their logarithms; greedily what costs the best steps."""
    best = [_best_labels(floating(x)[:n], greedy, top_paths) for x, n in zip(y, used)]
    width = y.shape[1]
    paths = []
    for rank in range(top_paths):
        rows = [found[rank][0] for found in best]
        paths.append(np.array([[*row, *[-1] * (width - len(row))] for row in rows]))
    return paths, np.array([[figure for _, figure in found] for found in best])


def _best_labels(y: np.ndarray, greedy: bool, count: int) -> list[tuple[tuple, float]]:
    if greedy:
        steps = np.log(y.max(1) + EPSILON).sum()
        return [(collapsed(y.argmax(1), y.shape[1] - 1), -steps)]
    found = sorted(probabilities_of_labels(y).items(), key=lambda item: -item[1])[:count]
    ranked = [(labels, np.log(p)) for labels, p in found]
    return ranked + [((), -np.inf)] * (count - len(ranked))


# --- variables


def update(x: np.ndarray, value: Any) -> np.ndarray:
    x[...] = value
    return x


def update_add(x: np.ndarray, value: Any) -> np.ndarray:
    return update(x, np.logical_or(x, value) if x.dtype == bool else x + np.asarray(value))


def update_sub(x: np.ndarray, value: Any) -> np.ndarray:
    return update(x, x - np.asarray(value))


def set_value(x: np.ndarray, value: Any) -> None:
    update(x, value)


def batch_get_value(tensors: list) -> list:
    return list(tensors)
