"""Where windows lie over the spatial axes of a tensor, by TensorFlow's rules on every engine."""

from collections.abc import Iterator, Sequence

import numpy as np

Pads = list[tuple[int, int]]


def extents(window: Sequence[int], dilation: Sequence[int]) -> list[int]:
    """How far windows reach, holes included."""
    return [(size - 1) * distance + 1 for size, distance in zip(window, dilation)]


def pads(
    padding: str,
    sizes: Sequence[int],
    window: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
) -> Pads:
    """What is added before and after each axis; the odd element of "same" comes after."""
    if padding == "valid":
        return [(0, 0)] * len(sizes)
    totals = [
        max((-(-size // stride) - 1) * stride + extent - size, 0)
        for size, stride, extent in zip(sizes, strides, extents(window, dilation))
    ]
    return [(total // 2, total - total // 2) for total in totals]


def transposed_pads(
    padding: str,
    sizes: Sequence[int],
    window: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
    results: Sequence[int],
) -> Pads:
    """What to add, or to cut where it is negative, for the transpose of a convolution.

    The transpose is a convolution of stride 1 with the kernel turned round, over the input with
    stride - 1 zeros between its elements.

    Args:
        padding: that of the convolution, which takes `results` to `sizes`.
        sizes: of the input.
        window: of the kernel.
        strides: of the convolution.
        dilation: of both.
        results: the sizes of the result.
    """
    before = [
        extent - 1 - low
        for extent, (low, _) in zip(
            extents(window, dilation), pads(padding, results, window, strides, dilation)
        )
    ]
    return [
        (low, result + extent - 1 - low - ((size - 1) * stride + 1))
        for low, result, extent, size, stride in zip(
            before, results, extents(window, dilation), sizes, strides
        )
    ]


def counts(
    padding: str, sizes: Sequence[int], window: Sequence[int], strides: Sequence[int]
) -> np.ndarray:
    """How many elements of the input each window has, of shape (1, *positions, 1)."""
    added = pads(padding, sizes, window, strides, [1] * len(sizes))
    result = np.ones(())
    for size, width, stride, (before, after) in zip(sizes, window, strides, added):
        starts: np.ndarray = np.arange(0, size + before + after - width + 1, stride) - before
        inside = np.minimum(starts + width, size) - np.maximum(starts, 0)
        result = np.multiply.outer(result, inside)
    return result[None, ..., None]


def elements(
    sizes: Sequence[int], window: Sequence[int], strides: Sequence[int], dilation: Sequence[int]
) -> Iterator[tuple[slice, ...]]:
    """For each element of a window, where it lies in a padded batch at all positions."""
    steps = [
        (stride, (size - extent) // stride * stride + 1)
        for size, stride, extent in zip(sizes, strides, extents(window, dilation))
    ]
    for offset in np.ndindex(*window):
        starts = [n * distance for n, distance in zip(offset, dilation)]
        yield (
            slice(None),
            *(slice(start, start + reach, step) for start, (step, reach) in zip(starts, steps)),
        )
