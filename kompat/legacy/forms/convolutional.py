"""Convolutional layers that Keras has no more: dilated ones of a name of their own, local ones."""

from typing import Any

import keras

from kompat import backend as K


class AtrousConvolution1D(keras.layers.Conv1D):
    """A dilated Conv1D, with the order of arguments that Keras 1 had."""

    def __init__(self, *arguments: Any, **keywords: Any):
        super().__init__(*arguments, **keywords)


class AtrousConvolution2D(keras.layers.Conv2D):
    """A dilated Conv2D, with the order of arguments that Keras 1 had."""

    def __init__(self, *arguments: Any, **keywords: Any):
        super().__init__(*arguments, **keywords)


class _LocallyConnected(keras.layers.Layer):
    """A convolution whose kernel is another one at each place."""

    rank: int

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **keywords: Any,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **keywords)
        if padding != "valid":
            raise ValueError(
                f"{type(self).__name__} expects padding='valid', received {padding!r}."
            )
        self.filters = filters
        self.kernel_size = _sizes(kernel_size, self.rank)
        self.strides = _sizes(strides, self.rank)
        self.padding = padding
        self.data_format = data_format or keras.config.image_data_format()
        self.activation = keras.activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        self.kernel_constraint = keras.constraints.get(kernel_constraint)
        self.bias_constraint = keras.constraints.get(bias_constraint)

    def build(self, input_shape: Any) -> None:
        """Make a kernel for each place."""
        size, channels = self._split(input_shape)
        self._places: Any = tuple(
            (length - window) // stride + 1
            for length, window, stride in zip(size, self.kernel_size, self.strides)
        )
        places = 1
        for count in self._places:
            places *= count
        field = channels
        for window in self.kernel_size:
            field *= window
        self.kernel = self.add_weight(
            shape=(places, field, self.filters),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        if self.use_bias:
            last = (*self._places, self.filters)
            self.bias = self.add_weight(
                shape=last,
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )

    def call(self, inputs: Any) -> Any:
        """Each window times its own kernel."""
        outputs = self._convolved(inputs)
        if self.use_bias:
            outputs = K.bias_add(outputs, self.bias, self.data_format)
        return self.activation(outputs)

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        """The shape of what it makes."""
        size, _ = self._split(input_shape)
        places = tuple(
            None if length is None else (length - window) // stride + 1
            for length, window, stride in zip(size, self.kernel_size, self.strides)
        )
        if self.data_format == "channels_first":
            return (input_shape[0], self.filters, *places)
        return (input_shape[0], *places, self.filters)

    def get_config(self) -> dict[str, Any]:
        """What the layer was made with."""
        names = ("filters", "kernel_size", "strides", "padding", "data_format", "use_bias")
        made_with = {name: getattr(self, name) for name in names}
        parts = {
            "activation": keras.activations,
            "kernel_initializer": keras.initializers,
            "bias_initializer": keras.initializers,
            "kernel_regularizer": keras.regularizers,
            "bias_regularizer": keras.regularizers,
            "kernel_constraint": keras.constraints,
            "bias_constraint": keras.constraints,
        }
        made_with |= {name: part.serialize(getattr(self, name)) for name, part in parts.items()}
        return {**super().get_config(), **made_with}

    def _convolved(self, inputs: Any) -> Any:
        raise NotImplementedError

    def _split(self, input_shape: Any) -> tuple[tuple[Any, ...], int]:
        if self.data_format == "channels_first":
            return tuple(input_shape[2:]), input_shape[1]
        return tuple(input_shape[1:-1]), input_shape[-1]


class LocallyConnected1D(_LocallyConnected):
    """A Conv1D whose kernel is another one at each step, without padding."""

    rank = 1

    def _convolved(self, inputs: Any) -> Any:
        (window,), (stride,) = self.kernel_size, self.strides
        return K.local_conv1d(inputs, self.kernel, (window,), (stride,), self.data_format)


class LocallyConnected2D(_LocallyConnected):
    """A Conv2D whose kernel is another one at each place, without padding."""

    rank = 2

    def _convolved(self, inputs: Any) -> Any:
        (rows, columns), (down, across) = self.kernel_size, self.strides
        return K.local_conv2d(
            inputs, self.kernel, (rows, columns), (down, across), self._places, self.data_format
        )


def _sizes(value: Any, rank: int) -> tuple[int, ...]:
    return (value,) * rank if isinstance(value, int) else tuple(value)
