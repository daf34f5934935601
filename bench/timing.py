"""Time statements that are run alternately, so that what disturbs one disturbs them all.

The machine is shared, so a time by itself says little and a ratio within one run says much:

1. each statement is calibrated: as many executions to a batch as take about a millisecond;
2. each round times one batch of every statement, in an order that turns from round to round,
   after half as many executions that do not count: they bring its data back into the caches
   that the statement before has filled with its own;
3. what counts is the time that the calling thread had a processor, not what other processes
   took away; only where other threads do part of the work is it the time on the clock;
4. two statements are compared by the median, over the rounds, of the ratio within the round;
5. an absolute time is the median of the minima of five rounds each: other processes only ever
   add time, so a minimum is what the code itself takes, and the median distrusts a lucky one.

As in `timeit`, whose loops these are, the garbage collector rests while a batch runs.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from timeit import Timer
from typing import Any

BATCH_SECONDS = 0.001
LEAST_ROUNDS = 5
ROUNDS_TO_A_MINIMUM = 5


@dataclass(frozen=True)
class Pace:
    """How long to measure: `rounds`, or fewer once `seconds` have gone by."""

    rounds: int = 101
    seconds: float = 1.5

    def share(self, parts: int) -> "Pace":
        """The pace of one of several parts."""
        return Pace(-(-self.rounds // parts), self.seconds / parts)


class Statement:
    """A statement in a loop of its own, as a user would write it.

    Args:
        text: the statement.
        names: what its global names stand for.
        setup: a statement that is run before each batch and not timed. The batch is then one
            execution, since that may use up what was set up.
        waits: whether it waits for other threads, so that the time on the clock counts.
    """

    def __init__(self, text: str, names: Mapping[str, Any], setup: str = "", waits: bool = False):
        clock = time.perf_counter if waits else time.thread_time
        self._timer = Timer(text, setup or "pass", clock, globals=dict(names))
        self._number = 1
        self._calibrated = bool(setup)

    def batch(self) -> float:
        """Run a batch and return the seconds of one execution."""
        if not self._calibrated:
            self._calibrate()
        if self._number > 1:
            self._timer.timeit(self._number // 2)
        return self._timer.timeit(self._number) / self._number

    def _calibrate(self) -> None:
        # The first execution may compile or initialise something.
        self._timer.timeit(1)
        taken = self._timer.timeit(1)
        while taken < BATCH_SECONDS / 4:
            self._number *= 4
            taken = self._timer.timeit(self._number)
        self._number = max(1, round(self._number * BATCH_SECONDS / taken))
        self._calibrated = True


def interleaved(statements: Sequence[Statement], pace: Pace) -> list[list[float]]:
    """The seconds of one execution: a list per statement, an entry per round."""
    for statement in statements:
        statement.batch()
    times: list[list[float]] = [[] for _ in statements]
    started = time.perf_counter()
    for turn in range(pace.rounds):
        for place in range(len(statements)):
            i = (place + turn) % len(statements)
            times[i].append(statements[i].batch())
        if turn + 1 >= LEAST_ROUNDS and time.perf_counter() - started > pace.seconds:
            break
    return times


def ratio_of(times: Sequence[float], others: Sequence[float]) -> float:
    """The median, over the rounds, of the ratio within a round."""
    return median(a / b for a, b in zip(times, others, strict=True))


def undisturbed(times: Sequence[float]) -> float:
    """The median of the minima of a few rounds each."""
    step = ROUNDS_TO_A_MINIMUM
    return median(min(times[i : i + step]) for i in range(0, len(times), step))


@dataclass(frozen=True)
class Result:
    """A row as measured.

    Without a `baseline` the budget is one of microseconds, otherwise of the ratio.
    """

    name: str
    subject: str
    microseconds: float
    baseline: str | None = None
    baseline_microseconds: float | None = None
    ratio: float | None = None
    budget: float | None = None

    @property
    def missed(self) -> bool:
        """Whether there is a budget and it was exceeded."""
        measured = self.microseconds if self.ratio is None else self.ratio
        return self.budget is not None and measured > self.budget


def compare(
    name: str, subject: str, baseline: str | None, budget: float | None, times: list[list[float]]
) -> Result:
    """The result of the rounds of a subject and, if there is one, of its baseline."""
    if baseline is None:
        return Result(name, subject, undisturbed(times[0]) * 1e6, budget=budget)
    mine, its = times
    return Result(
        name, subject, median(mine) * 1e6, baseline, median(its) * 1e6, ratio_of(mine, its), budget
    )
