"""From probabilities back to their logits, for crossentropies that lose nothing.

The probability of an unlikely class rounds to 0 and its logarithm is lost, but not its logit. So
the tensors that K's softmax and sigmoid make are remembered with their logits, for as long as they
live; what graphs compute is looked up in the graph.
"""

import weakref
from typing import Any

import keras

from kompat import engines
from kompat.graph import logits as graph_logits


class _Made(weakref.ref):
    """A tensor that an activation made, and of what."""

    activation: Any
    axis: Any
    key: int
    logits: Any
    stamp: tuple[Any, Any]

    def is_intact(self, probabilities: Any) -> bool:
        """Whether it is the tensor, and neither it nor its logits were overwritten or deleted."""
        return self() is probabilities and self.stamp == _stamp(probabilities, self.logits)


_made: dict[int, _Made] = {}


def _forget(made: _Made) -> None:
    if _made.get(made.key) is made:
        del _made[made.key]


def _stamp(probabilities: Any, logits: Any) -> tuple[Any, Any]:
    return engines.current.stamp(probabilities), engines.current.stamp(logits)


def remember(probabilities: Any, logits: Any, activation: Any, axis: Any = -1) -> Any:
    """`probabilities`, remembered as what `activation` made of `logits`."""
    if isinstance(probabilities, keras.KerasTensor):
        return probabilities
    try:
        made = _Made(probabilities, _forget)
    except TypeError:  # a NumPy scalar
        return probabilities
    made.key, made.logits, made.activation, made.axis = id(probabilities), logits, activation, axis
    made.stamp = _stamp(probabilities, logits)
    _made[made.key] = made
    return probabilities


def logits_of(probabilities: Any, activation: Any, kerases: Any, axis: int = -1) -> Any:
    """The logits that an activation made a tensor of, along `axis`; None for other tensors.

    Args:
        probabilities: a tensor, symbolic or not.
        activation: K's function.
        kerases: Keras's function, which has the name of the operation, in small letters.
        axis: the axis of the softmax.
    """
    if isinstance(probabilities, keras.KerasTensor):
        operation = activation.__name__.capitalize()
        logits, along = graph_logits.behind(probabilities, operation, (activation, kerases))
    else:
        made = _made.get(id(probabilities))
        if made is None or made.activation is not activation or not made.is_intact(probabilities):
            return None
        logits, along = made.logits, made.axis
    rank = len(probabilities.shape)
    same = isinstance(along, int) and along % max(rank, 1) == axis % max(rank, 1)
    return logits if same else None
