"""What only one engine can do, behind one set of names: `engines.current`.

Each engine has a module of its name here, with what it does in its own way of these; the rest is
that of `generic`, and for an engine without a module all:

- `STORAGE`: the module of `kompat.storage` that knows where the value of a K.variable lives;
- `place(host, placement)`: put a host array that nobody will change on a device;
- `tracing()`: whether the engine is recording a program in this thread;
- `at_run_time(read, shape, dtype)`: inside a trace, a tensor that is read when the program runs;
- `seed_at_run_time(new)`: inside a trace, a seed that is another one in each run;
- `eagerly()`: a context that computes at once, whatever is being traced;
- `exact(function)`: a function of `keras.ops`, computing 64-bit operands in 64 bits;
- `fused(function, static)`: a function of tensors in one dispatch, where the engine can; the
  parameters named in `static` are passed by keyword and no tensors;
- `stamp(tensor)`: differs from an earlier one if the tensor was overwritten or deleted since;
- `full_width(*operands)`: a context in which 64-bit operands keep their width;
- `is_wide(dtype)`, `is_narrowing(dtype)`: whether the engine may, or would now, cut `dtype`;
- `require_unrecorded(name)`: raise where a write would happen only while a program is recorded;
- `comparable(tensor)`: integers in a dtype that the engine compares;
- `is_size(x)`: whether `x` is an unknown dimension of a traced tensor;
- `allocate(shape, dtype)`: an empty host array that `place` need not copy, if it has at least
  `LARGE_BYTES`;
- `host_form(tensor, name)`: its value on the host, for the owner of the tensor to keep;
- `as_tensor(value)`: what a variable's `value` gives, as a tensor;
- `placement_of(tensor)`: what `place` needs to put another value where `tensor` is;
- `moved(tensor, placement)`: a tensor there;
- `duplicate(tensor)`: a copy that nobody else can donate;
- `copy_of(tensor)`: the same value in memory of its own; `shares_memory(tensor, other)`: whether
  a write to one of two tensors, or its donation, would be seen in the other;
- `infer(function, *args)`: trace a function for what it meets; None where that takes a run;
- `compile(function, *args)`: a faster form of a function of lists of tensors, for arguments like
  these, or None; it is None itself where the engine only computes at once;
- `forget()`: free what the engine keeps of programs that it may make again;
- `restoring_modes(function, *args)`: call it; the engine's modes are then as before, after an
  interrupt too;
- `without_history()`: a context in which nothing is kept for gradients;
- `on_host(compute, specs, *tensors)`: what NumPy computes, also inside a program;
- `observe(show, x)`: show the value of `x` whenever it is computed;
- `cond(condition, then, otherwise)`: a branch inside a compiled program; None where a program has
  none;
- `convolve(x, kernel, strides, padding, dilation)`: a convolution of a batch with channels last,
  "same" or "valid", of one to three spatial axes; in groups where the kernel has fewer channels;
- `convolve_transposed(x, kernel, sizes, strides, padding, dilation)`: its transpose, to the given
  sizes;
- `max_pool(x, window, strides, padding)`, `average_pool(...)`: what is added does not count.
- `scan(step, carry, ys, xs)`: a loop inside a recorded program; None where nothing is recorded;
- `is_sparse(x)`, `sparse(elements, indices, shape)`, `sparse_where(kept, dense)`: sparse
  tensors; None where the engine has none;
- `differentiate(forward, wanted)`: one pass of a program, with gradients.
"""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType, SimpleNamespace
from typing import Any

from kompat.engine_choice import choose_engine

choose_engine()
NAME: str = import_module("keras").config.backend()


def _functions(file: str) -> dict[str, Any]:
    """What the module of an engine has for all to use."""
    found = vars(import_module(f"kompat.engines.{file}"))
    return {
        name: x
        for name, x in found.items()
        if not name.startswith("_") and not isinstance(x, ModuleType)
    }


_own = _functions(NAME) if find_spec(f"kompat.engines.{NAME}") else {}
current = SimpleNamespace(**{**_functions("generic"), **_own})
