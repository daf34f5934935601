"""K: the Keras backend API on Keras 3's engines.

    from kompat import backend as K

The module is an ordinary one: code may assign onto it and pass it around.
"""

from typing import Any

import kompat.engines  # noqa: F401  # chooses the engine before Keras is imported
from kompat.backend.arithmetic import (
    abs,
    clip,
    cos,
    exp,
    log,
    maximum,
    minimum,
    pow,
    round,
    sign,
    sin,
    sqrt,
    square,
    stop_gradient,
)
from kompat.backend.comparison import equal, greater, greater_equal, less, less_equal, not_equal
from kompat.backend.configuration import (
    backend,
    clear_session,
    epsilon,
    floatx,
    get_uid,
    image_data_format,
    is_float_dtype as is_float_dtype,
    is_int_dtype as is_int_dtype,
    manual_variable_initialization,
    name_scope,
    reset_uids,
    result_type as result_type,
    set_epsilon,
    set_floatx,
    set_image_data_format,
    standardize_dtype as standardize_dtype,
)
from kompat.backend.creation import (
    constant,
    eye,
    ones,
    ones_like,
    random_normal_variable,
    random_uniform_variable,
    zeros,
    zeros_like,
)
from kompat.backend.ctc import ctc_batch_cost, ctc_decode, ctc_label_dense_to_sparse
from kompat.backend.graphs import (
    function,
    get_session,
    gradients,
    placeholder,
    set_session,
    switch,
)
from kompat.backend.inspection import (
    cast,
    cast_to_floatx,
    dtype,
    int_shape,
    is_keras_tensor,
    ndim,
    print_tensor,
    shape,
)
from kompat.backend.mapping import foldl, foldr, map_fn
from kompat.backend.phases import (
    in_test_phase,
    in_train_phase,
    learning_phase,
    learning_phase_scope,
    set_learning_phase,
)
from kompat.backend.random import (
    random_bernoulli,
    random_binomial,
    random_normal,
    random_uniform,
    truncated_normal,
)
from kompat.backend.recurrence import rnn
from kompat.backend.reduction import (
    all,
    any,
    argmax,
    argmin,
    cumprod,
    cumsum,
    max,
    mean,
    min,
    prod,
    std,
    sum,
    var,
)
from kompat.backend.shaping import flatten
from kompat.backend.sparse import is_sparse, to_dense
from kompat.backend.variables import (
    batch_get_value,
    batch_set_value,
    count_params,
    eval,
    get_value,
    set_value,
    update,
    update_add,
    update_sub,
    variable,
)
from kompat.catalogue import CATALOGUE

__all__ = [
    "abs",
    "all",
    "any",
    "argmax",
    "argmin",
    "backend",
    "batch_get_value",
    "batch_set_value",
    "cast",
    "cast_to_floatx",
    "clear_session",
    "clip",
    "constant",
    "cos",
    "count_params",
    "ctc_batch_cost",
    "ctc_decode",
    "ctc_label_dense_to_sparse",
    "cumprod",
    "cumsum",
    "dtype",
    "epsilon",
    "equal",
    "eval",
    "exp",
    "eye",
    "flatten",
    "floatx",
    "foldl",
    "foldr",
    "function",
    "get_session",
    "get_uid",
    "get_value",
    "gradients",
    "greater",
    "greater_equal",
    "image_data_format",
    "in_test_phase",
    "in_train_phase",
    "int_shape",
    "is_keras_tensor",
    "is_sparse",
    "learning_phase",
    "learning_phase_scope",
    "less",
    "less_equal",
    "log",
    "manual_variable_initialization",
    "map_fn",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "name_scope",
    "ndim",
    "not_equal",
    "ones",
    "ones_like",
    "placeholder",
    "pow",
    "print_tensor",
    "prod",
    "random_bernoulli",
    "random_binomial",
    "random_normal",
    "random_normal_variable",
    "random_uniform",
    "random_uniform_variable",
    "reset_uids",
    "rnn",
    "round",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_learning_phase",
    "set_session",
    "set_value",
    "shape",
    "sign",
    "sin",
    "sqrt",
    "square",
    "std",
    "stop_gradient",
    "sum",
    "switch",
    "to_dense",
    "truncated_normal",
    "update",
    "update_add",
    "update_sub",
    "var",
    "variable",
    "zeros",
    "zeros_like",
]


def __getattr__(name: str) -> Any:
    """What this version of K lacks, with a word about what to use instead."""
    row = CATALOGUE.get(name)
    if row is None:
        raise AttributeError(f"module 'kompat.backend' has no attribute {name!r}")
    instead = f" Keras 3 has {row.keras3}." if row.keras3 else ""
    raise AttributeError(
        f"K.{name}({row.parameters}) is not in this version of kompat.{instead}", name=name
    )
