"""No function of K allocates in proportion to a number that was passed by mistake."""

import inspect
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from processes import python

from kompat.backend import room
from kompat.errors import TooLargeError

HUGE = 10**12
IMAGE, VOLUME = np.ones((1, 4, 4, 1), "float32"), np.ones((1, 2, 2, 2, 1), "float32")
FRAMES = np.full((1, 60, 3), 1 / 3, "float32")
WINDOW = np.ones((2, 2, 1, 1), "float32")

TOO_LARGE = {
    "arange": lambda K: K.arange(HUGE),
    "constant": lambda K: K.constant(1.0, shape=10**11),
    "conv1d": lambda K: K.conv1d(IMAGE[0], WINDOW[0], padding="causal", dilation_rate=HUGE),
    "conv2d": lambda K: K.conv2d(IMAGE, WINDOW, (1, 1), "same", None, (HUGE, 1)),
    "conv2d_transpose": lambda K: K.conv2d_transpose(IMAGE, WINDOW, (1, HUGE, 4, 1)),
    "conv3d_transpose": lambda K: K.conv3d_transpose(VOLUME, WINDOW[None], (1, HUGE, 2, 2, 1)),
    "conv3d": lambda K: K.conv3d(VOLUME, WINDOW[None], padding="same", dilation_rate=10**6),
    "ctc_decode": lambda K: K.ctc_decode(FRAMES, [60], greedy=False, beam_width=HUGE),
    "depthwise_conv2d": lambda K: K.depthwise_conv2d(IMAGE, WINDOW, strides=HUGE),
    "dropout": lambda K: K.dropout(IMAGE, 0.5, noise_shape=(HUGE,)),
    "eye": lambda K: K.eye(size=10**6),
    "local_conv1d": lambda K: K.local_conv1d(IMAGE[0], WINDOW[0], (2,), (HUGE,)),
    "local_conv2d": lambda K: K.local_conv2d(IMAGE, WINDOW[0], (2, 2), HUGE, (1, 1)),
    "one_hot": lambda K: K.one_hot([1], num_classes=HUGE),
    "ones": lambda K: K.ones((10**6, 10**6)),
    "placeholder": lambda K: K.placeholder(ndim=HUGE),
    "pool2d": lambda K: K.pool2d(IMAGE, pool_size=(10**6, 10**6), padding="same"),
    "pool3d": lambda K: K.pool3d(VOLUME, 10**6, 1, "same"),
    "random_bernoulli": lambda K: K.random_bernoulli([HUGE]),
    "random_binomial": lambda K: K.random_binomial(shape=[HUGE]),
    "random_normal": lambda K: K.random_normal(np.array([10**6] * 3)),
    "random_normal_variable": lambda K: K.random_normal_variable((HUGE,), 0.0, 1.0),
    "random_uniform": lambda K: K.random_uniform((10**6,) * 3),
    "random_uniform_variable": lambda K: K.random_uniform_variable((HUGE,), 0.0, 1.0),
    "repeat": lambda K: K.repeat(np.ones((2, 3)), n=HUGE),
    "repeat_elements": lambda K: K.repeat_elements(IMAGE, HUGE, axis=1),
    "resize_images": lambda K: K.resize_images(IMAGE, 10**6, 10**6, "channels_last"),
    "resize_volumes": lambda K: K.resize_volumes(VOLUME, 10**6, 10**6, 1, "channels_last"),
    "separable_conv1d": lambda K: K.separable_conv1d(
        IMAGE[0], WINDOW[0], WINDOW[0, :1], 1, "same", None, HUGE
    ),
    "separable_conv2d": lambda K: K.separable_conv2d(
        IMAGE, WINDOW, WINDOW[:1, :1], padding="same", dilation_rate=10**7
    ),
    "spatial_2d_padding": lambda K: K.spatial_2d_padding(IMAGE, ((HUGE, 0), (0, 0))),
    "spatial_3d_padding": lambda K: K.spatial_3d_padding(VOLUME, ((0, 0), (0, 0), (0, HUGE))),
    "temporal_padding": lambda K: K.temporal_padding(IMAGE[0], padding=(HUGE, 1)),
    "tile": lambda K: K.tile(IMAGE, (1, HUGE, 1, 1)),
    "truncated_normal": lambda K: K.truncated_normal((10**30,)),
    "zeros": lambda K: K.zeros((10**400,)),
}


def test_each_function_that_takes_sizes_is_tried():
    assert TOO_LARGE.keys() == room._ELEMENTS.keys()


@pytest.mark.parametrize("name", TOO_LARGE)
def test_what_no_machine_holds_is_refused(K, name):
    with pytest.raises(TooLargeError, match=rf"(?s)^K\.{name}\(.*nothing was allocated") as caught:
        TOO_LARGE[name](K)
    assert "GB are free" in str(caught.value)


@pytest.mark.parametrize("name", TOO_LARGE)
def test_the_elements_are_counted_from_parameters_of_the_same_names(K, name):
    """A name that K's function does not have would let every size pass."""
    own = inspect.signature(getattr(K, name)).parameters
    wanted = inspect.signature(room._ELEMENTS[name]).parameters.values()
    named = [p.name for p in wanted if p.kind is p.POSITIONAL_OR_KEYWORD]
    if "kernel" in named and "kernel" not in own:
        named = [f"depthwise_{n}" if n == "kernel" else n for n in named]
    assert named == [*own][: len(named)]


@pytest.fixture
def free(monkeypatch):
    """Say how many bytes are free, and ask for them however small the result is."""
    monkeypatch.setattr(room, "_SMALL", 0)
    return lambda count: monkeypatch.setattr(room, "free_bytes", lambda: count)


def test_what_just_fits_is_made(K, free):
    free(6 * 16)
    assert K.int_shape(K.zeros((2, 3))) == (2, 3)
    free(6 * 16 - 1)
    with pytest.raises(TooLargeError, match="received sizes of 6 elements"):
        K.zeros((2, 3))


def test_windows_that_fit_into_a_tensor_need_no_room(K, free):
    free(0)
    assert K.int_shape(K.conv2d(IMAGE, WINDOW)) == (1, 3, 3, 1)
    assert K.int_shape(K.pool2d(IMAGE, (4, 4), (4, 4), "same")) == (1, 1, 1, 1)


def test_sizes_that_are_not_known_yet_are_no_obstacle(K, free):
    free(16)
    x = K.placeholder(shape=(None, 3))
    assert K.int_shape(K.zeros((K.shape(x)[0], 1))) == (None, 1)
    assert K.int_shape(K.zeros(K.shape(x))) == (None, 3)


@pytest.mark.one_engine("jax")
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux limits a process")
def test_in_a_process_of_little_memory_nothing_is_allocated(engine):
    program = """
import resource, sys
import numpy as np
from kompat import backend as K
from kompat.errors import TooLargeError

K.get_value(K.square(K.constant([1.0])))
pages = int(open("/proc/self/statm").read().split()[0])
limit = pages * resource.getpagesize() + 2**30
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for call in (
    lambda: K.constant(1.0, shape=10**9),
    lambda: K.random_uniform((10**9,)),
    lambda: K.tile(K.constant([1.0, 2.0]), 10**9),
    lambda: K.eye(30_000),
):
    try:
        call()
    except TooLargeError:
        print("refused")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000)
"""
    done = python(
        ["-c", program], Path.cwd(), KERAS_BACKEND=engine, PYTHONPATH=os.pathsep.join(sys.path)
    )
    assert done.printed.split() == ["refused"] * 4 + ["True"], done.problems


def test_a_machine_that_tells_nothing_is_as_large_as_what_can_be_addressed(monkeypatch):
    monkeypatch.setattr(room, "Path", lambda path: Path("/does/not/exist"))
    monkeypatch.setattr(room.os, "sysconf_names", {}, raising=False)
    assert room.free_bytes() == 2**47
