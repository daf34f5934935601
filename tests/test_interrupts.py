"""An interrupt leaves a batch whole: all of its variables are written, or none, and all is usable.

A timer's signal stands for the user's Ctrl-C: it comes between two bytecodes, wherever they are.
"""

import contextlib
import dis
import gc
import itertools
import random
import signal
import sys
import threading
import time

import keras
import numpy as np
import pytest
from conftest import ENGINE

import kompat
from kompat import mode
from kompat.keras_private import scope as keras_scope
from kompat.values import private

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="the system has no timers that interrupt"
)


def keras_variables(K):
    return [keras.Variable(np.zeros(3, "float32")) for _ in range(40)]


def k_variables(K):
    return [K.variable(np.zeros(3)) for _ in range(40)]


def arrays(K):
    return [np.zeros(3) for _ in range(40)]


def own_variables(K):
    if ENGINE == "torch":
        import torch

        return [torch.zeros(3) for _ in range(40)]
    if ENGINE == "tensorflow":
        import tensorflow as tf

        return [tf.Variable(tf.zeros(3)) for _ in range(40)]
    pytest.skip("the engine has no variables")


class Batch:
    """`batch_set_value` of 40 variables."""

    def __init__(self, K, make):
        self._variables = make(K)

    def write(self, number):
        kompat.batch_set_value([(v, np.full(3, number)) for v in self._variables])

    def read(self):
        return {float(x) for v in kompat.batch_get_value(self._variables) for x in v}


class Updates:
    """A function with two updates."""

    def __init__(self, K, make):
        self._variables = [K.variable(0.0), K.variable(0.0)]
        x = K.placeholder(())
        self.write = K.function([x], [], updates=[(v, x) for v in self._variables])
        self.write = lambda number, f=self.write: f([number])

    def read(self):
        return set(map(float, kompat.batch_get_value(self._variables)))


def durations(write):
    """The longest of a few calls, in seconds."""
    taken = []
    for number in range(20):
        start = time.perf_counter()
        write(number)
        taken.append(time.perf_counter() - start)
    return sorted(taken)[10]


def interrupted(write, number, after):
    """Whether an interrupt came during `write(number)`."""

    def raise_interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, raise_interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, after)
        write(number)
        return False
    except KeyboardInterrupt:
        return True
    except (TypeError, SystemError):
        # TensorFlow's own conversions put such an error in the place of an interrupt.
        assert ENGINE == "tensorflow"
        return True
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def stress(subject, times):
    chance, came, longest = random.Random(0), 0, 1.2 * durations(subject.write)
    number = 100.0
    while came < times:
        number += 1
        with contextlib.suppress(KeyboardInterrupt):  # one may come when the write is over
            came += interrupted(subject.write, number, max(1e-6, chance.random() * longest))
        assert len(subject.read()) == 1
        assert keras_scope.active() is None
        assert kompat.executing_eagerly()
        if ENGINE == "torch":
            import torch

            assert torch.is_grad_enabled()
    # Another thread is stopped by a lock that stayed locked.
    other = threading.Thread(target=subject.write, args=(1.0,))
    other.start()
    other.join(20)
    assert not other.is_alive()
    assert subject.read() == {1.0}


SUBJECTS = [
    pytest.param(Batch, k_variables, id="K"),
    pytest.param(Batch, keras_variables, id="Keras"),
    pytest.param(Batch, own_variables, id="engine"),
    pytest.param(Batch, arrays, id="arrays"),
    pytest.param(Updates, None, id="function"),
]


@pytest.fixture(autouse=True)
def no_garbage_collector():
    """JAX's callback of the collector runs in Python, which drops what is raised there."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize(("kind", "make"), SUBJECTS)
def test_an_interrupted_write_is_whole(K, kind, make):
    stress(kind(K, make), 50)


@pytest.mark.nightly
@pytest.mark.parametrize(("kind", "make"), SUBJECTS)
def test_a_thousand_interrupted_writes_are_whole(K, kind, make):
    stress(kind(K, make), 1000)


BLOCKS = {
    "graph mode": (kompat.graph_mode, mode._Block.__enter__),
    "session": (kompat.Session, kompat.Session.__enter__),
}


@pytest.mark.parametrize(("make", "enter"), BLOCKS.values(), ids=list(BLOCKS))
def test_a_block_that_is_interrupted_at_its_entrance_leaves_nothing(K, make, enter):
    """Python looks for interrupts when a call returns: one comes after each call in turn."""
    steps = itertools.pairwise(dis.get_instructions(enter))
    after_calls = {after.offset for call, after in steps if call.opname == "CALL"}
    came = 0
    for offset in after_calls:

        def interrupt(frame, event, argument, offset=offset):
            if frame.f_code is not enter.__code__:
                return None
            frame.f_trace_opcodes = True
            if event == "opcode" and frame.f_lasti == offset:
                raise KeyboardInterrupt
            return interrupt

        block, tracing = make(), sys.gettrace()
        sys.settrace(interrupt)
        try:
            block.__enter__()
            block.__exit__(None, None, None)  # the call stands in a handler
        except KeyboardInterrupt:
            came += 1
        finally:
            sys.settrace(tracing)
        assert kompat.executing_eagerly()
        assert private.current() is None
    assert came >= 3
