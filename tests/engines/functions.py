"""Functions of K of one example, for the transforms that users of the engines wrap around them."""

import numpy as np

RNG = np.random.default_rng(0)
XS = RNG.uniform(0.2, 1.0, (2, 4, 6)).astype("float32")
IMAGE = (1, 4, 6, 1)
MATRIX = RNG.normal(size=(6, 5)).astype("float32")
KERNEL = RNG.normal(size=(3, 3, 1, 2)).astype("float32")
DEPTHWISE = RNG.normal(size=(2, 2, 1, 2)).astype("float32")
TARGETS = np.eye(6, dtype="float32")[[0, 2, 3, 5]]
CLASSES = np.array([1, 0, 5, 3])
VECTOR = np.linspace(0.5, 1.5, 6, dtype="float32")
LABELS = np.array([[1, 2], [3, 3]])


def image(K, x):
    return K.reshape(x, IMAGE)


def step(K):
    return lambda x, states: (K.tanh(x + states[0]), [x * states[0] + 1.0])


def cost(K, x):
    probabilities = K.softmax(K.reshape(x, (2, 2, 6)) * 3.0)
    frames = K.concatenate([probabilities, probabilities], axis=1)
    return K.ctc_batch_cost(LABELS, frames, np.full((2, 1), 4), np.full((2, 1), 2))


DIFFERENTIABLE = {
    "arithmetic": lambda K, x: K.square(x) - K.exp(x) / (1.0 + K.sqrt(x)) + K.pow(x, 3),
    "sum and mean": lambda K, x: K.sum(x, axis=0) * K.mean(x),
    "prod": lambda K, x: K.prod(x, axis=1, keepdims=True),
    "max": lambda K, x: K.max(x, axis=-1) - K.min(x),
    "var and std": lambda K, x: K.var(x, axis=0) + K.std(x),
    "logsumexp": lambda K, x: K.logsumexp(x, axis=1),
    "cumsum": lambda K, x: K.cumsum(x, axis=1) * K.cumprod(x, axis=0),
    "clip and maximum": lambda K, x: K.maximum(K.clip(x, 0.3, 0.9), 0.4),
    "reshape by shape": lambda K, x: (
        K.reshape(x, (K.shape(x)[1], -1)) * K.cast(K.shape(x)[0], K.dtype(x))
    ),
    "flatten and tile": lambda K, x: K.tile(K.batch_flatten(x), (2, 1)),
    "permute and stack": lambda K, x: K.stack([x, K.reverse(x, 0)], axis=1),
    "repeat and pad": lambda K, x: K.temporal_padding(K.repeat(x, 2), (1, 0)),
    "gather": lambda K, x: K.gather(x, np.array([2, 0, 0])),
    "slice": lambda K, x: K.slice(x, (1, 0), (2, 3)) + x[1:3, 3:],
    "dot": lambda K, x: K.dot(x, MATRIX),
    "batch_dot": lambda K, x: K.batch_dot(x, K.square(x), axes=1),
    "bias_add": lambda K, x: K.bias_add(image(K, x), np.float32([0.5])),
    "relu": lambda K, x: K.relu(x - 0.5, alpha=0.1, max_value=0.4),
    "softmax": lambda K, x: K.softmax(x, axis=0) + K.sigmoid(x) + K.hard_sigmoid(x),
    "elu and softplus": lambda K, x: K.elu(x - 0.5) * K.softplus(x) + K.softsign(x),
    "categorical_crossentropy": lambda K, x: K.categorical_crossentropy(TARGETS, K.softmax(x)),
    "from logits": lambda K, x: K.sparse_categorical_crossentropy(CLASSES, x, from_logits=True),
    "binary_crossentropy": lambda K, x: K.binary_crossentropy(TARGETS, K.sigmoid(x)),
    "conv2d": lambda K, x: K.conv2d(image(K, x), KERNEL, padding="same"),
    "conv2d valid": lambda K, x: K.conv2d(image(K, x), KERNEL, strides=(2, 2)),
    "depthwise_conv2d": lambda K, x: K.depthwise_conv2d(image(K, x), DEPTHWISE),
    "conv2d_transpose": lambda K, x: K.conv2d_transpose(
        image(K, x), KERNEL.swapaxes(-1, -2), (1, 8, 12, 2), (2, 2), "same"
    ),
    "pool2d": lambda K, x: K.pool2d(image(K, x), (2, 2), padding="same") * 2.0,
    "average pool": lambda K, x: K.pool2d(image(K, x), (3, 2), (1, 1), "same", pool_mode="avg"),
    "resize_images": lambda K, x: K.resize_images(image(K, x), 2, 2, "channels_last"),
    "batch_normalization": lambda K, x: K.batch_normalization(x, VECTOR, VECTOR, VECTOR, VECTOR),
    "normalize_batch": lambda K, x: K.normalize_batch_in_training(x, VECTOR, VECTOR, [0])[0],
    "l2_normalize": lambda K, x: K.l2_normalize(x, axis=1),
    "rnn": lambda K, x: K.rnn(step(K), K.reshape(x, (2, 2, 6)), [K.zeros_like(x[:2])])[1],
    "rnn of a mask": lambda K, x: K.rnn(
        step(K), x[None], [K.ones_like(x[:1])], mask=np.array([[True, False, True, True]])
    )[0],
    "map_fn": lambda K, x: K.map_fn(lambda row: K.sigmoid(row) * K.sum(row), x),
    "foldl": lambda K, x: K.foldl(lambda total, row: total * 0.5 + row, x),
    "ctc_batch_cost": cost,
    "switch": lambda K, x: K.switch(K.sum(x) > 13.0, lambda: x * 2.0, lambda: K.square(x)),
    "switch by element": lambda K, x: K.switch(K.greater(x, 0.5), x, -x),
    "dropout of a seed": lambda K, x: K.dropout(x, 0.5, seed=7),
    "random of a seed": lambda K, x: x * K.cast(K.random_normal(K.shape(x), seed=3), K.dtype(x)),
    "variable": lambda K, x: K.dot(x, K.variable(MATRIX)),
}
OTHERS = {
    "argmax": lambda K, x: K.argmax(x, axis=-1),
    "comparison": lambda K, x: K.cast(K.any(K.less(x, 0.25), axis=1), "int32"),
    "one_hot": lambda K, x: K.one_hot(K.argmax(x), 6),
    "in_top_k": lambda K, x: K.in_top_k(x, CLASSES, 3),
    "shape": lambda K, x: K.stack([K.shape(x)[0], K.ndim(x), K.prod(K.shape(x))]),
    "zeros_like": lambda K, x: K.zeros_like(x) + K.ones((K.int_shape(x)[0], 1)),
    "arange": lambda K, x: K.arange(K.shape(x)[1]),
    "ctc_decode": lambda K, x: K.ctc_decode(K.softmax(x[None] * 5.0), [4])[0][0],
    "eval of what is known": lambda K, x: x * K.get_value(K.variable(2.0)),
}
