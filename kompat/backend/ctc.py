"""Connectionist temporal classification: labels without times for sequences of class probabilities.

The last class is the blank, as in tf.keras.
Source: A. Graves et al., Connectionist Temporal Classification, ICML 2006.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np

from kompat import engines
from kompat.backend.operands import cast_like, floating, require_ranks, tensor
from kompat.engines.dtypes import dtype_name
from kompat.graph import loops, sparse
from kompat.graph.operations import GraphOperation

__all__ = ["ctc_batch_cost", "ctc_decode", "ctc_label_dense_to_sparse"]

_exact = engines.current.exact
_concatenate = _exact(keras.ops.concatenate)
_exp = _exact(keras.ops.exp)
_log = _exact(keras.ops.log)
_max = _exact(keras.ops.max)
_pad = _exact(keras.ops.pad)
_reshape = keras.ops.reshape
_stack = _exact(keras.ops.stack)
_stop_gradient = _exact(keras.ops.stop_gradient)
_sum = _exact(keras.ops.sum)
_take_along_axis = _exact(keras.ops.take_along_axis)
_transpose = _exact(keras.ops.transpose)
_where = _exact(keras.ops.where)

# The logarithm of no probability at all: finite, so that gradients are no NaN.
_NEVER = -1e30


def ctc_batch_cost(y_true: Any, y_pred: Any, input_length: Any, label_length: Any) -> Any:
    """The negative logarithm of the probability of each sample's labels, whatever their times.

    Args:
        y_true: the labels, of shape ``(batch, labels)``.
        y_pred: the probabilities of the classes, of shape ``(batch, time, classes)``, as a softmax
            gives them. The last class is the blank.
        input_length: the number of time steps of each sample, of shape ``(batch, 1)``.
        label_length: the number of labels of each sample, of shape ``(batch, 1)``.

    Returns:
        A tensor of shape ``(batch, 1)``; infinite where the labels do not fit into the time steps,
        or where one is no class.

    Raises:
        ValueError: an argument has another rank, or the batch sizes differ.

    Example:

    >>> y_pred = K.constant([[[.6, .4], [.6, .4]]])
    >>> cost = K.ctc_batch_cost(K.constant([[0]]), y_pred, K.constant([[2]]), K.constant([[1]]))
    >>> np.exp(-K.eval(cost)).round(4)  # 1 - .4 * .4
    array([[0.84]], dtype=float32)
    """
    y_true, y_pred = cast_like(tensor(y_true), "int32"), tensor(floating(y_pred))
    lengths = [cast_like(tensor(x), "int32") for x in (input_length, label_length)]
    require_ranks("ctc_batch_cost", y_true=(y_true, 2), y_pred=(y_pred, 3))
    for name, x in zip(("input_length", "label_length"), lengths):
        require_ranks("ctc_batch_cost", **{name: (x, 2)})
        if x.shape[1] not in (1, None):
            raise ValueError(f"ctc_batch_cost: expected {name} of shape (batch, 1).")
    _require_one_batch("ctc_batch_cost", y_true, y_pred, *lengths)
    return BatchCost()(y_true, y_pred, *lengths)


class BatchCost(GraphOperation):
    """The forward algorithm, in logarithms, over the labels with a blank around each."""

    def __init__(self) -> None:
        super().__init__()
        self._epsilon = keras.config.epsilon()

    def compute_output_spec(self, y_true: Any, y_pred: Any, *lengths: Any) -> keras.KerasTensor:
        known = [x.shape[0] for x in (y_true, y_pred, *lengths) if x.shape[0] is not None]
        return keras.KerasTensor((known[0] if known else None, 1), dtype=y_pred.dtype)

    def call(self, y_true: Any, y_pred: Any, input_length: Any, label_length: Any) -> Any:
        dtype = dtype_name(y_pred)
        with engines.current.full_width(y_pred):
            wide = cast_like(y_pred, dtype if dtype == "float64" else "float32")
            loss = self._loss(y_true, wide + self._epsilon, input_length, label_length)
        return cast_like(loss, dtype)

    def _loss(self, labels: Any, weights: Any, input_length: Any, label_length: Any) -> Any:
        """The losses for class probabilities that still lack their common factor."""
        logs = _log(weights) - _log(_sum(weights, axis=-1, keepdims=True))
        _, steps, classes = keras.ops.shape(logs)
        count = keras.ops.shape(labels)[1]
        label_length = keras.ops.minimum(label_length, count)

        known = keras.ops.logical_and(labels >= 0, labels < classes - 1)
        path = _with_blanks(_where(known, labels, 0), classes - 1)
        emitted = _take_along_axis(logs, keras.ops.expand_dims(path, 1), axis=2)
        possible = keras.ops.expand_dims(_with_blanks(known, True), 1)
        emitted = _where(possible, emitted, keras.ops.full_like(emitted, _NEVER))

        # From one label to the next without a blank between them, if they are not the same.
        before = _pad(path, ((0, 0), (2, 0)), constant_values=-1)[:, :-2]
        place = keras.ops.expand_dims(keras.ops.arange(2 * count + 1, dtype="int32"), 0)
        skips = keras.ops.logical_and(place % 2 == 1, path != before)
        never = keras.ops.full_like(emitted[:, 0], _NEVER)
        start = _where(place == 0, keras.ops.zeros_like(never), never)

        def advance(carry: list[Any], slices: list[Any]) -> tuple[list[Any], list[Any]]:
            (reached,), (emitted, goes_on) = carry, slices
            behind = _pad(reached, ((0, 0), (2, 0)), constant_values=_NEVER)
            ways = [reached, behind[:, 1:-1], _where(skips, behind[:, :-2], never)]
            after = _log_of_sum(_stack(ways, axis=0), axis=0) + emitted
            return [_where(goes_on, after, reached)], []

        times = _reshape(keras.ops.arange(steps, dtype="int32"), (-1, 1, 1))
        goes_on = times < keras.ops.expand_dims(input_length, 0)
        (reached,), _ = loops.scan(advance, [start], [_transpose(emitted, (1, 0, 2)), goes_on])

        at_end = keras.ops.logical_or(place == 2 * label_length, place == 2 * label_length - 1)
        at_end = keras.ops.logical_and(at_end, input_length <= steps)
        total = _log_of_sum(_where(at_end, reached, never), axis=1)
        loss = _where(total > _NEVER / 2, -total, keras.ops.full_like(total, float("inf")))
        return keras.ops.expand_dims(loss, 1)


def _with_blanks(labels: Any, blank: Any) -> Any:
    """The labels with a blank before each and after the last."""
    blanks = keras.ops.full_like(labels, blank)
    batch, count = keras.ops.shape(labels)
    pairs = _reshape(_stack([blanks, labels], axis=2), (batch, 2 * count))
    return _pad(pairs, ((0, 0), (0, 1)), constant_values=blank)


def _log_of_sum(x: Any, axis: int) -> Any:
    """The logarithm of the sum of exponentials."""
    most = _stop_gradient(_max(x, axis=axis, keepdims=True))
    return keras.ops.squeeze(most, axis) + _log(_sum(_exp(x - most), axis=axis, keepdims=False))


def ctc_decode(
    y_pred: Any,
    input_length: Any,
    greedy: bool = True,
    beam_width: int = 100,
    top_paths: int = 1,
) -> tuple[list[Any], Any]:
    """The most probable labels of each sample.

    Args:
        y_pred: the probabilities of the classes, of shape ``(batch, time, classes)``, as a softmax
            gives them. The last class is the blank.
        input_length: the number of time steps of each sample, of shape ``(batch,)``.
        greedy: whether to take the most probable class of each time step. Otherwise a beam search
            adds up the probabilities of all times at which the labels may stand.
        beam_width: how many sequences of labels the beam search keeps from step to step.
        top_paths: how many sequences of labels the beam search gives, most probable first. In each,
            of equal labels that follow each other only one is left, as in tf.keras.

    Returns:
        A list of `top_paths` tensors of labels, of shape ``(batch, time)``, with -1 after the last
        label, and one where `greedy`; and a tensor: where `greedy` the negative sum of the
        logarithms of the probabilities, of shape ``(batch, 1)``, else the logarithms of the
        probabilities, of shape ``(batch, top_paths)``, -inf where there are fewer sequences.

    Raises:
        ValueError: an argument has another rank, the batch sizes differ, `beam_width` is less than
            one, or `top_paths` is not between one and `beam_width`.

    Differs: the labels are int32 on JAX.

    Example:

    >>> y_pred = K.constant([[[.8, .1, .1], [.1, .1, .8], [.1, .8, .1]]])
    >>> (labels,), _ = K.ctc_decode(y_pred, K.constant([3]))
    >>> K.eval(labels).tolist()
    [[0, 1, -1]]
    """
    y_pred, input_length = tensor(floating(y_pred)), cast_like(tensor(input_length), "int32")
    require_ranks("ctc_decode", y_pred=(y_pred, 3), input_length=(input_length, 1))
    _require_one_batch("ctc_decode", y_pred, input_length)
    if greedy:
        return Decode(_greedy, 1)(y_pred, input_length)
    if not 1 <= top_paths <= beam_width:
        raise ValueError(
            "ctc_decode: expected 1 <= top_paths <= beam_width, received "
            f"top_paths={top_paths}, beam_width={beam_width}."
        )
    return Decode(partial(_beam_search, width=beam_width, paths=top_paths), top_paths)(
        y_pred, input_length
    )


class Decode(GraphOperation):
    """Decode on the host.

    Args:
        decode: takes the logarithms of a sample; gives sequences of labels, each with a figure.
        paths: how many.
    """

    def __init__(self, decode: Callable[[np.ndarray], list[tuple[Any, Any]]], paths: int):
        super().__init__()
        self._decode = decode
        self._paths = paths
        self._epsilon = keras.config.epsilon()

    def compute_output_spec(self, y_pred: Any, input_length: Any) -> Any:
        batch, time, _ = y_pred.shape
        labels = "int32" if engines.current.is_wide(np.dtype("int64")) else "int64"
        decoded = [keras.KerasTensor((batch, time), dtype=labels) for _ in range(self._paths)]
        return decoded, keras.KerasTensor((batch, self._paths), dtype=dtype_name(y_pred))

    def call(self, y_pred: Any, input_length: Any) -> Any:
        decoded, figures = self.compute_output_spec(y_pred, input_length)
        specs = [(tuple(x.shape), x.dtype) for x in (*decoded, figures)]
        *decoded, figures = engines.current.on_host(self._on_host, specs, y_pred, input_length)
        return decoded, figures

    def _on_host(self, y_pred: np.ndarray, input_length: np.ndarray) -> list[np.ndarray]:
        batch, time, _ = y_pred.shape
        labels = np.full((self._paths, batch, time), -1)
        figures = np.full((batch, self._paths), -np.inf)
        with np.errstate(invalid="ignore"):  # nan, as of no probability
            logs = np.log(y_pred.astype("float64") + self._epsilon)
        for sample, length in enumerate(input_length):
            for path, (sequence, figure) in enumerate(self._decode(logs[sample, :length])):
                labels[path, sample, : len(sequence)] = sequence
                figures[sample, path] = figure
        return [*labels, figures]


def _greedy(logs: np.ndarray) -> list[tuple[np.ndarray, float]]:
    """The best class of each step, repetitions and blanks left out; and what that costs."""
    best = logs.argmax(axis=1)
    kept = (best != logs.shape[1] - 1) & (np.diff(best, prepend=-1) != 0)
    return [(best[kept], (-logs.max(axis=1)).sum())]


def _beam_search(logs: np.ndarray, width: int, paths: int) -> list[tuple[list[int], float]]:
    """The most probable sequences of labels, and the logarithms of their probabilities.

    A sequence carries two probabilities: that of all ways to it which end with a blank, and that
    of those which end with its last label. Only the latter grow by the same label.
    """
    logs = logs - np.logaddexp.reduce(logs, axis=1, keepdims=True)
    sequences: list[tuple[int, ...]] = [()]
    by_blank, by_label = np.zeros(1), np.full(1, -np.inf)
    for step in logs:
        total = np.logaddexp(by_blank, by_label)
        last = np.array([sequence[-1] if sequence else -1 for sequence in sequences])
        grown = np.repeat(total[:, None], len(step) - 1, axis=1)
        again = last >= 0
        grown[again, last[again]] = by_blank[again]
        grown += step[:-1]
        stays = np.where(again, by_label + step[last], -np.inf)
        places = {sequence: place for place, sequence in enumerate(sequences)}
        for place, sequence in enumerate(sequences):
            parent = places.get(sequence[:-1]) if sequence else None
            if parent is not None:  # one sequence, reached in two ways
                stays[place] = np.logaddexp(stays[place], grown[parent, last[place]])
                grown[parent, last[place]] = -np.inf
        by_blank = np.concatenate([total + step[-1], np.full(grown.size, -np.inf)])
        by_label = np.concatenate([stays, grown.ravel()])
        total = np.logaddexp(by_blank, by_label)
        best = np.argsort(-total, kind="stable")[:width]
        best = best[total[best] > -np.inf]
        sequences = [_sequence(sequences, place, len(step) - 1) for place in best]
        by_blank, by_label = by_blank[best], by_label[best]
    total = np.logaddexp(by_blank, by_label)
    return [(_without_repetitions(s), t) for s, t in zip(sequences[:paths], total)]


def _sequence(sequences: list[tuple[int, ...]], place: int, labels: int) -> tuple[int, ...]:
    """The sequence at a place: one of `sequences`, or behind them one of them and a label."""
    if place < len(sequences):
        return sequences[place]
    parent, label = divmod(int(place) - len(sequences), labels)
    return (*sequences[parent], label)


def _without_repetitions(sequence: tuple[int, ...]) -> list[int]:
    return [label for i, label in enumerate(sequence) if i == 0 or label != sequence[i - 1]]


def ctc_label_dense_to_sparse(labels: Any, label_lengths: Any) -> Any:
    """The labels of a batch without what fills them up.

    Args:
        labels: a tensor of shape ``(batch, labels)``.
        label_lengths: the number of labels of each sample, of shape ``(batch,)``.

    Returns:
        A sparse tensor of the shape and dtype of `labels`.

    Raises:
        ValueError: `labels` is no matrix, the batch sizes differ, or the engine has no sparse
            tensors: PyTorch and NumPy.

    Example:

    >>> labels = K.constant([[3, 4], [5, -1]])
    >>> K.eval(K.ctc_label_dense_to_sparse(labels, K.constant([2, 1])))  # doctest: +SKIP
    array([[3., 4.],
           [5., 0.]], dtype=float32)
    """
    labels, lengths = tensor(labels), cast_like(tensor(label_lengths), "int32")
    sparse.require_engine()
    require_ranks("ctc_label_dense_to_sparse", labels=(labels, 2))
    _require_one_batch("ctc_label_dense_to_sparse", labels, lengths)
    return WithoutPadding()(labels, lengths)


class WithoutPadding(GraphOperation):
    """The first elements of each row, sparse."""

    def compute_output_spec(self, labels: Any, lengths: Any) -> keras.KerasTensor:
        return keras.KerasTensor(labels.shape, dtype=labels.dtype, sparse=True)

    def call(self, labels: Any, lengths: Any) -> Any:
        places = keras.ops.arange(keras.ops.shape(labels)[1], dtype="int32")
        kept = keras.ops.expand_dims(places, 0) < keras.ops.reshape(lengths, (-1, 1))
        with engines.current.full_width(labels):
            return engines.current.sparse_where(kept, labels)


def _require_one_batch(function: str, *tensors: Any) -> None:
    sizes = {x.shape[0] for x in tensors} - {None}
    if len(sizes) > 1:
        raise ValueError(f"{function}: expected one batch size, received {sizes}.")
