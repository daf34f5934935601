"""Run somebody's script exactly as Python would, after `kompat.install()`.

1. Choose the engine.  2. Install K.  3. Make ``__main__``, ``sys.argv`` and ``sys.path[0]`` what
Python makes them.  4. Execute.  An exception leaves as from Python: kompat's frames are taken off
its traceback, and the exit status is Python's own.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import SourceFileLoader
from importlib.util import find_spec
from types import ModuleType, TracebackType
from typing import Any

from kompat.installation import install

_ENGINES = ("jax", "torch", "tensorflow", "numpy", "openvino")


def run_script(
    script: str, arguments: Sequence[str], backend: str | None = None, graph: bool = False
) -> int:
    """Run `script` as ``__main__``.

    Args:
        script: the path of a Python file.
        arguments: what follows it in ``sys.argv``.
        backend: the name of the engine; None leaves the choice to `kompat.engine_choice`.
        graph: whether it starts in graph mode.

    Returns:
        0, or 2 if the script or the engine cannot be used. What the script raises goes through.
    """
    if backend is not None:
        if backend not in _ENGINES:
            return _refuse(f"expected an engine of {', '.join(_ENGINES)}, received {backend!r}")
        if find_spec(backend) is None:
            return _refuse(
                f"the engine {backend!r} is not installed: pip install kompat[{backend}]"
            )
        os.environ["KERAS_BACKEND"] = backend
    try:
        with open(script, "rb") as file:
            source = file.read()
    except OSError as error:
        return _refuse(f"can't open file {os.path.abspath(script)!r}: {error}")
    install()
    if graph:
        # Keras comes first, for K takes its backend's place while it is imported.
        import_module("keras")
        from kompat.mode import disable_eager_execution

        disable_eager_execution()
    main = _main_module(script)
    sys.modules["__main__"] = main
    sys.argv = [script, *arguments]
    sys.path[0] = os.path.dirname(os.path.realpath(script))
    try:
        exec(compile(source, main.__file__, "exec", dont_inherit=True), main.__dict__)
    except SystemExit:
        raise
    except BaseException as error:
        _name_engines_that_train(error)
        _hide_own_frames(main)
        raise
    return 0


def _refuse(why: str) -> int:
    print(f"kompat: {why}", file=sys.stderr)
    return 2


def _name_engines_that_train(error: BaseException) -> None:
    """Add what Keras leaves out when it is asked to train on NumPy."""
    if isinstance(error, NotImplementedError) and "NumPy backend" in str(error):
        error.add_note(
            "Fix: train on another engine: kompat run --backend jax, torch or tensorflow."
        )


def _main_module(script: str) -> Any:
    path = os.path.abspath(script)
    module: Any = ModuleType("__main__")
    module.__file__ = path
    module.__loader__ = SourceFileLoader("__main__", path)
    module.__package__ = None
    module.__cached__ = None
    module.__builtins__ = __builtins__
    module.__annotations__ = {}
    return module


def _hide_own_frames(main: Any) -> None:
    """Let the hook that shows the exception see the traceback from the script's frame on."""
    show = sys.excepthook

    def peeled(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        while trace is not None and trace.tb_frame.f_globals is not main.__dict__:
            trace = trace.tb_next
        show(kind, error.with_traceback(trace), trace)

    sys.excepthook = peeled
