"""TensorFlow 2.21: variables eager, in tf.function, mirrored, and in TensorFlow 1 graphs."""

import gc
import os
import subprocess
import sys
import traceback
import weakref
from textwrap import dedent
from types import SimpleNamespace

import ml_dtypes
import numpy as np
import pytest
from conftest import framework

import kompat
from kompat.errors import (
    ImmutableValueError,
    ShapeMismatchError,
    SymbolicValueError,
    UnavailableValueError,
    UnsupportedValueError,
    ViewRefusedError,
)

tf = framework("tensorflow")
tf1 = tf.compat.v1
get_value, set_value = kompat.get_value, kompat.set_value


def test_the_blocks_of_the_reference_page(K, capsys):
    v = tf.Variable(1.0)
    K.set_value(v, 2.0)
    print(K.get_value(v))
    K.set_value(v, K.get_value(v) + 1)
    print(K.get_value(v))
    v = tf.Variable(1.0)
    _ = v.assign(2.0)
    print(v.numpy(), K.get_value(v))
    _ = v.assign_add(1.0)
    print(v.numpy(), K.get_value(v))
    assert capsys.readouterr().out.split() == ["2.0", "3.0", "2.0", "2.0", "3.0", "3.0"]


NATIVE = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
NATIVE += ["float16", "float32", "float64", "complex64", "complex128"]


@pytest.mark.parametrize("name", [*NATIVE, "bfloat16", "float8_e4m3fn", "float8_e5m2"])
def test_every_dtype_keeps_its_bits(name):
    kind = np.dtype(getattr(ml_dtypes, name, name))
    patterns = np.random.default_rng(0).integers(0, 256, 64 * kind.itemsize).astype(np.uint8)
    expected = (patterns % 2 if name == "bool" else patterns).view(kind)
    v = tf.Variable(np.zeros(64, kind))
    set_value(v, expected)
    value = get_value(v)
    assert (value.dtype, value.tobytes()) == (kind, expected.tobytes())
    assert v.read_value().numpy().tobytes() == expected.tobytes()


def test_a_write_keeps_what_functions_hold():
    v = tf.Variable([1.0, 2.0], name="weight")
    double = tf.function(lambda: v * 2)
    double()
    handle = v.handle
    set_value(v, tf.Variable([3.0, 4.0]))
    assert v.handle is handle
    assert double().numpy().tolist() == [6, 8]
    with pytest.raises(ShapeMismatchError, match="'weight:0'"):
        set_value(v, 1.0)


def test_a_read_in_a_function_is_concrete_even_after_a_traced_assignment():
    v, seen = tf.Variable(1.0), []

    @tf.function
    def function():
        seen.append(get_value(v))
        v.assign(5.0)
        seen.extend(kompat.batch_get_value([v]))
        return v.read_value()

    assert function().numpy() == 5
    assert [type(value) for value in seen] == [np.float32, np.float32]
    assert seen == [1, 1]
    assert get_value(v) == 5


def test_a_write_in_a_function_happens_on_each_run_of_its_branch():
    v, w = tf.Variable(0.0), tf.Variable([0.0, 0.0])

    @tf.function
    def function(x):
        if x > 0:
            set_value(v, 10.0)
        else:
            kompat.batch_set_value([(v, x * 2), (w, [1, 2])])
        v.assign_add(1.0)

    for x, expected in [(1.0, 11), (-3.0, -5), (2.0, 11)]:
        set_value(v, 0.0)
        function(tf.constant(x))
        assert get_value(v) == expected
    assert get_value(w).tolist() == [1, 2]


@pytest.mark.parametrize("shape", [[1], None], ids=["known", "unknown"])
def test_a_traced_value_of_the_wrong_shape_is_refused(shape):
    v = tf.Variable([1.0, 2.0])
    function = tf.function(lambda x: set_value(v, x), input_signature=[tf.TensorSpec(shape)])
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError), match=r"(?i)shape"):
        function(tf.constant([5.0]))
    assert get_value(v).tolist() == [1, 2]


ACTIONS = {
    "read": get_value,
    "view": lambda x: get_value(x, copy=False),
    "use as a value": lambda x: set_value(np.zeros(2, np.float32), x),
    "use in a list": lambda x: set_value(np.zeros((1, 2), np.float32), [x]),
    "read sparse": lambda x: get_value(tf.sparse.from_dense(x)),
    "write": lambda x: set_value(x, [1, 2]),
}
ERRORS = {"use in a list": UnsupportedValueError, "write": ImmutableValueError}


@pytest.mark.parametrize("action", ACTIONS)
def test_symbolic_tensors_are_refused(action):
    function = tf.function(ACTIONS[action])
    with pytest.raises(ERRORS.get(action, SymbolicValueError), match=r"shape(.|\n)*Fix: "):
        function(tf.constant([1.0, 2.0]))


def test_autograph_does_not_rewrite_the_four_functions():
    class Probe:
        pass

    names = []

    def read(probe):
        names.extend(frame.name for frame in traceback.extract_stack())
        return 1.0

    kompat.register_adapter(Probe, read=read, write=lambda probe, array: read(probe))

    @tf.function
    def function(probe):
        set_value(probe, get_value(probe))
        kompat.batch_set_value([(probe, kompat.batch_get_value([probe])[0])])

    function(Probe())
    assert {name for name in names if name.startswith("tf__")} == {"tf__function"}


def test_tensors_are_read_and_never_written():
    x = tf.constant([2**53 + 1, 7], tf.int64)
    value = get_value(x)
    value[1] = 0
    assert get_value(x).tolist() == [2**53 + 1, 7]
    assert type(get_value(tf.constant(1.5, tf.bfloat16))) is ml_dtypes.bfloat16
    with pytest.raises(ImmutableValueError, match=r"tf\.Variable\(value\)"):
        set_value(x, [1, 2])
    with pytest.raises(ViewRefusedError):
        get_value(x, copy=False)


COMPOSITES = {
    "sparse": (lambda: tf.SparseTensor([[1, 0], [0, 1]], [3, 2], [2, 2]), [[0, 2], [3, 0]]),
    "ragged": (lambda: tf.ragged.constant([[1, 2], [3]]), [[1, 2], [3, 0]]),
    "slices": (
        lambda: tf.IndexedSlices(tf.constant([[5, 6]]), tf.constant([1]), tf.constant([2, 2])),
        [[0, 0], [5, 6]],
    ),
}


@pytest.mark.parametrize(("make", "dense"), COMPOSITES.values(), ids=COMPOSITES)
def test_composite_tensors_read_as_dense_arrays(make, dense):
    x = make()
    assert get_value(x).tolist() == dense
    with pytest.raises(ImmutableValueError):
        set_value(x, dense)


@pytest.mark.parametrize("shape", [[None, 2], None], ids=["some", "none"])
def test_a_variable_of_unknown_shape_takes_what_its_shape_allows(shape):
    v = tf.Variable([[1.0, 2.0]], shape=tf.TensorShape(shape))
    assert get_value(v).tolist() == [[1, 2]]
    set_value(v, [[3, 4], [5, 6]])
    assert get_value(v).tolist() == [[3, 4], [5, 6]]
    if shape is not None:
        with pytest.raises(ShapeMismatchError, match="None, 2"):
            set_value(v, [[1, 2, 3]])
        assert get_value(v).tolist() == [[3, 4], [5, 6]]


def test_a_variable_that_is_not_initialised_yet_has_no_value():
    made, errors = [], []

    @tf.function
    def function(x):
        if not made:
            made.append(tf.Variable(tf.fill([2], 5.0)))
            with pytest.raises(UnavailableValueError, match="no value") as error:
                get_value(made[0])
            errors.append(error)
        return made[0] * x

    function(2.0)
    assert len(errors) == 1
    assert get_value(made[0]).tolist() == [5, 5]


@pytest.mark.parametrize("value", [1.0, "new", b"new", np.array("new")])
def test_strings_are_read_and_not_written(value):
    v = tf.Variable("old", name="greeting")
    assert get_value(v) == b"old"
    with pytest.raises(UnsupportedValueError, match=r"greeting(.|\n)*string"):
        set_value(v, value)
    assert v.numpy() == b"old"


def test_an_eager_variable_is_reached_from_inside_a_graph():
    v = tf.Variable(1.0)
    with tf1.Graph().as_default() as graph:
        set_value(v, get_value(v) + 1)
        assert get_value(v) == 2
        assert graph.get_operations() == []


def test_mirrored_variables():
    code = """
        import kompat, tensorflow as tf

        cpu = tf.config.list_physical_devices("CPU")[0]
        two = [tf.config.LogicalDeviceConfiguration()] * 2
        tf.config.set_logical_device_configuration(cpu, two)
        strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])

        def values(v):
            return [replica.numpy().tolist() for replica in v.values]

        with strategy.scope():
            v = tf.Variable([1.0, 2.0])
            kompat.set_value(v, [3, 4])
            assert kompat.get_value(v).tolist() == [3, 4]
            total = tf.Variable(0.0, aggregation=tf.VariableAggregation.MEAN)
        assert values(v) == [[3, 4], [3, 4]]
        kompat.batch_set_value([(v, [5, 6]), (total, 7)])
        assert (values(v), values(total)) == ([[5, 6], [5, 6]], [7, 7])

        from kompat import backend as K

        for number in (3, 4, -7):
            for dtype in ("int32", "int64", "float32"):
                with strategy.scope():
                    count = tf.Variable(
                        0, dtype=dtype, aggregation=tf.VariableAggregation.SUM,
                        synchronization=tf.VariableSynchronization.ON_READ)
                kompat.set_value(count, number)
                assert kompat.get_value(count) == number
                K.update_add(count, 1)
                K.update_add(count, 1)
                assert kompat.get_value(count) == number + 2
                strategy.run(lambda: count.assign_add(1))
                assert kompat.get_value(count) == number + 4
        assert kompat.get_value(v).tolist() == [5, 6]
        assert [replica.device[-5:] for replica in v.values] == ["CPU:0", "CPU:1"]

        @tf.function
        def step():
            strategy.run(lambda: kompat.set_value(total, 8.0))

        step()
        assert values(total) == [8, 8]
    """
    subprocess.run([sys.executable, "-c", dedent(code)], env=os.environ, check=True, timeout=120)


@pytest.fixture(params=[True, False], ids=["resource", "reference"])
def one(request):
    """A TensorFlow 1 graph with two variables."""
    with tf1.Graph().as_default() as graph:
        v = tf1.get_variable("v", initializer=[1.0, 2.0], use_resource=request.param)
        w = tf1.get_variable("w", initializer=np.int64(2**53 + 1), use_resource=request.param)
        double = v * 2
    return SimpleNamespace(graph=graph, v=v, w=w, double=double, resource=request.param)


def count(graph):
    return len(graph.get_operations())


def test_a_graph_variable_is_initialised_read_and_written(one):
    assert get_value(one.v).tolist() == [1, 2]
    set_value(one.v, [3, 4])
    set_value(one.w, get_value(one.w) + 2)
    assert get_value(one.v).tolist() == [3, 4]
    assert get_value(one.w) == np.int64(2**53 + 3)


def test_the_first_write_adds_two_operations_and_nothing_else_adds_any(one):
    before = count(one.graph)
    for _ in range(3):
        kompat.batch_get_value([one.v, one.w, one.v])
    size = count(one.graph)
    # A reference variable has no operation of its own that tells whether it is initialised.
    assert size == before + (0 if one.resource else 2)
    with pytest.raises(ShapeMismatchError):
        set_value(one.v, [1.0])
    assert count(one.graph) == size
    set_value(one.v, [3, 4])
    feed, assign = one.graph.get_operations()[size:]
    assert (feed.type, assign.type[:6]) == ("Placeholder", "Assign")
    for i in range(1000):
        set_value(one.v, [i, i])
    assert get_value(one.v).tolist() == [999, 999]
    assert count(one.graph) == size + 2


def test_each_session_has_its_own_value(one):
    first, second = tf1.Session(graph=one.graph), tf1.Session(graph=one.graph)
    for session, value in [(first, [3, 3]), (second, [4, 4])]:
        with session.as_default():
            assert get_value(one.v).tolist() == [1, 2]
            set_value(one.v, value)
    for session, value in [(first, [3, 3]), (second, [4, 4])]:
        with session.as_default():
            assert get_value(one.v).tolist() == value
        assert session.run(one.double).tolist() == [2 * value[0]] * 2
    assert get_value(one.v).tolist() == [1, 2]
    with first.as_default(), tf1.Graph().as_default(), tf1.Session().as_default():
        assert get_value(one.v).tolist() == [1, 2]


def test_initialising_a_new_variable_keeps_the_others(one):
    set_value(one.v, [7, 7])
    with one.graph.as_default():
        late = tf1.get_variable("late", initializer=1.5, use_resource=one.resource)
    assert get_value(late) == 1.5
    assert get_value(one.v).tolist() == [7, 7]


def test_variables_outside_the_collection_and_dependent_ones(one):
    with one.graph.as_default():
        local = tf1.get_local_variable("local", initializer=2.5, use_resource=one.resource)
        hidden = tf1.Variable([3.5], collections=[], use_resource=one.resource)
        third = tf1.Variable(one.v.read_value() * 2, use_resource=one.resource)
        fourth = tf1.Variable(third.read_value() * 2, use_resource=one.resource)
    assert get_value(local) == 2.5
    assert get_value(hidden).tolist() == [3.5]
    assert kompat.batch_get_value([fourth, third])[0].tolist() == [4, 8]


def test_a_batch_is_one_run_whatever_the_number_of_variables(one, monkeypatch):
    runs = []
    original = tf1.Session.run

    def run(session, fetches, *args, **kwargs):
        runs.append(len(tf.nest.flatten(fetches)))
        return original(session, fetches, *args, **kwargs)

    with one.graph.as_default():
        many = [tf1.Variable(float(i), use_resource=one.resource) for i in range(50)]
    get_value(one.v)
    set_value(one.v, [0, 0])
    monkeypatch.setattr(tf1.Session, "run", run)
    get_value(one.v)
    set_value(one.v, [1, 1])
    assert runs == [1, 1]
    kompat.batch_set_value((v, i + 1) for i, v in enumerate(many))
    assert kompat.batch_get_value(many) == [i + 1 for i in range(50)]
    assert runs == [1, 1, 50, 50]


def test_a_closed_session_has_no_values(one):
    eager = tf.Variable(0.0)
    with tf1.Session(graph=one.graph) as session:
        set_value(one.v, [3, 3])
    with session.as_default():
        for action in (lambda: get_value(one.v), lambda: set_value(one.v, [5, 5])):
            with pytest.raises(UnavailableValueError, match=r"'v:0'(.|\n)*closed"):
                action()
        with pytest.raises(UnavailableValueError, match="closed"):
            kompat.batch_set_value([(eager, 1.0), (one.v, [5, 5])])
    assert eager.numpy() == 0


def test_a_finalized_graph_takes_only_prepared_writes(one):
    set_value(one.v, [3, 4])
    one.graph.finalize()
    set_value(one.v, [5, 6])
    with pytest.raises(ImmutableValueError, match=r"'w:0'(.|\n)*before graph\.finalize"):
        set_value(one.w, 1)
    v, w = kompat.batch_get_value([one.v, one.w])
    assert (v.tolist(), w) == ([5, 6], 2**53 + 1)


@pytest.mark.parametrize("wrong", [[1.0], "text", [1j, 1j], [1e300, 0]], ids=str)
def test_a_refused_write_leaves_the_value(one, wrong):
    set_value(one.v, [3, 4])
    with pytest.raises((ValueError, TypeError), match="'v:0'"):
        set_value(one.v, wrong)
    assert get_value(one.v).tolist() == [3, 4]


def test_a_dropped_graph_is_freed():
    with tf1.Graph().as_default() as graph:
        v = tf1.Variable([1.0])
    set_value(v, get_value(v) + 1)
    alive = weakref.ref(graph)
    del graph, v
    gc.collect()
    assert alive() is None
