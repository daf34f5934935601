"""Every error that kompat raises on purpose: what happened, why, and the code that mends it.

Each class is also the built-in exception that tf.keras raises in the same situation, so an
`except ValueError:` written for tf.keras still catches it.
"""

__all__ = [
    "ArgumentError",
    "ImmutableValueError",
    "FeedError",
    "GradientsUnavailableError",
    "LossyWriteError",
    "MissingAttributeError",
    "MissingEngineError",
    "NotAVariableError",
    "RemovedArgumentError",
    "RemovedImportError",
    "RemovedNameError",
    "ShapeMismatchError",
    "SessionError",
    "StaleCompilationError",
    "SymbolicValueError",
    "TooLargeError",
    "UnavailableValueError",
    "UnfedPlaceholderError",
    "UninitializedVariableError",
    "UnknownEngineError",
    "UnknownRankError",
    "UnsupportedValueError",
    "ViewRefusedError",
]


def _text(what: str, why: str = "", mend: str = "") -> str:
    """The three parts of an error message, one line each."""
    lines = [what]
    if why:
        lines.append(f"Why: {why}")
    if mend:
        lines.append(f"Fix: {mend}")
    return "\n".join(lines)


class _Explained(Exception):
    # TensorFlow's AutoGraph remakes an error under its own class only if it has this constructor.
    __init__ = Exception.__init__

    def __str__(self) -> str:
        return _text(*self.args)


class ArgumentError(_Explained, TypeError, ValueError, RuntimeError):
    """A function of K cannot compute with its arguments; the engine's own error is its cause."""


class MissingAttributeError(ArgumentError, AttributeError):
    """An argument of a function of K lacks what tensors have, as a shape."""


class TooLargeError(_Explained, ValueError):
    """What a function of K is asked to make does not fit into the memory of the machine."""


class ShapeMismatchError(_Explained, ValueError):
    """The written value has another shape than the variable."""


class LossyWriteError(_Explained, ValueError):
    """The written value would change: a fraction cut, an overflow, an imaginary part dropped."""


class UnsupportedValueError(_Explained, TypeError, ValueError):
    """The written value is no array of numbers: None, a string, a ragged list, an object."""


class NotAVariableError(_Explained, TypeError, AttributeError):
    """The thing to be written to holds no variable: a float, a learning-rate schedule."""


class ImmutableValueError(_Explained, TypeError, AttributeError, ValueError):
    """The thing to be written to is an array or tensor that cannot change; NumPy has ValueError."""


class RemovedNameError(_Explained, AttributeError):
    """A name of an old Keras that nothing takes the place of."""


class RemovedImportError(_Explained, ImportError):
    """The import of a name of an old Keras that nothing takes the place of."""


class RemovedArgumentError(_Explained, TypeError, ValueError):
    """An argument of an old Keras, or a value of one, that means nothing today."""


class StaleCompilationError(_Explained, ValueError):
    """Layers of a model were frozen or thawed since it was compiled."""


class SymbolicValueError(_Explained, TypeError, ValueError):
    """A symbolic tensor or a tracer stands where a concrete value is needed."""


class UnavailableValueError(_Explained, RuntimeError):
    """The value cannot be reached: deleted, donated, owned by another thread, session closed."""


class ViewRefusedError(_Explained, ValueError):
    """`copy=False` was asked of a holder whose views would change when it is written."""


class UnfedPlaceholderError(SymbolicValueError):
    """What is to be computed depends on a placeholder that got no value."""


class FeedError(_Explained, ValueError, TypeError):
    """A fed value does not suit its placeholder: another rank, shape or dtype."""


class UnknownRankError(_Explained, ValueError):
    """The shape of a tensor is asked for whose placeholder has neither shape nor rank."""


class GradientsUnavailableError(_Explained, NotImplementedError):
    """The engine cannot differentiate."""


class SessionError(_Explained, RuntimeError, TypeError, ValueError):
    """A session is closed, or is asked for something that it cannot give."""


class UnknownEngineError(_Explained, ValueError):
    """The engine that was chosen is none of Keras's."""


class MissingEngineError(_Explained, ImportError):
    """The engine that was chosen is not installed, or none is."""


class UninitializedVariableError(_Explained, RuntimeError):
    """A variable has no value yet in the session that reads it."""
