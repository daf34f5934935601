"""No test and no recorded case sees the settings of another."""

import default_settings


def settings(K):
    return K.floatx(), K.epsilon(), K.image_data_format(), int(K.learning_phase())


def test_what_was_set_is_undone(K):
    K.set_floatx("float64")
    K.set_epsilon(0.5)
    K.set_image_data_format("channels_first")
    K.set_learning_phase(1)
    assert settings(K) == ("float64", 0.5, "channels_first", 1)
    default_settings.restore(K)
    assert settings(K) == ("float32", 1e-7, "channels_last", 0)
