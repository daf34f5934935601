"""Convolution and pooling by their definitions, written out in NumPy, with channels last."""

import numpy as np


def pads(size, window, stride, dilation, padding):
    """TensorFlow's: as many positions as steps fit into the axis, the odd element at the end."""
    reach = (window - 1) * dilation
    if padding == "valid":
        return 0, 0
    if padding == "causal":
        return reach, 0
    total = max((int(np.ceil(size / stride)) - 1) * stride + reach + 1 - size, 0)
    return total // 2, total - total // 2


def windows(x, window, strides, padding, dilation=None, fill=0.0):
    """For each position, its place and the elements of its window, of a batch."""
    dilation = dilation or (1,) * len(window)
    parts = list(zip(x.shape[1:-1], window, strides, dilation))
    widths = [pads(*part, padding) for part in parts]
    x = np.pad(x, [(0, 0), *widths, (0, 0)], constant_values=fill)
    counts = [(n - (w - 1) * d - 1) // s + 1 for n, (_, w, s, d) in zip(x.shape[1:], parts)]
    for place in np.ndindex(*counts):
        cut = [slice(p * s, p * s + (w - 1) * d + 1, d) for p, (_, w, s, d) in zip(place, parts)]
        yield place, x[(slice(None), *cut)]


def assembled(results):
    """The batch whose positions are given."""
    results = dict(results)
    counts = [max(axis) + 1 for axis in zip(*results)]
    whole = [results[place] for place in np.ndindex(*counts)]
    return np.stack(whole, 1).reshape(len(whole[0]), *counts, -1)


def convolved(x, kernel, strides, padding, dilation):
    """The sum over each window of its products with the kernel, group by group of channels."""
    groups = x.shape[-1] // kernel.shape[-2]
    parts = []
    for part, weights in zip(np.split(x, groups, -1), np.split(kernel, groups, -1)):
        axes = list(range(1, weights.ndim)), list(range(weights.ndim - 1))
        seen = windows(part, weights.shape[:-2], strides, padding, dilation)
        parts.append(assembled((place, np.tensordot(w, weights, axes)) for place, w in seen))
    return np.concatenate(parts, -1)


def channels_first(x):
    return np.moveaxis(x, -1, 1)
