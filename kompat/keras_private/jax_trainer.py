"""Private corner of Keras: the JAX trainer, which takes the variables' values away during `fit`.

While `fit`, `evaluate` or `predict` loops, the values of the model's variables live in the
trainer and the variables' slots are None. The trainer is found on the call stack, by the frame of
its loop:

- below one of the trainer's callbacks, `trainer.jax_state_sync()` hands the values back, and the
  trainer collects them again before the next batch, so that a write takes effect there;
- elsewhere below the loop (inside the traced step, in a data generator) the values can be read
  from the loop, but a write would be overwritten when the step returns, so it is refused;
- from another thread a read waits for the end of the step, and a write is refused.

`jax_donation` says which trainers run, and keeps what they give away and hand back in order.
"""

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

from kompat.errors import UnavailableValueError
from kompat.keras_private import scope as keras_scope, slot as keras_slot

TRAINER_MODULE = "keras.src.backend.jax.trainer"
_CALLBACK_MODULE = "keras.src.callbacks.callback_list"
GROUPS = ("trainable", "non_trainable", "optimizer", "metrics")
LOOPS = {
    "fit": GROUPS,
    "train_on_batch": GROUPS,
    "evaluate": ("trainable", "non_trainable", "metrics"),
    "test_on_batch": ("trainable", "non_trainable", "metrics"),
    "predict": ("trainable", "non_trainable"),
    "predict_on_batch": ("trainable", "non_trainable"),
}
_POLL_SECONDS = 0.001
_LOOKS = 50
"""How often a value must be missing before it is lost."""


_running: dict[int, list[Any]] = {}
"""Thread -> the trainers whose loops run in it, outermost first."""


@contextlib.contextmanager
def running(trainer: Any) -> Iterator[None]:
    """A block in which a loop of `trainer` runs in this thread."""
    thread = threading.get_ident()
    trainers = _running.setdefault(thread, [])
    trainers.append(trainer)
    try:
        yield
    finally:
        trainers.pop()
        if not trainers:
            _running.pop(thread, None)


def innermost() -> Any:
    """The trainer whose loop runs in this thread, the innermost one; None if none does."""
    trainers = _running.get(threading.get_ident())
    return trainers[-1] if trainers else None


def runs_elsewhere(variable: Any) -> bool:
    """Whether a trainer in another thread runs with `variable` among its own."""
    if not _running:
        return False
    me = threading.get_ident()
    others = [t for thread, trainers in list(_running.items()) if thread != me for t in trainers]
    return any(_place(trainer, variable) is not None for trainer in others)


def require_mine(variable: Any, name: str) -> None:
    """Raise UnavailableValueError if a trainer in another thread has `variable`.

    It is asked before a write, and after it once more: the trainer may have collected the values
    in between.
    """
    if runs_elsewhere(variable):
        raise _refused(name, "another thread is inside fit, evaluate or predict with it")


def wait() -> None:
    """Let a trainer in another thread go on."""
    time.sleep(_POLL_SECONDS)


def reclaim(variable: Any, name: str) -> None:
    """Make the slot of `variable` hold its current value, so that it can be written.

    Raises:
        UnavailableValueError: this code does not run below a callback of the owning trainer.
    """
    for trainer, _, in_callback in _loops(sys._getframe(1)):
        if in_callback:
            trainer.jax_state_sync()
            if keras_slot.read(variable) is not None:
                return
        elif _place(trainer, variable) is not None:
            raise _refused(name, "the training step is running, and would overwrite the write")
    for frame in _other_threads():
        if any(_place(trainer, variable) for trainer, _, _ in _loops(frame)):
            raise _refused(name, "another thread is inside fit, evaluate or predict with it")
    raise _lost(name)


def current(variable: Any, name: str) -> Any:
    """The JAX array that `variable` holds at this moment, wherever the trainer keeps it."""
    for trainer, frame, in_callback in _loops(sys._getframe(1)):
        if in_callback and keras_scope.active() is None:
            trainer.jax_state_sync()
        value = keras_slot.read(variable)
        if value is None:
            value = _from_loop(trainer, frame, variable)
        if value is not None:
            return value
    return _from_other_thread(variable, name)


def _loops(frame: FrameType | None) -> Iterator[tuple[Any, FrameType, bool]]:
    """The trainers whose loops are on a stack, innermost first, and whether in a callback."""
    inner: FrameType | None = None
    while frame is not None:
        if frame.f_code.co_name in LOOPS and _module(frame) == TRAINER_MODULE:
            below = inner is not None and _module(inner) == _CALLBACK_MODULE
            yield frame.f_locals["self"], frame, below
        inner, frame = frame, frame.f_back


def _module(frame: FrameType) -> str:
    """The module of the code in a frame: its file has other slashes on other systems."""
    return frame.f_globals.get("__name__", "")


_taken: WeakKeyDictionary[Any, dict[str, list[Any]]] = WeakKeyDictionary()
"""Trainer -> the variables whose values it took, by group; a callback may freeze some since."""


def note_taken(trainer: Any) -> None:
    """Remember which variables a trainer has taken the values of."""
    _taken.pop(trainer, None)
    _taken[trainer] = {group: list(variables(trainer, group)) for group in GROUPS}


def note_handed_back(trainer: Any) -> None:
    """Forget them: the variables have their values."""
    _taken.pop(trainer, None)


def are_as_taken(trainer: Any) -> bool:
    """Whether the trainer would hand the values back to the variables that it took them of."""
    taken = _taken.get(trainer, {})
    return all(list(map(id, taken[g])) == list(map(id, _now(trainer, g))) for g in taken)


def variables(trainer: Any, group: str) -> Any:
    """The variables of a trainer in one of the groups, as it took them where it has."""
    taken = _taken.get(trainer) if trainer is not None else None
    return _now(trainer, group) if taken is None else taken[group]


def _now(trainer: Any, group: str) -> Any:
    """The variables of a trainer in one of the groups; none of what it does not have."""
    if trainer is None or (group == "optimizer" and getattr(trainer, "optimizer", None) is None):
        return []
    owner = trainer.optimizer if group == "optimizer" else trainer
    return getattr(owner, "variables" if group == "optimizer" else f"{group}_variables")


def _place(trainer: Any, variable: Any) -> tuple[str, int] | None:
    """The group and the index of `variable` among the variables of `trainer`."""
    for group in GROUPS:
        for index, candidate in enumerate(variables(trainer, group)):
            if candidate is variable:
                return group, index
    return None


def _from_loop(trainer: Any, frame: FrameType, variable: Any) -> Any:
    """The value in the loop's local `state`, which is what the running step was given."""
    state, place = frame.f_locals.get("state"), _place(trainer, variable)
    groups = LOOPS[frame.f_code.co_name]
    if state is None or place is None or place[0] not in groups:
        return None
    return state[groups.index(place[0])][place[1]]


def _other_threads() -> list[FrameType]:
    me = threading.get_ident()
    return [frame for thread, frame in sys._current_frames().items() if thread != me]


def _from_other_thread(variable: Any, name: str) -> Any:
    """Wait until the owning trainer, in another thread, holds a value that is not donated.

    While this looks at the trainers the value may go from a trainer to the slot or back, and on
    its way it is in neither: it is lost only if it was nowhere for a while.
    """
    missing = 0
    while missing < _LOOKS:
        is_owned = False
        for frame in _other_threads():
            for trainer, loop, _ in _loops(frame):
                value = _from_loop(trainer, loop, variable)
                is_owned = is_owned or value is not None
                if value is not None and not value.is_deleted():
                    return value
        value = keras_slot.read(variable)
        if value is not None:
            return value
        missing = 0 if is_owned else missing + 1
        time.sleep(_POLL_SECONDS)
    raise _lost(name)


def _refused(name: str, why: str) -> UnavailableValueError:
    return UnavailableValueError(
        f"{name}: it cannot be written now.",
        f"{why}.",
        "write it in a callback, for example on_train_batch_begin; it takes effect at once.",
    )


def _lost(name: str) -> UnavailableValueError:
    return UnavailableValueError(
        f"{name}: it has no value.",
        "a fit, evaluate or predict that took it away ended abnormally, and its buffer is gone.",
        "load or set the weights again: model.load_weights(path).",
    )
