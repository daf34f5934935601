"""Private corner of Keras: the active `StatelessScope`.

Keras offers no public way to see it, in less than a microsecond, and none to leave it.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

from keras.src.backend.common import global_state as state

SCOPE = "stateless_scope"
"""Its name among what `state` keeps for a thread."""


def active() -> Any:
    """The `keras.StatelessScope` of this thread, or None."""
    # getattr takes ten times as long where the attribute is missing.
    return state.GLOBAL_STATE_TRACKER.__dict__.get(SCOPE)


@contextlib.contextmanager
def within(scope: Any) -> Iterator[None]:
    """Make `scope` the active `StatelessScope` of this thread, without entering it."""
    outer = active()
    of_thread = state.GLOBAL_STATE_TRACKER.__dict__
    try:
        of_thread[SCOPE] = scope
        yield
    finally:
        of_thread[SCOPE] = outer  # no call, before which an interrupt could come


def outside() -> contextlib.AbstractContextManager[None]:
    """Suspend the active `StatelessScope` of this thread."""
    return within(None)
