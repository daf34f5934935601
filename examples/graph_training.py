"""A network trained by its graph alone: placeholders, gradients, updates and a session.

Before there was `model.fit`, or where it did not reach, one wrote the network down as a graph and
ran it batch by batch. Here a perceptron with one hidden layer learns scikit-learn's bundled 8x8
digits by stochastic gradient descent, without one layer, loss or optimizer of Keras.

1. Weights are variables, images and labels placeholders; the loss is an expression of them.
2. `K.gradients` gives the descent, `K.update_sub` the step.
3. A session runs step and loss together; the learning rate is a variable that falls each epoch.

    python graph_training.py --epochs 10
"""

import argparse
import json
import time
from itertools import pairwise

import keras
import numpy as np
from keras import backend as K
from sklearn.datasets import load_digits

SEED = 1986
CLASSES = 10
HIDDEN = 32
BATCH = 50
TRAINING = 30 * BATCH
RATE, DECAY = 0.3, 0.8  # the rate of the first epoch, and what each epoch leaves of it
MEMORY = 0.9  # of the running loss, per batch


def load_data():
    """Images in [0, 1] as (n, 64) and one-hot labels, shuffled; the last ones are for the test."""
    digits = load_digits()
    order = np.random.RandomState(SEED).permutation(len(digits.target))
    images = (digits.data[order] / 16).astype("float32")
    labels = np.eye(CLASSES, dtype="float32")[digits.target[order]]
    return images[:TRAINING], labels[:TRAINING], images[TRAINING:], labels[TRAINING:]


def make_weights(*sizes):
    """A matrix (inputs, outputs) and a bias for each layer, as variables."""
    random = np.random.RandomState(SEED)
    weights = []
    for inputs, outputs in pairwise(sizes):
        kernel = random.normal(0, np.sqrt(2 / inputs), (inputs, outputs))
        weights += [K.variable(kernel, name="kernel"), K.variable(np.zeros(outputs), name="bias")]
    return weights


def scores(x, weights):
    """What the network gives each class: (n, CLASSES)."""
    kernel, bias, last_kernel, last_bias = weights
    hidden = K.maximum(x @ kernel + bias, 0.0)
    return hidden @ last_kernel + last_bias


def crossentropy(y, logits):
    """Mean over the batch; the highest score is taken off, so that no exponential overflows."""
    logits = logits - K.max(logits, axis=-1, keepdims=True)
    log_probability = logits - K.log(K.sum(K.exp(logits), axis=-1, keepdims=True))
    return K.mean(-K.sum(y * log_probability, axis=-1))


class Network:
    """The graph: what is fed, what is fetched, and the variables in between."""

    def __init__(self):
        self.x = K.placeholder(shape=(None, 64), name="images")
        self.y = K.placeholder(shape=(None, CLASSES), name="labels")
        self.weights = make_weights(64, HIDDEN, CLASSES)
        self.rate = K.variable(RATE, name="rate")
        self.running_loss = K.variable(np.log(CLASSES), name="running_loss")

        logits = scores(self.x, self.weights)
        self.loss = crossentropy(self.y, logits)
        hits = K.equal(K.argmax(logits, axis=-1), K.argmax(self.y, axis=-1))
        self.accuracy = K.mean(K.cast(hits, K.floatx()))

        gradients = K.gradients(self.loss, self.weights)
        self.step = [K.update_sub(w, self.rate * g) for w, g in zip(self.weights, gradients)]
        news = self.loss - self.running_loss
        self.step.append(K.update_add(self.running_loss, (1 - MEMORY) * news))

    def run(self, fetches, x, y):
        return K.get_session().run(fetches, feed_dict={self.x: x, self.y: y})


def train(network, x, y, epochs):
    """Train batch by batch, in an order that the seed fixes; returns the loss of every batch."""
    random = np.random.RandomState(SEED)
    losses = []
    for epoch in range(epochs):
        K.set_value(network.rate, RATE * DECAY**epoch)
        for batch in random.permutation(len(x)).reshape(-1, BATCH):
            loss, _ = network.run([network.loss, network.step], x[batch], y[batch])
            losses.append(float(loss))
        running, rate = K.get_value(network.running_loss), K.get_value(network.rate)
        print(f"epoch {epoch + 1:>2}   rate {rate:.3f}   running loss {running:.4f}")
    return losses


def parse_arguments():
    parser = argparse.ArgumentParser(description="A network trained by its graph alone.")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--record", metavar="FILE", help="write losses and accuracy as JSON")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    start = time.time()
    x_train, y_train, x_test, y_test = load_data()
    network = Network()
    before = network.run(network.loss, x_test, y_test)
    losses = train(network, x_train, y_train, arguments.epochs)
    after, accuracy = network.run([network.loss, network.accuracy], x_test, y_test)

    print(f"\nKeras {keras.__version__}, {time.time() - start:.1f} seconds")
    print(f"test loss {before:.4f} before, {after:.4f} after; {accuracy:.2%} of the digits right")

    if arguments.record:
        figures = {
            "losses": losses,
            "running_loss": float(K.get_value(network.running_loss)),
            "test_losses": [float(before), float(after)],
            "accuracy": float(accuracy),
        }
        with open(arguments.record, "w") as file:
            json.dump(figures, file)


if __name__ == "__main__":
    main()
