"""What a graph keeps, and what threads, tasks and children of a process see of each other."""

import asyncio
import os
import threading
import time

import numpy as np
import pytest

import kompat


def test_a_graph_keeps_arrays_as_they_were(K):
    x, a, b, c = K.placeholder((1,)), *(np.array([n], "float32") for n in (1, 2, 3))
    f = K.function([x], [x + a, K.maximum(x, b), c])
    a[...] = b[...] = c[...] = 100
    assert [float(y[0]) for y in f([[0.0]])] == [1, 2, 3]


def test_an_update_keeps_arrays_as_they_were(K, x):
    v, a = K.variable([0.0]), np.array([1.0], "float32")
    f = K.function([x], [], updates=[(v, a)])
    a[...] = 100
    f([np.ones((1, 2))])
    assert K.get_value(v) == 1


def test_a_task_does_not_put_others_into_its_mode_or_session(K):
    seen = []

    async def in_a_block(block):
        with block:
            await asyncio.sleep(0.01)

    async def beside():
        await asyncio.sleep(0)
        seen.append(kompat.executing_eagerly())
        seen.append(float(K.get_value(v)))

    async def both():
        await asyncio.gather(
            in_a_block(kompat.graph_mode()), in_a_block(kompat.Session()), beside()
        )

    v = K.variable(7.0)
    asyncio.run(both())
    assert seen == [True, 7]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*")
def test_a_child_of_a_fork_runs_functions_and_sessions(K, engine):
    if engine in ("jax", "tensorflow"):
        pytest.skip("the engine itself hangs after a fork")
    v, x = K.variable(0.0), K.placeholder(())
    f = K.function([x], [], updates=[K.update_add(v, x)])
    f([0.0])
    f([0.0])
    stop = threading.Event()

    def work():
        while not stop.is_set():
            f([1.0])

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for _ in range(6):
            child = os.fork()
            if not child:
                f([1.0])
                K.get_session().run(v)
                os._exit(0)
            assert _ends(child, 10)
    finally:
        stop.set()
        thread.join()


def _ends(child, seconds):
    """Whether a process ends by itself, and well; else it is ended."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return status == 0
        time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return False


def test_a_run_sees_all_of_anothers_updates_or_none(K, engine):
    if engine not in ("jax", "numpy"):
        pytest.skip("written in place, while pure runs hold no lock")
    a, b, x = K.variable(0.0), K.variable(0.0), K.placeholder(())
    write = K.function([x], [], updates=[(a, x), (b, x)])
    with kompat.graph_mode():
        read = K.function([], [a + 0.0, b + 0.0])
    stop, wrong = threading.Event(), []

    def writes():
        number = 0.0
        while not stop.is_set():
            number += 1
            write([number])

    thread = threading.Thread(target=writes)
    thread.start()
    for _ in range(3000):
        first, second = read([])
        if first != second:
            wrong.append((first, second))
    stop.set()
    thread.join()
    assert not wrong
