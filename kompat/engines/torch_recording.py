"""A function of PyTorch's tensors as the list of the operations that it calls, made short.

Python takes longer to call a small operation than PyTorch to compute it, so each one that can be
spared counts: what changes nothing, what depends on no input, memory that could be used again.
"""

import linecache
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx import GraphModule, graph_module
from torch.fx.experimental.proxy_tensor import make_fx
from torch.fx.graph import CodeGen, Graph, Node

_ATEN = torch.ops.aten

_SAME = {_ATEN.detach.default, _ATEN.expand.default, _ATEN.lift_fresh_copy.default}
"""Operations that only autograd needs, where the result has the shape of what it is made of."""

_SHAPED = {_ATEN.ones_like.default, _ATEN.zeros_like.default, _ATEN.full_like.default}
"""Operations that depend on their operand's shape, not on its values."""

_INTO = {
    _ATEN.add.Tensor: _ATEN.add.out,
    _ATEN.sub.Tensor: _ATEN.sub.out,
    _ATEN.mul.Tensor: _ATEN.mul.out,
    _ATEN.div.Tensor: _ATEN.div.out,
}
"""Elementwise operations, and their forms that write to memory which is there."""

_FRESH = {*_INTO, *_INTO.values(), _ATEN.mm.default}
"""Operations whose result shares no memory with what else lives."""

_FUNCTIONS = {
    *("add", "sub", "mul", "div", "neg", "abs", "sign", "pow", "rsqrt", "sqrt", "reciprocal"),
    *("exp", "log", "sin", "cos", "tanh", "sigmoid", "relu", "maximum", "minimum", "where"),
    *("eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_not", "logical_or"),
    *("mm", "bmm", "addmm", "sum", "mean", "amax", "amin", "t", "transpose", "permute", "cat"),
    *("unsqueeze", "squeeze"),
}
"""Operations that PyTorch's functions of the same name call when they get the same arguments."""

_METHODS = {"view", "expand", "masked_fill_"}
"""Operations that the methods of the same name call."""

_SMALL = 1 << 16
"""The largest result, in bytes, that is kept from run to run instead of computed again."""


class Recording(NamedTuple):
    """What a function called."""

    run: Callable[..., Any]
    writes_arguments: bool
    """Whether it writes to the memory of its arguments."""


def record(function: Callable[..., Any], tensors: Sequence[torch.Tensor]) -> Recording:
    """What `function` calls when it gets tensors like these.

    Raises:
        Exception: `function` does, or it asks for a value, which these tensors do not have.
    """
    recorder = make_fx(function, tracing_mode="fake", _allow_non_fake_inputs=True)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch warns of constants that have a history
        recorded = recorder(*tensors)
    graph = recorded.graph
    written = {x for node in graph.nodes for x in _written(node)}
    _drop_what_changes_nothing(graph, written)
    _compute_constants(recorded, written)
    graph.eliminate_dead_code()
    _reuse_memory(graph)
    for node in graph.nodes:
        _call_directly(node)
    constants = _as_arguments(recorded)
    graph.set_codegen(CodeGen())
    _drop_source(recorded.forward)
    recorded.recompile()
    forward = recorded.forward
    _drop_source(forward)

    def run(*tensors: torch.Tensor) -> Any:
        return forward(*constants, *tensors)

    return Recording(run, any(x.op == "placeholder" for x in written))


def forget() -> None:
    """Free what PyTorch keeps of each operation, shape and dtype that was ever recorded."""
    FakeTensorMode.cache_clear()


def _drop_source(forward: Any) -> None:
    """Free the code of a function, which PyTorch keeps for the tracebacks of one that is gone."""
    name = forward.__code__.co_filename
    linecache.cache.pop(name, None)
    graph_module._loader.eval_cache.pop(name, None)


def _drop_what_changes_nothing(graph: Graph, written: set[Node]) -> None:
    """A third of the operations of a small network."""
    for node in graph.nodes:
        if node.target not in _SAME or node in written:
            continue
        given = node.args[0]
        if "val" not in given.meta or given.meta["val"].shape == node.meta["val"].shape:
            node.replace_all_uses_with(given)


def _compute_constants(recorded: GraphModule, written: set[Node]) -> None:
    """Compute now what depends on no input and on no tensor that its owner may write to."""
    known: dict[Node, torch.Tensor] = {}
    for node in recorded.graph.nodes:
        if node in written or not _is_constant(node, known):
            continue
        value = node.target(*[_value(x, known) for x in node.args], **node.kwargs)
        if value.untyped_storage().nbytes() <= _SMALL:
            known[node] = value
    for node, value in known.items():
        if not node.users.keys() <= known.keys():
            name = f"_computed_{node.name}"
            recorded.register_buffer(name, value)
            with recorded.graph.inserting_before(node):
                node.replace_all_uses_with(recorded.graph.get_attr(name))


def _is_constant(node: Node, known: dict[Node, torch.Tensor]) -> bool:
    target = node.target
    if not isinstance(target, torch._ops.OpOverload) or target._schema.is_mutable:
        return False
    return target in _SHAPED or (
        torch.Tag.nondeterministic_seeded not in target.tags
        and [type(x.type) for x in target._schema.returns] == [torch.TensorType]
        and all(x in known for x in node.all_input_nodes)
    )


def _value(x: Any, known: dict[Node, torch.Tensor]) -> Any:
    if not isinstance(x, Node):
        return x
    if x in known:
        return known[x]
    like = x.meta["val"]
    return torch.empty_strided(like.shape, like.stride(), dtype=like.dtype, device=like.device)


def _reuse_memory(graph: Graph) -> None:
    """Write to an operand that nothing needs afterwards: new memory takes longer than a product."""
    for node in graph.nodes:
        if node.target in _INTO:
            done = [x for x in node.args if _is_fresh(x) and len(x.users) == 1]
            fitting = [x for x in done if _layout(x) == _layout(node)]
            if fitting:
                node.target = _INTO[node.target]
                node.kwargs = {**node.kwargs, "out": fitting[0]}


def _is_fresh(x: Any) -> bool:
    return isinstance(x, Node) and x.target in _FRESH


def _layout(node: Node) -> tuple[Any, ...]:
    value = node.meta["val"]
    return value.shape, value.stride(), value.dtype, value.device


def _call_directly(node: Node) -> None:
    """Call PyTorch's function or method: what make_fx records takes twice as long to reach."""
    if not isinstance(node.target, torch._ops.OpOverload):
        return
    namespace, name = node.target._schema.name.split("::")
    scaled = node.target._overloadname == "Scalar" and len(node.args) > 2
    if namespace != "aten" or scaled:  # torch.add(x, 2, 3) is another operation
        return
    if name in _METHODS:
        node.op, node.target = "call_method", name
    elif name in _FUNCTIONS:
        node.target = getattr(torch, name)


def _as_arguments(recorded: GraphModule) -> list[torch.Tensor]:
    """Make the tensors that the module holds its first arguments, which a call reads at once."""
    held = [node for node in recorded.graph.nodes if node.op == "get_attr"]
    for node in held:
        with recorded.graph.inserting_before(next(iter(recorded.graph.nodes))):
            argument = recorded.graph.placeholder(f"constant_{node.name}")
        node.replace_all_uses_with(argument)
        recorded.graph.erase_node(node)
    return [getattr(recorded, node.target) for node in reversed(held)]


def _written(node: Node) -> Iterator[Node]:
    """What a node writes to in place, with all that this is a view of."""
    schema = getattr(node.target, "_schema", None)
    if schema is None or not schema.is_mutable:
        return
    first = node.args[0]
    for x in first if isinstance(first, (list, tuple)) else [first]:
        yield x
        while _is_view(x):
            x = x.args[0]
            yield x


def _is_view(node: Node) -> bool:
    """Whether the result of a node may share memory with its first argument."""
    if node.op != "call_function":
        return False
    schema = getattr(node.target, "_schema", None)  # the parts of a split have none
    return (
        schema is None
        or node.target is _ATEN._unsafe_view.default
        or any(x.alias_info for x in schema.returns)
    )
