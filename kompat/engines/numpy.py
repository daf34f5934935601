"""NumPy: no device, no trace, every dtype exact."""

import functools
from importlib import import_module
from types import ModuleType
from typing import Any

import keras
import numpy as np

from kompat.engines import numpy_windows
from kompat.engines.counterparts import host_function
from kompat.engines.dtypes import computes_wide
from kompat.engines.engine import Engine, Function, Placement, Tensor


class NumpyEngine(Engine):
    """Arrays on the host, computed at once."""

    convolve = staticmethod(numpy_windows.convolve)
    max_pool = staticmethod(numpy_windows.max_pool)
    average_pool = staticmethod(numpy_windows.average_pool)

    def storage(self) -> ModuleType:
        return import_module("kompat.storage.cell")

    def copy_of(self, tensor: Tensor) -> Tensor:
        return np.array(tensor)

    def shares_memory(self, tensor: Tensor, other: Tensor) -> bool:
        writeable = isinstance(tensor, np.ndarray) and tensor.flags.writeable
        return writeable and np.may_share_memory(tensor, other)

    def stamp(self, tensor: Tensor) -> int:
        """A checksum: nothing else tells whether somebody wrote to an array."""
        return hash(tensor.tobytes())

    def place(self, host: Any, placement: Placement = None) -> np.ndarray:
        """The host array itself, read-only."""
        tensor: np.ndarray = np.asarray(host)
        tensor.setflags(write=False)
        return tensor

    def exact(self, function: Function) -> Function:
        """`function` of `keras.ops`, exact where an operand has 64 bits.

        Then NumPy's function of the same name runs: Keras's own casts its operands to 32 bits.
        """
        wide_function = host_function(function)

        @functools.wraps(function)
        def in_full_width(*args: Any, **kwargs: Any) -> Any:
            if not computes_wide(args, kwargs):
                return function(*args, **kwargs)
            return wide_function(*map(_operand, args), **kwargs)

        return in_full_width  # type: ignore[return-value]  # functools.wraps keeps the signature


def _operand(value: Any) -> Any:
    return value.value if isinstance(value, keras.Variable) else value
