"""What an engine cannot do: engine -> test -> the limitation, and where to read of it.

Each is a strict expected failure, so that an engine which learns it makes the list red. Skips
elsewhere in the tests choose what makes no sense on an engine, as gradients on NumPy.
"""

# Nothing.
JAX: dict[str, str] = {}

# Nothing that NumPy is asked for.
NUMPY: dict[str, str] = {}

# Nothing.
TORCH: dict[str, str] = {}

_NAN = (
    "TensorFlow's maximum pooling on CPU drops NaN in the channels that it does not vectorise: "
    "https://github.com/tensorflow/tensorflow/issues/125965"
)
_HALF_LOSS = (
    "Keras on TensorFlow does not add a half-precision add_loss to a single-precision loss, "
    "whether K or keras.ops computed it; no thread found. Cast the loss to float32."
)
TENSORFLOW = {
    "tests/backend/test_convolution.py::test_the_maximum_of_a_window_with_nan_is_nan[few]": _NAN,
    "tests/backend/test_convolution.py::test_the_maximum_of_a_window_with_nan_is_nan[many]": _NAN,
    "tests/models/test_precision.py::test_a_model_computes_in_half_and_keeps_single_weights"
    "[mixed_bfloat16-add_loss]": _HALF_LOSS,
    "tests/models/test_precision.py::test_a_model_computes_in_half_and_keeps_single_weights"
    "[mixed_float16-add_loss]": _HALF_LOSS,
}

EXPECTED = {"jax": JAX, "numpy": NUMPY, "torch": TORCH, "tensorflow": TENSORFLOW}
