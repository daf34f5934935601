"""Metrics of Keras 1, each of a batch alone, and what old modules had beside them."""

from collections.abc import Sequence
from typing import Any

import keras

from kompat import backend as K


def _counts(y_true: Any, y_pred: Any) -> tuple[Any, Any, Any]:
    """How many are truly positive, were predicted to be, and are there."""
    true = K.round(K.clip(y_true, 0, 1))
    predicted = K.round(K.clip(y_pred, 0, 1))
    return K.sum(true * predicted), K.sum(predicted), K.sum(true)


def precision(y_true: Any, y_pred: Any) -> Any:
    """The part of what was predicted to be positive that is."""
    hits, predicted, _ = _counts(y_true, y_pred)
    return hits / (predicted + K.epsilon())


def recall(y_true: Any, y_pred: Any) -> Any:
    """The part of what is positive that was predicted to be."""
    hits, _, positive = _counts(y_true, y_pred)
    return hits / (positive + K.epsilon())


def fbeta_score(y_true: Any, y_pred: Any, beta: float = 1) -> Any:
    """The harmonic mean of precision and recall, where recall counts `beta` times.

    Raises:
        ValueError: `beta` is negative.
    """
    if beta < 0:
        raise ValueError(f"fbeta_score expects a beta of 0 or more, received {beta}.")
    p, r = precision(y_true, y_pred), recall(y_true, y_pred)
    return (1 + beta**2) * p * r / (beta**2 * p + r + K.epsilon())


def fmeasure(y_true: Any, y_pred: Any) -> Any:
    """The harmonic mean of precision and recall."""
    return fbeta_score(y_true, y_pred)


def matthews_correlation(y_true: Any, y_pred: Any) -> Any:
    """The correlation of what is with what was predicted, both rounded to 0 and 1."""
    true, predicted = K.round(K.clip(y_true, 0, 1)), K.round(K.clip(y_pred, 0, 1))
    hits, misses = K.sum(true * predicted), K.sum(true * (1 - predicted))
    alarms, rest = K.sum((1 - true) * predicted), K.sum((1 - true) * (1 - predicted))
    spread = (hits + alarms) * (hits + misses) * (rest + alarms) * (rest + misses)
    return (hits * rest - alarms * misses) / (K.sqrt(spread) + K.epsilon())


def accuracy(y_true: Any, y_pred: Any) -> Any:
    """Where the two are equal, as a number for each element of the last axis but one."""
    return K.mean(K.cast(K.equal(y_true, y_pred), K.floatx()), axis=-1)


def clone_metric(metric: Any) -> Any:
    """A new metric with the same configuration; a function stays as it is."""
    if isinstance(metric, keras.metrics.Metric):
        return type(metric).from_config(metric.get_config())
    return metric


def clone_metrics(metrics: Sequence[Any]) -> list[Any]:
    """`clone_metric` of each."""
    return [clone_metric(metric) for metric in metrics]
