"""The one graph, as an object that code of TensorFlow 1 passes around."""

import contextlib
from typing import Any

from kompat import mode
from kompat.graph import history


class Graph:
    """The graph of TensorFlow 1. There is one; a graph of one's own is a part of it."""

    def as_default(self) -> contextlib.AbstractContextManager:
        """A block in graph mode."""
        return mode.graph_mode()

    def finalize(self) -> None:
        """Accepted for TensorFlow 1: graphs here do not grow by running."""

    def get_tensor_by_name(self, name: str) -> Any:
        """The living symbolic tensor of a name, with or without `:0`.

        Raises:
            KeyError: there is none.
        """
        tensor = history.named(name.partition(":")[0])
        if tensor is None:
            raise KeyError(f"no living symbolic tensor is named {name!r}.")
        return tensor


_graph = Graph()


def get_default_graph() -> Graph:
    """The one graph."""
    return _graph


def reset_default_graph() -> None:
    """Let another object stand for the one graph, as after `K.clear_session()`."""
    global _graph
    _graph = Graph()
