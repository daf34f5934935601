"""TensorFlow: `tf.function` traces, and captures its variables by reference."""

import contextlib
import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import keras
import tensorflow as tf

from kompat.engines import generic
from kompat.engines.perturbation import Points

STORAGE = "tensorflow"


def as_tensor(value: Any) -> Any:
    """What a variable's `value` gives, as a tensor: on TensorFlow it is a `tf.Variable`."""
    return tf.convert_to_tensor(value)


def tracing() -> bool:
    """Whether the code runs inside a `tf.function` or a TensorFlow 1 graph."""
    return not tf.executing_eagerly()


def eagerly() -> contextlib.AbstractContextManager:
    """Lift what follows out of any `tf.function`."""
    return tf.init_scope()


def seed_at_run_time(new: Callable[[], int]) -> tf.Tensor:
    """Inside a trace, a seed that is another one in each run of the program.

    Not read from Python, which XLA could not compile; TensorFlow's own operation counts its runs.
    """
    seed = tf.random.uniform((2,), 0, 2**31 - 1, tf.int32, seed=new())
    return tf.cast(seed, tf.uint32)


Function = TypeVar("Function", bound=Callable[..., Any])


def exact(function: Function) -> Function:
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
    if is_sparse(x) or is_sparse(y):
        return keras.ops.matmul(x, y)
    x, y = tf.convert_to_tensor(x), tf.convert_to_tensor(y)
    if x.dtype.is_integer and x.dtype == y.dtype:
        product = tf.experimental.numpy.matmul(tf.cast(x, "int64"), tf.cast(y, "int64"))
        return tf.cast(product, x.dtype)
    return keras.ops.matmul(x, y)


def _operand(value: Any) -> Any:
    return as_tensor(value.value) if isinstance(value, keras.Variable) else value


def infer(function: Callable[..., Any], *args: Any) -> Any:
    """Trace `function` for what it meets on its way."""
    return _recorded(function, *args).structured_outputs


def compile(function: Callable[..., Any], *args: Any) -> Callable[..., Any]:
    """A compiled form of a function of lists of tensors, recorded for arguments like `args`.

    It is called as the operation that it is: `tf.function` looks at its arguments on every call.
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


def _recorded(function: Callable[..., Any], *args: Any) -> Any:
    specs = tf.nest.map_structure(tf.type_spec_from_value, args)
    return tf.function(function, autograph=False).get_concrete_function(*specs)


def cond(condition: Any, then: Callable[[], Any], otherwise: Callable[[], Any]) -> Any:
    """The result of one of two functions of equal output structure, chosen at run time."""
    if tf.executing_eagerly():
        return then() if condition else otherwise()
    return tf.cond(condition, then, otherwise)


def observe(show: Callable[[Any], None], x: Any) -> None:
    """Show the value of `x` whenever it is computed."""
    if tf.executing_eagerly():
        show(keras.ops.convert_to_numpy(x))
    else:
        tf.py_function(lambda value: show(value.numpy()), [x], [])


def scan(
    step: Callable[[Any, list[Any]], tuple[Any, list[Any]]],
    carry: Any,
    ys: list[Any],
    xs: Sequence[Any],
) -> tuple[Any, list[Any]]:
    """As JAX's: the calls after the first, in one loop."""
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


def on_host(
    compute: Callable[..., list[Any]], specs: list[tuple[tuple, str]], *tensors: Any
) -> list[Any]:
    """What NumPy computes from tensors, when the function runs."""
    if not tracing():
        return generic.on_host(compute, specs, *tensors)
    dtypes = [dtype for _, dtype in specs]

    def cast(*arrays: Any) -> list[Any]:
        return [x.astype(dtype) for x, dtype in zip(compute(*arrays), dtypes)]

    results = tf.numpy_function(cast, tensors, dtypes, stateful=False)
    return [tf.ensure_shape(x, shape) for x, (shape, _) in zip(results, specs)]


def is_sparse(x: Any) -> bool:
    """Whether `x` is a sparse tensor."""
    return isinstance(x, tf.SparseTensor)


def sparse(elements: Any, indices: Any, shape: tuple[int, ...]) -> tf.SparseTensor:
    """A sparse tensor of elements at sorted indices."""
    return tf.SparseTensor(indices.astype("int64"), elements, shape)


def sparse_where(kept: Any, dense: Any) -> tf.SparseTensor:
    """The elements of a matrix where `kept` is true, sparse."""
    indices = tf.where(kept)
    return tf.SparseTensor(indices, tf.gather_nd(dense, indices), tf.shape(dense, tf.int64))


def differentiate(
    forward: Callable[..., Any], wanted: list[tuple[int, list[int]]]
) -> tuple[list[list[Any]], Any]:
    """As JAX's: one pass of `forward`, and the gradients of its losses at its points."""
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


def _dense(gradient: Any) -> Any:
    return None if gradient is None else tf.convert_to_tensor(gradient)


# TensorFlow's gradients need the name even where it is the default.
_FORMATS = {1: "NWC", 2: "NHWC", 3: "NDHWC"}


def convolve(x: Any, kernel: Any, strides: Any, padding: str, dilation: Any) -> tf.Tensor:
    """A convolution, channels last."""
    if x.shape[0] == 0:  # oneDNN gives an empty batch back as it came
        one = tf.zeros((1, *x.shape[1:]), x.dtype)
        return convolve(one, kernel, strides, padding, dilation)[:0]
    if kernel.shape[-2] == 1 != x.shape[-1] and len(strides) < 3:
        return _convolve_each_channel(x, kernel, strides, padding, dilation)
    if kernel.shape[-2] < x.shape[-1] and len(strides) == 3:  # TensorFlow has no groups there
        groups = x.shape[-1] // kernel.shape[-2]
        parts = zip(tf.split(x, groups, -1), tf.split(kernel, groups, -1))
        return tf.concat([convolve(*part, strides, padding, dilation) for part in parts], -1)
    if x.shape[-1] == 1 and len(strides) == 3:  # oneDNN reads past the end: not with two channels
        x = tf.pad(x, [(0, 0)] * 4 + [(0, 1)])
        kernel = tf.pad(kernel, [(0, 0)] * 3 + [(0, 1), (0, 0)])
    return tf.nn.convolution(
        x, kernel, strides, padding.upper(), _FORMATS[len(strides)], dilations=dilation
    )


def _convolve_each_channel(
    x: Any, kernel: Any, strides: Any, padding: str, dilation: Any
) -> tf.Tensor:
    """A convolution with as many groups as channels, for which TensorFlow has its own kernel."""
    if len(strides) == 1:
        x, kernel = tf.expand_dims(x, 1), tf.expand_dims(kernel, 0)
        strides, dilation = (1, *strides), (1, *dilation)
        return tf.squeeze(_convolve_each_channel(x, kernel, strides, padding, dilation), 1)
    kernel = tf.reshape(kernel, (*kernel.shape[:2], x.shape[-1], -1))
    return tf.nn.depthwise_conv2d(x, kernel, (1, *strides, 1), padding.upper(), dilations=dilation)


def convolve_transposed(
    x: Any, kernel: Any, sizes: Any, strides: Any, padding: str, dilation: Any
) -> tf.Tensor:
    """The transpose of a convolution, of the given sizes."""
    shape = (tf.shape(x)[0], *sizes, tf.shape(kernel)[-2])
    return tf.nn.conv_transpose(
        x, kernel, shape, strides, padding.upper(), _FORMATS[len(strides)], dilations=dilation
    )


def max_pool(x: Any, window: Any, strides: Any, padding: str) -> tf.Tensor:
    """The maximum of each window, channels last."""
    if len(window) == 3 and x.dtype in (tf.float16, tf.float64):
        return _max_of_planes(x, window, strides, padding)
    return tf.nn.max_pool(x, window, strides, padding.upper(), _FORMATS[len(window)])


def _max_of_planes(x: Any, window: Any, strides: Any, padding: str) -> tf.Tensor:
    """The maximum along two axes, then along the first: volumes of these dtypes have no kernel."""
    batch, depth, *sizes, channels = tf.unstack(tf.shape(x))
    planes = tf.reshape(x, [batch * depth, *sizes, channels])
    planes = max_pool(planes, window[1:], strides[1:], padding)
    sizes = tf.unstack(tf.shape(planes))[1:3]
    columns = tf.reshape(planes, [batch, depth, sizes[0] * sizes[1], channels])
    columns = max_pool(columns, (window[0], 1), (strides[0], 1), padding)
    return tf.reshape(columns, [batch, tf.shape(columns)[1], *sizes, channels])


def average_pool(x: Any, window: Any, strides: Any, padding: str) -> tf.Tensor:
    """The average of each window, channels last."""
    return tf.nn.avg_pool(x, window, strides, padding.upper(), _FORMATS[len(window)])
