"""K: the Keras backend API on Keras 3's engines.

    from kompat import backend as K

The module is an ordinary one: code may assign onto it and pass it around.
"""

import kompat.engines  # chooses the engine before Keras is imported
from kompat.backend import experimental as experimental
from kompat.backend.activations import (
    dropout,
    elu,
    hard_sigmoid,
    l2_normalize,
    relu,
    sigmoid,
    softmax,
    softplus,
    softsign,
    tanh,
)
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
from kompat.backend.convolution import conv1d, conv2d, conv3d
from kompat.backend.creation import (
    arange,
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
from kompat.backend.depthwise_convolution import (
    depthwise_conv2d,
    separable_conv1d as separable_conv1d,
    separable_conv2d,
)
from kompat.backend.experimental import (
    is_tf_random_generator_enabled as is_tf_random_generator_enabled,
)
from kompat.backend.graphs import (
    function,
    get_session,
    gradients,
    placeholder,
    placeholder_with_default as placeholder_with_default,
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
from kompat.backend.joining import concatenate, gather, one_hot, reverse, stack
from kompat.backend.local_convolution import (
    local_conv as local_conv,
    local_conv1d,
    local_conv2d,
)
from kompat.backend.losses import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    in_top_k,
    sparse_categorical_crossentropy,
)
from kompat.backend.mapping import foldl, foldr, map_fn
from kompat.backend.normalisation import (
    batch_normalization,
    moving_average_update,
    normalize_batch_in_training,
)
from kompat.backend.older import (
    control_dependencies as control_dependencies,
    eager as eager,
    eager_learning_phase_scope as eager_learning_phase_scope,
    get_graph as get_graph,
    get_variable_shape as get_variable_shape,
    global_learning_phase_is_set as global_learning_phase_is_set,
    identity as identity,
    image_dim_ordering as image_dim_ordering,
    is_placeholder as is_placeholder,
    is_symbolic as is_symbolic,
    is_tensor as is_tensor,
    is_variable as is_variable,
    logsumexp as logsumexp,
    normalize_data_format as normalize_data_format,
    set_image_dim_ordering as set_image_dim_ordering,
    size as size,
    slice as slice,
    symbolic as symbolic,
    symbolic_learning_phase as symbolic_learning_phase,
)
from kompat.backend.ownership import owned as _owned
from kompat.backend.padding import spatial_2d_padding, spatial_3d_padding, temporal_padding
from kompat.backend.phases import (
    in_test_phase,
    in_train_phase,
    learning_phase,
    learning_phase_scope,
    set_learning_phase,
)
from kompat.backend.pooling import pool2d, pool3d
from kompat.backend.products import batch_dot, bias_add, dot
from kompat.backend.random import (
    random_bernoulli,
    random_binomial,
    random_normal,
    random_uniform,
    truncated_normal,
)
from kompat.backend.random_generator import RandomGenerator as RandomGenerator
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
from kompat.backend.refusals import (
    READS_AND_WRITES as _READS_AND_WRITES,
    UPDATES as _UPDATES,
    guarded as _guarded,
)
from kompat.backend.resizing import resize_images, resize_volumes
from kompat.backend.room import bounded as _bounded
from kompat.backend.shaping import (
    batch_flatten,
    expand_dims,
    flatten,
    permute_dimensions,
    repeat,
    repeat_elements,
    reshape,
    squeeze,
    tile,
    transpose,
)
from kompat.backend.sparse import is_sparse, to_dense
from kompat.backend.transposed_convolution import (
    conv2d_transpose,
    conv3d_transpose as conv3d_transpose,
)
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
from kompat.catalogue import CATALOGUE as _CATALOGUE, WITHOUT_TENSORS as _WITHOUT_TENSORS

__all__ = [
    "abs",
    "all",
    "any",
    "arange",
    "argmax",
    "argmin",
    "backend",
    "batch_dot",
    "batch_flatten",
    "batch_get_value",
    "batch_normalization",
    "batch_set_value",
    "bias_add",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "cast",
    "cast_to_floatx",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "clear_session",
    "clip",
    "concatenate",
    "constant",
    "conv1d",
    "conv2d",
    "conv2d_transpose",
    "conv3d",
    "cos",
    "count_params",
    "ctc_batch_cost",
    "ctc_decode",
    "ctc_label_dense_to_sparse",
    "cumprod",
    "cumsum",
    "depthwise_conv2d",
    "dot",
    "dropout",
    "dtype",
    "elu",
    "epsilon",
    "equal",
    "eval",
    "exp",
    "expand_dims",
    "eye",
    "flatten",
    "floatx",
    "foldl",
    "foldr",
    "function",
    "gather",
    "get_session",
    "get_uid",
    "get_value",
    "gradients",
    "greater",
    "greater_equal",
    "hard_sigmoid",
    "image_data_format",
    "in_test_phase",
    "in_top_k",
    "in_train_phase",
    "int_shape",
    "is_keras_tensor",
    "is_sparse",
    "l2_normalize",
    "learning_phase",
    "learning_phase_scope",
    "less",
    "less_equal",
    "local_conv1d",
    "local_conv2d",
    "log",
    "manual_variable_initialization",
    "map_fn",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "moving_average_update",
    "name_scope",
    "ndim",
    "normalize_batch_in_training",
    "not_equal",
    "one_hot",
    "ones",
    "ones_like",
    "permute_dimensions",
    "placeholder",
    "pool2d",
    "pool3d",
    "pow",
    "print_tensor",
    "prod",
    "random_bernoulli",
    "random_binomial",
    "random_normal",
    "random_normal_variable",
    "random_uniform",
    "random_uniform_variable",
    "relu",
    "repeat",
    "repeat_elements",
    "reset_uids",
    "reshape",
    "resize_images",
    "resize_volumes",
    "reverse",
    "rnn",
    "round",
    "separable_conv2d",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_learning_phase",
    "set_session",
    "set_value",
    "shape",
    "sigmoid",
    "sign",
    "sin",
    "softmax",
    "softplus",
    "softsign",
    "sparse_categorical_crossentropy",
    "spatial_2d_padding",
    "spatial_3d_padding",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "stop_gradient",
    "sum",
    "switch",
    "tanh",
    "temporal_padding",
    "tile",
    "to_dense",
    "transpose",
    "truncated_normal",
    "update",
    "update_add",
    "update_sub",
    "var",
    "variable",
    "zeros",
    "zeros_like",
]

_WITH_TENSORS = {name for name, row in _CATALOGUE.items() if row.chapter not in _WITHOUT_TENSORS}
_WITH_TENSORS |= {"conv3d_transpose", "identity", "logsumexp", "separable_conv1d", "size", "slice"}
_WITH_TENSORS |= {"local_conv", "placeholder_with_default"}
_OTHERS = {name for name, row in _CATALOGUE.items() if row.parameters} - _WITH_TENSORS
_OTHERS |= {"is_float_dtype", "is_int_dtype", "result_type", "standardize_dtype"}
_OTHERS |= {"get_variable_shape", "normalize_data_format", "set_image_dim_ordering"}

for _name in _WITH_TENSORS:
    globals()[_name] = _owned(_bounded(globals()[_name]))
for _name in _OTHERS - _READS_AND_WRITES - _UPDATES:
    globals()[_name] = _guarded(globals()[_name])

if kompat.engines.NAME == "tensorflow":
    from kompat.graph import tensorflow_functions as _tensorflow_functions

    _tensorflow_functions.register()
