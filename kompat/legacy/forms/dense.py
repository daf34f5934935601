"""Layers of Keras 1 without a convolution: Highway, MaxoutDense, SReLU and their kind."""

from collections.abc import Sequence
from typing import Any

import keras

from kompat import backend as K


class MaxoutDense(keras.layers.Layer):
    """The greatest of several linear maps.

    Args:
        units: how many values it makes.
        nb_feature: of how many maps.
    """

    def __init__(
        self,
        units: int,
        nb_feature: int = 4,
        kernel_initializer: Any = "glorot_uniform",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_bias: bool = True,
        **keywords: Any,
    ):
        super().__init__(**keywords)
        self.units, self.nb_feature, self.use_bias = units, nb_feature, use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        self.kernel_constraint = keras.constraints.get(kernel_constraint)
        self.bias_constraint = keras.constraints.get(bias_constraint)

    def build(self, input_shape: Any) -> None:
        """Make the maps."""
        self.kernel = self.add_weight(
            shape=(self.nb_feature, input_shape[-1], self.units),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        if self.use_bias:
            self.bias = self.add_weight(
                shape=(self.nb_feature, self.units),
                initializer="zeros",
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )

    def call(self, inputs: Any) -> Any:
        """The greatest of the maps."""
        features = K.dot(inputs, self.kernel)
        return K.max(features + self.bias if self.use_bias else features, axis=1)

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        """The shape of what it makes."""
        return (input_shape[0], self.units)


class Highway(keras.layers.Layer):
    """A dense layer beside a gate that lets the inputs pass."""

    def __init__(
        self,
        kernel_initializer: Any = "glorot_uniform",
        activation: Any = None,
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_bias: bool = True,
        **keywords: Any,
    ):
        super().__init__(**keywords)
        self.use_bias = use_bias
        self.activation = keras.activations.get(activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        self.kernel_constraint = keras.constraints.get(kernel_constraint)
        self.bias_constraint = keras.constraints.get(bias_constraint)

    def build(self, input_shape: Any) -> None:
        """Make the weights of the layer and those of its gate."""
        size = input_shape[-1]
        self.kernel, self.gate = (self._matrix(size, name) for name in ("kernel", "gate"))
        if self.use_bias:
            self.bias = self._bias(size, 0.0, "bias")
            self.gate_bias = self._bias(size, -2.0, "gate_bias")

    def _matrix(self, size: int, name: str) -> Any:
        return self.add_weight(
            shape=(size, size),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name=name,
        )

    def _bias(self, size: int, value: float, name: str) -> Any:
        return self.add_weight(
            shape=(size,),
            initializer=keras.initializers.Constant(value),
            regularizer=self.bias_regularizer,
            constraint=self.bias_constraint,
            name=name,
        )

    def call(self, inputs: Any) -> Any:
        """What the gate lets through of both."""
        gate, changed = K.dot(inputs, self.gate), K.dot(inputs, self.kernel)
        if self.use_bias:
            gate, changed = gate + self.gate_bias, changed + self.bias
        opened = K.sigmoid(gate)
        return opened * self.activation(changed) + (1 - opened) * inputs

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        """The shape of the inputs."""
        return tuple(input_shape)


class TimeDistributedDense(keras.layers.Dense):
    """Dense, which serves each time step by itself today."""


class ParametricSoftplus(keras.layers.Layer):
    """alpha * softplus(beta * x), with both of them trained.

    Args:
        alpha_init: alpha at first.
        beta_init: beta at first.
        shared_axes: the axes along which they are the same.
    """

    def __init__(
        self,
        alpha_init: float = 0.2,
        beta_init: float = 5.0,
        shared_axes: Sequence[int] | None = None,
        **keywords: Any,
    ):
        super().__init__(**keywords)
        self.alpha_init, self.beta_init = alpha_init, beta_init
        self.shared_axes = _axes(shared_axes)

    def build(self, input_shape: Any) -> None:
        """Make alpha and beta."""
        shape = _shared(input_shape, self.shared_axes)
        self.alpha, self.beta = (
            self.add_weight(shape=shape, initializer=keras.initializers.Constant(value), name=name)
            for name, value in (("alpha", self.alpha_init), ("beta", self.beta_init))
        )

    def call(self, inputs: Any) -> Any:
        """alpha * softplus(beta * x)."""
        return K.softplus(self.beta * inputs) * self.alpha

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        """The shape of the inputs."""
        return tuple(input_shape)


class SReLU(keras.layers.Layer):
    """A line of three pieces, whose two corners and two outer slopes are trained.

    Args:
        t_left_init, t_right_init: initializers of the left corner, and of the way to the right one.
        a_left_init, a_right_init: initializers of the slopes.
        shared_axes: the axes along which they are the same.
    """

    def __init__(
        self,
        t_left_init: Any = "zeros",
        a_left_init: Any = "glorot_uniform",
        t_right_init: Any = "glorot_uniform",
        a_right_init: Any = "ones",
        shared_axes: Sequence[int] | None = None,
        **keywords: Any,
    ):
        super().__init__(**keywords)
        self._initializers = {
            "t_left": t_left_init,
            "a_left": a_left_init,
            "t_right": t_right_init,
            "a_right": a_right_init,
        }
        self.shared_axes = _axes(shared_axes)

    def build(self, input_shape: Any) -> None:
        """Make the corners and the slopes."""
        shape = _shared(input_shape, self.shared_axes)
        self.t_left, self.a_left, self.t_right, self.a_right = (
            self.add_weight(shape=shape, initializer=made_by, name=name)
            for name, made_by in self._initializers.items()
        )

    def call(self, inputs: Any) -> Any:
        """The line."""
        left, right = self.t_left, self.t_left + K.abs(self.t_right)
        below = left + self.a_left * (inputs - left)
        above = right + self.a_right * (inputs - right)
        inner = K.switch(inputs > right, above, inputs)
        return K.switch(inputs < left, below, inner)

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        """The shape of the inputs."""
        return tuple(input_shape)


def _axes(shared: Any) -> tuple[int, ...]:
    return () if shared is None else (shared,) if isinstance(shared, int) else tuple(shared)


def _shared(input_shape: Any, shared_axes: tuple[int, ...]) -> tuple[int, ...]:
    """A shape for each sample, with 1 along the axes that are shared."""
    return tuple(
        1 if axis in shared_axes else size for axis, size in enumerate(input_shape[1:], start=1)
    )
