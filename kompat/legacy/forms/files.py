"""Files of any name, as old Keras wrote and read them: HDF5, whatever they are called.

What goes around a method that is there is a function of that method.
"""

import functools
import os
from collections.abc import Callable
from typing import Any

from kompat.keras_private.saving import legacy_h5_format

Method = Callable[..., Any]
_TODAY = (".keras", ".weights.h5", ".weights.json")


def save_weights(own: Method) -> Method:
    """Weights are written to HDF5 as old Keras did, but for names that end as today's do."""

    @functools.wraps(own)
    def save_weights(model: Any, filepath: Any, overwrite: bool = True, **keywords: Any) -> Any:
        if _is_todays(filepath):
            return own(model, filepath, overwrite=overwrite, **keywords)
        import h5py

        _refuse_to_overwrite(filepath, overwrite)
        with h5py.File(filepath, "w") as file:
            legacy_h5_format.save_weights_to_hdf5_group(file, model)
        return None

    return save_weights


def load_weights(own: Method) -> Method:
    """Weights are read from a file of old Keras, whatever its name."""

    @functools.wraps(own)
    def load_weights(
        model: Any,
        filepath: Any,
        by_name: bool = False,
        skip_mismatch: bool = False,
        reshape: bool = False,
        **keywords: Any,
    ) -> Any:
        import h5py

        if not _is_of_old_keras(filepath):
            return own(model, filepath, skip_mismatch=skip_mismatch, **keywords)
        with h5py.File(filepath, "r") as file:
            group = file if "layer_names" in file.attrs else file["model_weights"]
            load = (
                legacy_h5_format.load_weights_from_hdf5_group_by_name
                if by_name
                else legacy_h5_format.load_weights_from_hdf5_group
            )
            load(group, model, skip_mismatch=skip_mismatch)
        return None

    return load_weights


def save(own: Method) -> Method:
    """A model is written to HDF5, but for names that end as today's do."""

    @functools.wraps(own)
    def save(
        model: Any,
        filepath: Any,
        overwrite: bool = True,
        include_optimizer: bool = True,
        **keywords: Any,
    ) -> Any:
        if _is_todays(filepath):
            return own(model, filepath, overwrite=overwrite, **keywords)
        _refuse_to_overwrite(filepath, overwrite)
        legacy_h5_format.save_model_to_hdf5(model, str(filepath), overwrite, include_optimizer)
        return None

    return save


def load_model(own: Method) -> Method:
    """A model is read from a file of HDF5, whatever its name."""

    @functools.wraps(own)
    def load_model(
        filepath: Any, custom_objects: Any = None, compile: bool = True, **keywords: Any
    ) -> Any:
        if _is_todays(filepath) or not _is_of_old_keras(filepath):
            return own(filepath, custom_objects=custom_objects, compile=compile, **keywords)
        return legacy_h5_format.load_model_from_hdf5(str(filepath), custom_objects, compile)

    return load_model


def _is_todays(filepath: Any) -> bool:
    return str(filepath).endswith(_TODAY)


def _is_of_old_keras(filepath: Any) -> bool:
    """Whether a file is HDF5 as Keras 1 and 2 wrote it."""
    import h5py

    if not os.path.isfile(filepath) or not h5py.is_hdf5(filepath):
        return False
    with h5py.File(filepath, "r") as file:
        return "layer_names" in file.attrs or "model_weights" in file


def _refuse_to_overwrite(filepath: Any, overwrite: bool) -> None:
    if not overwrite and os.path.exists(filepath):
        raise FileExistsError(f"{filepath} is there already. Fix: overwrite=True, or another name.")
