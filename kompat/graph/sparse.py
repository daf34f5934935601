"""Which symbolic tensors are sparse, and sparse matrices of the host as tensors of the engine."""

from typing import Any

import numpy as np

from kompat import engines
from kompat.errors import UnsupportedValueError
from kompat.graph import history
from kompat.graph.operations import GraphOperation
from kompat.values.adapter import as_host


def is_symbolic(tensor: Any) -> bool:
    """Whether a symbolic tensor will be sparse.

    Keras says so of `x * 2` too, so it must come from a tensor that is.
    """
    stack, seen = [tensor], set()
    while stack:
        x = stack.pop()
        if id(x) in seen or not getattr(x, "sparse", False):
            continue
        seen.add(id(x))
        node = history.node_of(x)
        if history.is_input(node) or isinstance(node.operation, GraphOperation):
            return True
        stack += history.parents(node)
    return False


def is_on_host(value: Any) -> bool:
    """Whether `value` is a sparse matrix or array of SciPy."""
    return hasattr(value, "tocsr")


def require_engine() -> None:
    """Raise ValueError unless the engine has sparse tensors."""
    if not engines.current.has_sparse:
        raise UnsupportedValueError(
            f"expected an engine with sparse tensors, have {engines.NAME!r}.",
            "Keras has them on JAX and TensorFlow alone.",
            "use dense arrays (matrix.toarray()), or KERAS_BACKEND=jax.",
        )


def from_host(value: Any, dtype: Any, name: str) -> Any:
    """A sparse tensor, row by row.

    Args:
        value: a sparse matrix of SciPy, or an array.
        dtype: of its elements; None keeps theirs.
        name: of what shall hold it, for errors.

    Raises:
        ValueError: the engine has no sparse tensors.
        As `set_value` for its dtype.
    """
    require_engine()
    if is_on_host(value):
        rows = value.tocsr()
        rows.sum_duplicates()
        value = rows.tocoo()
        elements, indices = value.data, np.stack([value.row, value.col], axis=1)
    else:
        value = as_host(value, None, np.dtype(dtype or value.dtype), name)
        indices = np.argwhere(value)
        elements = value[tuple(indices.T)]
    elements = as_host(elements, None, np.dtype(dtype or elements.dtype), name)
    return engines.current.sparse(elements, indices, tuple(value.shape))
