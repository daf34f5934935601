"""What a convolutional network looks at in handwritten digits.

A small network learns scikit-learn's bundled 8x8 digits; then its graph is asked for reasons.

1. Activations: what the last convolution sees, in the test phase.
2. Saliency: how much each pixel moves the score of the class that was read (K. Simonyan et al.,
   "Deep Inside Convolutional Networks", arXiv:1312.6034).
3. Grad-CAM: which places of the last convolution speak for that class (R. R. Selvaraju et al.,
   "Grad-CAM: Visual Explanations from Deep Networks", arXiv:1610.02391).
4. Filters: images that climb the gradient of one filter each, from noise.

All goes to grad_cam_digits.png.

    python grad_cam_digits.py --epochs 12 --output .
"""

import argparse
import json
import os
import time

import keras
import numpy as np
from keras import backend as K
from keras.layers import Activation, Conv2D, Dense, Dropout, GlobalAveragePooling2D
from keras.models import Sequential
from keras.optimizers import Adam
from keras.utils import to_categorical
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SEED = 1610
CLASSES = 10
FILTERS = 20
RATE = 0.01
TEST_PHASE = 0
ASCENT_STEPS, ASCENT_RATE = 30, 0.05

INK, RED, GREY = "#22223b", "#c1292e", "#8d99ae"


def load_data():
    """Images in [0, 1] as (n, 8, 8, 1) and one-hot labels, split for training and test."""
    digits = load_digits()
    images = digits.images[..., np.newaxis].astype("float32") / 16
    labels = to_categorical(digits.target, CLASSES)
    return train_test_split(
        images, labels, test_size=0.25, random_state=SEED, stratify=digits.target
    )


def build_model():
    model = Sequential(
        [
            Conv2D(12, (3, 3), padding="same", activation="relu", input_shape=(8, 8, 1)),
            Conv2D(12, (3, 3), padding="same", activation="relu"),
            Conv2D(FILTERS, (3, 3), padding="same", activation="relu", name="last_convolution"),
            GlobalAveragePooling2D(),
            Dropout(0.1),
            Dense(CLASSES, name="scores"),
            Activation("softmax"),
        ]
    )
    model.compile(loss="categorical_crossentropy", optimizer=Adam(RATE), metrics=["accuracy"])
    return model


def train(model, x, y, epochs, path):
    """Train, or take the weights from the file `path`; if there is none yet, write it."""
    if path and os.path.exists(path):
        with np.load(path) as arrays:
            model.set_weights([arrays[name] for name in arrays.files])
        return
    model.fit(x, y, batch_size=32, epochs=epochs, verbose=2)
    if path:
        np.savez_compressed(path, *model.get_weights())


def explain(model, images):
    """Probabilities, and three maps for each image: activation, saliency and Grad-CAM."""
    convolution = model.get_layer("last_convolution").output
    scores = model.get_layer("scores").output

    look = K.function([model.input, K.learning_phase()], [convolution, model.output])
    activations, probabilities = look([images, TEST_PHASE])

    chosen = K.placeholder(shape=(None, CLASSES))
    score = K.sum(scores * chosen)
    slope = K.gradients(score, model.input)[0]
    saliency = K.max(K.abs(slope), axis=-1)

    slope = K.gradients(score, convolution)[0]
    importance = K.mean(slope, axis=(1, 2), keepdims=True)
    grad_cam = K.maximum(K.sum(importance * convolution, axis=-1), 0.0)

    reason = K.function([model.input, chosen, K.learning_phase()], [saliency, grad_cam])
    read = to_categorical(probabilities.argmax(axis=-1), CLASSES)
    saliency, grad_cam = reason([images, read, TEST_PHASE])
    maps = {
        "activation": stretch(activations.mean(axis=-1)),
        "saliency": stretch(saliency),
        "grad_cam": stretch(grad_cam),
    }
    return probabilities, maps


def stretch(maps):
    """Each map divided by its maximum."""
    return maps / np.maximum(maps.max(axis=(1, 2), keepdims=True), K.epsilon())


def climb(model):
    """One image for each filter of the last convolution, all climbing side by side."""
    convolution = model.get_layer("last_convolution").output
    chosen = K.placeholder(shape=(None, FILTERS))
    response = K.sum(K.mean(convolution, axis=(1, 2)) * chosen, axis=-1)
    slope = K.gradients(K.sum(response), model.input)[0]
    # A step of the same length wherever the image stands, steep or flat.
    slope = slope / (K.sqrt(K.mean(K.square(slope), axis=(1, 2, 3), keepdims=True)) + K.epsilon())
    iterate = K.function([model.input, chosen, K.learning_phase()], [response, slope])

    images = np.random.RandomState(SEED).uniform(0.4, 0.6, (FILTERS, 8, 8, 1)).astype("float32")
    for _ in range(ASCENT_STEPS):
        _, step = iterate([images, np.eye(FILTERS), TEST_PHASE])
        images = np.clip(images + ASCENT_RATE * step, 0, 1)
    responses, _ = iterate([images, np.eye(FILTERS), TEST_PHASE])
    return images[..., 0], responses


def show(axis, image, heat=None):
    # Beneath a map the digit is pale.
    axis.imshow(image, cmap="gray_r", vmin=0, vmax=1 if heat is None else 2.5)
    if heat is not None:
        axis.imshow(heat, cmap="YlOrRd", alpha=np.sqrt(heat), vmin=0, vmax=1)
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_color(GREY)


def draw_maps(figure, images, truth, probabilities, maps):
    """A column for each digit: the image, then its maps over it."""
    figure.suptitle("What the network reads, and where it sees it", color=INK, fontsize=15)
    axes = figure.subplots(1 + len(maps), len(images))
    titles = {"activation": "Activation", "saliency": "Saliency", "grad_cam": "Grad-CAM"}
    for label, axis in zip(["Digit", *map(titles.get, maps)], axes[:, 0]):
        axis.set_ylabel(label, color=INK, fontsize=12)
    for column, (image, right, probability) in enumerate(zip(images, truth, probabilities)):
        show(axes[0, column], image[..., 0])
        read = probability.argmax()
        axes[0, column].set_title(
            f"read {read}, {probability.max():.0%}",
            color=INK if read == right else RED,
            fontsize=11,
        )
        for axis, heat in zip(axes[1:, column], maps.values()):
            show(axis, image[..., 0], heat[column])


def draw_filters(figure, filters, responses):
    """The strongest filters first."""
    figure.suptitle(
        "What excites the filters of the last convolution, and their mean responses",
        color=INK,
        fontsize=15,
    )
    axes = figure.subplots(2, FILTERS // 2)
    for axis, index in zip(axes.flat, np.argsort(-responses)):
        show(axis, filters[index])
        response = responses[index]
        if response > 0:
            axis.set_title(f"{response:.1f}", color=INK, fontsize=11)
        else:
            axis.set_title("silent", color=GREY, fontsize=11)
    for axis in axes[:, 0]:
        axis.set_ylabel("Image", color=INK, fontsize=12)


def draw(path, images, truth, probabilities, maps, filters, responses):
    figure = Figure(figsize=(13, 9.2), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.06, h_pad=0.04)
    upper, lower = figure.subfigures(2, 1, height_ratios=(5.75, 3.45))
    draw_maps(upper, images, truth, probabilities, maps)
    draw_filters(lower, filters, responses)
    figure.savefig(path, dpi=110)


def parse_arguments():
    parser = argparse.ArgumentParser(description="What a network looks at in handwritten digits.")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--output", default=".", metavar="DIR", help="where the picture goes")
    parser.add_argument(
        "--weights", metavar="FILE", help="take them from this .npz, or train and write it"
    )
    parser.add_argument("--record", metavar="FILE", help="write the maps as JSON")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    keras.utils.set_random_seed(SEED)
    start = time.time()
    x_train, x_test, y_train, y_test = load_data()
    model = build_model()
    train(model, x_train, y_train, arguments.epochs, arguments.weights)
    _, accuracy = model.evaluate(x_test, y_test, batch_size=len(x_test), verbose=0)

    truth = np.arange(CLASSES)
    images = x_test[y_test.argmax(axis=0)]  # the first image of each class
    probabilities, maps = explain(model, images)
    filters, responses = climb(model)

    os.makedirs(arguments.output, exist_ok=True)
    picture = os.path.join(arguments.output, "grad_cam_digits.png")
    draw(picture, images, truth, probabilities, maps, filters, responses)
    print(f"Keras {keras.__version__}, {time.time() - start:.1f} seconds")
    print(f"{accuracy:.2%} of the test digits right")
    print(f"The picture is {picture}")

    if arguments.record:
        figures = {**maps, "filters": filters, "responses": responses}
        figures = {name: np.asarray(figure).tolist() for name, figure in figures.items()}
        with open(arguments.record, "w") as file:
            json.dump({"accuracy": float(accuracy), **figures}, file)


if __name__ == "__main__":
    main()
