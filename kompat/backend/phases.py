"""The learning phase, and what depends on it."""

import contextlib
from typing import Any

import keras

from kompat import mode
from kompat.engines.kinds import is_symbolic
from kompat.graph import phase as phases
from kompat.graph.control import Branch, choose
from kompat.graph.phase import LEARNING_PHASE, LearningPhase, PhaseNumber

__all__ = [
    "in_test_phase",
    "in_train_phase",
    "learning_phase",
    "learning_phase_scope",
    "set_learning_phase",
]


def learning_phase() -> LearningPhase:
    """The learning phase: 1 while training, 0 otherwise.

    Returns:
        An int-like object that always has the phase of the moment: for `if`, `==`, `training=`,
        as an input of `K.function`, and as a key of a `feed_dict`.

    Example:

    >>> K.learning_phase() == 0
    True
    """
    return LEARNING_PHASE


def set_learning_phase(value: Any) -> None:
    """Set the phase of the process.

    Args:
        value: 0 or 1.

    Raises:
        ValueError: it is neither.

    Example:

    >>> K.set_learning_phase(0)
    """
    phases.set_default(phases.checked(value))


def learning_phase_scope(value: Any) -> contextlib.AbstractContextManager:
    """Set the phase inside a block of this thread.

    Args:
        value: 0 or 1.

    Raises:
        ValueError: it is neither.

    Example:

    >>> with K.learning_phase_scope(1):
    ...     int(K.learning_phase())
    1
    """
    return phases.scope(phases.checked(value))


def in_train_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """`x` in the training phase, `alt` otherwise.

    Args:
        x: a tensor, or a function without arguments that returns one.
        alt: as `x`, of the same rank.
        training: a boolean or 0 or 1; the learning phase by default.

    Returns:
        A tensor. In graph mode, and where a branch is symbolic, the branch is chosen when the
        graph runs, and the other is not computed; else it is chosen by the phase of the moment.

    Example:

    >>> float(K.in_train_phase(K.constant(1.), K.constant(2.)))
    2.0
    """
    phase = LEARNING_PHASE if training is None else training
    if isinstance(phase, keras.KerasTensor):
        return choose(phase, Branch(x), Branch(alt))
    chosen = Branch(x if phase else alt)
    follows = isinstance(phase, PhaseNumber) and not phases.is_running()
    if follows and (
        mode.building_graph() or is_symbolic(keras.tree.flatten([chosen.given, x, alt]))
    ):
        other = Branch(alt if phase else x)
        return choose(phase, *((chosen, other) if phase else (other, chosen)))
    return chosen.given


def in_test_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """`x` in the test phase, `alt` while training.

    Args:
        x: a tensor, or a function without arguments that returns one.
        alt: as `x`, of the same rank.
        training: a boolean or 0 or 1; the learning phase by default.

    Returns:
        As `in_train_phase`.

    Example:

    >>> float(K.in_test_phase(K.constant(1.), K.constant(2.)))
    1.0
    """
    return in_train_phase(alt, x, training)
