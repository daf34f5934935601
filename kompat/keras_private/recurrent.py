"""Private corner of Keras: the cell of its convolutional LSTM, which it does not export."""

from keras.src.layers.rnn.conv_lstm import ConvLSTMCell as ConvLSTMCell
