"""Which Keras a program was written for: as somebody says it, or by the program's own words."""

import ast
import warnings

from kompat.errors import ArgumentError
from kompat.legacy.row import KERAS_1, KERAS_2_2, TF_KERAS, VERSIONS

_WORDS_OF_KERAS_1 = frozenset(
    ["nb_epoch", "border_mode", "nb_filter", "nb_row", "dim_ordering", "W_regularizer"]
    + ["samples_per_epoch", "nb_val_samples", "nb_classes", "inner_init", "subsample"]
)


def version_named(text: str) -> str:
    """The version that a person names: "1.2", "2.2", "2.3" or "tf".

    Raises:
        ArgumentError: it is none of these.
    """
    if text not in VERSIONS:
        raise ArgumentError(
            f"expected a Keras of {', '.join(VERSIONS)}, received {text!r}.",
            "the old forms of these versions are known.",
            'kompat run --keras 2.2, or kompat.install(keras="2.2").',
        )
    return text


def version_of(source: str | bytes) -> tuple[str, str]:
    """The version that a program's words belong to, and the word that tells.

    Example:

    >>> version_of("model.fit(x, y, nb_epoch=3)")
    ('1.2', 'nb_epoch')
    >>> version_of("from tensorflow.keras import layers")
    ('tf', 'tensorflow.keras')
    >>> version_of("import keras")
    ('2.2', '')
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python shows them when it compiles the program.
            nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError):
        return KERAS_2_2, ""
    for node in nodes:
        if isinstance(node, ast.keyword) and node.arg in _WORDS_OF_KERAS_1:
            return KERAS_1, node.arg
    if any(_leads_to_tf_keras(node) for node in nodes):
        return TF_KERAS, "tensorflow.keras"
    return KERAS_2_2, ""


def _leads_to_tf_keras(node: ast.AST) -> bool:
    """Whether this is ``tf.keras``, or an import of it."""
    if isinstance(node, ast.ImportFrom):
        names = [f"{node.module}.{alias.name}" for alias in node.names]
    elif isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        names = [f"tensorflow.{node.attr}"] if node.value.id in ("tf", "tensorflow") else []
    else:
        return False
    return any(f"{name}.".startswith("tensorflow.keras.") for name in names)
