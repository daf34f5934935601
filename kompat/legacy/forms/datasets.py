"""What the modules of data sets shared."""

import pickle

import numpy as np


def load_batch(fpath: str, label_key: str = "labels") -> tuple[np.ndarray, np.ndarray]:
    """The images, (n, 3, 32, 32), and the labels of one pickled file of CIFAR."""
    with open(fpath, "rb") as file:
        content = pickle.load(file, encoding="bytes")
    named = {
        key.decode() if isinstance(key, bytes) else key: value for key, value in content.items()
    }
    data = named["data"]
    return data.reshape(data.shape[0], 3, 32, 32), named[label_key]
