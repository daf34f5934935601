"""Cyclical learning rates on handwritten digits.

A small convolutional network learns scikit-learn's bundled 8x8 digits, while a callback drives
its learning rate up and down a triangle (L. N. Smith, "Cyclical Learning Rates for Training
Neural Networks", arXiv:1506.01186).

1. Sweep the rate from tiny to huge, to see where it helps; then put weights and rate back.
2. Train with the triangular rate, set anew after every batch.
3. Copy the trained weights into a second network and check that both predict the same.
4. Print a table and draw cyclical_lr_digits.png: rate, loss, sweep, and digits read wrongly.

    python cyclical_lr_digits.py --epochs 12 --output .
"""

import argparse
import json
import os
import time

import keras
import numpy as np
from keras import backend as K
from keras.callbacks import Callback
from keras.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from keras.models import Sequential
from keras.optimizers import SGD
from keras.utils import to_categorical
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SEED = 1506
CLASSES = 10
BATCH = 32
TRAINING = 32 * BATCH  # whole batches only, so that every batch weighs the same in the mean loss
SMOOTHING = 0.1
CYCLE = (0.05, 0.4)  # lowest and highest rate
CYCLE_EPOCHS = 4
SWEEP = (1e-3, 2.0)
SWEEP_EPOCHS = 4
MISTAKES = 10  # drawn, at most

BLUE, ORANGE, RED, GREY = "#2a6f97", "#e07a1f", "#c1292e", "#8d99ae"


def smoothed_crossentropy(y_true, y_pred):
    """Crossentropy against targets that leave a little probability to every class."""
    classes = K.int_shape(y_pred)[-1]
    target = y_true * (1 - SMOOTHING) + SMOOTHING / classes
    likelihood = K.log(K.clip(y_pred, K.epsilon(), 1.0))
    return K.mean(-K.sum(target * likelihood, axis=-1))


def hit_rate(y_true, y_pred):
    """Share of images whose most probable class is the right one."""
    hits = K.equal(K.argmax(y_true, axis=-1), K.argmax(y_pred, axis=-1))
    return K.mean(K.cast(hits, K.floatx()))


class RateCallback(Callback):
    """Gives every batch its learning rate, `self.rate(batch)`, and records rate and loss.

    `low` and `high` bound the rate; `batches` is how many lead from the one to the other.
    """

    def __init__(self, low, high, batches):
        super().__init__()
        self.low, self.high, self.batches = low, high, batches
        self.rates, self.losses = [], []

    def on_train_begin(self, logs=None):
        K.set_value(self.model.optimizer.lr, self.rate(0))

    def on_epoch_begin(self, epoch, logs=None):
        self.total = 0.0

    def on_batch_end(self, batch, logs=None):
        # Keras reports the mean over the epoch so far: two totals differ by this batch's loss.
        total = logs["loss"] * (batch + 1)
        self.losses.append(float(total - self.total))
        self.total = total
        self.rates.append(float(K.get_value(self.model.optimizer.lr)))
        K.set_value(self.model.optimizer.lr, self.rate(len(self.rates)))


class CyclicalRate(RateCallback):
    """The triangular policy: up from `low` to `high`, down again, and so on."""

    def rate(self, batch):
        height = 1 - abs(batch / self.batches % 2 - 1)
        return self.low + (self.high - self.low) * height


class RateFinder(RateCallback):
    """Multiplies the rate by the same factor after every batch, once from `low` to `high`."""

    def rate(self, batch):
        return self.low * (self.high / self.low) ** (batch / (self.batches - 1))

    def suggestion(self):
        """The rate of the steepest descent on the way to the lowest loss."""
        losses = smooth(self.losses)
        slope = np.gradient(losses, np.log(self.rates))
        return self.rates[np.argmin(slope[: np.nanargmin(losses) + 1])]


def smooth(values, weight=0.9):
    """Exponential moving average, free of the bias towards its start."""
    average, averages = 0.0, []
    for count, value in enumerate(values, 1):
        average = weight * average + (1 - weight) * value
        averages.append(average / (1 - weight**count))
    return np.array(averages)


def load_data():
    """Images in [0, 1] as (n, 8, 8, 1) and one-hot labels, split for training and test."""
    digits = load_digits()
    images = digits.images[..., np.newaxis].astype("float32") / 16
    labels = to_categorical(digits.target, CLASSES)
    return train_test_split(
        images, labels, train_size=TRAINING, random_state=SEED, stratify=digits.target
    )


def build_model():
    model = Sequential()
    model.add(Conv2D(16, (3, 3), padding="same", activation="relu", input_shape=(8, 8, 1)))
    model.add(Conv2D(32, (3, 3), padding="same", activation="relu"))
    model.add(MaxPooling2D((2, 2)))
    model.add(Flatten())
    model.add(Dropout(0.25))
    model.add(Dense(64, activation="relu"))
    model.add(Dense(CLASSES, activation="softmax"))
    # Plain SGD keeps no velocities: weights and rate are all that the sweep has to put back.
    model.compile(loss=smoothed_crossentropy, optimizer=SGD(CYCLE[0]), metrics=[hit_rate])
    return model


def find_rate(model, x, y):
    """Sweep the learning rate, then restore the model's weights and rate."""
    finder = RateFinder(*SWEEP, SWEEP_EPOCHS * len(x) // BATCH)
    weights = K.batch_get_value(model.weights)
    rate = K.get_value(model.optimizer.lr)
    model.fit(x, y, batch_size=BATCH, epochs=SWEEP_EPOCHS, callbacks=[finder], verbose=0)
    K.batch_set_value(zip(model.weights, weights))
    K.set_value(model.optimizer.lr, rate)
    return finder


def copy_difference(model, x):
    """Largest difference between the model's predictions and those of a copy of it."""
    copy = build_model()
    K.batch_set_value(zip(copy.weights, K.batch_get_value(model.weights)))
    return float(np.abs(model.predict(x, verbose=0) - copy.predict(x, verbose=0)).max())


def draw_curves(axes, cycle, finder):
    rate, loss, sweep = axes
    rate.plot(cycle.rates, color=BLUE, linewidth=2)
    rate.set(title="Learning rate", xlabel="batch", ylim=(0, CYCLE[1] * 1.1))

    loss.plot(cycle.losses, color=GREY, linewidth=0.7, alpha=0.7, label="each batch")
    loss.plot(smooth(cycle.losses), color=BLUE, linewidth=2, label="moving average")
    loss.set(title="Training loss", xlabel="batch")
    loss.legend(frameon=False)

    losses = smooth(finder.losses)
    floor, start = np.nanmin(losses), losses[0]
    sweep.axvspan(*CYCLE, color=BLUE, alpha=0.12, linewidth=0, label="range of the cycle")
    sweep.plot(finder.rates, losses, color=ORANGE, linewidth=2)
    sweep.axvline(finder.suggestion(), color=RED, linestyle=":", label="steepest descent")
    sweep.set(title="Loss in the sweep, smoothed", xlabel="learning rate", xscale="log")
    sweep.set_ylim(floor - 0.1 * (start - floor), start + 0.5 * (start - floor))
    sweep.legend(frameon=False, loc="lower left")

    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(alpha=0.25)


def draw_mistakes(figure, x, y, predictions):
    """The digits read wrongly, the most confident mistakes first."""
    truth, guess, confidence = y.argmax(-1), predictions.argmax(-1), predictions.max(-1)
    wrong = np.flatnonzero(truth != guess)
    shown = wrong[np.argsort(-confidence[wrong])][:MISTAKES]
    figure.suptitle(f"{len(wrong)} of {len(x)} test digits read wrongly, {len(shown)} shown")
    for column, index in enumerate(shown, 1):
        axis = figure.add_subplot(1, len(shown), column)
        axis.imshow(x[index, ..., 0], cmap="gray_r")
        axis.set_title(f"is {truth[index]}, read {guess[index]}", color=RED, fontsize=11)
        axis.set_xlabel(f"{confidence[index]:.0%} sure")
        axis.set(xticks=[], yticks=[])


def draw(path, cycle, finder, x, y, predictions):
    figure = Figure(figsize=(13, 6.4), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.12)
    curves, mistakes = figure.subfigures(2, 1, height_ratios=(1.9, 1))
    draw_curves(curves.subplots(1, 3), cycle, finder)
    draw_mistakes(mistakes, x, y, predictions)
    figure.savefig(path, dpi=110)


def print_table(rows):
    rule = "-" * 50
    print(f"\n{rule}")
    for name, value in rows.items():
        print(f"{name:<24}{value:>26}")
    print(rule)


def parse_arguments():
    parser = argparse.ArgumentParser(description="Cyclical learning rates on handwritten digits.")
    parser.add_argument("--epochs", type=int, default=3 * CYCLE_EPOCHS)
    parser.add_argument("--output", default=".", metavar="DIR", help="where the picture goes")
    parser.add_argument("--record", metavar="FILE", help="write rates and accuracy as JSON")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    keras.utils.set_random_seed(SEED)
    start = time.time()
    x_train, x_test, y_train, y_test = load_data()

    model = build_model()
    finder = find_rate(model, x_train, y_train)
    cycle = CyclicalRate(*CYCLE, CYCLE_EPOCHS * TRAINING // BATCH // 2)
    model.fit(x_train, y_train, batch_size=BATCH, epochs=arguments.epochs, callbacks=[cycle])
    # One batch, for a metric that is a mean weighs a short last batch as much as a full one.
    loss, accuracy = model.evaluate(x_test, y_test, batch_size=len(x_test), verbose=0)
    difference = copy_difference(model, x_test)
    if difference > 1e-6:
        raise SystemExit(f"The copied network predicts differently, by {difference:.2e}.")

    os.makedirs(arguments.output, exist_ok=True)
    picture = os.path.join(arguments.output, "cyclical_lr_digits.png")
    draw(picture, cycle, finder, x_test, y_test, model.predict(x_test, verbose=0))
    print_table(
        {
            "Keras": keras.__version__,
            "test accuracy": f"{accuracy:.2%}",
            "test loss": f"{loss:.4f}",
            "learning rate": f"{min(cycle.rates):.3f} to {max(cycle.rates):.3f}",
            "rate finder suggests": f"{finder.suggestion():.3f}",
            "copy differs by at most": f"{difference:.0e}",
            "seconds": f"{time.time() - start:.1f}",
        }
    )
    print(f"The picture is {picture}")

    if arguments.record:
        rates = {"learning_rates": cycle.rates, "finder_rates": finder.rates}
        with open(arguments.record, "w") as file:
            json.dump({"accuracy": float(accuracy), **rates}, file)


if __name__ == "__main__":
    main()
