"""PyTorch tensors, parameters and buffers: copied out, written in place.

A write keeps the object, its storage, device, strides and `requires_grad`, and raises its
version counter, so that autograd refuses a backward pass through values that are gone.
"""

from collections.abc import Sequence
from typing import Any

import ml_dtypes
import numpy as np
import torch

from kompat.errors import ImmutableValueError, SymbolicValueError, UnavailableValueError
from kompat.values.adapter import Adapter, view_refused
from kompat.values.locks import lock_of

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
_DTYPES = {torch_: np.dtype(numpy) for torch_, (_, numpy) in _CARRIED.items()}


class TorchAdapter(Adapter):
    """`torch.Tensor` and everything that derives from it."""

    def name(self, x: torch.Tensor) -> str:
        return f"torch {type(x).__name__} of shape {tuple(x.shape)}"

    def spec(self, x: torch.Tensor) -> tuple[tuple[int, ...], np.dtype]:
        return tuple(x.shape), numpy_dtype(x.dtype)

    def read(self, x: torch.Tensor, copy: bool = True) -> Any:
        self._require_data(x)
        if not copy:
            raise view_refused(self.name(x), "PyTorch writes in place, so a view would change")
        with lock_of(x), torch.no_grad():
            return to_numpy(x)[()]

    def stage(self, x: torch.Tensor, value: Any) -> Any:
        self._require_data(x)
        if x.layout != torch.strided:
            raise ImmutableValueError(
                f"{self.name(x)}: expected a dense tensor, received layout {x.layout}.",
                "the positions of its elements cannot be kept.",
                "make a new one: torch.from_numpy(value).to_sparse().",
            )
        if x.numel() and any(s == 0 and n > 1 for s, n in zip(x.stride(), x.shape)):
            raise ImmutableValueError(
                f"{self.name(x)}: several of its elements share one place in memory.",
                "it was made by expand(), so its elements cannot be written one by one.",
                "write to the tensor it was expanded from, or to x.clone().",
            )
        if x.is_inference() and not torch.is_inference_mode_enabled():
            raise ImmutableValueError(
                f"{self.name(x)}: it was made in inference mode.",
                "PyTorch does not let such tensors change outside inference mode.",
                "write to x.clone(), or inside torch.inference_mode().",
            )
        return from_numpy(super().stage(x, value))

    def commit(self, staged: Sequence[tuple[Any, Any]]) -> None:
        with torch.no_grad():
            for x, source in staged:
                with lock_of(x):
                    x.copy_(source)

    def _require_data(self, x: torch.Tensor) -> None:
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


def to_numpy(x: torch.Tensor) -> np.ndarray:
    """A fresh, writable, C-contiguous array with the elements and dtype of `x`."""
    x = x.detach()
    if x.layout != torch.strided:
        x = x.to_dense()
    if x.is_quantized:
        x = x.dequantize()
    x = x.resolve_conj().resolve_neg()
    carried = _CARRIED.get(x.dtype)
    if carried is not None:
        carrier, numpy = carried
        return to_numpy(x.contiguous().view(carrier)).view(numpy)
    if x.device.type != "cpu":
        return x.cpu().numpy()
    return np.array(x.numpy(), order="C")


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
    return _DTYPES.get(dtype) or np.dtype(str(dtype).removeprefix("torch."))


_ADAPTER = TorchAdapter()


def adapter_for(cls: type) -> Adapter | None:
    return _ADAPTER if issubclass(cls, torch.Tensor) else None
