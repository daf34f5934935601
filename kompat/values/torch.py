"""PyTorch tensors, parameters and buffers: copied out, written in place.

A write keeps the object, its storage, device, strides and `requires_grad`, and raises its
version counter, so that autograd refuses a backward pass through values that are gone.
"""

import collections
import functools
import gc
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import ml_dtypes
import numpy as np
import torch
from torch._subclasses.fake_tensor import FakeTensor

from kompat.errors import ImmutableValueError, SymbolicValueError, UnavailableValueError
from kompat.values import temporary
from kompat.values.adapter import Adapter, InPlaceAdapter, as_host, view_refused
from kompat.values.locks import lock_at, lock_of, ordered, under
from kompat.values.memory import require_apart
from kompat.values.temporary import Limits

# Types that NumPy does not have: torch type -> (integer of the same width, NumPy type).
_CARRIED = {
    torch.bfloat16: (torch.int16, ml_dtypes.bfloat16),
    torch.float8_e4m3fn: (torch.uint8, ml_dtypes.float8_e4m3fn),
    torch.float8_e5m2: (torch.uint8, ml_dtypes.float8_e5m2),
    torch.float8_e4m3fnuz: (torch.uint8, ml_dtypes.float8_e4m3fnuz),
    torch.float8_e5m2fnuz: (torch.uint8, ml_dtypes.float8_e5m2fnuz),
    torch.float8_e8m0fnu: (torch.uint8, ml_dtypes.float8_e8m0fnu),
}
_CARRIER_OF = {np.dtype(numpy): (torch_, carrier) for torch_, (carrier, numpy) in _CARRIED.items()}
_NATIVE = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64"
_NATIVE += " complex64 complex128"
_DTYPES = {torch_: np.dtype(numpy) for torch_, (_, numpy) in _CARRIED.items()}
_DTYPES |= {getattr(torch, name): np.dtype(name) for name in _NATIVE.split()}


class TorchAdapter(InPlaceAdapter):
    """`torch.Tensor` and everything that derives from it."""

    def name(self, x: torch.Tensor) -> str:
        kind = f"torch {type(x).__name__}"
        has_shape = not torch.nn.parameter.is_lazy(x)
        return f"{kind} of shape {tuple(x.shape)}" if has_shape else kind

    def spec(self, x: torch.Tensor) -> tuple[tuple[int, ...], np.dtype]:
        return tuple(x.shape), numpy_dtype(x.dtype)

    def lock(self, x: torch.Tensor) -> AbstractContextManager:
        """One for all views of a storage: a reader of `x.data` must not see half a write of `x`."""
        if x.layout != torch.strided:
            return lock_of(x)
        return lock_at(x.untyped_storage().data_ptr())

    def read(self, x: torch.Tensor, copy: bool = True) -> Any:
        self._require_data(x)
        if not copy:
            raise view_refused(self.name(x), "PyTorch writes in place, so a view would change")
        # A torch.func transform would lift the tensor into its own level when it is detached.
        with self.lock(x), torch._C._DisableFuncTorch(), torch.no_grad():
            return to_numpy(x)[()]

    def stage_as(self, name: str, x: torch.Tensor, value: Any) -> Any:
        self._require_data(x)
        if x.layout != torch.strided:
            raise ImmutableValueError(
                f"{name}: expected a dense tensor, received layout {x.layout}.",
                "the positions of its elements cannot be kept.",
                "make a new one: torch.from_numpy(value).to_sparse().",
            )
        if x.is_quantized:
            raise ImmutableValueError(
                f"{name}: expected a tensor of numbers, received the quantized {x.dtype}.",
                "a value would be rounded to the tensor's scale.",
                "make a new one: torch.quantize_per_tensor(value, scale, zero_point, dtype).",
            )
        if not x.is_contiguous():
            require_apart(x.shape, x.stride(), 1, name)
        if x.is_inference() and not torch.is_inference_mode_enabled():
            raise ImmutableValueError(
                f"{name}: it was made in inference mode.",
                "PyTorch does not let such tensors change outside inference mode.",
                "write to x.clone(), or inside torch.inference_mode().",
            )
        return from_numpy(as_host(value, *self.spec(x), name))

    def stage_many(self, pairs: Sequence[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
        staged = []
        for x, value in pairs:
            ready = self.stage(x, value)
            # A tensor that autograd has not recorded may be held by its pair alone.
            if x.grad_fn is not None and sys.getrefcount(x) <= Limits.in_pair:
                self.require_held(x)
            staged.append((x, ready))
        return staged

    def write(self, x: torch.Tensor, value: Any) -> None:
        staged = self.stage(x, value)
        if sys.getrefcount(x) <= Limits.in_write:
            self.require_held(x)
        self.commit([(x, staged)])

    def require_held(self, x: torch.Tensor) -> None:
        if _is_alone(x):
            sources = ", ".join(_sources(x))
            raise temporary.lost(self.name(x), f" from {sources}" if sources else "")

    def commit(self, staged: Sequence[tuple[Any, Any]]) -> None:
        xs, sources = zip(*staged)

        def copy() -> None:
            with torch._C._DisableFuncTorch():
                copy_all(xs, sources)

        under(ordered(map(self.lock, xs)), copy)

    def _require_data(self, x: torch.Tensor) -> None:
        if torch.nn.parameter.is_lazy(x):
            raise UnavailableValueError(
                f"{self.name(x)}: it has no value yet.",
                "a lazy module makes its parameters when it first sees data.",
                "call the module on a dummy batch first.",
            )
        if x.is_nested:
            raise UnavailableValueError(
                f"torch {type(x).__name__}: it is nested.",
                "its rows differ in length; NumPy has no such array.",
                "read and write its rows: [get_value(row) for row in x.unbind()].",
            )
        if isinstance(x, FakeTensor):
            raise SymbolicValueError(
                f"{self.name(x)}: expected a concrete value, received a FakeTensor.",
                "while torch.compile or torch.export traces, it has only a shape and dtype.",
                "return it from the function and read the result.",
            )
        if not _has_memory(x):
            raise UnavailableValueError(
                f"{self.name(x)}: it has no memory of its own.",
                "it stands for other tensors, as DTensor does for its shards.",
                "read or write what it is made of, for example x.full_tensor() or x.to_local().",
            )
        if x.dtype not in _DTYPES and not x.is_quantized:
            raise UnavailableValueError(
                f"{self.name(x)}: NumPy has no type for {x.dtype}.",
                "neither NumPy nor ml_dtypes has such numbers.",
                "convert it first, for example x.view(torch.uint8) or x.to(torch.float32).",
            )
        if x.is_meta:
            raise UnavailableValueError(
                f"{self.name(x)}: it is on the meta device.",
                "meta tensors have a shape and a dtype, but no data.",
                "materialise it first: module.to_empty(device='cpu').",
            )
        if torch._C._functorch.is_functorch_wrapped_tensor(x):
            raise SymbolicValueError(
                f"{self.name(x)}: it belongs to a torch.func transform.",
                "inside vmap, grad or jvp a tensor stands for many values.",
                "return it from the transformed function and read the result.",
            )


def copy_all(targets: Sequence[torch.Tensor], sources: Sequence[torch.Tensor]) -> None:
    """Copy into tensors in one call of C, so that no interrupt comes between two of them."""
    if not targets:
        return
    was_recording = torch.is_grad_enabled()
    try:
        torch._C._set_grad_enabled(False)
        if any(x.is_conj() or x.is_neg() for x in targets):  # which PyTorch's own does not know
            collections.deque(map(torch.Tensor.copy_, targets, sources), maxlen=0)
        else:
            torch._foreach_copy_(targets, sources)
    finally:
        torch._C._set_grad_enabled(was_recording)


def to_numpy(x: torch.Tensor) -> np.ndarray:
    """A fresh, writable, C-contiguous array with the elements and dtype of `x`."""
    host = host_view(x)
    return np.array(host, order="C") if x.device.type == "cpu" else host


def host_view(x: torch.Tensor) -> np.ndarray:
    """The elements of `x` with their dtype: a view of `x` if its memory is the host's."""
    x = x.detach()
    if x.layout != torch.strided:
        x = x.to_dense()
    if x.is_quantized:
        x = x.dequantize()
    x = x.resolve_conj().resolve_neg()
    carried = _CARRIED.get(x.dtype)
    if carried is not None:
        carrier, numpy = carried
        return host_view(x.contiguous().view(carrier)).view(numpy)
    return x.cpu().numpy()


def from_numpy(host: np.ndarray) -> torch.Tensor:
    """A CPU tensor over the memory of `host`, with the same dtype."""
    carried = _CARRIER_OF.get(host.dtype)
    if carried is None:
        return torch.from_numpy(host)
    dtype, carrier = carried
    plain = np.dtype(str(carrier).removeprefix("torch."))
    return torch.from_numpy(host.view(plain)).view(dtype)


def numpy_dtype(dtype: torch.dtype) -> np.dtype:
    """The NumPy dtype of the same width and meaning."""
    return _DTYPES[dtype]


def _has_memory(x: torch.Tensor) -> bool:
    if type(x) in (torch.Tensor, torch.nn.Parameter) or x.layout != torch.strided or x.is_meta:
        return True
    return address_of(x) is not None


def address_of(x: torch.Tensor) -> int | None:
    """Where the memory of `x` and of all its views begins; None if it has none of its own."""
    try:
        return x.untyped_storage().data_ptr() or None
    except (RuntimeError, NotImplementedError):  # PyTorch's only answer
        return None


def _is_alone(x: torch.Tensor) -> bool:
    """Whether nobody but `x`, to which one reference is known, can see its memory."""
    if type(x) not in (torch.Tensor, torch.nn.Parameter) or x.is_shared():
        return False
    storage, base = x.untyped_storage(), x._base
    if not storage.resizable():
        return False  # somebody else's memory: a NumPy array, a file
    # The storage in hand counts as well, and a base counts for the tensor that Python knows.
    users = torch._C._storage_Use_Count(storage._cdata) - 1
    if base is None:
        return users == 1 and x._use_count() == 1
    return users == 2 and base._use_count() == 2 and sys.getrefcount(base) <= _limit_of_base()


@functools.cache
def _limit_of_base() -> int:
    """How many references there are to what only a view and a local variable hold."""

    def count(view: torch.Tensor) -> int:
        base = view._base
        return sys.getrefcount(base)

    whole = torch.zeros(2)
    return temporary.limit(count(torch.zeros(2)[:1]), count(whole[:1]))


_MOST_NODES = 1000


def _sources(x: torch.Tensor) -> list[str]:
    """What errors call the tensors that `x` was computed from, as far as autograd knows."""
    waiting, names = [x.grad_fn], []
    seen: set[Any] = set()
    while waiting and len(seen) < _MOST_NODES:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        waiting += [before for before, _ in node.next_functions]
        if hasattr(node, "variable"):
            names += _names(node.variable)
    return sorted(set(names))


def _names(leaf: torch.Tensor) -> list[str]:
    """What those who hold a tensor call it: a variable its path, a module its attribute."""
    holders = gc.get_referrers(leaf)
    paths = [f"variable {x.path!r}" for x in holders if isinstance(getattr(x, "path", None), str)]
    keys = [key for x in holders if isinstance(x, dict) for key, held in x.items() if held is leaf]
    return paths or [repr(key) for key in keys]


_ADAPTER = TorchAdapter()


def adapter_for(cls: type) -> Adapter | None:
    return _ADAPTER if issubclass(cls, torch.Tensor) else None
