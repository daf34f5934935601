"""Arrays and weights in HDF5 files, as old Keras gave them out; needs h5py."""

from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

import numpy as np

from kompat.keras_private.saving import legacy_h5_format


class HDF5Matrix:
    """Rows of a data set in an HDF5 file, read when they are asked for.

    Args:
        datapath: the file.
        dataset: the name of the data set.
        start: its first row.
        end: the row after the last, or None for all.
        normalizer: applied to what is read.
    """

    def __init__(
        self,
        datapath: str,
        dataset: str,
        start: int = 0,
        end: int | None = None,
        normalizer: Callable[[np.ndarray], np.ndarray] | None = None,
    ):
        import h5py

        self.data = h5py.File(datapath, "r")[dataset]
        self.start, self.end = start, len(self.data) if end is None else end
        self.normalizer = normalizer

    def __len__(self) -> int:
        return self.end - self.start

    def __getitem__(self, key: Any) -> np.ndarray:
        rows = np.arange(self.start, self.end)[key]
        read = self.data[rows] if np.ndim(rows) == 0 else self._read(rows)
        return read if self.normalizer is None else self.normalizer(read)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self[:], dtype=dtype)

    def _read(self, rows: np.ndarray) -> np.ndarray:
        """Rows in any order, which h5py reads in rising order alone."""
        rising, places = np.unique(rows, return_inverse=True)
        return self.data[rising][places] if len(rising) else self.data[0:0]

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the rows."""
        return (len(self), *self.data.shape[1:])

    @property
    def dtype(self) -> np.dtype:
        """That of the data set."""
        return self.data.dtype

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return self.data.ndim

    @property
    def size(self) -> int:
        """How many elements it has."""
        return int(np.prod(self.shape))


def _as_model(layers: Iterable[Any]) -> Any:
    """What Keras's functions need of a model, of layers alone."""
    nothing: list[Any] = []
    return SimpleNamespace(
        layers=list(layers), _trainable_variables=nothing, _non_trainable_variables=nothing
    )


def load_weights_from_hdf5_group(f: Any, layers: Iterable[Any], reshape: bool = False) -> None:
    """Give layers the weights of a group, in their order."""
    legacy_h5_format.load_weights_from_hdf5_group(f, _as_model(layers))


def load_weights_from_hdf5_group_by_name(
    f: Any, layers: Iterable[Any], skip_mismatch: bool = False, reshape: bool = False
) -> None:
    """Give layers the weights of a group, by their names."""
    legacy_h5_format.load_weights_from_hdf5_group_by_name(f, _as_model(layers), skip_mismatch)


def save_weights_to_hdf5_group(f: Any, layers: Iterable[Any]) -> None:
    """Write the weights of layers to a group."""
    legacy_h5_format.save_weights_to_hdf5_group(f, _as_model(layers))
