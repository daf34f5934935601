"""Symbolic tensors whose rank is not known before they are fed.

Keras's symbolic tensors have a shape. One that has none answers every question about it with an
error, and an operation that asks is tried on tensors of known rank instead: what it answers for
them all is the shape of its output; if the answers differ, its output has no rank either.
`tests/test_private_corners.py` says so when Keras changes how operations are recorded.
"""

import contextlib
import functools
from collections.abc import Iterator
from typing import Any, NoReturn

import keras

from kompat.engines.dtypes import dtype_name
from kompat.errors import UnknownRankError
from kompat.graph import history
from kompat.keras_private import nodes

_TRIED_RANKS = range(5)


class UnknownShape:
    """The shape of a tensor of unknown rank: whatever needs the rank raises.

    Raises:
        UnknownRankError: the length, a dimension or all of them were asked for.
    """

    def __init__(self, tensor: Any):
        self._tensor = tensor

    def __repr__(self) -> str:
        return "unknown"

    def _refuse(self) -> NoReturn:
        raise UnknownRankError(
            f"expected a tensor of known rank, received {history.describe(self._tensor)}.",
            "its placeholder was made without a shape, and what is computed here depends on the "
            "number of dimensions.",
            "tell it to the placeholder: K.placeholder(ndim=2) or K.placeholder(shape=(None, 3)).",
        )

    def __len__(self) -> int:
        self._refuse()

    def __iter__(self) -> Iterator[int | None]:
        self._refuse()

    def __getitem__(self, index: Any) -> Any:
        self._refuse()


class UnrankedTensor(keras.KerasTensor):
    """A symbolic tensor of unknown rank."""

    def __init__(self, dtype: str, name: str | None = None):
        super().__init__((), dtype=dtype, name=name)

    @property
    def shape(self) -> Any:
        return UnknownShape(self)


class _Feed(history.Feed):
    def __init__(self, dtype: str, name: str | None):
        super().__init__()
        self._output = dtype, name

    def compute_output_spec(self) -> UnrankedTensor:
        return UnrankedTensor(*self._output)


def placeholder(dtype: str, name: str | None) -> UnrankedTensor:
    """A tensor to be fed with values of any rank."""
    return _Feed(dtype, name).symbolic_call()


def is_unranked(x: Any) -> bool:
    """Whether `x` is a symbolic tensor of unknown rank."""
    return isinstance(x, UnrankedTensor)


def spec_like(x: Any) -> keras.KerasTensor:
    """A symbolic tensor of the shape and dtype of a tensor or variable, for an output."""
    if is_unranked(x):
        return UnrankedTensor(x.dtype)
    return keras.KerasTensor(tuple(x.shape), dtype=dtype_name(x))


def _specs(operation: keras.Operation, args: tuple, kwargs: dict[str, Any]) -> Iterator[Any]:
    """The outputs of an operation for each rank that suits it of the tensors that have none."""
    for rank in _TRIED_RANKS:

        def of_rank(x: Any, shape: tuple = (None,) * rank) -> Any:
            return keras.KerasTensor(shape, dtype=x.dtype) if is_unranked(x) else x

        tried_args, tried_kwargs = keras.tree.map_structure(of_rank, (args, kwargs))
        with contextlib.suppress(ValueError, TypeError, IndexError):
            yield operation.compute_output_spec(*tried_args, **tried_kwargs)


def _common(*specs: keras.KerasTensor) -> keras.KerasTensor:
    """What is the same in some symbolic tensors."""
    dtype = specs[0].dtype
    if any(map(is_unranked, specs)) or len({x.ndim for x in specs}) > 1:
        return UnrankedTensor(dtype)
    shape = [sizes[0] if len({*sizes}) == 1 else None for sizes in zip(*(x.shape for x in specs))]
    return keras.KerasTensor(shape, dtype=dtype)


def of_any_rank(symbolic_call: Any) -> Any:
    """`Operation.symbolic_call`, which takes tensors of unknown rank too."""

    @functools.wraps(symbolic_call)
    def call(self: keras.Operation, *args: Any, **kwargs: Any) -> Any:
        try:
            return symbolic_call(self, *args, **kwargs)
        except UnknownRankError:
            specs = list(_specs(self, args, kwargs))
            if not specs:
                raise
        outputs = keras.tree.map_structure(_common, *specs)
        nodes.record(self, args, kwargs, outputs)
        return outputs

    return call
