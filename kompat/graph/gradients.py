"""Which tensors and variables a loss depends on, and the node of its gradients."""

import warnings
from typing import Any

import keras

from kompat.errors import SymbolicValueError
from kompat.graph import history
from kompat.graph.operations import Gradient, GraphOperation, Read
from kompat.keras_private import layers as keras_layers


def gradients(loss: Any, wrt: list[Any]) -> list[Any]:
    """Symbolic gradients of the sum of `loss`; None in place of what it does not depend on."""
    for x, kinds, what in (
        (loss, keras.KerasTensor, "a symbolic loss"),
        *((x, (keras.KerasTensor, keras.Variable), "variables or symbolic tensors") for x in wrt),
    ):
        if not isinstance(x, kinds):
            raise SymbolicValueError(
                f"K.gradients: expected {what}, received {type(x).__name__}.",
                "a computed value does not tell what it was computed from, and values are what "
                "Keras gives to layers, losses and metrics.",
                "compute the loss from K.placeholder, model.input or model.output, one of "
                "variables alone in kompat.graph_mode(), and run it by K.function; inside a layer "
                "or a loss use the engine's own: jax.grad, torch.autograd.grad, tf.GradientTape.",
            )
    reach = _Reach(loss)
    connected = [x for x in wrt if reach.holds(x)]
    for x in wrt:
        if not reach.holds(x):
            warnings.warn(reach.why_not(x), stacklevel=3)
    tensors = [x for x in connected if isinstance(x, keras.KerasTensor)]
    found = iter(Gradient(connected).symbolic_call(loss, tensors) if connected else [])
    return [next(found) if reach.holds(x) else None for x in wrt]


def depends(tensor: Any, wrt: list[Any]) -> bool:
    """Whether a symbolic tensor may have a gradient with respect to one of `wrt`."""
    return any(map(_Reach(tensor).holds, wrt))


class _Reach:
    """Everything that a loss depends on by a path that gradients can take."""

    def __init__(self, loss: Any):
        self._loss = loss
        self._found: set[int] = set()
        self._closures = False
        self._models: list[Any] = []
        self._walk([loss])

    def _walk(self, stack: list[Any]) -> None:
        while stack:
            tensor = stack.pop()
            if id(tensor) in self._found or not _is_differentiable(tensor):
                continue
            self._found.add(id(tensor))
            node = history.node_of(tensor)
            if node is None or history.stops_gradients(node):
                continue
            stack += history.parents(node)
            self._take_variables(node, stack)

    def _take_variables(self, node: Any, stack: list[Any]) -> None:
        operation = node.operation
        variables = [x for x in history.leaves(node) if isinstance(x, keras.Variable)]
        if isinstance(operation, keras.Layer):
            variables += operation.variables
            self._closures |= _has_closures(operation)
            if isinstance(operation, keras.Model):
                self._models.append(node)
        elif isinstance(operation, Read):
            variables.append(operation.variable)
        elif isinstance(operation, Gradient):
            stack += [x for x in operation.wrt if isinstance(x, keras.KerasTensor)]
            variables += [x for x in operation.wrt if isinstance(x, keras.Variable)]
        elif isinstance(operation, GraphOperation):
            stack += operation.inner
        self._found.update(map(id, variables))

    def holds(self, x: Any) -> bool:
        """Whether the loss may depend on `x`: a Lambda may hide any variable in its closure."""
        hidden = self._closures and isinstance(x, keras.Variable)
        return _is_differentiable(x) and (id(x) in self._found or hidden)

    def why_not(self, x: Any) -> str:
        name = f"variable {x.path!r}" if isinstance(x, keras.Variable) else history.describe(x)
        if not _is_differentiable(x):
            cause = f"its dtype is {x.dtype}, and only floats have gradients."
        elif not _is_differentiable(self._loss):
            cause = f"the loss has dtype {self._loss.dtype}, and only floats have gradients."
        else:
            cause = self._of_a_model(x) or (
                "the loss does not depend on it, or only through stop_gradient or integers."
            )
        return f"K.gradients: None for {name}: {cause}"

    def _of_a_model(self, x: Any) -> str | None:
        """Where the loss has the tensor that `x` is in a model, if it applied that model again."""
        for node in self._models:
            model = node.operation
            outside = [*history.parents(node), *history.outputs(node)]
            ends = [*_ends(model, "inputs"), *_ends(model, "outputs")]
            for inner, outer in zip(ends, outside):
                if inner is x:
                    return (
                        f"the loss applies the model {model.name!r} again, to other tensors. In "
                        f"its place use the one of that call, {history.describe(outer)}."
                    )
            if any(x is y for end in _ends(model, "outputs") for y in _behind(end)):
                return (
                    f"it stands inside of the model {model.name!r}, which the loss applies again, "
                    "to other tensors. Make it an output: compute the loss from "
                    f"keras.Model({model.name}.inputs, [{model.name}.output, tensor])(inputs)."
                )
        return None


def _ends(model: Any, name: str) -> list[Any]:
    """The symbolic inputs or outputs of a model, if it has some."""
    return keras.tree.flatten(getattr(model, name, None) or [])


def _behind(tensor: Any) -> list[Any]:
    """All symbolic tensors that a tensor is computed from."""
    found, stack = {id(tensor): tensor}, [tensor]
    while stack:
        node = history.node_of(stack.pop())
        new = [] if node is None else [x for x in history.parents(node) if id(x) not in found]
        found.update((id(x), x) for x in new)
        stack += new
    return list(found.values())


def _is_differentiable(x: Any) -> bool:
    return hasattr(x, "dtype") and keras.utils.standardize_dtype(x.dtype).startswith(
        ("float", "bfloat", "complex")
    )


def _has_closures(layer: keras.Layer) -> bool:
    return any(isinstance(inner, keras.layers.Lambda) for inner in keras_layers.within(layer))
