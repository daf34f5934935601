"""Operations whose result has a shape that is itself computed, and what is known of it before."""

import operator
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np

from kompat import engines
from kompat.engines import backwards
from kompat.engines.counterparts import function_of
from kompat.engines.dtypes import dtype_name
from kompat.engines.kinds import is_symbolic
from kompat.graph import history
from kompat.graph.operations import GraphOperation, Shape, read
from kompat.keras_private.operations import public_function


class Shaped(GraphOperation):
    """Computes `compute(sizes, *tensors)`, where `sizes` are integers at run time.

    Sizes that follow from the shapes of tensors alone are computed here, on the host: an engine
    that traces would make tensors of them, which cannot be shapes.

    Args:
        compute: computes the result.
        infer: gives the shape of the result from sizes, with None for unknown ones, and tensors.
        dtype: that of the result; by default that of the first tensor.
    """

    def __init__(
        self,
        compute: Callable[..., Any],
        infer: Callable[..., tuple[int | None, ...]],
        dtype: str | None = None,
    ):
        super().__init__()
        self._compute = compute
        self._infer = infer
        self._dtype = dtype
        self._sizes: Any = None
        self._roots: list[int] = []

    def of(self, sizes: Any, *tensors: Any) -> keras.KerasTensor:
        """The symbolic result for symbolic sizes or tensors."""
        roots: dict[int, Any] = {}
        if not _follows_from_shapes(sizes, roots):
            return self.symbolic_call(sizes, [], *tensors)
        self._sizes, self._roots = sizes, list(roots)
        return self.symbolic_call((), list(roots.values()), *tensors)

    def compute_output_spec(self, sizes: Any, roots: Any, *tensors: Any) -> keras.KerasTensor:
        known = known_sizes(sizes if self._sizes is None else self._sizes)
        dtype = self._dtype or keras.utils.standardize_dtype(tensors[0].dtype)
        return keras.KerasTensor(self._infer(known, *tensors), dtype=dtype)

    def call(self, sizes: Any, roots: Any, *tensors: Any) -> Any:
        return self._compute(self.resolved(sizes, roots), *tensors)

    def resolved(self, sizes: Any, roots: Any) -> Any:
        """The sizes at run time: as given, or from the shapes of `roots`."""
        if self._sizes is not None:
            shapes = dict(zip(self._roots, map(keras.ops.shape, roots)))
            sizes = _sizes_from(self._sizes, lambda root: shapes[id(root)])
        return run_sizes(sizes)

    def sizes(self, node: Any) -> Any:
        """The sizes among the arguments of a node of such an operation."""
        return history.arguments(node, lambda x: x)[0][0]


class Index(GraphOperation):
    """`x[key]` where the key holds symbolic numbers.

    Its second argument is the key as a list, in which a slice is the list of its three parts.
    """

    def compute_output_spec(self, x: Any, parts: list[Any]) -> keras.KerasTensor:
        taken = len(parts) - sum(part is None or part is Ellipsis for part in parts)
        sizes: list[int | None] = list(x.shape)
        shape: list[int | None] = []
        for part in parts:
            if part is None:
                shape.append(1)
            elif part is Ellipsis:
                rest = len(sizes) - taken
                shape += sizes[:rest]
                del sizes[:rest]
            else:
                size = sizes.pop(0)
                taken -= 1
                if isinstance(part, list):
                    shape.append(_length(part, size))
        return keras.KerasTensor((*shape, *sizes), dtype=dtype_name(x))

    def sizes(self, node: Any) -> Any:
        """The numbers in the key of a node."""
        return history.arguments(node, lambda x: x)[0][1]

    def call(self, x: Any, parts: list[Any]) -> Any:
        return x[
            tuple(slice(*run_sizes(p)) if isinstance(p, list) else run_sizes(p) for p in parts)
        ]


def _length(bounds: list[Any], size: int | None) -> int | None:
    known = [None if bound is None else known_sizes(bound) for bound in bounds]
    if size is None or any(k is None and b is not None for k, b in zip(known, bounds)):
        return None
    return len(range(*slice(*known).indices(size)))


def index(tensor: Any, key: Any) -> keras.KerasTensor:
    """`tensor[key]` as a symbolic tensor, also for the keys that Keras refuses.

    These are a bare slice, symbolic numbers, variables and tensors without dimensions. Backwards
    it flips first, because PyTorch has no negative steps.

    Raises:
        TypeError: a part of the key is no integer, as an array of them.
    """
    parts = [_part(part) for part in (key if isinstance(key, tuple) else (key,))]
    if axes := backwards.axes(parts):
        tensor = keras.ops.flip(tensor, axis=axes)
        parts = list(map(backwards.forwards, parts))
    if is_symbolic(parts) or not isinstance(tensor, keras.KerasTensor):
        return Index().symbolic_call(tensor, parts)
    return _keras_index(tensor, tuple(slice(*p) if isinstance(p, list) else p for p in parts))


def _part(part: Any) -> Any:
    """A part of a key; a slice as a list, and what is known as a Python number."""
    if isinstance(part, slice):
        return [_part(part.start), _part(part.stop), _part(part.step)]
    if part is None or part is Ellipsis or isinstance(part, int):
        return part
    if getattr(part, "shape", None) != () or "int" not in dtype_name(part):
        raise TypeError(
            f"expected an integer or a slice as the key of a symbolic tensor, received "
            f"{type(part).__name__} {part!r:.60}.\nWhy: a key names one place or a range of each "
            "axis.\nFix: take several rows with K.gather(tensor, indices)."
        )
    if isinstance(part, keras.KerasTensor):
        return part
    if isinstance(part, keras.Variable):
        return read(part)
    return int(keras.ops.convert_to_numpy(part))


def differ(one: int | None, other: int | None) -> bool:
    """Whether two sizes are known, and known to differ."""
    return None not in (one, other) and one != other


def may_be_alike(one: Sequence[int | None], other: Sequence[int | None]) -> bool:
    """Whether two shapes are the same as far as they are known."""
    return len(one) == len(other) and not any(map(differ, one, other))


def run_sizes(sizes: Any) -> Any:
    """Sizes as integers where they are known; what an engine traces stays a tensor each.

    Args:
        sizes: a number, a tensor of rank 1, or a list of numbers and scalar tensors.
    """
    if isinstance(sizes, (list, tuple)):
        return tuple(map(run_sizes, sizes))
    if isinstance(sizes, (int, float, np.generic)):
        return sizes if isinstance(sizes, (int, float)) else sizes.item()
    try:
        found = np.asarray(sizes)
    except Exception:  # each engine has its own error for a tensor that has no value yet
        rank_1 = len(sizes.shape) == 1 and isinstance(sizes.shape[0], int)
        return tuple(sizes[i] for i in range(sizes.shape[0])) if rank_1 else sizes
    return tuple(found.tolist()) if found.ndim else found.item()


def require_sizes(shape: Any) -> None:
    """Raise ValueError if a size is negative or a fraction; it may be symbolic."""
    for size in shape if isinstance(shape, (list, tuple)) else [shape]:
        if isinstance(size, float) or (isinstance(size, int) and size < 0):
            raise ValueError(f"expected sizes as integers of 0 or more, received {shape}.")


def are_traced(sizes: Any) -> bool:
    """Whether some sizes, as `run_sizes` gives them, are known to the engine's program alone."""
    if isinstance(sizes, tuple):
        return any(map(are_traced, sizes))
    return engines.current.is_size(sizes) or keras.ops.is_tensor(sizes)


def known_sizes(sizes: Any) -> Any:
    """As `run_sizes`, before the run: None for what does not follow from static shapes."""
    return _sizes_from(sizes, lambda root: root.shape)


def _sizes_from(sizes: Any, shape_of: Callable[[Any], Any]) -> Any:
    if isinstance(sizes, (list, tuple)):
        return tuple(_sizes_from(size, shape_of) for size in sizes)
    if isinstance(sizes, keras.KerasTensor):
        return _integers(_elements(sizes, shape_of))
    return run_sizes(sizes)


def _integers(elements: np.ndarray) -> Any:
    if elements.ndim:
        return tuple(map(_integers, elements))
    if elements.dtype == object:
        return elements.item()
    return None if np.isnan(elements) else int(elements)


def _elements(tensor: Any, shape_of: Callable[[Any], Any]) -> np.ndarray:
    """The elements of an integer tensor; NaN, which operations hand on, where they are unknown."""
    if not isinstance(tensor, keras.KerasTensor):
        return tensor
    node = history.node_of(tensor)
    if not history.is_input(node) and isinstance(node.operation, Shape):
        return _numbers(shape_of(history.parents(node)[0]))
    compute = None if history.is_input(node) else _of_numpy(node.operation)
    if compute is None:
        return np.full([1 if n is None else n for n in tensor.shape], np.nan)
    args, kwargs = history.arguments(node, lambda x: _elements(x, shape_of))
    return np.asarray(compute(*args, **kwargs))


def _numbers(shape: Any) -> np.ndarray:
    plain = all(n is None or isinstance(n, int) for n in shape)
    return np.array(shape, float if plain else object)


def _follows_from_shapes(sizes: Any, roots: dict[int, Any]) -> bool:
    """Whether symbolic sizes follow from the shapes of tensors; puts these into `roots` by id."""
    if isinstance(sizes, (list, tuple)):
        return all(_follows_from_shapes(size, roots) for size in sizes)
    if not isinstance(sizes, keras.KerasTensor):
        return True
    node = history.node_of(sizes)
    if history.is_input(node):
        return False
    if isinstance(node.operation, Shape):
        root = history.parents(node)[0]
        roots[id(root)] = root
        return True
    return _of_numpy(node.operation) is not None and _follows_from_shapes(
        history.parents(node), roots
    )


def _of_numpy(operation: keras.Operation) -> Callable[..., Any] | None:
    """How NumPy computes an operation of those that compute shapes."""
    if type(operation).__name__ == "GetItem":
        return operator.getitem
    function, settings = public_function(operation)
    if function is None or function.__name__ not in _OF_SHAPES:
        return None
    if function.__name__ == "cast":
        return np.trunc
    return partial(function_of(np, function), **settings)


_OF_SHAPES = {
    *("add", "subtract", "multiply", "floor_divide", "true_divide", "divide", "mod", "negative"),
    *("maximum", "minimum", "prod", "sum", "max", "min", "cast"),
    *("stack", "concatenate", "reshape", "squeeze", "expand_dims", "flip", "take"),
}


_keras_index = keras.KerasTensor.__getitem__
