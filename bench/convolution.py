"""A training step of a small image model: its convolutions and pooling by Keras and by K.

    KERAS_BACKEND=jax python -m bench.convolution

On NumPy, which does not train, the prediction. The two are timed in turn.
"""

import time
from statistics import median

import keras
import numpy as np

from kompat import backend as K

ROUNDS = 15


class Convolve(keras.Layer):
    """`K.conv2d`, then relu."""

    def __init__(self, filters: int):
        super().__init__()
        self.filters = filters

    def build(self, shape: tuple) -> None:
        self.kernel = self.add_weight(shape=(3, 3, shape[-1], self.filters))

    def call(self, x):
        return keras.ops.relu(K.conv2d(x, self.kernel))


class Pool(keras.Layer):
    """`K.pool2d` over windows of 2 by 2."""

    def call(self, x):
        return K.pool2d(x, (2, 2), (2, 2))


def model(*layers: keras.Layer) -> keras.Model:
    """A compiled model of these layers and a dense one."""
    head = [keras.layers.Flatten(), keras.layers.Dense(10)]
    made = keras.Sequential([keras.Input((28, 28, 1)), *layers, *head])
    made.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return made


def main() -> None:
    conv = [keras.layers.Conv2D(n, 3, use_bias=False, activation="relu") for n in (32, 64)]
    models = {
        "keras": model(*conv, keras.layers.MaxPooling2D()),
        "kompat": model(Convolve(32), Convolve(64), Pool()),
    }
    generator = np.random.default_rng(0)
    x = generator.normal(size=(64, 28, 28, 1)).astype("float32")
    y = generator.integers(0, 10, 64)
    times: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(ROUNDS + 1):
        for name, each in models.items():
            start = time.perf_counter()
            each.predict_on_batch(x) if K.backend() == "numpy" else each.train_on_batch(x, y)
            times[name].append(time.perf_counter() - start)
    ratio = median(a / b for a, b in zip(times["keras"][1:], times["kompat"][1:]))
    figures = ", ".join(f"{name} {median(t[1:]) * 1e3:.0f} ms" for name, t in times.items())
    print(f"{K.backend()}: {figures}; {ratio:.2f} times as fast")


if __name__ == "__main__":
    main()
