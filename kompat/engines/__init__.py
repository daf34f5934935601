"""What only one engine can do, behind one set of names: `engines.current`.

Each engine has a module with the same functions:

- `place(host, placement)`: put a host array that nobody will change on a device;
- `tracing()`: whether the engine is recording a program in this thread;
- `at_run_time(read, shape, dtype)`: inside a trace, a tensor that is read when the program runs;
- `eagerly()`: a context that computes at once, whatever is being traced;
- `exact(function)`: a function of `keras.ops`, computing 64-bit operands in 64 bits;
- `full_width(*operands)`: a context in which 64-bit operands keep their width;
- `is_wide(dtype)`, `is_narrowing(dtype)`: whether the engine may, or would now, cut `dtype`;
- `allocate(shape, dtype)`: an empty host array that `place` need not copy, if it has at least
  `LARGE_BYTES`;
- `host_form(tensor, name)`: its value on the host, for the owner of the tensor to keep;
- `as_tensor(value)`: what a variable's `value` gives, as a tensor;
- `placement_of(tensor)`: what `place` needs to put another value where `tensor` is;
- `duplicate(tensor)`: a copy that nobody else can donate;
- `infer(function, *args)`, `compile(function)`: trace for shapes, or to compile; None where the
  engine only computes at once;
- `on_host(compute, specs, *tensors)`: what NumPy computes, also inside a program;
- `observe(show, x)`: show the value of `x` whenever it is computed;
- `cond(condition, then, otherwise)`: a branch inside a compiled program;
- `scan(step, carry, ys, xs)`: a loop inside a recorded program; None where nothing is recorded;
- `is_sparse(x)`, `sparse(elements, indices, shape)`, `sparse_where(kept, dense)`: sparse
  tensors; None where the engine has none;
- `differentiate(forward, wanted)`: one pass of a program, with gradients.
"""

from importlib import import_module
from types import ModuleType

from kompat.engine_choice import choose_engine

choose_engine()
NAME: str = import_module("keras").config.backend()

_FILES = {"jax": "jax", "numpy": "numpy", "tensorflow": "tensorflow", "torch": "torch"}

current: ModuleType = import_module(f"kompat.engines.{_FILES.get(NAME, 'generic')}")
