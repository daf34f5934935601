"""What only one engine can do in its own way, as a class: `Engine`.

The class itself does everything through Keras's public functions, so that it computes on any
engine that Keras has: at once, and without gradients. A subclass has methods of its own for what
its engine does in another way, or faster. It holds no state of a program, and there is one object
of it in a process, `kompat.engines.current`.

Shapes are tuples of int. Dtypes are NumPy's (`np.dtype`) where they belong to host arrays, else
names such as "float32". Convolution and pooling have their channels last.
"""

import contextlib
import functools
import math
from collections import deque
from collections.abc import Callable, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any, TypeVar

import keras
import numpy as np

from kompat.engines import windows
from kompat.engines.counterparts import host_function
from kompat.engines.dtypes import computes_wide
from kompat.errors import GradientsUnavailableError

Function = TypeVar("Function", bound=Callable[..., Any])

Tensor = Any
"""A tensor of the engine, in a trace a stand-in for one: no class is common to the engines."""

Placement = Any
"""Where a tensor lives, as the engine says it; None where it has one place, or its default one."""

Nested = Any
"""Tensors in lists, tuples and dictionaries, at any depth."""

Perturb = Callable[[int, Tensor], Tensor]
Wanted = Sequence[tuple[int, Sequence[int]]]
Gradients = list[list[Tensor | None]]
Spec = tuple[tuple[int, ...], str]


class Engine:
    """An engine of Keras; this one computes through `keras.ops` alone."""

    compiles = False
    """Whether `compile` makes programs; where it does not, graphs are computed node by node."""

    traces = False
    """Whether it records programs with branches and loops: `infer`, `cond` and `scan`."""

    has_sparse = False
    """Whether it has sparse tensors: `sparse` and `sparse_where`."""

    LARGE_BYTES: float = math.inf
    """From this size on `place` takes over memory of `allocate`, and copies other memory."""

    def __init__(self) -> None:
        self.uncompiled: deque[str] = deque(maxlen=100)
        """Why `compile` gave None: the last reasons, each a class of errors and what it said."""

    # Variables -----------------------------------------------------------------------------------

    def storage(self) -> ModuleType | type:
        """Where the value of a K.variable lives.

        Returns:
            A class that overrides `kompat.storage.plain.Storage`, or a module with such a class
            named `Storage`. What else stands in it under a name of `kompat.storage.plain`
            (`snapshot`, `snapshots`, `replace`, `locks`, `needs_locks`, `memory_of`,
            `recorded_value`, `record_writes`) takes the place of what stands there. It is
            imported here, not before: `kompat.storage` imports the engine.
        """
        return import_module("kompat.storage.plain")

    def as_tensor(self, value: Any) -> Tensor:
        """What a variable's `value` gives, as a tensor."""
        return value

    def duplicate(self, tensor: Tensor) -> Tensor:
        """A copy that no other owner can donate or delete; `tensor` itself where none ever does."""
        return tensor

    def copy_of(self, tensor: Tensor) -> Tensor:
        """The same value in memory of its own, part of the history of gradients too."""
        return keras.ops.copy(tensor)

    def shares_memory(self, tensor: Tensor, other: Tensor) -> bool:
        """Whether a write to one of two tensors, or its donation, would be seen in the other."""
        return tensor is other

    def stamp(self, tensor: Tensor) -> object:
        """Differs from an earlier one if `tensor` was overwritten or deleted since.

        None where the engine does neither.
        """
        return None

    # Host and device -----------------------------------------------------------------------------

    def place(self, host: np.ndarray, placement: Placement = None) -> Tensor:
        """A host array that nobody will change as a tensor of its shape and dtype, never cut.

        Args:
            host: an array of any shape and numeric dtype.
            placement: what `placement_of` gave; None for the default device.
        """
        return keras.ops.convert_to_tensor(host, keras.utils.standardize_dtype(host.dtype))

    def placement_of(self, tensor: Tensor) -> Placement:
        """Where `tensor` lives, for `place` and `moved`; None where there is one place."""
        return None

    def moved(self, tensor: Tensor, placement: Placement) -> Tensor:
        """`tensor` where `placement_of` says; the same object if it is there."""
        return tensor

    @staticmethod
    def allocate(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """An empty host array; one of at least `LARGE_BYTES` need not be copied by `place`."""
        array: np.ndarray = np.empty(shape, dtype)
        return array

    def host_form(self, tensor: Tensor, name: str) -> Any:
        """The value of `tensor` on the host, for its owner to keep: an array or a NumPy scalar.

        Args:
            tensor: of any shape; a sparse one becomes dense.
            name: of what holds it, for errors.
        """
        return keras.ops.convert_to_numpy(tensor)[()]

    # Dtypes --------------------------------------------------------------------------------------

    def is_wide(self, dtype: np.dtype) -> bool:
        """Whether the engine may cut `dtype`, in some mode of its own."""
        return False

    def is_narrowing(self, dtype: np.dtype) -> bool:
        """Whether the engine would cut `dtype` here and now."""
        return False

    def full_width(self, *operands: Any) -> contextlib.AbstractContextManager[Any]:
        """A context in which 64-bit operands keep their width.

        Args:
            *operands: tensors, arrays, numbers, names of dtypes, or lists of them.
        """
        return contextlib.nullcontext()

    def comparable(self, tensor: Tensor) -> Tensor:
        """An integer tensor in a dtype that the engine compares; others as they are."""
        return tensor

    def exact(self, function: Function) -> Function:
        """`function` of `keras.ops`, exact where an operand has 64 bits.

        Here NumPy's function of the same name runs then, on the host: Keras's own may cast its
        operands to 32 bits. That has no gradients; an engine that has some needs an `exact` of
        its own. It is called once for each function, when K is imported.
        """
        wide_function = host_function(function)

        @functools.wraps(function)
        def in_full_width(*args: Any, **kwargs: Any) -> Tensor:
            if not computes_wide(args, kwargs):
                return function(*args, **kwargs)
            return self.place(wide_function(*map(_on_host, args), **kwargs))

        return in_full_width  # type: ignore[return-value]  # functools.wraps keeps the signature

    def fused(self, function: Function, static: tuple[str, ...] = ()) -> Function:
        """`function` of tensors in one dispatch, where the engine has such a thing.

        Args:
            function: takes tensors by position.
            static: its parameters that are passed by keyword and are no tensors.
        """
        return function

    # Traces --------------------------------------------------------------------------------------

    def tracing(self) -> bool:
        """Whether the engine is recording a program in this thread."""
        return False

    def eagerly(self) -> contextlib.AbstractContextManager[Any]:
        """A context that computes at once, whatever is being traced."""
        return contextlib.nullcontext()

    def is_size(self, x: Any) -> bool:
        """Whether `x` is a dimension of a traced tensor that is not known yet."""
        return False

    @staticmethod
    def require_unrecorded(name: str) -> None:
        """Raise SymbolicValueError where a write would happen only while a program is recorded.

        Args:
            name: of the variable, for the error.
        """

    def at_run_time(self, read: Callable[[], Any], shape: tuple[int, ...], dtype: Any) -> Tensor:
        """A tensor that is read whenever the traced program runs; outside of a trace, now.

        Args:
            read: gives a host array of `shape` and `dtype`.
            shape: of the tensor.
            dtype: of the tensor, NumPy's or its name.
        """
        return keras.ops.convert_to_tensor(read())

    def seed_at_run_time(self, new: Callable[[], int]) -> Tensor:
        """A seed, uint32 of shape (2,), that is another one in each run of the traced program.

        Args:
            new: gives a fresh integer below 2**32.
        """
        return self.at_run_time(lambda: np.array([new(), 0], "uint32"), (2,), "uint32")

    def observe(self, show: Callable[[Any], None], x: Tensor) -> None:
        """Call `show` with the value of `x`, in a program each time that it runs."""
        show(keras.ops.convert_to_numpy(x))

    def on_host(
        self, compute: Callable[..., list[np.ndarray]], specs: Sequence[Spec], *tensors: Tensor
    ) -> list[Tensor]:
        """What NumPy computes from tensors, in a program each time that it runs.

        Args:
            compute: takes arrays and gives a list of arrays.
            specs: the shape and the name of the dtype of each result.
            *tensors: what they are computed from.
        """
        results = compute(*map(keras.ops.convert_to_numpy, tensors))
        return [
            keras.ops.convert_to_tensor(x, dtype=dtype) for x, (_, dtype) in zip(results, specs)
        ]

    # Programs ------------------------------------------------------------------------------------

    def compile(
        self, function: Callable[..., Any], *args: list[Tensor]
    ) -> Callable[..., Any] | None:
        """A faster form of `function`, for arguments of the same lengths, shapes and dtypes.

        Args:
            function: takes lists of tensors and gives a tuple or list of them; it may raise what
                the user's own code raises.
            *args: what it will be called with.

        Returns:
            A function of the same arguments; host arrays may be among them. None where the engine
            cannot compile this one: it runs at once then, and the reason stands in `uncompiled`.
        """
        return None

    def infer(self, function: Callable[..., Nested], *args: Nested) -> Nested:
        """Trace `function`, for what it meets on its way; only where the engine `traces`."""
        raise _missing("infer")

    def cond(
        self, condition: Tensor, then: Callable[[], Nested], otherwise: Callable[[], Nested]
    ) -> Nested:
        """The result of one of two functions, chosen when the program runs; where it `traces`.

        Args:
            condition: a bool tensor of shape ().
            then: gives nested tensors.
            otherwise: gives nested tensors of the same structure, shapes and dtypes.
        """
        raise _missing("cond")

    def scan(
        self,
        step: Callable[[Nested, list[Tensor]], tuple[Nested, list[Tensor]]],
        carry: Nested,
        ys: list[Tensor],
        xs: Sequence[Tensor],
    ) -> tuple[Nested, list[Tensor]]:
        """Go on calling `carry, ys = step(carry, slices)` after the first slice, in one loop.

        Only where the engine `traces`, inside a program that it records.

        Args:
            step: may be called more than once, with stand-ins of tensors.
            carry: what the first call gave to carry on.
            ys: the results of the first call.
            xs: tensors with equal first dimensions, along which `slices` go.

        Returns:
            The last `carry`, and the `ys` of all calls, stacked.
        """
        raise _missing("scan")

    def forget(self) -> None:
        """Free what the engine keeps of programs and may make again; nothing, where Keras does."""

    def restoring_modes(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call `function`; the engine's modes of this thread are then as before.

        So they are after an interrupt too.
        """
        return function(*args)

    # Gradients -----------------------------------------------------------------------------------

    def without_history(self) -> contextlib.AbstractContextManager[Any]:
        """A context in which nothing is kept for gradients."""
        return contextlib.nullcontext()

    def differentiate(
        self, forward: Callable[[Perturb], tuple[Sequence[Tensor], Nested]], wanted: Wanted
    ) -> tuple[Gradients, Nested]:
        """One pass of `forward`, and the gradients of its losses at the points that it perturbs.

        It may be called inside `forward`, for gradients of gradients. An engine that records as it
        goes has most of it in `kompat.engines.perturbation.Points`.

        Args:
            forward: `forward(perturb)` gives losses, tensors of shape (), and other tensors; it
                calls `perturb(key, value)` once for each point and goes on with what that returns.
            wanted: per result, which loss, and the keys of which points.

        Returns:
            The gradients as `wanted` asks for them, each of the shape of its point, None for a
            point that was not met; and the other tensors.
        """
        raise GradientsUnavailableError(
            f"K.gradients: the engine {keras.config.backend()!r} computes no gradients.",
            "it has no automatic differentiation, or kompat knows no class for it.",
            "choose another: KERAS_BACKEND=jax, torch or tensorflow.",
        )

    # Convolution and pooling ---------------------------------------------------------------------

    def convolve(
        self,
        x: Tensor,
        kernel: Tensor,
        strides: Sequence[int],
        padding: str,
        dilation: Sequence[int],
    ) -> Tensor:
        """A convolution over one to three spatial axes.

        Args:
            x: (batch, *sizes, channels), of floats.
            kernel: (*window, channels of a group, filters), of the dtype of `x`; in groups where
                it has fewer channels than `x`.
            strides: one for each spatial axis.
            padding: "same" or "valid", by TensorFlow's rules (`kompat.engines.windows`).
            dilation: one for each spatial axis.

        Returns:
            (batch, *positions, filters).
        """
        return keras.ops.conv(x, kernel, strides, padding, "channels_last", dilation)

    def convolve_transposed(
        self,
        x: Tensor,
        kernel: Tensor,
        sizes: Sequence[int],
        strides: Sequence[int],
        padding: str,
        dilation: Sequence[int],
    ) -> Tensor:
        """The transpose of a convolution; here one over the input with zeros in between.

        Args:
            x: (batch, *positions, filters), of floats.
            kernel: (*window, channels, filters), of the dtype of `x`.
            sizes: the spatial sizes of the result.
            strides: those of the convolution.
            padding: that of the convolution, which takes `sizes` to those of `x`.
            dilation: that of the convolution.

        Returns:
            (batch, *sizes, channels).
        """
        before, window = x.shape[1:-1], kernel.shape[:-2]
        pads = windows.transposed_pads(padding, before, window, strides, dilation, sizes)
        for axis, stride in enumerate(strides, 1):
            x = _spread(x, axis, stride)
        x = keras.ops.pad(x, [(0, 0), *pads, (0, 0)])
        spatial = tuple(range(len(sizes)))
        kernel = keras.ops.swapaxes(keras.ops.flip(kernel, spatial), -1, -2)
        return self.convolve(x, kernel, (1,) * len(sizes), "valid", dilation)

    def max_pool(
        self, x: Tensor, window: Sequence[int], strides: Sequence[int], padding: str
    ) -> Tensor:
        """The maximum of each window.

        Args:
            x: (batch, *sizes, channels), of floats.
            window: its size along each spatial axis.
            strides: one for each spatial axis.
            padding: "same" or "valid"; what is added does not count.

        Returns:
            (batch, *positions, channels).
        """
        return keras.ops.max_pool(x, window, strides, padding, "channels_last")

    def average_pool(
        self, x: Tensor, window: Sequence[int], strides: Sequence[int], padding: str
    ) -> Tensor:
        """The average of each window: as `max_pool`."""
        return keras.ops.average_pool(x, window, strides, padding, "channels_last")

    # Sparse tensors ------------------------------------------------------------------------------

    def is_sparse(self, x: Any) -> bool:
        """Whether `x` is a sparse tensor."""
        return False

    def sparse(self, elements: np.ndarray, indices: np.ndarray, shape: tuple[int, ...]) -> Tensor:
        """A sparse tensor; only where the engine `has_sparse`.

        Args:
            elements: (count,), of a numeric dtype, on the host.
            indices: (count, rank), of integers, sorted.
            shape: of the tensor.
        """
        raise _missing("sparse")

    def sparse_where(self, kept: Tensor, dense: Tensor) -> Tensor:
        """The elements of a matrix where `kept` is true, sparse; where it `has_sparse`.

        Args:
            kept: bool, of the shape of `dense`.
            dense: a matrix.
        """
        raise _missing("sparse_where")


def _missing(name: str) -> Exception:
    """The error for a method that an engine claims to have by `traces` or `has_sparse`."""
    return NotImplementedError(
        f"the engine {keras.config.backend()!r} has no {name!r} of its own.\n"
        "Fix: add the method to its class, or do not say that it `traces` or `has_sparse`."
    )


def _on_host(operand: Any) -> Any:
    if isinstance(operand, (list, tuple)):
        return [_on_host(x) for x in operand]
    is_tensor = keras.ops.is_tensor(operand) or isinstance(operand, keras.Variable)
    return keras.ops.convert_to_numpy(operand) if is_tensor else operand


def _spread(x: Tensor, axis: int, stride: int) -> Tensor:
    """`x` with stride - 1 zeros between its elements along an axis."""
    shape = list(x.shape)
    widths = [(0, stride - 1) if n == axis + 1 else (0, 0) for n in range(len(shape) + 1)]
    padded = keras.ops.pad(keras.ops.expand_dims(x, axis + 1), widths)
    spread = keras.ops.reshape(padded, [*shape[:axis], shape[axis] * stride, *shape[axis + 1 :]])
    last = (shape[axis] - 1) * stride + 1
    return spread[(slice(None),) * axis + (slice(last),)]
