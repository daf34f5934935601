"""The two examples of the reference page, to the letter, through every door."""

import io
from contextlib import redirect_stdout

import pytest
from conftest import framework

BLOCK_1 = """
v = K.variable(1.)
# reassign
K.set_value(v, 2.)
print(K.get_value(v))
# increment
K.set_value(v, K.get_value(v) + 1)
print(K.get_value(v))
"""
BLOCK_2 = """
v = tf.Variable(1.)
_ = v.assign(2.)
print(v.numpy())
_ = v.assign_add(1.)
print(v.numpy())
"""
PRINTED = "2.0\n3.0\n"


def output(block: str, prelude: str) -> str:
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(prelude + block, {})
    return printed.getvalue()


@pytest.mark.parametrize(
    "prelude",
    [
        "from kompat import backend as K",
        "from kompat import tf\nK = tf.keras.backend  # Common keras convention",
        "from kompat import tf\nK = tf.compat.v1.keras.backend",
    ],
)
def test_first_block(prelude):
    assert output(BLOCK_1, prelude) == PRINTED


def test_second_block_without_tensorflow():
    assert output(BLOCK_2, "from kompat import tf") == PRINTED


def test_both_blocks_with_the_variable_of_tensorflow():
    framework("tensorflow")
    assert output(BLOCK_2, "import tensorflow as tf") == PRINTED
    block = BLOCK_1.replace("K.variable", "tf.Variable")
    assert output(block, "import tensorflow as tf\nimport kompat as K") == PRINTED


def test_first_block_with_a_variable_of_a_tensorflow_1_graph():
    tf = framework("tensorflow")
    block = BLOCK_1.replace("K.variable", "tf.compat.v1.Variable")
    with tf.Graph().as_default() as graph:
        prelude = "import tensorflow as tf\nfrom kompat import backend as K"
        assert output(block, prelude) == PRINTED
    types = [operation.type for operation in graph.get_operations()]
    assert types.count("Placeholder") == 1, "the second write added operations"


def test_first_block_inside_a_function_of_tensorflow():
    """Reads are lifted out of the function; writes belong to it and happen when it runs."""
    framework("tensorflow")
    block = """
v = tf.Variable(1.)
@tf.function
def step():
    print(K.get_value(v))
    K.set_value(v, 2.)
step()
print(K.get_value(v))
K.set_value(v, K.get_value(v) + 1)
print(K.get_value(v))
"""
    prelude = "import tensorflow as tf\nfrom kompat import backend as K"
    assert output(block, prelude) == "1.0\n" + PRINTED


def test_the_doors_are_one_module(K):
    from kompat import tf

    assert tf.keras.backend is K
    assert tf.compat.v1.keras.backend is K


def test_tf_variable_infers_dtypes_as_tensorflow_does(K):
    import numpy as np

    from kompat import tf

    assert tf.Variable(1).dtype == "int32"
    assert tf.Variable(1.0).dtype == "float32"
    assert tf.Variable([True]).dtype == "bool"
    assert tf.Variable(np.float64(1 / 3)).dtype == "float64"
    assert K.get_value(tf.Variable(np.float64(1 / 3))) == 1 / 3
    assert tf.Variable(lambda: 2.0, name="rate").name == "rate"
    with pytest.raises(ValueError, match="initial_value"):
        tf.Variable()


def test_the_dtypes_of_tensorflow(K):
    from kompat import tf

    for door in (tf, tf.compat.v1):
        assert K.dtype(K.zeros((2,), dtype=door.float16)) == "float16"
        assert K.dtype(door.Variable(1, dtype=door.bfloat16)) == "bfloat16"
        assert K.dtype(K.cast(K.constant([0.0, 2.0]), door.bool)) == "bool"


def test_tf_variable_assignments_chain(K):
    from kompat import tf

    v = tf.Variable([1.0, 2.0])
    assert v.assign([3.0, 4.0]).assign_add([1.0, 1.0]).assign_sub([0.5, 0.5]) is v
    assert K.get_value(v).tolist() == [3.5, 4.5]
