"""How values of old arguments translate: the rows name these functions. Imports no framework.

What a value has no meaning for today raises RemovedArgumentError.
"""

import inspect
from typing import Any

from kompat.errors import RemovedArgumentError

_DATA_FORMATS = {"tf": "channels_last", "th": "channels_first", "default": None}
_DISTRIBUTIONS = {"normal": "truncated_normal"}


def data_format(value: Any) -> Any:
    """Keras 1's "tf" and "th".

    Example:

    >>> data_format("th")
    'channels_first'
    """
    return _DATA_FORMATS.get(value, value) if isinstance(value, str) else value


def padding(value: Any) -> Any:
    """ "full" was Theano's."""
    if value == "full":
        raise RemovedArgumentError(
            "border_mode='full' is gone.",
            "only convolutions of Theano had it.",
            "keras.layers.ZeroPadding2D(kernel_size - 1) before the layer, and padding='valid'.",
        )
    return value


def initializer(value: Any) -> Any:
    """A function of Keras 1, from a shape to a variable, gives its values."""
    if not inspect.isroutine(value) or "dtype" in inspect.signature(value).parameters:
        return value
    from kompat.legacy.forms.initializations import as_initializer

    return as_initializer(value)


def activation(value: Any) -> Any:
    """ "hard_sigmoid" is another function today."""
    if value != "hard_sigmoid":
        return value
    from kompat.legacy.forms.activations import hard_sigmoid

    return hard_sigmoid


def optimizer(value: Any) -> Any:
    """A name stands for the class with the defaults of its version."""
    if not isinstance(value, str):
        return value
    import keras

    classes = {name.lower(): one for name, one in vars(keras.optimizers).items()}
    return classes[value.lower()]() if value.lower() in classes else value


def together(*values: Any) -> tuple[Any, ...]:
    """Several arguments are one today."""
    return values


def input_shape(length: Any, features: Any) -> tuple[Any, ...]:
    """The length of sequences and the number of their features."""
    return (length, features)


def one_axis(value: Any) -> tuple[Any, ...]:
    """A number stands for an axis; (10, 20) for two."""
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)


def forget_bias(value: Any) -> bool:
    """Whether the bias of the forget gate starts at 1."""
    if value not in ("one", "ones", "zero", "zeros"):
        raise RemovedArgumentError(
            f"forget_bias_init={value!r} is gone.",
            "the bias of the forget gate starts at 1, or as the others do.",
            "bias_initializer=..., for all gates.",
        )
    return str(value).startswith("one")


def color_mode(grayscale: Any) -> str:
    """Whether images are grey."""
    return "grayscale" if grayscale else "rgb"


def distribution(value: Any) -> Any:
    """The normal distribution of VarianceScaling was cut at two deviations."""
    return _DISTRIBUTIONS.get(value, value)


def epsilon(value: Any) -> float:
    """None stands for the fuzz factor."""
    if value is not None:
        return value
    from kompat import backend as K

    return K.epsilon()


def the_schedule_of_nadam(value: float) -> None:
    """0.004 is what Nadam has today."""
    if value != 0.004:
        raise RemovedArgumentError(
            f"Nadam(schedule_decay={value!r}) is gone.",
            "its momentum follows the schedule of 0.004 alone.",
            "leave the argument away.",
        )


def accuracy_as_acc(metrics: Any) -> Any:
    """Accuracy stood as ``acc`` in the logs."""
    if isinstance(metrics, dict):
        return {name: accuracy_as_acc(one) for name, one in metrics.items()}
    if isinstance(metrics, (list, tuple)):
        return [accuracy_as_acc(one) for one in metrics]
    return "acc" if metrics == "accuracy" else metrics


def a_name(*arguments: Any) -> bool:
    """Whether the first argument is the name of a weight, rather than its shape."""
    return isinstance(arguments[:1] and arguments[0], str)


def an_integer(*arguments: Any) -> bool:
    """Whether the second argument is a size, rather than all sizes of the kernel."""
    return len(arguments) < 2 or isinstance(arguments[1], int)


def two_integers(*arguments: Any) -> bool:
    """Whether Conv2D(32, 3, 3) is meant as Keras 1 read it: rows and columns of the kernel."""
    return len(arguments) > 2 and all(isinstance(one, int) for one in arguments[1:3])
