"""A K.variable on PyTorch: a `Parameter`, written in place, of every dtype that PyTorch has."""

import functools
from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
import torch

from kompat.keras_private import slot as keras_slot
from kompat.storage import plain
from kompat.values import keras as keras_values
from kompat.values.adapter import adapter_of
from kompat.values.torch import copy_all, from_numpy


class Storage(plain.Storage):
    def _convert_to_tensor(self, value: Any, dtype: Any = None) -> Any:
        """Keras would widen uint16 and uint32, and refuse uint64."""
        if plain.is_engine_value(value):
            value = keras_values.VARIABLE.fitting(self, value, dtype)
        if plain.is_engine_value(value):
            return super()._convert_to_tensor(value, dtype)
        host = plain.exact_host(self, value, dtype)
        return from_numpy(np.atleast_1d(host)).reshape(host.shape).to(_device())

    def _initialize(self, value: Any) -> None:
        if isinstance(value, torch.nn.Parameter):
            value = value.detach().clone()
        differentiable = value.is_floating_point() or value.is_complex()
        self._trainable = self._trainable and differentiable
        self._value = torch.nn.Parameter(value, requires_grad=self._trainable)
        self._value.kompat_owned = True  # type: ignore[attr-defined]

    def _direct_assign(self, value: Any) -> None:
        """In place, into the parameter itself: under autocast `self.value` is a copy."""
        held = keras_slot.read(self)
        adapter: Any = adapter_of(type(held))
        with torch.no_grad(), adapter.lock(held):
            held.copy_(value)


def taking_apart(initialise: Any) -> Any:
    """Keras makes a variable of a `Parameter` by taking it; that of a K.variable is copied."""

    @functools.wraps(initialise)
    def _initialize(self: Any, value: Any) -> None:
        initialise(self, value.detach().clone() if hasattr(value, "kompat_owned") else value)

    return _initialize


def snapshot(variable: keras.Variable) -> tuple[Any, Any]:
    """What a variable holds, and a tensor of its value that autograd does not follow."""
    held, _ = plain.snapshot(variable)
    return held, held.detach()


def snapshots(variables: Iterable[keras.Variable]) -> list[tuple[Any, Any]]:
    """The snapshots of several variables."""
    return list(map(snapshot, variables))


def replace(changes: list[tuple[keras.Variable, Any, Any]]) -> bool:
    """As `plain.replace`; a value is copied once."""
    held = plain.held(changes)
    if held is None:
        return False
    memory = {_memory(tensor) for tensor in held}
    values = [value.clone() if _memory(value) in memory else value for _, _, value in changes]
    copy_all(held, values)
    return True


def _memory(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def _device() -> torch.device:
    """Keras's current device, which only its own tensors tell."""
    return keras.ops.convert_to_tensor(0).device
