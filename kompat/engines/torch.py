"""PyTorch: variables are written in place, and nothing is traced."""

import contextlib
import functools
import itertools
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

import keras
import numpy as np
import torch

from kompat.engines import torch_operators, torch_windows
from kompat.engines.dtypes import computes_wide
from kompat.engines.engine import Engine, Function, Gradients, Nested, Perturb, Tensor, Wanted
from kompat.engines.perturbation import Points
from kompat.values.torch import address_of, from_numpy, host_view

torch_operators.replace_operators()

# keras.ops' names that PyTorch spells otherwise.
_NAMES = {
    "equal": "eq",
    "max": "amax",
    "min": "amin",
    "mod": "remainder",
    "not_equal": "ne",
    "power": "pow",
}
_BINARY = {
    *("add", "subtract", "multiply", "true_divide", "floor_divide", "mod", "power", "matmul"),
    *("maximum", "minimum"),
    "where",
    *("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"),
}
_UNARY = {"negative", "absolute", "square", "sqrt", "exp", "log", "sin", "cos", "sign", "round"}


def _reduction(own: Callable[..., Any]) -> Callable[..., Any]:
    def reduce(x: torch.Tensor, axis: Any = None, keepdims: bool = False) -> torch.Tensor:
        if axis is None and not keepdims:
            return own(x)
        axes = tuple(range(x.ndim)) if axis is None else axis
        return x if axes == () else own(x, dim=axes, keepdim=keepdims)

    return reduce


def _prod(x: torch.Tensor, dim: Any = None, keepdim: bool = False) -> torch.Tensor:
    """`torch.prod`, along several axes too."""
    if dim is None:
        return torch.prod(x)
    axes = [dim] if isinstance(dim, int) else dim
    for axis in sorted((axis % x.ndim for axis in axes), reverse=True):
        x = torch.prod(x, dim=axis, keepdim=keepdim)
    return x


def _cumulation(own: Callable[..., Any]) -> Callable[..., Any]:
    def cumulate(x: torch.Tensor, axis: int | None = None) -> torch.Tensor:
        return own(x.flatten(), 0) if axis is None else own(x, axis)

    return cumulate


_OWN: dict[str, Callable[..., Any]] = {
    **{name: getattr(torch, _NAMES.get(name, name)) for name in _BINARY | _UNARY},
    **{
        name: _reduction(getattr(torch, _NAMES.get(name, name)))
        for name in ("sum", "mean", "max", "min", "all", "any")
    },
    "cumprod": _cumulation(torch.cumprod),
    "cumsum": _cumulation(torch.cumsum),
    "prod": _reduction(_prod),
    "var": _reduction(partial(torch.var, correction=0)),
}
_UNCOMPARABLE = {torch.uint16, torch.uint32, torch.uint64}


class TorchEngine(Engine):
    """Variables are written in place; programs are lists of PyTorch's operations."""

    compiles = True

    convolve = staticmethod(torch_windows.convolve)
    convolve_transposed = staticmethod(torch_windows.convolve_transposed)
    max_pool = staticmethod(torch_windows.max_pool)
    average_pool = staticmethod(torch_windows.average_pool)

    def storage(self) -> ModuleType:
        return import_module("kompat.storage.torch")

    def copy_of(self, tensor: torch.Tensor) -> torch.Tensor:
        return tensor.clone()

    def shares_memory(self, tensor: torch.Tensor, other: torch.Tensor) -> bool:
        """Whether two tensors share a storage, as views do."""
        address = address_of(tensor)
        return address is not None and address == address_of(other)

    def stamp(self, tensor: torch.Tensor) -> object:
        """The counter of the writes to the tensor's memory; inference mode keeps none."""
        return None if tensor.is_inference() else tensor._version

    def host_form(self, tensor: torch.Tensor, name: str) -> Any:
        return host_view(tensor)[()]

    def comparable(self, tensor: Tensor) -> Tensor:
        """As `Engine.comparable`; numbers from 2**63 on are negative."""
        is_unsigned = getattr(tensor, "dtype", None) in _UNCOMPARABLE
        return tensor.to(torch.int64) if is_unsigned else tensor

    def exact(self, function: Function) -> Function:
        """`function` of `keras.ops`, exact where an operand has 64 bits.

        Then PyTorch's own function runs: Keras's computes with 32 bits.
        """
        own = _OWN.get(function.__name__)
        if own is None:
            return function
        settings = {"axis", "keepdims"} if function.__name__ not in _BINARY | _UNARY else set()

        @functools.wraps(function)
        def in_full_width(*args: Any, **kwargs: Any) -> Any:
            if not computes_wide(args, kwargs) or not kwargs.keys() <= settings:
                return function(*args, **kwargs)
            return own(*map(_operand, args), **kwargs)

        return in_full_width  # type: ignore[return-value]  # functools.wraps keeps the signature

    def compile(
        self, function: Callable[..., Any], *args: list[Tensor]
    ) -> Callable[..., Any] | None:
        """`function` as the list of PyTorch's own operations, forward and backward, that it calls.

        Keras's and autograd's bookkeeping is done once, on tensors without values. A function that
        asks for a value, as all seeded random draws do, is not recorded, and keeps its errors for
        when it runs at once. Nor is anything where the private parts of PyTorch that record fail.
        """
        lengths: list[int] = []

        def flat(*tensors: torch.Tensor) -> list[torch.Tensor]:
            outputs = function(*_parts(tensors, list(map(len, args))))
            lengths[:] = map(len, outputs)
            return [_operand(x) for part in outputs for x in part]

        try:
            from kompat.engines.torch_recording import record

            recording = record(flat, _tensors(args, _operand))
        except Exception as error:
            first, _, _ = str(error).partition("\n")
            self.uncompiled.append(f"{type(error).__name__}: {first}")
            return None
        take = _operand if recording.writes_arguments else _shared

        def run(*args: Any) -> Any:
            with torch.no_grad():
                return _parts(recording.run(*_tensors(args, take)), lengths)

        return run

    def forget(self) -> None:
        """Free what PyTorch keeps of each operation, shape and dtype that was ever recorded."""
        recording = sys.modules.get("kompat.engines.torch_recording")
        if recording is not None:
            recording.forget()

    def restoring_modes(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call `function`; then gradients are recorded as before, interrupted or not."""
        was_recording = torch.is_grad_enabled()
        try:
            return function(*args)
        finally:
            torch._C._set_grad_enabled(was_recording)

    def without_history(self) -> contextlib.AbstractContextManager[Any]:
        mode: contextlib.AbstractContextManager[Any] = torch.no_grad()
        return mode

    def differentiate(
        self, forward: Callable[[Perturb], tuple[Sequence[Tensor], Nested]], wanted: Wanted
    ) -> tuple[Gradients, Nested]:
        is_inside_another = torch.is_grad_enabled()
        points = Points(_watched)

        def gradient(loss: torch.Tensor, targets: list[torch.Tensor]) -> Any:
            if not loss.requires_grad:  # it was computed from constants alone
                return [None] * len(targets)
            return torch.autograd.grad(
                loss, targets, retain_graph=True, create_graph=is_inside_another, allow_unused=True
            )

        with torch.enable_grad():
            losses, others = forward(points.perturb)
        return points.gradients(losses, wanted, gradient), others


def _watched(value: Any) -> torch.Tensor:
    tensor = _operand(value)
    return tensor.view_as(tensor) if tensor.requires_grad else tensor.detach().requires_grad_()


def _tensors(args: Sequence[list[Any]], take: Callable[[Any], Any]) -> list[torch.Tensor]:
    return [take(x) for part in args for x in part]


def _shared(value: Any) -> Any:
    """As `_operand`; an array of the host is taken as it is, for what reads it and is done."""
    if type(value) is np.ndarray and value.flags.writeable:
        return from_numpy(value)
    return _operand(value)


def _parts(tensors: Sequence[Any], lengths: list[int]) -> list[list[Any]]:
    given = iter(tensors)
    return [list(itertools.islice(given, length)) for length in lengths]


def _operand(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value
    if isinstance(value, keras.Variable):
        return value.value
    if isinstance(value, (np.ndarray, np.generic)):
        return from_numpy(np.array(value))
    wide = torch.float64 if isinstance(value, float) else None
    return torch.tensor(value, dtype=wide)
