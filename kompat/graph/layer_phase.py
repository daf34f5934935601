"""The phase of layers, and that of `fit`, `evaluate` and `predict`.

In the order in which the first that is there counts:

- what a layer is told by its caller;
- in a loop of a trainer: the `learning_phase_scope` around it, and in graph mode what
  `set_learning_phase` said; then the trainer's own, 1 in `fit`;
- what the layer around it was told;
- the innermost `learning_phase_scope`, then what `set_learning_phase` said;
- the layer's own default.

A layer that is called on symbolic tensors is told nothing: its model has a phase when it runs.
In eager mode `set_learning_phase` does not reach a trainer, as in TensorFlow 2; a warning says so.
"""

import functools
import warnings
from collections.abc import Callable, MutableMapping
from typing import Any
from weakref import WeakKeyDictionary

import keras

from kompat import mode
from kompat.graph import phase as phases
from kompat.values import private

_LOOPS = {
    "fit": ("train_function", 1),
    "train_on_batch": ("train_function", 1),
    "evaluate": ("test_function", 0),
    "test_on_batch": ("test_function", 0),
    "predict": ("predict_function", 0),
    "predict_on_batch": ("predict_function", 0),
}
"""The loops of a trainer: what each compiles, and its own phase."""

_given: MutableMapping[Any, int] = WeakKeyDictionary()
"""Trainer -> the phase that is given to its loop, while one runs."""

_made_for: MutableMapping[Any, dict[str, int | None]] = WeakKeyDictionary()
"""Trainer -> the phases for which its functions were compiled."""


def resolving(resolve: Callable[..., None]) -> Callable[..., None]:
    """`Layer._resolve_and_populate_arg`, by which layers take the phase."""

    @functools.wraps(resolve)
    def _resolve_and_populate_arg(
        self: Any, arg_name: str, call_spec: Any, call_context: Any, kwargs: Any
    ) -> None:
        if arg_name == "training":
            _tell(self, call_spec, call_context)
        resolve(self, arg_name, call_spec, call_context, kwargs)

    return _resolve_and_populate_arg


def _tell(layer: Any, call_spec: Any, call_context: Any) -> None:
    """Give a layer the phase of a trainer's loop, or the one that is asked for."""
    by_caller = call_spec.user_arguments_dict
    if _given and layer in _given:
        by_caller["training"] = bool(_given[layer])
        return
    if by_caller.get("training") is not None or call_context.get_value("training") is not None:
        return
    asked = phases.asked()
    if asked is not None and not _is_symbolic(call_spec):
        by_caller["training"] = bool(asked)


def _is_symbolic(call_spec: Any) -> bool:
    leaves = keras.tree.flatten(call_spec.arguments_dict)
    return any(isinstance(x, keras.KerasTensor) for x in leaves)


def stateless(call: Callable[..., Any]) -> Callable[..., Any]:
    """`Layer.stateless_call`, with which the trainer on JAX calls its model."""

    @functools.wraps(call)
    def stateless_call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if "training" in kwargs and self in _given:
            kwargs["training"] = bool(_given[self])
        return call(self, *args, **kwargs)

    return stateless_call


def looping(loop: Callable[..., Any]) -> Callable[..., Any]:
    """A loop of a trainer, which takes the phase and refuses a session with values of its own."""
    function, own = _LOOPS[loop.__name__]

    @functools.wraps(loop)
    def looping(self: Any, *args: Any, **kwargs: Any) -> Any:
        private.require_own_values(f"Model.{loop.__name__}")
        outer = _given.get(self)
        phase = _of_loop(loop.__name__, own) if outer is None else outer
        made_for = _made_for.setdefault(self, {})
        if made_for.get(function) != phase:
            setattr(self, function, None)
        made_for[function] = phase
        if phase is None:
            return loop(self, *args, **kwargs)
        _given[self] = phase
        try:
            return loop(self, *args, **kwargs)
        finally:
            if outer is None:
                del _given[self]

    return looping


def _of_loop(name: str, own: int) -> int | None:
    """The phase to give to a loop; None for its own."""
    if phases.in_scope() or mode.is_graph():
        return phases.asked()
    asked = phases.asked()
    if asked is not None and asked != own:
        warnings.warn(
            f"K.set_learning_phase({asked}) does not reach {name}, whose learning phase is {own}: "
            "in eager mode, as in TensorFlow 2, each loop has its own.\n"
            f"Fix: call it under `with K.learning_phase_scope({asked}):`, or work in graph mode "
            "(kompat.disable_eager_execution()).",
            stacklevel=3,
        )
    return None
