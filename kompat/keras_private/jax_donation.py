"""Private corner of Keras: what its JAX trainer donates, and what it hands back.

The trainer collects the arrays of a model's variables, and each step donates them: whoever else
holds one is left with a deleted buffer. And a loop that ends by an exception hands back what it
kept after the step before, or nothing. So:

- what is collected and is held by somebody else too is replaced by a copy;
- the newest state is kept, from the collected one to the result of each step, and is what
  `jax_state_sync` hands back; a loop that raises hands it back too;
- which trainers run in which threads is known, so that a write from another thread is refused;
- a trainer whose layers were frozen or thawed since its optimizer was built says so.
"""

import functools
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import Any
from weakref import WeakKeyDictionary

import jax
import jax.numpy as jnp

from kompat.errors import StaleCompilationError
from kompat.keras_private import jax_step, jax_trainer

GROUPS = tuple(f"{group}_variables" for group in jax_trainer.GROUPS)


class _Loop:
    """The newest state of a running loop: lists of arrays, a list a group of variables."""

    def __init__(self) -> None:
        self.groups: tuple[str, ...] = ()
        # What `jax_step.Step` keeps of a run: its outputs, which are logs and state, and the rest.
        self.results: deque[tuple[Any, Any]] = deque(maxlen=1)
        self.handed_back: list[list[Any]] = []

    def collect(self, groups: tuple[str, ...], state: Any) -> None:
        self.groups = groups
        self.handed_back = []
        self.results.append(((None, state), {}))

    def lists(self) -> dict[str, list[Any]]:
        """The lists of arrays by group; none where nothing was collected."""
        if not self.results:
            return {}
        (_, state), _ = self.results[0]
        return dict(zip(self.groups, state))

    def hand_back(self) -> None:
        """From now on the variables have the values. The loop's own lists hold them too."""
        self.handed_back = [*self.lists().values()]
        self.results.clear()


_loops: WeakKeyDictionary[Any, list[_Loop]] = WeakKeyDictionary()
"""Trainer -> its running loops, outermost first: `fit` calls `evaluate`."""


def collecting(collect: Callable[..., Any]) -> Callable[..., Any]:
    """`_get_jax_state`, whose arrays nobody else holds."""

    @functools.wraps(collect)
    def _get_jax_state(
        self: Any, *args: Any, purge_model_variables: bool = False, **kwargs: Any
    ) -> Any:
        asked = dict(zip(GROUPS, args)) | kwargs
        if asked.get("optimizer_variables"):
            _require_compiled_variables(self)
        state = collect(self, *args, purge_model_variables=purge_model_variables, **kwargs)
        _own(state, _kept_lists(self), in_slots=not purge_model_variables)
        if _loops.get(self):
            jax_trainer.note_taken(self)
            _loops[self][-1].collect(tuple(name for name in GROUPS if asked.get(name)), state)
        return state

    return _get_jax_state


def _require_compiled_variables(trainer: Any) -> None:
    """Raise StaleCompilationError if the optimizer was built for other variables."""
    optimizer = getattr(trainer.optimizer, "inner_optimizer", trainer.optimizer)
    built_for = optimizer._trainable_variables
    if not optimizer.built or list(map(id, built_for)) == list(
        map(id, trainer.trainable_variables)
    ):
        return
    raise StaleCompilationError(
        f"model {trainer.name!r}: its optimizer was built to train {len(built_for)} variables, "
        f"and {len(trainer.trainable_variables)} are trainable now, or others.",
        "layers were frozen, thawed or added since compile, which does not reach a compiled model.",
        "compile again: model.compile(...) after layer.trainable = ..., with a new optimizer.",
    )


def _kept_lists(trainer: Any) -> Iterable[list[Any]]:
    """The lists in which a trainer and its loops keep what the last step returned."""
    kept = getattr(trainer, "_jax_state", None) or {}
    loops = _loops.get(trainer, ())
    return [*kept.values(), *(arrays for loop in loops for arrays in loop.handed_back)]


# What `sys.getrefcount` counts beside the list that holds an object.
_ALONE = [object()]
_BESIDE = sys.getrefcount(_ALONE[0]) - 1


def _own(state: Any, kept: Iterable[list[Any]], in_slots: bool) -> None:
    """Replace the arrays of a state that others hold too, or that are there twice, by copies."""
    lists = {id(arrays): arrays for arrays in (*state, *kept)}
    known = Counter(id(x) for arrays in lists.values() for x in arrays)
    seen: set[int] = set()
    for arrays in state:
        for i in range(len(arrays)):
            key = id(arrays[i])
            is_shared = sys.getrefcount(arrays[i]) > known[key] + in_slots + _BESIDE
            if (key in seen or is_shared) and _can_be_copied(arrays[i]):
                arrays[i] = jnp.copy(arrays[i])
            seen.add(key)


def _can_be_copied(x: Any) -> bool:
    """Several processes would have to copy together, and each decides alone."""
    return isinstance(x, jax.Array) and not x.is_deleted() and x.is_fully_addressable


def _is_deleted(x: Any) -> bool:
    """A step that is not compiled may give the host value of a K.variable."""
    return isinstance(x, jax.Array) and x.is_deleted()


def keeping(make: Callable[..., Any]) -> Callable[..., Any]:
    """`_make_function`, whose steps keep their results for the loop."""

    @functools.wraps(make)
    def _make_function(self: Any, step_function: Any, *args: Any, **kwargs: Any) -> Any:
        step = _kept(self, jax_step.at_once(step_function))
        return make(self, step, *args, **kwargs)

    return _make_function


def _kept(trainer: Any, step: Callable[..., Any]) -> Callable[..., Any]:
    """`step`, whose results are kept for the trainer's innermost loop."""

    def step_function(state: Any, data: Any) -> Any:
        if not _loops.get(trainer):
            return step(state, data)
        results = _loops[trainer][-1].results
        if isinstance(step, jax_step.Step):
            return step(state, data, results)
        outputs = step(state, data)
        results.append((outputs, {}))
        return outputs

    return step_function


def handing_back(sync: Callable[..., Any]) -> Callable[..., Any]:
    """`jax_state_sync`, which hands back the newest state."""

    @functools.wraps(sync)
    def jax_state_sync(self: Any) -> None:
        loop = _loops[self][-1] if _loops.get(self) else None
        if loop is None or not loop.results:
            sync(self)
            jax_trainer.note_handed_back(self)
            return
        if not self._jax_state_synced:
            lists = loop.lists()
            # A step that fails after it was started has deleted what it was given.
            is_lost = any(_is_deleted(x) for arrays in lists.values() for x in arrays)
            self._jax_state = None if is_lost else lists
        if jax_trainer.are_as_taken(self):
            sync(self)
        elif self._jax_state:
            _hand_back(self)
        jax_trainer.note_handed_back(self)
        loop.hand_back()

    return jax_state_sync


def _hand_back(trainer: Any) -> None:
    """Give the values to those that they were taken of; Keras goes by the order of today."""
    for group, name in zip(jax_trainer.GROUPS, GROUPS):
        for variable, value in zip(
            jax_trainer.variables(trainer, group), trainer._jax_state.get(name, ())
        ):
            variable.assign(value)
    trainer._jax_state_synced = True


def looping(loop: Callable[..., Any]) -> Callable[..., Any]:
    """A loop of the trainer, which is known while it runs, and hands the state back in any case."""

    @functools.wraps(loop)
    def looping(self: Any, *args: Any, **kwargs: Any) -> Any:
        loops = _loops.setdefault(self, [])
        loops.append(_Loop())
        try:
            with jax_trainer.running(self):
                return loop(self, *args, **kwargs)
        except BaseException:
            self.jax_state_sync()
            raise
        finally:
            loops.pop()

    return looping
