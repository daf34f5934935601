"""The children of `kompat run` have K too.

`kompat run` sets the environment variable KOMPAT_RUN, which every process inherits that the program
starts: those of `multiprocessing` and joblib, the workers of pytest-xdist, a `subprocess` that runs
`sys.executable`. In each of them Python itself executes ``kompat_startup.pth``, which is installed
beside the package, and that calls `install_in_child`. Without the variable it imports nothing.

KOMPAT_KERAS says which Keras the program was written for.

The variables belong to `kompat run` and last as long as its process. `kompat.uninstall` is for the
process that calls it and leaves them alone; ``del os.environ["KOMPAT_RUN"]`` lets later
children start without K. ``python -S`` reads no ``.pth`` files, so such a child has no K, nor has
one that gets an environment without the variable.
"""

import os
import sys

_VARIABLE = "KOMPAT_RUN"
_KERAS = "KOMPAT_KERAS"
_GRAPH = "graph"
_EAGER = "eager"


def hand_down(graph: bool, keras: str) -> None:
    """Let this process and its children start in graph mode or eager mode, the latter with K.

    Args:
        graph: whether in graph mode.
        keras: the version of Keras that the program was written for.
    """
    os.environ[_VARIABLE] = _GRAPH if graph else _EAGER
    os.environ[_KERAS] = keras


def handed_down_keras() -> str:
    """The version of Keras that the program of `kompat run` was written for; "" outside of it."""
    return os.environ.get(_KERAS, "") if _VARIABLE in os.environ else ""


def starts_in_graph_mode() -> bool:
    """Whether `kompat run --graph` runs this process, or one of those that it comes from."""
    return os.environ.get(_VARIABLE) == _GRAPH


def install_in_child() -> None:
    """Install K while Python starts; what goes wrong is said in one line, and Python goes on."""
    try:
        import kompat

        kompat.install()
    except Exception as error:
        print(
            f"kompat: this process runs without K: {type(error).__name__}: {error}",
            file=sys.stderr,
        )
