"""Private corner of Keras: the counters of the names that it gives to its objects."""

from keras.src.utils import naming


def reset() -> None:
    """Let Keras count the names of its objects from the start."""
    naming.reset_uids()
