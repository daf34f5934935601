"""TensorFlow: `tf.function` traces, and captures its variables by reference."""

import contextlib
import functools
from collections.abc import Callable, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kompat.engines import tensorflow_windows
from kompat.engines.engine import Engine, Function, Gradients, Nested, Perturb, Spec, Tensor, Wanted
from kompat.engines.perturbation import Points


class TensorflowEngine(Engine):
    """Variables are written in place; programs are recorded, and read and write them."""

    compiles = True
    traces = True
    has_sparse = True

    convolve = staticmethod(tensorflow_windows.convolve)
    convolve_transposed = staticmethod(tensorflow_windows.convolve_transposed)
    max_pool = staticmethod(tensorflow_windows.max_pool)
    average_pool = staticmethod(tensorflow_windows.average_pool)

    def storage(self) -> ModuleType:
        return import_module("kompat.storage.tensorflow")

    def as_tensor(self, value: Any) -> tf.Tensor:
        """A tensor of the value: on TensorFlow `value` is a `tf.Variable`."""
        return tf.convert_to_tensor(value)

    def exact(self, function: Function) -> Function:
        """`function` of `keras.ops`, which keeps 64 bits on TensorFlow.

        Variables are replaced by their tensors: `tf.divide` would call a variable's own operator.
        """
        own = _matmul if function.__name__ == "matmul" else function
        of_uint64 = _OF_UINT64.get(function.__name__)

        @functools.wraps(function)
        def on_tensors(*args: Any, **kwargs: Any) -> Any:
            if any(isinstance(arg, keras.KerasTensor) for arg in args):
                return function(*args, **kwargs)
            operands = list(map(_operand, args))
            if of_uint64 is not None and _are_uint64(operands):
                return of_uint64(*[tf.convert_to_tensor(x, tf.uint64) for x in operands], **kwargs)
            return own(*operands, **kwargs)

        return on_tensors  # type: ignore[return-value]  # functools.wraps keeps the signature

    def tracing(self) -> bool:
        """Whether the code runs inside a `tf.function` or a TensorFlow 1 graph."""
        return not tf.executing_eagerly()

    def eagerly(self) -> contextlib.AbstractContextManager[Any]:
        """Lift what follows out of any `tf.function`."""
        scope: contextlib.AbstractContextManager[Any] = tf.init_scope()
        return scope

    def seed_at_run_time(self, new: Callable[[], int]) -> tf.Tensor:
        """As `Engine.seed_at_run_time`.

        Not read from Python, which XLA could not compile: TensorFlow's operation counts its runs.
        """
        seed = tf.random.uniform((2,), 0, 2**31 - 1, tf.int32, seed=new())
        return tf.cast(seed, tf.uint32)

    def observe(self, show: Callable[[Any], None], x: Any) -> None:
        if tf.executing_eagerly():
            show(keras.ops.convert_to_numpy(x))
        else:
            tf.py_function(lambda value: show(value.numpy()), [x], [])

    def on_host(
        self, compute: Callable[..., list[np.ndarray]], specs: Sequence[Spec], *tensors: Tensor
    ) -> list[Tensor]:
        if not self.tracing():
            return super().on_host(compute, specs, *tensors)
        dtypes = [dtype for _, dtype in specs]

        def cast(*arrays: Any) -> list[Any]:
            return [x.astype(dtype) for x, dtype in zip(compute(*arrays), dtypes)]

        results = tf.numpy_function(cast, tensors, dtypes, stateful=False)
        return [tf.ensure_shape(x, shape) for x, (shape, _) in zip(results, specs)]

    def compile(self, function: Callable[..., Any], *args: list[Tensor]) -> Callable[..., Any]:
        """As `Engine.compile`; it is recorded for arguments like `args`.

        It is called as the operation that it is: `tf.function` looks at its arguments in each call.
        """
        recorded = _recorded(function, *args)
        captured = recorded.captured_inputs
        dtypes = [output.dtype for output in recorded.outputs]
        structure = recorded.structured_outputs
        is_flat = isinstance(structure, list) and all(isinstance(x, tf.Tensor) for x in structure)

        def run(*args: Any) -> Any:
            tensors = [*tf.nest.flatten(args, expand_composites=True), *captured]
            outputs = tf.raw_ops.StatefulPartitionedCall(args=tensors, Tout=dtypes, f=recorded)
            outputs = outputs if dtypes else []
            return outputs if is_flat else tf.nest.pack_sequence_as(structure, outputs, True)

        return run

    def infer(self, function: Callable[..., Nested], *args: Nested) -> Nested:
        return _recorded(function, *args).structured_outputs

    def cond(
        self, condition: Tensor, then: Callable[[], Nested], otherwise: Callable[[], Nested]
    ) -> Nested:
        if tf.executing_eagerly():
            return then() if condition else otherwise()
        return tf.cond(condition, then, otherwise)

    def scan(
        self,
        step: Callable[[Nested, list[Tensor]], tuple[Nested, list[Tensor]]],
        carry: Nested,
        ys: list[Tensor],
        xs: Sequence[Tensor],
    ) -> tuple[Nested, list[Tensor]]:
        length = tf.shape(xs[0])[0]
        sources = [tf.TensorArray(x.dtype, length).unstack(x) for x in xs]
        targets = [tf.TensorArray(y.dtype, length, element_shape=y.shape).write(0, y) for y in ys]

        def body(i: tf.Tensor, carry: Any, targets: list[Any]) -> tuple[tf.Tensor, Any, list[Any]]:
            after, ys = step(carry, [source.read(i) for source in sources])
            after = tf.nest.map_structure(lambda x, y: tf.ensure_shape(x, y.shape), after, carry)
            return i + 1, after, [target.write(i, y) for target, y in zip(targets, ys)]

        # A compiler must know a bound, or it cannot reserve memory for gradients.
        _, carry, targets = tf.while_loop(
            lambda i, *_: i < length, body, (1, carry, targets), maximum_iterations=length - 1
        )
        stacked = [target.stack() for target in targets]
        return carry, [tf.ensure_shape(x, (xs[0].shape[0], *x.shape[1:])) for x in stacked]

    def differentiate(
        self, forward: Callable[[Perturb], tuple[Sequence[Tensor], Nested]], wanted: Wanted
    ) -> tuple[Gradients, Nested]:
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:

            def watched(value: Any) -> tf.Tensor:
                point = tf.identity(value)
                tape.watch(point)
                return point

            points = Points(watched)
            losses, others = forward(points.perturb)

        def gradient(loss: tf.Tensor, targets: list[tf.Tensor]) -> list[tf.Tensor | None]:
            return [_dense(found) for found in tape.gradient(loss, targets)]

        return points.gradients(losses, wanted, gradient), others

    def is_sparse(self, x: Any) -> bool:
        return isinstance(x, tf.SparseTensor)

    def sparse(
        self, elements: np.ndarray, indices: np.ndarray, shape: tuple[int, ...]
    ) -> tf.SparseTensor:
        return tf.SparseTensor(indices.astype("int64"), elements, shape)

    def sparse_where(self, kept: Tensor, dense: Tensor) -> tf.SparseTensor:
        indices = tf.where(kept)
        return tf.SparseTensor(indices, tf.gather_nd(dense, indices), tf.shape(dense, tf.int64))


def _operand(value: Any) -> Any:
    return tf.convert_to_tensor(value.value) if isinstance(value, keras.Variable) else value


# Keras takes uint64 for uint32.
_OF_UINT64 = {
    **{name: getattr(tf, name) for name in ("add", "subtract", "multiply", "maximum", "minimum")},
    **{name: getattr(tf, name) for name in ("equal", "not_equal", "less", "less_equal")},
    **{name: getattr(tf, name) for name in ("greater", "greater_equal")},
    "floor_divide": tf.math.floordiv,
    "mod": tf.math.floormod,
    "sum": tf.reduce_sum,
    "prod": tf.reduce_prod,
    "max": tf.reduce_max,
    "min": tf.reduce_min,
}


def _are_uint64(operands: list[Any]) -> bool:
    """Whether all operands are uint64, but for Python's integers."""
    tensors = [x for x in operands if type(x) is not int]
    return bool(tensors) and all(getattr(x, "dtype", None) == "uint64" for x in tensors)


def _matmul(x: Any, y: Any) -> Any:
    """The product; of integers exactly, which Keras multiplies in float32."""
    if isinstance(x, tf.SparseTensor) or isinstance(y, tf.SparseTensor):
        return keras.ops.matmul(x, y)
    x, y = tf.convert_to_tensor(x), tf.convert_to_tensor(y)
    if x.dtype.is_integer and x.dtype == y.dtype:
        product = tf.experimental.numpy.matmul(tf.cast(x, "int64"), tf.cast(y, "int64"))
        return tf.cast(product, x.dtype)
    return keras.ops.matmul(x, y)


def _recorded(function: Callable[..., Any], *args: Any) -> Any:
    specs = tf.nest.map_structure(tf.type_spec_from_value, args)
    return tf.function(function, autograph=False).get_concrete_function(*specs)


def _dense(gradient: Any) -> Any:
    return None if gradient is None else tf.convert_to_tensor(gradient)
