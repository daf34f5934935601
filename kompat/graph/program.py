"""Pure, compiled functions of graphs: (feeds, values of variables) to (outputs, new values)."""

import contextlib
import functools
import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras
import numpy as np

from kompat import engines
from kompat.engines.width import WIDE, any_wide, dtype_name
from kompat.graph import fit, history, phase as phases
from kompat.graph.evaluation import Run, Schedule, evaluate
from kompat.graph.loops import Loop
from kompat.graph.program_cache import ProgramCache, note_compilation
from kompat.values.locks import OwnLock, under


class Program:
    """What computes `fetches` and `updates` from the values of `fed`.

    Args:
        fetches: symbolic tensors, variables, the learning phase and constants.
        updates: pairs of a variable and its new value.
        fed: the symbolic tensors and variables whose values are given.
        phase: the learning phase.
        operations: symbolic tensors to compute for what they update, not for their values.

    Raises:
        UnfedPlaceholderError: something depends on a placeholder that is not among `fed`.
    """

    def __init__(
        self,
        fetches: Sequence[Any],
        updates: Sequence[tuple],
        fed: Sequence[Any],
        phase: int,
        operations: Sequence[Any] = (),
    ):
        self._fetches = fetches
        self._updates = updates
        self._fed = fed
        self._phase = phase
        wanted = [*fetches, *operations, *(value for _, value in updates)]
        self.schedule = Schedule(
            [x for x in wanted if isinstance(x, keras.KerasTensor)], {id(x) for x in fed}
        )
        self.is_wide = any(
            dtype_name(tensor) in WIDE
            for node in self.schedule.nodes()
            for tensor in history.outputs(node)
        )
        sizes = self.schedule.fed_sizes()
        self._sizes = [i for i, x in enumerate(fed) if id(x) in sizes]
        self._has_run = False
        self._is_pure = False
        self._seen: dict[int, keras.Variable] = {}
        self._written: dict[int, keras.Variable] = {}
        self.compilations = 0
        """How often it was compiled: once for each signature that is kept."""
        self._compiled: ProgramCache[_Compiled | _InPlace] = ProgramCache("shapes of inputs")
        self._building = OwnLock()

    def __call__(self, values: Any, feeds: list[Any]) -> list[Any]:
        """Run on the values that variables have in `values`, and write the new ones there."""
        return engines.current.restoring_modes(self._run, values, feeds)

    def _run(self, values: Any, feeds: list[Any]) -> list[Any]:
        if engines.current.compile is None:
            return self._at_once(values, feeds)
        if self._is_better_at_once():
            return self._at_once(values, _placed(feeds))
        kind = _Compiled if values.recorded_value is None else _InPlace
        signature = (kind, *[(x.shape, x.dtype) for x in feeds])
        if self._sizes:
            signature += tuple([feeds[i].tobytes() for i in self._sizes])
        compiled = self._compiled.get(signature)
        if compiled is None:
            with self._building.now:
                compiled = self._compiled.get_or_make(
                    signature, functools.partial(self._compile, kind, values, feeds)
                )
        elif compiled is not self._compiled.last:
            self._compiled.use(signature, compiled)
        if compiled.is_refused:
            return self._at_once(values, _placed(feeds))
        return compiled(values, feeds)

    def _is_better_at_once(self) -> bool:
        """Whether compiling would cost more than it gives: `run(v.assign(x))` runs once."""
        if self._has_run:
            return False
        nodes = self.schedule.levels[0]
        few = len(nodes) <= _FEW and not any(isinstance(n.operation, Loop) for n in nodes)
        return engines.current.infer is None or (few and not self.schedule.depth)

    def _compile(self, kind: Any, values: Any, feeds: list[Any]) -> "_Compiled | _InPlace":
        compiled = kind(self, values, feeds)
        if not compiled.is_refused:
            self.compilations += 1
            note_compilation()
        return compiled

    def _at_once(self, values: Any, feeds: list[Any]) -> list[Any]:
        guard = contextlib.nullcontext() if self._is_pure else values.exclusive()
        width = _full_width(self.is_wide or any_wide(feeds))
        with guard, width, engines.current.without_history():
            while True:
                locked = self._written
                outputs = under(
                    values.locks(locked.values()),
                    functools.partial(self._attempt, values, feeds, locked),
                )
                if outputs is not None:
                    return outputs

    def _attempt(
        self, values: Any, feeds: list[Any], locked: dict[int, keras.Variable]
    ) -> list[Any] | None:
        """Run and write; None if a variable was, or could have been, written meanwhile."""
        known = [v for v in self._seen.values() if values.has(v)]
        together = {id(v): found for v, found in zip(known, values.snapshots(known))}
        snapshots = dict(together)
        seen: dict[int, keras.Variable] = {}

        def read(variable: keras.Variable) -> Any:
            key = id(variable)
            # A branch is looked at in a trace of its own, whose tensors end with it: read anew.
            if key not in together:
                snapshots[key] = values.snapshot(variable)
            return snapshots[key][1]

        run = self.run(feeds, read, seen)
        outputs = [_to_numpy(run.value(x)) for x in self._fetches]
        new = self.new_values(run)
        fits = run.state.fits
        fit.require_fits([seen[key] for key in fits], fits.values())
        self._seen = {**self._seen, **seen}
        self._has_run = True
        self._written = {**locked, **{key: seen[key] for key in new}}
        self._is_pure = not self._written
        if values.needs_locks and len(self._written) > len(locked):
            return None
        if not seen.keys() <= together.keys() and _were_written(values, seen, snapshots):
            return None  # they were read one after the other; now they are known
        held = {key: found for key, (found, _) in snapshots.items()}
        changes = [(seen[key], held.get(key), value) for key, value in new.items()]
        return outputs if values.replace(changes) else None

    def run(self, feeds: list[Any], read: Callable[[Any], Any], seen: dict[int, Any]) -> Run:
        """Evaluate the graph."""
        by_id = {id(x): value for x, value in zip(self._fed, feeds)}
        with phases.running(self._phase):
            return evaluate(self.schedule, by_id, read, seen, self._phase)

    def new_values(self, run: Run) -> dict[int, Any]:
        """The values that variables get at the end of a run, by id."""
        for variable, value in self._updates:
            new = fit.cast(run.state, variable, run.value(value))
            fit.require_shape(variable, new.shape)
            run.state.assign(variable, new)
        return run.state.after()


class _ForSignature:
    """A program for one signature of inputs."""

    is_refused = False
    """The engine cannot compile it, and runs it at once."""

    def __init__(self, program: Program, feeds: list[Any]):
        # The program owns this: what is dropped is freed without a garbage collection.
        self._program = weakref.proxy(program)
        self._sizes = {i: feeds[i].copy() for i in program._sizes}
        self._doubtful: list[keras.Variable] = []
        """The variables of which the program tells whether they can hold their new values."""

    def _run_on(self, feeds: list[Any], read: Callable[[Any], Any], seen: dict[int, Any]) -> Any:
        """The outputs, the new values of variables and whether they fit.

        What becomes a size is as it was.
        """
        given = [self._sizes.get(i, x) for i, x in enumerate(feeds)] if self._sizes else feeds
        run = self._program.run(given, read, seen)
        outputs = [run.value(x) for x in self._program._fetches]
        new = self._program.new_values(run)
        self._doubtful = [seen[key] for key in run.state.fits]
        return outputs, new, list(run.state.fits.values())


class _InPlace(_ForSignature):
    """A compiled program that reads and writes the variables itself."""

    def __init__(self, program: Program, values: Any, feeds: list[Any]):
        super().__init__(program, feeds)
        self._written: list[keras.Variable] = []

        def compute(feeds: list[Any]) -> list[Any]:
            seen: dict[int, keras.Variable] = {}
            outputs, new, fits = self._run_on(feeds, values.recorded_value, seen)
            self._written = [seen[key] for key in new]
            changes = list(zip(self._written, new.values()))
            if fits:
                kept = [(v, values.recorded_value(v)) for v in self._written]
                fit_all = functools.reduce(keras.ops.logical_and, fits)
                changes = [
                    (v, keras.ops.where(fit_all, value, old))
                    for (v, value), (_, old) in zip(changes, kept)
                ]
            tensors = [x for x in outputs if keras.ops.is_tensor(x)]
            values.record_writes(changes, tensors)
            return [*fits, *outputs]

        self._function = engines.current.compile(compute, feeds)
        self._locks = values.locks(self._written)

    def __call__(self, values: Any, feeds: list[Any]) -> list[Any]:
        if not self._written:
            return list(map(_to_numpy, self._function(feeds)))
        with values.exclusive():
            results = under(
                self._locks, lambda: list(map(_to_numpy, self._function(_copies(feeds))))
            )
        fit.require_fits(self._doubtful, results)
        return results[len(self._doubtful) :]


class _Compiled(_ForSignature):
    """A compiled program that gets the values of variables, and gives their new ones."""

    def __init__(self, program: Program, values: Any, feeds: list[Any]):
        super().__init__(program, feeds)
        self._variables: list[keras.Variable] = []
        self._written: list[int] = []
        self._is_wide = program.is_wide or any_wide(feeds)
        self._discover(values, feeds)
        if not self._is_wide and any_wide(self._variables):
            self._is_wide = True
            self._discover(values, feeds)
        state = [values.snapshot(v)[1] for v in self._variables]
        # It is this that owns the function: a bound method would be a circle.
        itself: Any = weakref.proxy(self)
        pure = functools.partial(_Compiled._pure, itself)
        self._function = engines.current.compile(pure, state, feeds)
        self.is_refused = self._function is None

    def _discover(self, values: Any, feeds: list[Any]) -> None:
        """Find the variables that the program reads and writes: by a trace, or from its runs."""
        if engines.current.infer is None:
            self._take(self._program._seen, self._program._written)
            return
        seen: dict[int, keras.Variable] = {}
        written: list[int] = []

        def trace(feeds: list[Any]) -> Any:
            outputs, new, _ = self._run_on(feeds, lambda v: values.snapshot(v)[1], seen)
            written[:] = list(new)
            return [x for x in outputs if keras.ops.is_tensor(x)], list(new.values())

        with _full_width(self._is_wide):
            engines.current.infer(trace, feeds)
        self._take(seen, written)

    def _take(self, seen: dict[int, keras.Variable], written: Iterable[int]) -> None:
        self._variables = list(seen.values())
        order = {id(v): i for i, v in enumerate(self._variables)}
        self._written = [order[key] for key in written]

    def _pure(self, state: list[Any], feeds: list[Any]) -> tuple[list[Any], ...]:
        before = {id(v): value for v, value in zip(self._variables, state)}
        outputs, new, fits = self._run_on(feeds, lambda v: before[id(v)], {})
        return outputs, [new[id(self._variables[i])] for i in self._written], fits

    def __call__(self, values: Any, feeds: list[Any]) -> list[Any]:
        if not self._written:
            _, outputs, _ = self._run(values, feeds)
            return [_to_numpy(x) for x in outputs]
        # A run without outputs goes on after the call, and would read what its caller writes next:
        # 71 of 100 runs on 4 MB did.
        feeds = _copies(feeds)
        written = [self._variables[i] for i in self._written]

        def run() -> list[Any]:
            while True:
                snapshots, tensors, new = self._run(values, feeds)
                # Before the writes: an output may be a view of a variable.
                outputs = list(map(_to_numpy, tensors))
                seen = [snapshots[i][0] for i in self._written]
                if values.replace(list(zip(written, seen, new))):
                    return outputs

        with values.exclusive():
            return under(values.locks(written), run)

    def _run(self, values: Any, feeds: list[Any]) -> tuple[list[Any], list[Any], list[Any]]:
        snapshots = values.snapshots(self._variables)
        state = [tensor for _, tensor in snapshots]
        with _full_width(self._is_wide):
            outputs, new, fits = self._function(state, feeds)
        fit.require_fits(self._doubtful, fits)
        # A program that moves a value hands on the very array that it got.
        mine = {id(tensor) for tensor in state}
        return (
            snapshots,
            outputs,
            [engines.current.duplicate(x) if id(x) in mine else x for x in new],
        )


# Nodes that are cheaper to compute one by one than to compile.
_FEW = 4


def _copies(feeds: list[Any]) -> list[Any]:
    """The feeds, in memory that their owner does not write: sparse tensors never change."""
    return [x.copy() if isinstance(x, np.ndarray) else x for x in feeds]


def _placed(feeds: list[Any]) -> list[Any]:
    """The feeds as tensors in memory of their own."""
    place = engines.current.place
    return [place(x) if isinstance(x, np.ndarray) else x for x in _copies(feeds)]


def _were_written(
    values: Any, seen: dict[int, keras.Variable], snapshots: dict[int, tuple[Any, Any]]
) -> bool:
    """Whether one of the variables that a run has read was written since."""
    read = [v for key, v in seen.items() if key in snapshots]
    now = values.snapshots(read)
    return any(a[0] is not snapshots[id(v)][0] for v, a in zip(read, now))


def _full_width(wanted: bool) -> Any:
    """A context in which 64-bit values keep their width, if there are any."""
    return engines.current.full_width("float64") if wanted else contextlib.nullcontext()


def _to_numpy(x: Any) -> Any:
    """A fresh host value: a NumPy scalar, or an array that nobody else holds."""
    if isinstance(x, (np.ndarray, np.generic, int, float)):
        return np.array(x)[()]
    return np.array(engines.current.host_form(x, "an output"))[()]
