"""A picture of a graph: what computes a function or a tensor, which variables it reads and writes.

1. the schedule of the outputs gives the nodes;
2. networkx orders them in layers, each below all that it needs;
3. matplotlib draws them, as SVG, PNG or PDF by the ending of the path.
"""

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras

from kompat.function import Function
from kompat.graph import history
from kompat.graph.operations import Assign, Read

_COLOURS = {"operation": "#eef1f5", "placeholder": "#d5ecd9", "variable": "#d7e5f7"}
_FLOW = {"arrowstyle": "->", "color": "#7a8699"}
_UPDATE = {
    "arrowstyle": "->",
    "color": "#c2622d",
    "linestyle": "dashed",
    "connectionstyle": "arc3,rad=0.3",
}
_ENDINGS = (".svg", ".png", ".pdf")
_INCHES = (2.1, 0.9)
# Names are the user's: a dollar sign in one begins no formula.
_TEXT: dict[str, Any] = {
    "ha": "center",
    "va": "center",
    "fontsize": 7,
    "family": "monospace",
    "parse_math": False,
}


def draw(graph: Any, path: Any) -> Path:
    """Draw what computes a function or tensors.

    Args:
        graph: a `K.function`, a symbolic tensor, or a list of them.
        path: where to write; its ending says how: `.svg`, `.png`, `.pdf`.

    Returns:
        The path. Placeholders are green, variables blue; a dashed arrow leads from an update to the
        variable that it writes.

    Raises:
        ImportError: networkx or matplotlib is missing: `pip install "kompat[draw]"`.
        TypeError: `graph` is nothing symbolic.
        ValueError: the path ends otherwise.

    Example:

    >>> import kompat, tempfile
    >>> x = K.placeholder(shape=(None, 2), name="x")
    >>> picture = kompat.draw(K.sum(x * K.variable(2.)), tempfile.mkdtemp() + "/graph.svg")
    >>> picture.name
    'graph.svg'
    """
    for needed in ("networkx", "matplotlib"):
        if find_spec(needed) is None:
            raise ImportError(
                f"kompat.draw needs networkx and matplotlib, and {needed} is missing: "
                'pip install "kompat[draw]"'
            )
    path = Path(path)
    if path.suffix.lower() not in _ENDINGS:
        raise ValueError(
            f"kompat.draw expects a path ending in {', '.join(_ENDINGS)}, received {str(path)!r}."
        )
    import networkx

    content = networkx.DiGraph()
    for tensor, variable in _targets(graph):
        key = _add_tensor(content, tensor)
        if variable is not None:
            content.add_edge(key, _add_variable(content, variable), style="dashed")
    _place(content)
    return _render(content, path)


def _targets(graph: Any) -> list[tuple[Any, Any]]:
    """The tensors to draw, each with the variable that it is written to, or None."""
    if isinstance(graph, Function):
        updates = [(value, variable) for variable, value in graph.updates]
        computed = [*graph.outputs, *graph.fetches]
        return [*((x, None) for x in computed if isinstance(x, keras.KerasTensor)), *updates]
    tensors = keras.tree.flatten(graph)
    if not all(isinstance(x, keras.KerasTensor) for x in tensors):
        raise TypeError(
            f"kompat.draw expects a K.function or symbolic tensors, received {graph!r:.60}."
        )
    return [(x, None) for x in tensors]


def _add_tensor(content: Any, tensor: Any) -> Any:
    """Add the node of a tensor and all before it, without recursion: chains may be long."""
    if not isinstance(tensor, keras.KerasTensor):
        content.add_node(id(tensor), kind="operation", text=f"constant\n{tensor!r:.20}")
        return id(tensor)
    stack = [tensor]
    visited = set()
    while stack:
        node = history.node_of(stack.pop())
        if node is None or id(node) in visited:
            continue
        visited.add(id(node))
        _add_node(content, node)
        for parent in history.parents(node):
            stack.append(parent)
            content.add_edge(id(history.node_of(parent)), id(node))
    return id(history.node_of(tensor))


def _add_node(content: Any, node: Any) -> None:
    operation = node.operation
    outputs = history.outputs(node)
    kind = "placeholder" if history.is_input(node) else "operation"
    shapes = ", ".join(str(x.shape) for x in outputs)
    name = outputs[0].name if kind == "placeholder" else type(operation).__name__
    content.add_node(id(node), kind=kind, text=f"{name}\n{shapes}\n{outputs[0].dtype}")
    for variable in _read_by(node):
        content.add_edge(_add_variable(content, variable), id(node))
    if isinstance(operation, Assign):
        content.add_edge(id(node), _add_variable(content, operation.variable), style="dashed")


def _read_by(node: Any) -> Iterable[Any]:
    operation = node.operation
    if isinstance(operation, keras.Layer):
        return operation.variables
    if isinstance(operation, Read):
        return [operation.variable]
    return [x for x in history.leaves(node) if isinstance(x, keras.Variable)]


def _add_variable(content: Any, variable: Any) -> Any:
    text = f"{variable.path}\n{tuple(variable.shape)}\n{variable.dtype}"
    content.add_node(id(variable), kind="variable", text=text)
    return id(variable)


def _place(content: Any) -> None:
    """Number the layers along what is computed; an update leads back and does not count."""
    import networkx

    computed = networkx.DiGraph(
        (a, b) for a, b, style in content.edges(data="style") if style != "dashed"
    )
    computed.add_nodes_from(content)
    for layer, keys in enumerate(networkx.topological_generations(computed)):
        for key in keys:
            content.nodes[key]["layer"] = layer


def _render(content: Any, path: Path) -> Path:
    import networkx
    from matplotlib.figure import Figure

    places = networkx.multipartite_layout(content, subset_key="layer", align="horizontal")
    layers = [layer for _, layer in content.nodes(data="layer")]
    width = max(map(layers.count, layers))
    figure = Figure((_INCHES[0] * width + 1, _INCHES[1] * (max(layers) + 1) + 1))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    for first, second, style in content.edges(data="style"):
        (x, y), (to_x, to_y) = places[first], places[second]
        arrow = _UPDATE if style == "dashed" else _FLOW
        axes.annotate(
            "", (to_x, -to_y), (x, -y), arrowprops={**arrow, "shrinkA": 18, "shrinkB": 18}
        )
    for key, attributes in content.nodes(data=True):
        box = {
            "boxstyle": "round",
            "facecolor": _COLOURS[attributes["kind"]],
            "edgecolor": "#7a8699",
        }
        x, y = places[key]
        axes.text(x, -y, attributes["text"], bbox=box, **_TEXT)
    axes.margins(0.15)
    axes.plot([p[0] for p in places.values()], [-p[1] for p in places.values()], alpha=0)
    figure.savefig(path, dpi=150)
    return path
