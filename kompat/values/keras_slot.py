"""Private corner of Keras: a variable's slot, the active scope, and the counters of names.

Keras offers no public way to read a variable without its autocast, to know whether it was handed
over to the JAX trainer, or to see the active `StatelessScope` in less than a microsecond.
`tests/test_private_corners.py` says so when Keras changes one of them.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from keras.src.backend.common import global_state
from keras.src.utils import naming

SCOPE = "stateless_scope"
SLOT = "_value"


def active_scope() -> Any:
    """The `keras.StatelessScope` of this thread, or None."""
    # getattr takes ten times as long where the attribute is missing.
    return global_state.GLOBAL_STATE_TRACKER.__dict__.get(SCOPE)


@contextlib.contextmanager
def within(scope: Any) -> Iterator[None]:
    """Make `scope` the active `StatelessScope` of this thread, without entering it."""
    outer = active_scope()
    of_thread = global_state.GLOBAL_STATE_TRACKER.__dict__
    try:
        of_thread[SCOPE] = scope
        yield
    finally:
        of_thread[SCOPE] = outer  # no call, before which an interrupt could come


def outside_scope() -> contextlib.AbstractContextManager[None]:
    """Suspend the active `StatelessScope` of this thread."""
    return within(None)


def read(variable: Any) -> Any:
    """What the slot holds: an engine's tensor, or None while the JAX trainer has it."""
    return variable._value


def write(variable: Any, value: Any) -> None:
    """Replace what the slot holds, on the engines whose arrays never change."""
    variable._value = value


def dtype(variable: Any) -> np.dtype:
    """The dtype that the variable was declared with, whatever autocast is active."""
    return np.dtype(variable._dtype)


def initializer(variable: Any) -> Any:
    """The initializer of a variable whose creation Keras has deferred, else None."""
    return variable._initializer


def reset_names() -> None:
    """Let Keras count the names of its objects from the start."""
    naming.reset_uids()
