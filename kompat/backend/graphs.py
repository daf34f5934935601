"""Placeholders, functions, gradients, branches and sessions."""

from typing import Any

import keras
import numpy as np

from kompat import engines, mode, session as sessions
from kompat.backend.operands import concrete, operand
from kompat.backend.phases import in_train_phase
from kompat.backend.variables import standard_dtype
from kompat.engines.dtypes import dtype_name
from kompat.function import Function
from kompat.graph import gradients as graph_gradients, sparse as sparse_tensors, unranked
from kompat.graph.control import Branch, choose
from kompat.graph.operations import Apply
from kompat.graph.phase import PhaseNumber
from kompat.graph.shapes import may_be_alike

__all__ = [
    "function",
    "get_session",
    "gradients",
    "placeholder",
    "placeholder_with_default",
    "set_session",
    "switch",
]

_where = engines.current.exact(keras.ops.where)


def placeholder(
    shape: Any = None,
    ndim: int | None = None,
    dtype: str | None = None,
    sparse: bool = False,
    name: str | None = None,
    ragged: bool = False,
) -> keras.KerasTensor:
    """A symbolic tensor to be fed.

    Args:
        shape: a tuple with None for unknown dimensions.
        ndim: the rank, where `shape` is not given. Without both the rank is unknown: any value can
            be fed, and functions that must know the rank raise `UnknownRankError`.
        dtype: `K.floatx()` by default.
        sparse: whether sparse tensors are fed.
        name: a string.
        ragged: refused; no engine of Keras 3 but TensorFlow has ragged tensors.

    Returns:
        A symbolic tensor.

    Raises:
        TypeError: `name` is no string.

    Example:

    >>> x = K.placeholder(shape=(None, 3))
    >>> K.int_shape(x)
    (None, 3)
    """
    if ragged:
        raise ValueError("placeholder: ragged tensors are not supported; feed padded ones.")
    if sparse:
        sparse_tensors.require_engine()
    dtype = standard_dtype(dtype)
    if name is not None and not isinstance(name, str):
        raise TypeError(f"placeholder: expected a string as name, received {name!r:.60}.")
    name = None if name is None else name.replace("/", "_").partition(":")[0]
    if shape is None:
        if ndim is None and not sparse:
            return unranked.placeholder(dtype, name)
        if ndim is None:
            raise ValueError("placeholder: a sparse one needs a shape; give shape=(None, None).")
        shape = (None,) * ndim
    made = keras.Input(batch_shape=tuple(shape), dtype=dtype, sparse=sparse, name=name)
    made.kompat_placeholder = True
    return made


def placeholder_with_default(input: Any, shape: Any, name: str | None = None) -> keras.KerasTensor:
    """A symbolic tensor that may be fed, and else has the value of `input`.

    Args:
        input: a tensor, variable or array, symbolic or not.
        shape: the shape that may be fed, with None for unknown dimensions.
        name: accepted for TensorFlow's sake; it names nothing.

    Returns:
        A symbolic tensor of the dtype of `input`.

    Raises:
        ValueError: `input` does not have the shape.

    Example:

    >>> rate = K.placeholder_with_default(0.5, ())
    >>> twice = K.function([], [rate * 2.]), K.function([rate], [rate * 2.])
    >>> [float(x) for x in twice[0]([]) + twice[1]([3.])]
    [1.0, 6.0]
    """
    default, shape = operand(input), tuple(shape)
    if not may_be_alike(tuple(default.shape), shape):
        raise ValueError(
            f"placeholder_with_default: expected a default of shape {shape}, received one of shape "
            f"{tuple(default.shape)}."
        )
    fed = Apply(lambda x: x, lambda x: keras.KerasTensor(shape, dtype=dtype_name(x)))
    return fed.symbolic_call(default)


def function(
    inputs: Any, outputs: Any, updates: Any = None, name: str | None = None, **kwargs: Any
) -> Function:
    """A callable of a graph.

    Args:
        inputs: the symbolic tensors, variables or learning phase that a call gives values for.
        outputs: what a call computes: a tensor, variable or constant, or a nested structure.
        updates: operations (`K.update(v, x)`) and pairs `(variable, new value)`, performed
            together at the end of each call. Outputs see the values from before.
        name: for error messages.
        **kwargs: `feed_dict`, values for further tensors, read at each call; `fetches`, further
            operations to perform; `options` and `run_metadata` are accepted for TensorFlow 1.

    Returns:
        A function that takes one value per input, in a list, and returns NumPy values in the
        structure of `outputs`.

    Raises:
        UnfedPlaceholderError: an output depends on a placeholder that is not among the inputs.
        SessionError: an output is nothing that can be computed.

    Example:

    >>> x = K.placeholder(shape=(None,))
    >>> total = K.variable(0.)
    >>> add = K.function([x], [K.sum(x)], updates=[K.update_add(total, K.sum(x))])
    >>> add([np.array([1., 2.])]), K.get_value(total)
    ([np.float32(3.0)], np.float32(3.0))
    """
    known = {"feed_dict", "fetches", "options", "run_metadata"}
    if unknown := set(kwargs) - known:
        raise ValueError(f"Invalid argument {sorted(unknown)!r} passed to K.function.")
    return Function(inputs, outputs, updates, name, kwargs.get("feed_dict"), kwargs.get("fetches"))


def gradients(loss: Any, variables: Any) -> list[Any]:
    """The gradients of a loss.

    Args:
        loss: a symbolic tensor, or a list of them; all elements are summed.
        variables: a variable or symbolic tensor, or a list of them.

    Returns:
        A list of symbolic tensors; None, with a warning, for what the loss does not depend on.

    Raises:
        SymbolicValueError: `loss` or one of `variables` is a computed value, as in the `call` of a
            layer.

    Example:

    >>> x = K.placeholder(shape=())
    >>> K.function([x], K.gradients(K.square(x), x))([3.])
    [np.float32(6.0)]
    """
    if isinstance(loss, (list, tuple)):
        loss = sum((keras.ops.sum(each) for each in loss[1:]), keras.ops.sum(loss[0]))
    wrt = list(variables) if isinstance(variables, (list, tuple)) else [variables]
    return graph_gradients.gradients(loss, wrt)


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """One of two tensors.

    Args:
        condition: a boolean or number. A scalar chooses a branch, and only that is computed; an
            array of the branches' rank or less chooses element by element, from the left; a vector
            as long as their last axis from the right, as in tf.keras. Of two numbers an array of
            any rank chooses.
        then_expression: a tensor, or a function without arguments that returns one.
        else_expression: the same.

    Returns:
        A tensor.

    Raises:
        ValueError: the condition has a higher rank than the branches.

    Example:

    >>> K.eval(K.switch(K.constant([1., 0.]) > 0, K.constant([1., 2.]), K.constant([3., 4.])))
    array([1., 4.], dtype=float32)
    """
    if isinstance(condition, PhaseNumber):
        return in_train_phase(then_expression, else_expression, condition)
    condition = operand(condition)
    if len(condition.shape) == 0:
        return _switch_scalar(condition, then_expression, else_expression)
    branches = [x() if callable(x) else x for x in (then_expression, else_expression)]
    then, otherwise = map(operand, branches)
    longer = max(then, otherwise, key=lambda x: len(x.shape))
    missing = len(longer.shape) - len(condition.shape)
    if all(isinstance(x, (int, float)) for x in branches):
        missing = 0
    if missing < 0:
        raise ValueError(
            "Rank of `condition` should be less than or equal to rank of `then_expression` and "
            f"`else_expression`. ndim(condition)={len(condition.shape)}, "
            f"ndim(then_expression)={len(longer.shape)}"
        )
    condition, then, otherwise = concrete(condition, then, otherwise)
    condition = keras.ops.cast(condition, "bool")
    if missing and len(condition.shape) == 1 and _broadcasts(condition.shape, longer.shape):
        missing = 0
    for _ in range(missing):
        condition = keras.ops.expand_dims(condition, -1)
    return _where(condition, then, otherwise)


def _broadcasts(shape: Any, other: Any) -> bool:
    """Whether the shape of a vector is known to broadcast against another."""
    return shape[0] is not None and shape[0] in (1, other[-1])


def _switch_scalar(condition: Any, then: Any, otherwise: Any) -> Any:
    if not isinstance(condition, keras.KerasTensor):
        if mode.is_traced(condition):
            return keras.ops.cond(
                keras.ops.cast(condition, "bool"), _thunk(then), _thunk(otherwise)
            )
        taken = then if bool(np.asarray(keras.ops.convert_to_numpy(condition))) else otherwise
        return taken() if callable(taken) else taken
    with mode.graph_mode():  # what the branches compute belongs to the graph
        return choose(condition, Branch(then), Branch(otherwise))


def _thunk(x: Any) -> Any:
    return x if callable(x) else lambda: x


def get_session(op_input_list: Any = ()) -> sessions.Session:
    """The session of the innermost `with` block of this thread, else K's own.

    Args:
        op_input_list: accepted for tf.keras.

    Returns:
        A session. K's own works on the variables' own values, as Keras does.

    Example:

    >>> x = K.placeholder(shape=())
    >>> print(K.get_session().run(x * 2, feed_dict={x: 4.}))
    8.0
    """
    return sessions.current_session()


def set_session(session: Any) -> None:
    """Make `session` K's own. Its values become those of the variables themselves.

    Args:
        session: a `kompat.Session`; None for a new one. A session of TensorFlow's own, which old
            scripts make for the settings of its devices, is left out with a warning.

    Raises:
        SessionError: it is something else.

    Example:

    >>> import kompat
    >>> K.set_session(kompat.Session())
    """
    sessions.set_default_session(session)
