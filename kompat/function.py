"""K.function: a callable of a graph, compiled once for each shape of its inputs."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras

from kompat import session
from kompat.engines.kinds import is_tensor
from kompat.errors import FeedError
from kompat.graph import fit, history
from kompat.graph.feeds import Feed, fetchable, split_phase
from kompat.graph.program import Program
from kompat.graph.program_cache import ProgramCache
from kompat.values.locks import OwnLock


class Function:
    """What `K.function` returns; `K.function` documents the arguments.

    Call it with one value per input, in a list or (for a single input) bare; it returns the
    outputs as NumPy values in the structure in which they were given.
    """

    def __init__(
        self,
        inputs: Any,
        outputs: Any,
        updates: Any = None,
        name: str | None = None,
        feed_dict: Mapping[Any, Any] | None = None,
        fetches: Sequence[Any] | None = None,
    ):
        self.name = name or "function"
        self.inputs = keras.tree.flatten(inputs) if inputs is not None else []
        self._structure = outputs
        flat = keras.tree.flatten(outputs) if outputs is not None else []
        self.outputs = list(map(history.own, flat))
        updates = _as_list(updates)
        if any(map(_is_done, updates)):
            warnings.warn(
                f"K.function {self.name!r}: an update has no symbolic tensor in it, so it was "
                "computed once, when it was written, and not in each run. In eager mode a variable "
                "in an expression is its value: write updates of variables alone in "
                "kompat.graph_mode(), or start the script with kompat run --graph.",
                stacklevel=3,
            )
        self.updates = [_checked_pair(u) for u in updates if isinstance(u, tuple)]
        operations = [u for u in updates if not isinstance(u, tuple)]
        # Callers append to these: what is computed too, and what gets its values.
        self.fetches = [*operations, *_as_list(fetches)]
        self.fetch_callbacks: dict[Any, Callable[[Any], Any]] = {}
        for fetch in (*self.outputs, *self.fetches):
            fetchable(fetch)
        self.feed_dict = {} if feed_dict is None else feed_dict
        self._programs: ProgramCache[Program] = ProgramCache(f"feeds of K.function {self.name!r}")
        self._feeds: dict[int, Feed] = {}
        self._lock = OwnLock()
        self._is_flat = isinstance(outputs, list) and len(outputs) == len(self.outputs)
        if not self.feed_dict:
            self._program(*split_phase(self.inputs, [None] * len(self.inputs))[:2])

    def __call__(self, inputs: Any = ()) -> Any:
        given = self._given(inputs)
        keys = [*self.inputs, *self.feed_dict] if self.feed_dict else self.inputs
        fed, phase, values = split_phase(keys, [*given, *self.feed_dict.values()])
        program = self._program(fed, phase)
        feeds = [self._feed(key)(value) for key, value in zip(fed, values)]
        try:
            results = program(session.current_values(), feeds)
        except Exception as error:
            error.add_note(f"in the K.function {self.name!r}")
            raise
        watched = results[len(self.outputs) :]
        for callback, value in zip(self.fetch_callbacks.values(), watched):
            callback(value)
        results = results[: len(self.outputs)] if watched else results
        return results if self._is_flat else self._packed(results)

    def _feed(self, key: Any) -> Feed:
        feed = self._feeds.get(id(key))
        return feed if feed is not None else self._feeds.setdefault(id(key), Feed(key))

    @property
    def compilations(self) -> int:
        """How often the function was compiled: once for each signature of inputs that it keeps."""
        return sum(program.compilations for program in self._programs.values())

    def _given(self, inputs: Any) -> list[Any]:
        given = list(inputs) if isinstance(inputs, (list, tuple)) else keras.tree.flatten(inputs)
        if len(given) != len(self.inputs):
            raise FeedError(
                f"K.function {self.name!r}: expected {len(self.inputs)} inputs, "
                f"received {len(given)}.",
                "a function takes one value for each of its inputs.",
                "pass a list: f([first, second]).",
            )
        return given

    def _program(self, fed: list[Any], phase: int) -> Program:
        outputs = [*self.outputs, *self.fetch_callbacks]
        key = (phase, *map(id, fed), len(fed), *map(id, outputs), *map(id, self.fetches))
        program = self._programs.get(key)
        if program is None:
            with self._lock.now:
                program = self._programs.get_or_make(
                    key, lambda: Program(outputs, self.updates, fed, phase, self.fetches)
                )
        elif program is not self._programs.last:
            self._programs.use(key, program)
        return program

    def _packed(self, results: list[Any]) -> Any:
        if isinstance(self._structure, (list, tuple, dict)):
            return keras.tree.pack_sequence_as(self._structure, results)
        return results[0] if results else []


def _as_list(x: Any) -> list[Any]:
    if x is None:
        return []
    return list(x) if isinstance(x, (list, tuple)) else [x]


def _is_done(update: Any) -> bool:
    """Whether an update was computed at once: what is written is a tensor of the engine."""
    if isinstance(update, tuple):
        update = update[-1]
    elif isinstance(update, keras.Variable):
        return True
    return is_tensor(update)


def _checked_pair(pair: tuple) -> tuple:
    if len(pair) != 2 or not isinstance(pair[0], keras.Variable):
        raise TypeError(
            f"expected an update as a pair (variable, new value), received {pair!r:.80}."
        )
    fetchable(pair[1])
    return pair[0], fit.checked(*pair)
