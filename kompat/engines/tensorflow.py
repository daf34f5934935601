"""TensorFlow: `tf.function` traces, and captures its variables by reference."""

import contextlib

import tensorflow as tf

from kompat.engines.generic import (
    allocate,
    at_run_time,
    duplicate,
    exact,
    full_width,
    is_narrowing,
    is_wide,
    place,
    placement_of,
)

__all__ = [
    "allocate",
    "at_run_time",
    "duplicate",
    "eagerly",
    "exact",
    "full_width",
    "is_narrowing",
    "is_wide",
    "place",
    "placement_of",
    "tracing",
]


def tracing() -> bool:
    """Whether the code runs inside a `tf.function` or a TensorFlow 1 graph."""
    return not tf.executing_eagerly()


def eagerly() -> contextlib.AbstractContextManager:
    """Lift what follows out of any `tf.function`."""
    return tf.init_scope()
