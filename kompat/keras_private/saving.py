"""Private corner of Keras: the HDF5 files of Keras 1 and 2, which it still reads and writes.

Its public functions take models, and choose the format by the name of the file.
"""

from keras.src.legacy.saving import legacy_h5_format as legacy_h5_format
