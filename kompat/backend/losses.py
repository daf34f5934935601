"""Losses of classifiers.

What K's `softmax` and `sigmoid` made, and in graphs what a layer or `keras.ops` made by them, is
taken back to its logits: the loss of a class of probability 0 is then right and has a gradient.
Other probabilities are kept `K.epsilon()` away from 0 and 1.
"""

import functools
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import keras

from kompat import engines
from kompat.backend import activations
from kompat.backend.axes import axis_in
from kompat.backend.operands import (
    cast_like,
    explained,
    floating,
    is_floating,
    operand,
    size,
    tensor,
)
from kompat.backend.probabilities import logits_of
from kompat.backend.reduction import all, sum
from kompat.engines.dtypes import dtype_name
from kompat.graph.operations import Apply
from kompat.graph.shapes import may_be_alike
from kompat.graph.unranked import UnrankedTensor, is_unranked
from kompat.keras_private import mask as keras_mask
from kompat.user_code import caller_level

__all__ = [
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "in_top_k",
    "sparse_categorical_crossentropy",
]

Loss = TypeVar("Loss", bound=Callable[..., Any])

_exact = engines.current.exact
_add = _exact(keras.ops.add)
_divide = _exact(keras.ops.true_divide)
_greater = _exact(keras.ops.greater)
_greater_equal = _exact(keras.ops.greater_equal)
_isfinite = _exact(keras.ops.isfinite)
_less = _exact(keras.ops.less)
_log = _exact(keras.ops.log)
_log_softmax = _exact(keras.ops.log_softmax)
_logical_and = _exact(keras.ops.logical_and)
_multiply = _exact(keras.ops.multiply)
_not_equal = _exact(keras.ops.not_equal)
_power = _exact(keras.ops.power)
_softplus = _exact(keras.ops.softplus)
_squeeze = _exact(keras.ops.squeeze)
_subtract = _exact(keras.ops.subtract)
_take_along_axis = _exact(keras.ops.take_along_axis)
_where = _exact(keras.ops.where)

_fused = engines.current.fused
_fused_on_axis = partial(_fused, static=("axis", "from_logits"))


def _of_any_rank(loss: Loss) -> Loss:
    """`loss`, which of tensors of unknown rank is computed when they are fed."""

    @functools.wraps(loss)
    def call(target: Any, output: Any, *args: Any, **kwargs: Any) -> Any:
        if not (is_unranked(target) or is_unranked(output)):
            return loss(target, output, *args, **kwargs)
        operands = tensor(target), tensor(output)
        dtype = dtype_name(operands[1]) if is_floating(operands[1]) else keras.config.floatx()
        later = Apply(
            lambda target, output: loss(target, output, *args, **kwargs),
            lambda target, output: UnrankedTensor(dtype),
        )
        return later.symbolic_call(*operands)

    return call  # type: ignore[return-value]  # functools.wraps keeps the signature


@_of_any_rank
def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """The crossentropy of each element, as that of two classes.

    Args:
        target: a tensor, variable, array or number: the probabilities to learn.
        output: the same, of the same shape: what was predicted. Probabilities also broadcast.
        from_logits: whether `output` is logits.

    Returns:
        A tensor of the shape and dtype of `output`.

    Raises:
        ValueError: logits and `target` differ in shape.

    Example:

    >>> p = K.sigmoid(K.constant([0., -50.]))
    >>> K.eval(K.binary_crossentropy(K.constant([0., 1.]), p)).round(4)
    array([ 0.6931, 50.    ], dtype=float32)
    """
    target, output, from_logits = _read(
        "binary_crossentropy", target, output, from_logits, activations.sigmoid
    )
    return _binary(output, target, from_logits)


def _binary(output: Any, target: Any, from_logits: bool) -> Any:
    if not from_logits:
        return _binary_of_probabilities(output, target, keras.config.epsilon())
    _require_alike(target, output)
    return _binary_of_logits(output, target)


@_fused
def _binary_of_logits(logits: Any, target: Any) -> Any:
    # Of the two terms that one is exact which is small, and the slope is sigmoid - target at 0 too.
    missed = _multiply(target, _softplus(-logits))
    return _add(missed, _multiply(_subtract(1, target), _softplus(logits)))


@partial(explained, "binary_crossentropy")
@_fused
def _binary_of_probabilities(output: Any, target: Any, epsilon: Any) -> Any:
    output = _clip(output, epsilon)
    missed = _multiply(target, _log(_add(output, epsilon)))
    return -_add(missed, _multiply(_subtract(1, target), _log(_add(_subtract(1, output), epsilon))))


@_of_any_rank
def categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """The crossentropy of distributions over classes.

    Args:
        target: a tensor, variable or array: the probabilities to learn, often one-hot.
        output: the same, of the same shape: what was predicted; it is divided by its sum.
        from_logits: whether `output` is logits.
        axis: where the classes are.

    Returns:
        A tensor of the shape of `output` without `axis`.

    Raises:
        ValueError: the shapes differ, or the axis is out of range.

    Example:

    >>> p = K.softmax(K.constant([[1000., 0.]]))
    >>> K.eval(K.categorical_crossentropy(K.constant([[0., 1.]]), p))
    array([1000.], dtype=float32)
    """
    target, output, from_logits = _read(
        "categorical_crossentropy", target, output, from_logits, activations.softmax, axis
    )
    _require_alike(target, output)
    epsilon = keras.config.epsilon()
    return _categorical(output, target, epsilon, axis=axis, from_logits=from_logits)


@_fused_on_axis
def _categorical(output: Any, target: Any, epsilon: Any, axis: int, from_logits: bool) -> Any:
    if from_logits:
        log = _log_softmax(output, axis=axis)
    else:
        log = _log(_clip(_distribution(output, axis), epsilon))
    return -sum(_multiply(target, log), axis)


@_of_any_rank
def sparse_categorical_crossentropy(
    target: Any,
    output: Any,
    from_logits: bool = False,
    axis: int = -1,
    ignore_class: int | None = None,
) -> Any:
    """The crossentropy of classes that are given by their numbers.

    Args:
        target: a tensor, variable or array of class numbers, of the shape of `output` without
            `axis`, or with 1 for it.
        output: a tensor, variable or array: the predicted probabilities.
        from_logits: whether `output` is logits.
        axis: where the classes are.
        ignore_class: a class number whose elements do not count: their loss is 0, and the mask of
            the result, which Keras averages by, is False there. It is the attribute `_keras_mask`
            where the engine's tensors have attributes.

    Returns:
        A tensor of the shape of `output` without `axis`; NaN for a class that there is not.

    Raises:
        ValueError: the shapes do not fit, or the axis is out of range.

    Example:

    >>> p = K.constant([[0.5, 0.5], [0.25, 0.75]])
    >>> K.eval(K.sparse_categorical_crossentropy(K.constant([0, 1]), p)).round(4)
    array([0.6931, 0.2877], dtype=float32)
    """
    output, from_logits = _logits(
        "sparse_categorical_crossentropy", output, from_logits, activations.softmax, axis
    )
    axis %= len(output.shape)
    target = _classes(tensor(target), output, axis)
    counts = None if ignore_class is None else _not_equal(target, int(ignore_class))
    classes, epsilon = size(output, axis), keras.config.epsilon()
    loss = _sparse(output, target, counts, classes, epsilon, axis=axis, from_logits=from_logits)
    if counts is not None and len(loss.shape):
        keras_mask.attach(loss, counts)
    return loss


def _classes(target: Any, output: Any, axis: int) -> Any:
    """Class numbers of the shape of `output` without `axis`."""
    target = cast_like(target, "int32") if "int" not in dtype_name(target) else target
    wanted = tuple(n for i, n in enumerate(output.shape) if i != axis)
    if len(target.shape) == len(wanted) + 1 and target.shape[-1] == 1:
        target = _squeeze(target, axis=-1)
    if not may_be_alike(tuple(target.shape), wanted):
        raise ValueError(
            f"sparse_categorical_crossentropy: expected class numbers of shape {wanted} for an "
            f"output of shape {tuple(output.shape)}, received shape {tuple(target.shape)}."
        )
    return target


@_fused_on_axis
def _sparse(
    output: Any, target: Any, counts: Any, classes: Any, epsilon: Any, axis: int, from_logits: bool
) -> Any:
    if counts is not None:
        # Before the loss too: the gradient of what does not count is 0 even if that is NaN.
        output = _where(keras.ops.expand_dims(counts, axis), output, 1)
    logits = output if from_logits else _log(_clip(output, epsilon))
    loss, exists = _of_class(-_log_softmax(logits, axis=axis), target, classes, axis)
    loss = _where(exists, loss, float("nan"))
    return loss if counts is None else _where(counts, loss, 0)


def _of_class(x: Any, target: Any, classes: Any, axis: int) -> tuple[Any, Any]:
    """The element of each class, and whether there is such a class; another element where not."""
    exists = _logical_and(_greater_equal(target, 0), _less(target, classes))
    number = keras.ops.expand_dims(_where(exists, target, 0), axis)
    return _squeeze(_take_along_axis(x, number, axis=axis), axis=axis), exists


@_of_any_rank
def binary_focal_crossentropy(
    target: Any,
    output: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
) -> Any:
    """The binary crossentropy, times `(1 - p) ** gamma` for the probability `p` of what is true.

    Args:
        target: a tensor, variable, array or number of zeros and ones.
        output: a tensor, variable, array or number: what was predicted.
        apply_class_balancing: whether ones weigh `alpha`, and zeros `1 - alpha`.
        alpha: the weight of ones.
        gamma: how much less what is predicted well shall count.
        from_logits: whether `output` is logits.

    Returns:
        A tensor of the shape and dtype of `output`.

    Source: Lin et al., "Focal Loss for Dense Object Detection", 2017.

    Example:

    >>> K.eval(K.binary_focal_crossentropy(K.constant([1.]), K.constant([0.5]))).round(4)
    array([0.1733], dtype=float32)
    """
    target, output, from_logits = _read(
        "binary_focal_crossentropy", target, output, from_logits, activations.sigmoid
    )
    loss = _binary(output, target, from_logits)
    output = activations.sigmoid(output) if from_logits else output
    balance = operand(alpha, like=output) if apply_class_balancing else None
    gamma = operand(gamma, like=output)
    return _binary_focal(output, target, loss, balance, gamma)


@_fused
def _binary_focal(output: Any, target: Any, loss: Any, balance: Any, gamma: Any) -> Any:
    missed = _subtract(1, _weigh(target, output))
    # A constant 0 has no slope; that of a power of less than 1 would be infinite there.
    loss = _multiply(_power(_where(missed <= 0, 0, missed), gamma), loss)
    return loss if balance is None else _multiply(_weigh(target, balance), loss)


def _weigh(target: Any, weight: Any) -> Any:
    """`weight` for ones, `1 - weight` for zeros."""
    return _add(_multiply(target, weight), _multiply(_subtract(1, target), 1 - weight))


@_of_any_rank
def categorical_focal_crossentropy(
    target: Any,
    output: Any,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    axis: int = -1,
) -> Any:
    """The categorical crossentropy, each term times `alpha * (1 - p) ** gamma` for a predicted `p`.

    Args:
        target: a tensor, variable or array: the probabilities to learn, often one-hot.
        output: the same, of the same shape: what was predicted; it is divided by its sum.
        alpha: a weight, or a list with one for each class.
        gamma: how much less what is predicted well shall count.
        from_logits: whether `output` is logits.
        axis: where the classes are.

    Returns:
        A tensor of the shape of `output` without `axis`.

    Raises:
        ValueError: the shapes differ, or the axis is out of range.

    Source: Lin et al., "Focal Loss for Dense Object Detection", 2017.

    Example:

    >>> p = K.constant([[0.5, 0.5]])
    >>> K.eval(K.categorical_focal_crossentropy(K.constant([[0., 1.]]), p)).round(4)
    array([0.0433], dtype=float32)
    """
    target, output, from_logits = _read(
        "categorical_focal_crossentropy", target, output, from_logits, activations.softmax, axis
    )
    _require_alike(target, output)
    output = activations.softmax(output, axis) if from_logits else output
    alpha, gamma = operand(alpha, like=output), operand(gamma, like=output)
    epsilon = keras.config.epsilon()
    return _categorical_focal(output, target, alpha, gamma, epsilon, axis=axis)


@partial(_fused, static=("axis",))
def _categorical_focal(
    output: Any, target: Any, alpha: Any, gamma: Any, epsilon: Any, axis: int
) -> Any:
    output = _clip(_distribution(output, axis), epsilon)
    weight = _multiply(alpha, _power(_subtract(1, output), gamma))
    return -sum(_multiply(weight, _multiply(target, _log(output))), axis)


def in_top_k(predictions: Any, targets: Any, k: int) -> Any:
    """Whether the true class is among the `k` that are predicted to be the likeliest.

    Args:
        predictions: a tensor, variable or array of shape (batch, classes).
        targets: a tensor, variable or array of integers of shape (batch,).
        k: an integer. Classes that tie with the last of the `k` are among them too.

    Returns:
        A tensor of booleans of shape (batch,); False where a prediction is not finite, and for a
        class that there is not.

    Raises:
        ValueError: the shapes do not fit.
        TypeError: `targets` or `k` are no integers.

    Example:

    >>> p = K.constant([[0.1, 0.7, 0.2]])
    >>> K.eval(K.in_top_k(p, K.constant([2], dtype="int32"), k=2))
    array([ True])
    """
    predictions, targets = tensor(floating(predictions)), tensor(targets)
    k = k if isinstance(k, int) else tensor(k)
    for name, x in (("targets", targets), ("k", k)):
        if not isinstance(x, int) and "int" not in dtype_name(x):
            raise TypeError(f"in_top_k: expected integers as {name}, received {dtype_name(x)}.")
    if len(predictions.shape) != 2 or not may_be_alike(targets.shape, predictions.shape[:1]):
        raise ValueError(
            "in_top_k: expected predictions of shape (batch, classes) and targets of shape "
            f"(batch,), received {tuple(predictions.shape)} and {tuple(targets.shape)}."
        )
    return _in_top_k(predictions, targets, k, size(predictions, 1))


@_fused
def _in_top_k(predictions: Any, targets: Any, k: Any, classes: Any) -> Any:
    own, exists = _of_class(predictions, targets, classes, 1)
    likelier = sum(cast_like(_greater(predictions, own[:, None]), "int32"), 1)
    finite = all(_isfinite(predictions), 1)
    return _logical_and(_logical_and(exists, finite), _less(likelier, k))


def _read(
    loss: str, target: Any, output: Any, from_logits: bool, activation: Any, axis: int = -1
) -> tuple[Any, Any, bool]:
    """Target and output as tensors of one dtype, and whether the output is logits now."""
    output, from_logits = _logits(loss, output, from_logits, activation, axis)
    return cast_like(tensor(target), dtype_name(output)), output, from_logits


def _logits(
    loss: str, output: Any, from_logits: bool, activation: Any, axis: int
) -> tuple[Any, bool]:
    """The output as a tensor, or the logits that it was made of; and whether that is logits."""
    probabilities, output = output, tensor(floating(output))
    if activation is activations.softmax:
        axis_in(output, axis)
    kerases = getattr(keras.activations, activation.__name__)
    logits = logits_of(probabilities, activation, kerases, axis)
    if logits is None:
        return output, bool(from_logits)
    if from_logits:
        warnings.warn(
            f"`{loss}` received `from_logits=True`, but the `output` argument was produced by a "
            f"{activation.__name__.title()} activation and thus does not represent logits. Was "
            "this intended? The loss is computed from what the activation was applied to.",
            stacklevel=caller_level(),
        )
    return logits, True


def _distribution(output: Any, axis: int) -> Any:
    return _divide(output, sum(output, axis, keepdims=True))


def _clip(x: Any, epsilon: Any) -> Any:
    """`x`, but `epsilon` away from 0 and 1; whole slopes at the bounds, as tf.keras has them."""
    x = _where(_less(x, epsilon), epsilon, x)
    return _where(_greater(x, 1 - epsilon), 1 - epsilon, x)


def _require_alike(target: Any, output: Any) -> None:
    if not may_be_alike(tuple(target.shape), tuple(output.shape)):
        raise ValueError(
            f"expected a target of the shape of the output, {tuple(output.shape)}, "
            f"received {tuple(target.shape)}."
        )
