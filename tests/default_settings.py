"""The settings of K with which each test and each recorded case begins."""

from types import ModuleType


def restore(K: ModuleType) -> None:
    """Undo what a test or a recorded case may have set, the learning phase too."""
    from kompat.graph import fit, phase
    from kompat.keras_private import patches

    patches.resume()
    K.set_floatx("float32")
    K.set_epsilon(1e-7)
    K.set_image_data_format("channels_last")
    phase.set_default(None)
    fit.set_update_checks(True)
