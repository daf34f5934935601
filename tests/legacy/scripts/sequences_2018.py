"""Text and images with generators, as people wrote for Keras 2."""

import numpy as np
from keras import backend as K
from keras.callbacks import LearningRateScheduler, ReduceLROnPlateau
from keras.engine import Layer
from keras.layers import (
    GRU,
    LSTM,
    Bidirectional,
    Conv2D,
    CuDNNLSTM,
    Dense,
    Embedding,
    Flatten,
    Input,
    LocallyConnected1D,
    concatenate,
)
from keras.layers.merge import add
from keras.models import Model, Sequential, load_model
from keras.optimizers import Adadelta, Adam
from keras.preprocessing.image import ImageDataGenerator
from keras.preprocessing.sequence import pad_sequences
from keras.preprocessing.text import Tokenizer
from keras.utils import to_categorical
from keras.utils.generic_utils import CustomObjectScope
from sklearn.datasets import load_digits

np.random.seed(7)
texts = ["the cat sat here", "a dog ran away", "the dog sat here", "a cat ran away"] * 8
tokenizer = Tokenizer(num_words=50)
tokenizer.fit_on_texts(texts)
x = pad_sequences(tokenizer.texts_to_sequences(texts), maxlen=6)
y = np.array([1, 0, 1, 0] * 8)


class Attention(Layer):
    def build(self, input_shape):
        self.W = self.add_weight((int(input_shape[-1]), 1), initializer="uniform", name="W")
        self.b = self.add_weight("b", (1,), initializer="zeros")
        super(Attention, self).build(input_shape)

    def call(self, h):
        weights = K.softmax(K.squeeze(K.dot(h, self.W) + self.b, -1))
        return K.sum(h * K.expand_dims(weights), axis=1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1])


words = Input(shape=(6,), dtype="int32")
table = np.random.RandomState(0).rand(50, 8)
vectors = Embedding(50, 8, weights=[table], input_length=6, trainable=False)(words)
states = Bidirectional(LSTM(4, return_sequences=True))(vectors)
local = LocallyConnected1D(8, 1)(states)
last = concatenate([Attention()(add([states, local])), GRU(3)(vectors), CuDNNLSTM(2)(vectors)])
model = Model(words, Dense(1, activation="sigmoid")(last))
model.compile(Adam(lr=0.05), loss="binary_crossentropy", metrics=["acc"])
history = model.fit(
    x, y, epochs=12, batch_size=8, verbose=0, callbacks=[ReduceLROnPlateau(monitor="acc")]
)
print("accuracy:", history.history["acc"][-1] > 0.9)
K.set_value(model.optimizer.lr, 0.5 * K.get_value(model.optimizer.lr))
model.save_weights("weights")
before = model.predict(x)
model.set_weights([np.zeros_like(w) for w in model.get_weights()])
model.load_weights("weights")
print("weights are back:", np.allclose(before, model.predict(x)))

images, labels = load_digits(return_X_y=True)
images, labels = images.reshape(-1, 8, 8, 1)[:128] / 16.0, to_categorical(labels[:128], 10)
pictures = Sequential()
pictures.add(Conv2D(4, (3, 3), activation="relu", input_shape=images.shape[1:]))
pictures.add(Flatten())
pictures.add(Dense(10, activation="softmax", kernel_initializer="normal"))
pictures.compile(loss="categorical_crossentropy", optimizer=Adadelta(), metrics=["accuracy"])
generator = ImageDataGenerator(width_shift_range=0.1)
log = pictures.fit_generator(
    generator.flow(images, labels, batch_size=32),
    steps_per_epoch=4,
    epochs=3,
    verbose=0,
    validation_data=(images, labels),
    callbacks=[LearningRateScheduler(lambda epoch: 1.0 / (1 + epoch))],
)
print("logs:", sorted(log.history))
print("rate of Adadelta:", round(float(K.get_value(pictures.optimizer.lr)), 4))
pictures.save("model.h5")
with CustomObjectScope({"Attention": Attention}):
    again = load_model("model.h5")
print("loaded:", np.allclose(again.predict(images), pictures.predict(images), atol=1e-5))
