"""JAX arrays: read from any device, never written; and how host values reach a device.

The views that `copy=False` gives stay valid for ever: while one exists, JAX copies instead of
donating the buffer.
"""

import contextlib
import math
import sys
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax._src import core

from kompat.errors import SymbolicValueError, UnavailableValueError
from kompat.values.adapter import Adapter, ImmutableAdapter, view_refused

# Below this size the call overhead counts, above it the copy does. On CPU a compiled identity
# takes 7 us where device_put takes 20, but it copies, and device_put of an aligned array does not.
_SMALL_BYTES = 1 << 16
# From this size on a host copy is aligned when it is made. That takes 3 us and up to 4% more
# time, because NumPy's own arrays are not aligned; below it, alignment waits for the first use.
LARGE_BYTES = 1 << 24
_ALIGNMENT = 64

_identity = jax.jit(lambda x: x)


def tracing() -> bool:
    """Whether JAX is recording a program in this thread."""
    return not core.trace_state_clean() and _gives_tracers()


def _gives_tracers() -> bool:
    """Whether constants give tracers: something may be traced, and this code lifted out of it.

    JAX has no question for that. The addition takes 7 us, so it is made where something is traced.
    """
    return isinstance(jnp.add(np.float32(0), np.float32(0)), jax.core.Tracer)


def require_unrecorded(name: str) -> None:
    """Raise SymbolicValueError where JAX records a program, in which a write happens once."""
    if core.trace_state_clean() or not _gives_tracers():
        return
    raise SymbolicValueError(
        f"{name}: expected a write outside of a traced function, received one inside.",
        "it would happen once, while JAX records the function, and in no later call.",
        "return the new value and write it afterwards, or use K.function, whose updates "
        "happen in each call.",
    )


class JaxArrayAdapter(ImmutableAdapter):
    """`jax.Array`, on one device or sharded over those of one process."""

    mend = "keep the new array in its place, x = jnp.asarray(value), or use K.variable(value)."

    def name(self, x: jax.Array) -> str:
        return f"jax.Array of shape {x.shape}"

    def read(self, x: jax.Array, copy: bool = True) -> Any:
        require_readable(x, self.name(x))
        if is_key(x):
            x = key_data(x)
        try:
            if copy:
                return np.array(x) if x.ndim else np.asarray(x)[()]
            return view(x, self.name(x))
        except RuntimeError:
            require_readable(x, self.name(x))  # another thread has donated it since
            raise


class TracerAdapter(ImmutableAdapter):
    """A JAX tracer: it stands for a value that the compiled program will see."""

    def read(self, x: Any, copy: bool = True) -> Any:
        raise SymbolicValueError(
            f"expected a concrete value, received a JAX tracer of shape {x.shape}.",
            "inside jit, grad or a compiled Keras step an array has no value yet.",
            "return it from the function and read the result, or use jax.debug.print.",
        )

    def stage(self, x: Any, value: Any) -> Any:
        return self.read(x)


def require_readable(x: jax.Array, name: str) -> None:
    """Raise UnavailableValueError if the buffers of `x` cannot be read by this process."""
    if x.is_deleted():
        raise UnavailableValueError(
            f"{name}: its buffer was deleted.",
            "it was donated to a compiled function (as Keras's fit does), or deleted by hand.",
            "read it before that call, or read the variable that holds the new value.",
        )
    if not x.is_fully_addressable and not x.is_fully_replicated:
        raise UnavailableValueError(
            f"{name}: it is sharded over several processes.",
            "this process can reach only its own shards.",
            "gather it first: jax.experimental.multihost_utils.process_allgather(x).",
        )


def is_key(x: jax.Array) -> bool:
    """Whether `x` holds random keys, which NumPy knows only as their data."""
    return jax.dtypes.issubdtype(x.dtype, jax.dtypes.prng_key)


def key_data(x: jax.Array) -> jax.Array:
    """The unsigned integers that make up the keys `x`, whatever is being traced."""
    with jax.ensure_compile_time_eval():
        return jax.random.key_data(x)


def view(x: jax.Array, name: str) -> Any:
    """A read-only view of `x`, in constant time."""
    devices = x.devices()
    if len(devices) > 1 or next(iter(devices)).platform != "cpu":
        raise view_refused(name, f"it lies on {len(devices)} device(s), not in the host's memory")
    return np.asarray(x)[()]


def allocate(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """An empty array; from LARGE_BYTES on, one that `place` hands to the CPU without a copy."""
    if math.prod(shape) * dtype.itemsize < LARGE_BYTES:
        return np.empty(shape, dtype)
    return _aligned(shape, dtype)


def _aligned(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    memory: np.ndarray = np.empty(math.prod(shape) * dtype.itemsize + _ALIGNMENT, np.uint8)
    return np.ndarray(shape, dtype, memory, -memory.ctypes.data % _ALIGNMENT)


def _aligned_copy(host: np.ndarray) -> np.ndarray:
    """`host`, read-only and aligned: device_put copies others, in three times the time of this."""
    if host.ctypes.data % _ALIGNMENT:
        aligned = _aligned(host.shape, host.dtype)
        np.copyto(aligned, host)
        host = aligned
    host.setflags(write=False)
    return host


def placement_of(x: jax.Array) -> Any:
    """The sharding of `x` where it must be kept; None where `x` is free on JAX's default device."""
    if not x.committed and x.sharding.device_set == {jax.local_devices()[0]}:
        return None
    return x.sharding


def place(hosts: Sequence[Any], placements: Sequence[Any]) -> list[jax.Array]:
    """Put host arrays that nobody will change on devices, with their dtypes, 64 bits included.

    Args:
        hosts: NumPy arrays or scalars.
        placements: a sharding for each, or None for JAX's default device.
    """
    arrays: list[Any] = [None] * len(hosts)
    transfers: dict[bool, list[int]] = {}
    for i, (host, placement) in enumerate(zip(hosts, placements)):
        if placement is None and host.nbytes <= _SMALL_BYTES:
            with x64_for(host.dtype):
                arrays[i] = _identity(host)
        else:
            transfers.setdefault(is_wide(host.dtype), []).append(i)
    for wide, indices in transfers.items():
        with jax.enable_x64(True) if wide else contextlib.nullcontext():
            ready = [_aligned_copy(np.asarray(hosts[i])) for i in indices]
            moved = _put(ready, [placements[i] for i in indices])
        for i, array in zip(indices, moved):
            arrays[i] = array
    return arrays


def _put(hosts: list[np.ndarray], placements: list[Any]) -> list[Any]:
    """`jax.device_put`, which would wait for the other processes to put the same value."""
    if all(x is None or x.is_fully_addressable for x in placements):
        return jax.device_put(hosts, placements)
    return [
        jax.make_array_from_callback(host.shape, sharding, host.__getitem__, dtype=host.dtype)
        if sharding is not None and not sharding.is_fully_addressable
        else jax.device_put(host, sharding)
        for host, sharding in zip(hosts, placements)
    ]


def is_wide(dtype: np.dtype) -> bool:
    """Whether JAX narrows `dtype` outside its 64-bit mode."""
    return dtype.itemsize == 16 or (dtype.itemsize == 8 and dtype.kind in "iuf")


def x64_for(dtype: np.dtype) -> contextlib.AbstractContextManager:
    """JAX's 64-bit mode where `dtype` needs it."""
    return jax.enable_x64(True) if is_wide(dtype) else contextlib.nullcontext()


class SparseAdapter(ImmutableAdapter):
    """Sparse arrays of JAX: read as dense ones."""

    mend = "make a new one: jax.experimental.sparse.BCOO.fromdense(value)."

    def name(self, x: Any) -> str:
        return f"sparse jax.Array of shape {x.shape}"

    def read(self, x: Any, copy: bool = True) -> Any:
        return _ARRAY.read(dense(x), copy)


def dense(x: Any) -> jax.Array:
    """A sparse array with all its zeros."""
    with x64_for(np.dtype(x.dtype)):
        return x.todense()


_ARRAY, _TRACER, _SPARSE = JaxArrayAdapter(), TracerAdapter(), SparseAdapter()


def adapter_for(cls: type) -> Adapter | None:
    if issubclass(cls, jax.core.Tracer):
        return _TRACER
    sparse = sys.modules.get("jax.experimental.sparse")
    if sparse is not None and issubclass(cls, sparse.JAXSparse):
        return _SPARSE
    return _ARRAY if issubclass(cls, jax.Array) else None
