"""Private corner of Keras: the nodes behind symbolic tensors.

Keras records each call of an operation on symbolic tensors as a `Node`, and tells a tensor's node
by `_keras_history`; there is no public way to ask. A node also registers itself with the
operations before it, for ever, and Keras never looks there.
"""

from collections.abc import Callable
from types import FrameType
from typing import Any

from keras.src.ops.node import Node


def node_of(tensor: Any) -> Any:
    """The node that computes a symbolic tensor; None for one that nothing computes."""
    history = getattr(tensor, "_keras_history", None)
    if history is None or history.operation is None:
        return None
    return history.operation._inbound_nodes[history.node_index]


def parents(node: Any) -> list[Any]:
    """The symbolic tensors among the arguments of a node."""
    return node.arguments.keras_tensors


def arguments(node: Any, value_of: Callable[[Any], Any]) -> tuple[tuple, dict[str, Any]]:
    """The positional and the keyword arguments of a node, each leaf replaced by its value."""
    return node.arguments.convert(value_of)


def leaves(node: Any) -> list[Any]:
    """All that stands among the arguments of a node, at any depth."""
    return node.arguments._flat_arguments


def outputs(node: Any) -> list[Any]:
    """The symbolic tensors that a node computes."""
    return node.outputs


def earlier(node: Any) -> list[Any]:
    """The nodes of the calls of the same operation before that of `node`, the newest."""
    return node.operation._inbound_nodes[:-1]


def record(operation: Any, args: tuple, kwargs: dict[str, Any], outputs: Any) -> None:
    """Make the node of a call."""
    Node(operation=operation, call_args=args, call_kwargs=kwargs, outputs=outputs)


def was_told(frame: FrameType, name: str) -> bool | None:
    """Whether the caller of a layer gave an argument, from its frame; None where it is no call."""
    spec = frame.f_locals.get("call_spec")
    return None if spec is None else spec.user_arguments_dict.get(name) is not None


class _Forgotten(list):
    """A list of nodes that counts as one with nodes.

    Keras before 3.13 takes an input whose operation has no outbound node for unconnected.
    """

    def __bool__(self) -> bool:
        return True


def unregister(node: Any) -> None:
    """Take a node off the operations before it, so that it is freed with its tensors."""
    for tensor in parents(node):
        before = tensor._keras_history.operation
        if before is not None and before._outbound_nodes[-1:] == [node]:
            before._outbound_nodes.pop()
            if not before._outbound_nodes:
                vars(before)["_outbound_nodes"] = _Forgotten()
