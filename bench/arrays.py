"""The arrays that are read and written: of a chosen alignment, and of ResNet-50's shapes.

JAX keeps the memory of an array that starts at a multiple of 64 bytes instead of copying it.
Arrays that are timed start 16 bytes off, as NumPy's large ones do: both sides then have a copy
to make.
"""

import math

import numpy as np

ALIGNMENT = 64


def array(shape: tuple[int, ...], aligned: bool = False) -> np.ndarray:
    """A float32 array of `shape`, on a 64-byte boundary or 16 bytes past one."""
    size = math.prod(shape) * 4
    memory: np.ndarray = np.empty(size + 2 * ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT + (0 if aligned else 16)
    made: np.ndarray = memory[start : start + size].view(np.float32).reshape(shape)
    made[...] = 0.5
    return made


def settle_memory() -> None:
    """Let glibc keep freed memory, as it does in any process that has freed a large array.

    Before that it gives arrays of a megabyte back to the system when they are freed, or not, as
    luck places them; the page faults of getting them again double the time of a copy.
    """
    np.ones(30 * 2**17)


def resnet50_shapes() -> list[tuple[int, ...]]:
    """The shapes of the 320 weights of ResNet-50: 25,636,712 numbers.

    53 convolutions with biases, each followed by the four vectors of a batch normalisation, and
    a dense layer. Source: He et al., Deep Residual Learning for Image Recognition, table 1.
    """
    shapes = _convolution(7, 3, 64)
    channels = 64
    for width, blocks in ((64, 3), (128, 4), (256, 6), (512, 3)):
        for block in range(blocks):
            if block == 0:
                shapes += _convolution(1, channels, 4 * width)
            shapes += _convolution(1, channels, width)
            shapes += _convolution(3, width, width)
            shapes += _convolution(1, width, 4 * width)
            channels = 4 * width
    return shapes + [(channels, 1000), (1000,)]


def _convolution(side: int, channels: int, filters: int) -> list[tuple[int, ...]]:
    return [(side, side, channels, filters)] + [(filters,)] * 5
