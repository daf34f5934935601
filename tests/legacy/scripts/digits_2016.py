"""Digits with a small convolutional network, as people wrote for Keras 1."""

import numpy as np
from keras import backend as K
from keras import initializations
from keras.callbacks import EarlyStopping, ModelCheckpoint
from keras.engine.topology import Layer
from keras.layers import Input, merge
from keras.layers.advanced_activations import LeakyReLU
from keras.layers.convolutional import Convolution2D, MaxPooling2D, ZeroPadding2D
from keras.layers.core import Activation, Dense, Dropout, Flatten
from keras.layers.normalization import BatchNormalization
from keras.models import Model, Sequential
from keras.optimizers import SGD
from keras.regularizers import l2
from keras.utils import np_utils
from sklearn.datasets import load_digits

np.random.seed(1337)
nb_classes = 10
images, labels = load_digits(return_X_y=True)
X = images.reshape(-1, 8, 8, 1).astype("float32")[:600] / 16
Y = np_utils.to_categorical(labels[:600], nb_classes)


class Scale(Layer):
    def __init__(self, init="one", **kwargs):
        self.init = initializations.get(init)
        super(Scale, self).__init__(**kwargs)

    def build(self, input_shape):
        self.factor = self.init((input_shape[-1],), name="{}_factor".format(self.name))
        self.trainable_weights = [self.factor]

    def call(self, x, mask=None):
        return x * self.factor

    def get_output_shape_for(self, input_shape):
        return input_shape


model = Sequential()
model.add(ZeroPadding2D((1, 1), input_shape=(8, 8, 1), dim_ordering="tf"))
model.add(Convolution2D(8, 3, 3, border_mode="valid", init="he_normal", W_regularizer=l2(l=1e-4)))
model.add(LeakyReLU(alpha=0.1))
model.add(BatchNormalization(mode=0, axis=-1))
model.add(MaxPooling2D(pool_size=(2, 2), border_mode="same"))
model.add(Convolution2D(8, 3, 3, activation="relu", subsample=(1, 1)))
model.add(Dropout(p=0.1))
model.add(Flatten())
model.add(Scale())
model.add(Dense(output_dim=nb_classes, bias=True))
model.add(Activation("softmax"))
model.compile(
    loss="categorical_crossentropy",
    optimizer=SGD(lr=0.1, decay=1e-4, momentum=0.9, nesterov=True),
    metrics=["accuracy"],
)
history = model.fit(
    X,
    Y,
    batch_size=32,
    nb_epoch=6,
    verbose=0,
    validation_split=0.2,
    callbacks=[
        EarlyStopping(monitor="val_acc", patience=6),
        ModelCheckpoint("best.hdf5", monitor="val_acc", save_best_only=True),
    ],
)
model.load_weights("best.hdf5")
print("accuracy above 0.7:", max(history.history["acc"]) > 0.7, "val_acc" in history.history)
print("classes:", model.predict_classes(X[:5], verbose=0).shape, model.layers[-1].output_shape)

left, right = Input(shape=(8,)), Input(shape=(8,))
joined = merge([Dense(4)(left), Dense(4)(right)], mode="concat", concat_axis=-1)
two = Model(input=[left, right], output=Dense(1, activation="sigmoid")(joined))
two.compile("rmsprop", "binary_crossentropy")


def batches():
    while True:
        x = np.random.rand(16, 8)
        yield [x, 1 - x], (x.mean(axis=1) > 0.5).astype("float32")


fitted = two.fit_generator(batches(), samples_per_epoch=64, nb_epoch=2, verbose=0)
print("epochs:", fitted.epoch, "joined:", joined._keras_shape, K.int_shape(joined))
