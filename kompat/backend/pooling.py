"""Pooling: the maximum or the average of windows."""

from typing import Any

from kompat import engines
from kompat.backend.operands import floating, operand
from kompat.backend.windows import Shape, Windows

__all__ = ["pool2d", "pool3d"]


def _pool(windows: Windows, x: Any, pool_size: Any, pool_mode: str) -> Any:
    window = windows.sizes("pool_size", pool_size)
    if pool_mode not in ("max", "avg"):
        raise ValueError(
            f"{windows.function} expects pool_mode to be 'max' or 'avg', received {pool_mode!r}."
        )

    def shape(x: Shape) -> Shape:
        batch, spatial, channels = windows.split(x)
        return windows.join(batch, windows.positions(spatial, window), channels)

    def compute(x: Any) -> Any:
        pool = engines.current.max_pool if pool_mode == "max" else engines.current.average_pool
        return pool(x, window, windows.strides, windows.padding)

    return windows.apply(compute, shape, operand(x) if pool_mode == "max" else floating(x))


def pool2d(
    x: Any,
    pool_size: tuple[int, int],
    strides: tuple[int, int] = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    pool_mode: str = "max",
) -> Any:
    """The maximum or the average of each window over two axes.

    Args:
        x: a tensor, variable or array of shape (batch, rows, columns, channels), or (batch,
            channels, rows, columns) with "channels_first".
        pool_size: the rows and columns of a window.
        strides: by how much windows move along each axis; None for `pool_size`.
        padding: "valid" for no padding; "same" to have size / strides results, where what was
            added does not count.
        data_format: "channels_last" or "channels_first"; `K.image_data_format()` by default.
        pool_mode: "max" or "avg".

    Returns:
        A tensor of the dtype of `x`; the average of integers is in `K.floatx()`.

    Raises:
        ValueError: an argument has no such value, or shapes do not fit.

    Example:

    >>> x = K.constant(np.arange(4.).reshape(1, 2, 2, 1))
    >>> K.eval(K.pool2d(x, (2, 2), pool_mode="avg"))[0, 0, 0]
    array([1.5], dtype=float32)
    """
    strides = pool_size if strides is None else strides
    return _pool(Windows("pool2d", 2, strides, padding, data_format), x, pool_size, pool_mode)


def pool3d(
    x: Any,
    pool_size: tuple[int, int, int],
    strides: tuple[int, int, int] = (1, 1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    pool_mode: str = "max",
) -> Any:
    """The maximum or the average of each window over three axes.

    Args:
        x: a tensor, variable or array of shape (batch, depth, rows, columns, channels), or
            (batch, channels, depth, rows, columns) with "channels_first".
        pool_size: the sizes of a window.
        strides: by how much windows move along each axis; None for `pool_size`.
        padding: "valid" for no padding; "same" to have size / strides results, where what was
            added does not count.
        data_format: "channels_last" or "channels_first"; `K.image_data_format()` by default.
        pool_mode: "max" or "avg".

    Returns:
        A tensor of the dtype of `x`; the average of integers is in `K.floatx()`.

    Raises:
        ValueError: an argument has no such value, or shapes do not fit.

    Example:

    >>> K.int_shape(K.pool3d(K.ones((1, 4, 4, 4, 2)), (2, 2, 2), strides=(2, 2, 2)))
    (1, 2, 2, 2, 2)
    """
    strides = pool_size if strides is None else strides
    return _pool(Windows("pool3d", 3, strides, padding, data_format), x, pool_size, pool_mode)
