"""Convolution and pooling on TensorFlow, around what its kernels lack."""

from typing import Any

import tensorflow as tf

# TensorFlow's gradients need the name even where it is the default.
_FORMATS = {1: "NWC", 2: "NHWC", 3: "NDHWC"}


def convolve(x: Any, kernel: Any, strides: Any, padding: str, dilation: Any) -> tf.Tensor:
    """A convolution, channels last."""
    if x.shape[0] == 0:  # oneDNN gives an empty batch back as it came
        one = tf.zeros((1, *x.shape[1:]), x.dtype)
        return convolve(one, kernel, strides, padding, dilation)[:0]
    if kernel.shape[-2] == 1 != x.shape[-1] and len(strides) < 3:
        return _convolve_each_channel(x, kernel, strides, padding, dilation)
    if kernel.shape[-2] < x.shape[-1] and len(strides) == 3:  # TensorFlow has no groups there
        groups = x.shape[-1] // kernel.shape[-2]
        parts = zip(tf.split(x, groups, -1), tf.split(kernel, groups, -1))
        return tf.concat([convolve(*part, strides, padding, dilation) for part in parts], -1)
    if x.shape[-1] == 1 and len(strides) == 3:  # oneDNN reads past the end: not with two channels
        x = tf.pad(x, [(0, 0)] * 4 + [(0, 1)])
        kernel = tf.pad(kernel, [(0, 0)] * 3 + [(0, 1), (0, 0)])
    return tf.nn.convolution(
        x, kernel, strides, padding.upper(), _FORMATS[len(strides)], dilations=dilation
    )


def _convolve_each_channel(
    x: Any, kernel: Any, strides: Any, padding: str, dilation: Any
) -> tf.Tensor:
    """A convolution with as many groups as channels, for which TensorFlow has its own kernel."""
    if len(strides) == 1:
        x, kernel = tf.expand_dims(x, 1), tf.expand_dims(kernel, 0)
        strides, dilation = (1, *strides), (1, *dilation)
        return tf.squeeze(_convolve_each_channel(x, kernel, strides, padding, dilation), 1)
    kernel = tf.reshape(kernel, (*kernel.shape[:2], x.shape[-1], -1))
    return tf.nn.depthwise_conv2d(x, kernel, (1, *strides, 1), padding.upper(), dilations=dilation)


def convolve_transposed(
    x: Any, kernel: Any, sizes: Any, strides: Any, padding: str, dilation: Any
) -> tf.Tensor:
    """The transpose of a convolution, of the given sizes."""
    shape = (tf.shape(x)[0], *sizes, tf.shape(kernel)[-2])
    return tf.nn.conv_transpose(
        x, kernel, shape, strides, padding.upper(), _FORMATS[len(strides)], dilations=dilation
    )


def max_pool(x: Any, window: Any, strides: Any, padding: str) -> tf.Tensor:
    """The maximum of each window, channels last."""
    if len(window) == 3 and x.dtype in (tf.float16, tf.float64):
        return _max_of_planes(x, window, strides, padding)
    return tf.nn.max_pool(x, window, strides, padding.upper(), _FORMATS[len(window)])


def _max_of_planes(x: Any, window: Any, strides: Any, padding: str) -> tf.Tensor:
    """The maximum along two axes, then along the first: volumes of these dtypes have no kernel."""
    batch, depth, *sizes, channels = tf.unstack(tf.shape(x))
    planes = tf.reshape(x, [batch * depth, *sizes, channels])
    planes = max_pool(planes, window[1:], strides[1:], padding)
    sizes = tf.unstack(tf.shape(planes))[1:3]
    columns = tf.reshape(planes, [batch, depth, sizes[0] * sizes[1], channels])
    columns = max_pool(columns, (window[0], 1), (strides[0], 1), padding)
    return tf.reshape(columns, [batch, tf.shape(columns)[1], *sizes, channels])


def average_pool(x: Any, window: Any, strides: Any, padding: str) -> tf.Tensor:
    """The average of each window, channels last."""
    return tf.nn.avg_pool(x, window, strides, padding.upper(), _FORMATS[len(window)])
