"""Call a function for each element of tensors: to map them, or to fold them into one value."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from kompat import engines
from kompat.backend.operands import number, tensor
from kompat.backend.variables import standard_dtype
from kompat.engines.dtypes import dtype_name
from kompat.graph import loops
from kompat.graph.unranked import spec_like

__all__ = ["foldl", "foldr", "map_fn"]

_flip = engines.current.exact(keras.ops.flip)

_flatten = keras.tree.flatten
_pack = keras.tree.pack_sequence_as


def map_fn(fn: Callable[[Any], Any], elems: Any, name: str | None = None, dtype: Any = None) -> Any:
    """Call a function for each element, and stack what it returns.

    Args:
        fn: takes an element, in the structure of `elems`, and returns a tensor or a nested
            structure of tensors, of the same shapes and dtypes for all elements. It may compute
            with tensors and variables from outside, call layers and draw at random. Where a
            program is recorded it is called once or twice for all elements.
        elems: a tensor, or a nested structure of tensors with equal first dimensions, along which
            the elements lie.
        name: accepted for tf.keras.
        dtype: the dtypes that `fn` returns, in the structure that it returns; by default they are
            not checked.

    Returns:
        Tensors of shape ``(elements, ...)``, in the structure of what `fn` returns.

    Raises:
        ValueError: `elems` has a tensor without dimensions, no elements, or tensors of different
            numbers of them; `fn` returns another structure than `dtype`, or a shape that changes.
        TypeError: `fn` returns another dtype than `dtype`, or is no function.

    Example:

    >>> K.eval(K.map_fn(lambda row: K.sum(row), K.constant([[1., 2.], [3., 4.]])))
    array([3., 7.], dtype=float32)
    """
    _require_function("map_fn", fn)
    elems = loops.each(tensor, elems)
    _require_elements("map_fn", elems)
    return loops.apply(_Map(dtype), fn, elems)


def foldl(
    fn: Callable[[Any, Any], Any], elems: Any, initializer: Any = None, name: str | None = None
) -> Any:
    """Combine the elements of a tensor from the first to the last.

    Args:
        fn: takes the value so far and an element, in the structure of `elems`, and returns the
            next value. It may compute with tensors and variables from outside. Where a program is
            recorded it is called once or twice for all elements.
        elems: a tensor, or a nested structure of tensors with equal first dimensions, along which
            the elements lie.
        initializer: the value to start with; by default the first element, which is then not
            combined itself.
        name: accepted for tf.keras.

    Returns:
        The last value.

    Raises:
        ValueError: `elems` has a tensor without dimensions, no elements, or tensors of different
            numbers of them; in a graph, the value changes its structure or shape.
        TypeError: `fn` is no function; in a graph, the value changes its dtype.

    Example:

    >>> K.eval(K.foldl(lambda total, x: total * 10. + x, K.constant([1., 2., 3.])))
    np.float32(123.0)
    """
    return _fold("foldl", fn, elems, initializer)


def foldr(
    fn: Callable[[Any, Any], Any], elems: Any, initializer: Any = None, name: str | None = None
) -> Any:
    """Combine the elements of a tensor from the last to the first.

    Args:
        fn: as for `foldl`.
        elems: as for `foldl`.
        initializer: the value to start with; by default the last element, which is then not
            combined itself.
        name: accepted for tf.keras.

    Returns:
        The last value.

    Raises:
        As `foldl`.

    Example:

    >>> K.eval(K.foldr(lambda total, x: total * 10. + x, K.constant([1., 2., 3.])))
    np.float32(321.0)
    """
    return _fold("foldr", fn, elems, initializer)


def _fold(name: str, fn: Callable[[Any, Any], Any], elems: Any, initializer: Any) -> Any:
    _require_function(name, fn)
    elems = loops.each(tensor, elems)
    _require_elements(name, elems)
    if initializer is not None:
        like = _flatten(elems)[0]
        initializer = loops.each(lambda x: _tensor_beside(x, like), initializer)
    return loops.apply(_Fold(name, backwards=name == "foldr"), fn, (elems, initializer))


def _tensor_beside(x: Any, like: Any) -> Any:
    return tensor(number(x, like) if isinstance(x, (int, float)) else x)


def _require_function(name: str, fn: Any) -> None:
    if not callable(fn):
        raise TypeError(f"{name} expects a function, received {fn!r:.60}.")


def _require_elements(name: str, elems: Any) -> int | None:
    """The number of elements; None if it is unknown."""
    flat = _flatten(elems)
    if not flat or any(len(x.shape) == 0 for x in flat):
        raise ValueError(
            f"{name}: expected tensors of rank 1 or more, whose first dimension is that of the "
            f"elements, received shapes {[tuple(x.shape) for x in flat]}."
        )
    counts = {x.shape[0] for x in flat} - {None}
    if len(counts) > 1:
        raise ValueError(f"{name}: expected tensors of as many elements, received {counts}.")
    return counts.pop() if counts else None


@dataclass(frozen=True)
class _Map:
    """What `map_fn` is told about its results; its operands are the elements."""

    dtype: Any

    def arguments(self, elems: Any) -> tuple:
        return (loops.each(loops.element_of, elems),)

    def spec(self, elems: Any, result: Any) -> Any:
        count = _require_elements("map_fn", elems)
        return loops.each(lambda x: loops.stack_of(count, x), self._checked(result))

    def compute(self, fn: Callable[..., Any], elems: Any) -> Any:
        if _require_elements("map_fn", elems) == 0:
            raise ValueError("map_fn: expected at least one element, received none.")
        structure = None

        def step(carry: list[Any], slices: list[Any]) -> tuple[list[Any], list[Any]]:
            nonlocal structure
            structure = self._checked(fn(_pack(elems, slices)))
            return carry, _flatten(structure)

        _, stacked = loops.scan(step, [], _flatten(elems))
        return _pack(structure, stacked)

    def _checked(self, result: Any) -> Any:
        """The result of a call as tensors of the dtypes that were told."""
        result = loops.each(tensor, result)
        if self.dtype is not None:
            keras.tree.assert_same_structure(*map(keras.tree.lists_to_tuples, (self.dtype, result)))
            for expected, x in zip(_flatten(self.dtype), _flatten(result)):
                if standard_dtype(expected) != dtype_name(x):
                    raise TypeError(
                        f"map_fn: expected a function that returns {expected}, as dtype says, "
                        f"received {dtype_name(x)}."
                    )
        return result


@dataclass(frozen=True)
class _Fold:
    """The direction of a fold; its operands are the elements, and the initial value or None."""

    name: str
    backwards: bool

    def arguments(self, operands: Any) -> tuple:
        elems, initial = operands
        element = loops.each(loops.element_of, elems)
        return element if initial is None else initial, element

    def spec(self, operands: Any, result: Any) -> Any:
        initial, _ = self.arguments(operands)
        result = self._checked(initial, result)
        for before, after in zip(_flatten(initial), _flatten(result)):
            loops.require_alike(f"the value of {self.name}", before, after)
        return loops.each(spec_like, result)

    def compute(self, fn: Callable[..., Any], operands: Any) -> Any:
        elems, initial = operands
        count = _require_elements(self.name, elems)
        xs = [_flip(x, axis=0) if self.backwards else x for x in _flatten(elems)]
        if initial is None:
            if count == 0:
                raise ValueError(
                    f"{self.name}: expected an element or an initializer, received none."
                )
            initial, xs = _pack(elems, [x[0] for x in xs]), [x[1:] for x in xs]

        def step(carry: list[Any], slices: list[Any]) -> tuple[list[Any], list[Any]]:
            value = fn(_pack(initial, carry), _pack(elems, slices))
            return _flatten(self._checked(initial, value)), []

        def fold() -> Any:
            return _pack(initial, loops.scan(step, _flatten(initial), xs)[0])

        count = xs[0].shape[0]
        if count is None:  # as in a function of TensorFlow that takes any number of elements
            return keras.ops.cond(keras.ops.shape(xs[0])[0] > 0, fold, lambda: initial)
        return fold() if count else initial

    def _checked(self, initial: Any, value: Any) -> Any:
        keras.tree.assert_same_structure(*map(keras.tree.lists_to_tuples, (initial, value)))
        return loops.each(tensor, value)
