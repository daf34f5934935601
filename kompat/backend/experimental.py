"""tf.keras's switch between TensorFlow's two random generators, which engines here do not have.

The functions keep the answer to the question; draws follow NumPy's global generator either way.
"""

__all__ = [
    "disable_tf_random_generator",
    "enable_tf_random_generator",
    "is_tf_random_generator_enabled",
]

_enabled = True


def is_tf_random_generator_enabled() -> bool:
    """Whether the generator was switched on last, as it is at first.

    Example:

    >>> K.experimental.is_tf_random_generator_enabled()
    True
    """
    return _enabled


def enable_tf_random_generator() -> None:
    """Accepted for tf.keras: draws stay as they are.

    Example:

    >>> K.experimental.enable_tf_random_generator()
    """
    global _enabled
    _enabled = True


def disable_tf_random_generator() -> None:
    """Accepted for tf.keras: draws stay as they are.

    Example:

    >>> K.experimental.disable_tf_random_generator()
    >>> K.experimental.is_tf_random_generator_enabled()
    False
    >>> K.experimental.enable_tf_random_generator()
    """
    global _enabled
    _enabled = False
