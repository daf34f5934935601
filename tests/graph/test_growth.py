"""What stays of programs, gradients and variables, and how work grows with graphs: counts alone.

A count is the same on a slow day. What is marked nightly counts more of the same, and prints it.
"""

import gc
import logging
import sys
import warnings
import weakref
from collections import Counter

import numpy as np
import pytest

import kompat
from kompat import engines
from kompat.graph import program, program_cache


def _often(quick, nightly):
    """A size for every change, and one for the night."""
    return pytest.mark.parametrize(
        "times", [quick, pytest.param(nightly, marks=pytest.mark.nightly)]
    )


@pytest.fixture
def cache_size():
    """Sets how many programs are kept, for one test."""
    before = kompat.program_cache_size()
    yield kompat.set_program_cache_size
    kompat.set_program_cache_size(before)


def _only_where_compiled():
    if engines.current.compile is None:
        pytest.skip("nothing is compiled")


def _only_on(engine, wanted):
    if engine != wanted:
        pytest.skip(f"what {wanted} keeps")


def _count(*types):
    gc.collect()
    return sum(type(x) in types for x in gc.get_objects())


def _objects():
    """How many objects live that Python can count."""
    gc.collect()
    return len(gc.get_objects())


def _log_nothing():
    """Pytest keeps what PyTorch logs of each operation that it records."""
    logging.getLogger("torch.__trace").handlers.clear()


def _executables():
    """How many programs XLA holds in this process."""
    import jax

    return len(jax.devices()[0].client.live_executables())


def _gradient(K, w):
    """A function of a graph of its own, and of rows of any number."""
    x = K.placeholder(shape=(None, 3))
    return K.function([x], K.gradients(K.mean(K.square(x * w)), [w]))


def _rows(number):
    return np.ones((number, 3), "float32")


# 1. Programs of shapes


@_often(12, 300)
def test_only_the_programs_of_the_last_shapes_are_kept(K, engine, cache_size, times):
    _only_where_compiled()
    cache_size(4)
    x = K.placeholder(shape=(None, 3))
    h = x
    for _ in range(5):
        h = K.tanh(h)
    f = K.function([x], K.sum(h))
    f([_rows(1)])
    before = _count(program._Compiled, program._InPlace)
    with pytest.warns(UserWarning, match="more than 4 shapes") as warned:
        sums = [f([_rows(rows)]) for rows in range(1, times + 1)]
    kept = _count(program._Compiled, program._InPlace) - before
    print(f"{engine}: {times} shapes, {f.compilations} compilations, {kept} more programs kept")
    one = np.tanh(np.tanh(np.tanh(np.tanh(np.tanh(1.0)))))
    np.testing.assert_allclose(sums, 3 * one * np.arange(1, times + 1), rtol=1e-5)
    assert kept <= 4
    assert len(warned) == 1
    assert f.compilations == times


def test_the_program_that_was_not_used_for_longest_is_dropped(K, cache_size):
    _only_where_compiled()
    cache_size(2)
    x = K.placeholder(shape=(None, 3))
    f = K.function([x], K.sum(K.tanh(K.tanh(K.tanh(K.tanh(K.tanh(x)))))))
    f([_rows(1)])
    for rows in (1, 2, 1):
        f([_rows(rows)])
    with pytest.warns(UserWarning, match="more than 2 shapes"):
        f([_rows(3)])  # in the place of 2
    assert f.compilations == 3
    f([_rows(1)])
    assert f.compilations == 3
    f([_rows(2)])
    assert f.compilations == 4


def test_a_session_keeps_no_more_programs_of_a_tensor(K, cache_size):
    cache_size(2)
    total = K.placeholder(shape=()) * 2.0
    session = K.get_session()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = [session.run([total, number], {total: 3.0}) for number in range(4)]
    assert found == [[3.0, number] for number in range(4)]
    assert len(total._kompat_programs) == 2


@pytest.mark.parametrize("size", [0, -1, 1.5, True, None])
def test_a_cache_of_no_size(size):
    with pytest.raises(ValueError, match="expected a positive integer, received"):
        kompat.set_program_cache_size(size)


def test_a_lower_size_holds_from_the_next_program_on(cache_size):
    kept = program_cache.ProgramCache("keys")
    cache_size(3)
    for key in range(3):
        assert kept.get_or_make(key, lambda key=key: str(key)) == str(key)
    cache_size(1)
    assert len(kept) == 3
    with pytest.warns(UserWarning, match="more than 1 keys"):
        kept.get_or_make(3, lambda: "3")
    assert list(kept.items()) == [(3, "3")]


# 2. What was dropped


def test_xla_frees_a_program_at_once_when_it_is_dropped(K, engine, cache_size):
    """Python counts garbage by objects, and waits for 100 programs of a megabyte each."""
    _only_on(engine, "jax")
    w = K.variable(np.ones(3))
    _gradient(K, w)([_rows(1)])
    gc.collect()
    before = _executables()
    gc.disable()
    try:
        f = _gradient(K, w)
        for rows in range(2, 8):
            f([_rows(rows)])
        assert _executables() - before == 6
        cache_size(2)
        with pytest.warns(UserWarning, match="shapes"):
            f([_rows(8)])
        assert _executables() - before == 2
        del f
        assert _executables() - before == 0
    finally:
        gc.enable()


@_often(10, 300)
def test_gradients_that_were_built_and_called_leave_nothing(K, engine, times):
    if engine == "numpy":
        pytest.skip("no gradients")
    _log_nothing()
    w = K.variable(np.ones(3))

    def objects(times):
        alive = []
        for _ in range(times):
            f = _gradient(K, w)
            for _ in range(2):
                np.testing.assert_allclose(f([_rows(2)]), [np.full(3, 2 / 3)], rtol=1e-6)
            alive.append(weakref.ref(f))
        del f
        assert not any(ref() for ref in alive)
        alive.clear()
        return _objects()

    before = objects(2)
    grown = objects(times) - before
    print(f"{engine}: {times} gradients built and called, {grown} more objects")
    assert grown < 50 + times


@_often(4, 100)
def test_clear_session_frees_what_the_engine_keeps_of_shapes(K, engine, times, cache_size):
    _log_nothing()
    x = K.placeholder(shape=(None, 3))

    def objects_after(shapes):
        for rows in shapes:
            f = K.function([x], K.mean(K.square(K.tanh(x * 2.0))))
            for _ in range(2):
                np.testing.assert_allclose(f([_rows(rows)]), np.tanh(2.0) ** 2, rtol=1e-6)
        del f
        return _objects()

    def objects_cleared():
        cache_size(1)
        K.clear_session()
        cache_size(128)
        return objects_after([1])

    objects_after([1])
    before = objects_cleared()
    kept = objects_after(range(2, times)) - before
    left = objects_cleared() - before
    print(f"{engine}: {times} shapes leave {kept} objects, {left} after clear_session()")
    assert left < 250 + max(kept, 0) / 20


@_often(20, 2000)
def test_dropped_variables_leave_nothing(K, engine, times):
    made = Counter()

    def objects(times):
        for _ in range(times):
            v = K.variable(1.0)
            if engine == "tensorflow":  # which keeps a kernel for each name
                made[v.value.name] += 1
        del v
        return _objects()

    before = objects(10)
    grown = objects(times) - before
    print(f"{engine}: {times} variables made, {grown} more objects, names {made}")
    assert grown < 50
    assert len(made) <= 1


def test_a_variable_keeps_the_name_that_it_was_given(K, engine):
    _only_on(engine, "tensorflow")
    assert K.variable(1.0, name="variable_of_mine_2").value.name == "variable_of_mine_2:0"
    assert K.variable(1.0, name="rate").value.name == "rate:0"


# 3. Work by size


def _calls(function, *args):
    """How many functions of Python and of C a call makes."""
    counted = Counter()

    def count(frame, event, argument):
        counted[event] += 1

    gc.disable()  # which calls finalisers
    sys.setprofile(count)
    try:
        function(*args)
    finally:
        sys.setprofile(None)
        gc.enable()
    return counted["call"] + counted["c_call"]


def _chain(K, size):
    x = K.placeholder(shape=(3,))
    y = x
    for _ in range(size):
        y = K.tanh(y + 0.5)
    return K.function([x], y), np.ones(3, "float32")


def _updates(K, size):
    x = K.placeholder(shape=())
    variables = [K.variable(float(i)) for i in range(size)]
    return K.function([x], x, updates=[K.update_add(v, x) for v in variables]), np.float32(1)


@pytest.mark.parametrize("make", [_chain, _updates])
@_often(30, 500)
def test_twice_the_graph_is_twice_the_work(K, engine, make, times):
    """The first call of a function runs on some engines at once, the second compiles there."""
    work = {}
    for size in (times // 2, times, 2 * times):
        f, value = make(K, size)
        work[size] = [_calls(f, [value]) for _ in range(3)]
    print(f"{engine}: calls by the size of the graph {work}")
    for smaller, larger in zip(work[times], work[2 * times]):
        assert larger < 2.2 * smaller


@_often(40, 1000)
def test_the_writes_of_a_program_wait_for_one_operation(K, engine, times, monkeypatch):
    """TensorFlow took 259 s to place 1,000 writes that waited for each of 1,000 values."""
    _only_on(engine, "tensorflow")
    recorded = []
    own = sys.modules["kompat.engines.tensorflow"]._recorded
    monkeypatch.setattr(
        "kompat.engines.tensorflow._recorded",
        lambda *args: recorded.append(own(*args)) or recorded[-1],
    )
    f, value = _updates(K, times)
    f([value])
    operations = recorded[-1].graph.get_operations()
    edges = sum(len(op.inputs) + len(op.control_inputs) for op in operations)
    print(f"{times} writes: {len(operations)} operations, {edges} edges")
    assert edges < 4 * len(operations)


def test_clear_session_forgets_once_many_programs_were_made(K, monkeypatch, cache_size):
    """On JAX all that lives is compiled anew then: programs that clear often shall not pay."""
    _only_where_compiled()
    forgotten = []
    monkeypatch.setattr(engines.current, "forget", lambda: forgotten.append(True))
    x = K.placeholder(shape=(None,))
    cache_size(1)
    K.clear_session()
    forgotten.clear()
    cache_size(3)
    for times in (0, 0, 1, 1):
        f = K.function([x], x * 2.0)
        for _ in range(2):  # the first run of a small graph is at once
            f([np.ones(3)])
        K.clear_session()
        assert len(forgotten) == times
