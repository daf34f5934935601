"""Run somebody's program exactly as Python would, after `kompat.install()`.

1. Choose the engine.  2. Find the program.  3. Install K, here and for child processes.  4. Make
``__main__``, ``sys.argv`` and ``sys.path`` what Python makes them.  5. Execute.  An exception
leaves as from Python: kompat's frames are taken off its traceback, and the exit status is Python's
own.
"""

import builtins
import os
import sys
import traceback
from collections.abc import Iterable, Sequence
from importlib.machinery import BuiltinImporter
from types import ModuleType, TracebackType

from kompat import startup
from kompat.engine_choice import engine_named, note_program, require_installed
from kompat.errors import MissingEngineError, UnknownEngineError
from kompat.installation import install
from kompat.legacy.version import version_named, version_of
from kompat.tools.program import Program, find_program


def run_program(
    words: Sequence[str],
    backend: str | None = None,
    graph: bool = False,
    keras: str | None = None,
    explain: bool = False,
) -> int:
    """Run a program as ``__main__``.

    Args:
        words: the program and its arguments, as they follow ``python``.
        backend: the name of the engine; None leaves the choice to `kompat.engine_choice`.
        graph: whether it starts in graph mode.
        keras: the version of Keras that it was written for; None leaves it to the program's words.
        explain: whether to say which version that is, and why, on standard error.

    Returns:
        0, or 2 if the program or the engine cannot be used. What else it raises goes through.
    """
    try:
        if backend is not None:
            _choose(backend)
        version, why = (version_named(keras), "--keras") if keras is not None else ("", "")
        program = find_program(words)
    except OSError as error:
        path = os.path.abspath(error.filename)
        return _refuse(f"can't open file {path!r}: [Errno {error.errno}] {error.strerror}")
    except (ValueError, ImportError) as error:
        return _refuse(str(error))
    note_program(program.source)
    if not version:
        version, why = version_of(program.source)
    if explain:
        print(f"kompat: written for Keras {version} ({why or 'the default'})", file=sys.stderr)
    startup.hand_down(graph, version)
    install(version)
    main = _become(program)
    try:
        program.execute(vars(main))
    except SystemExit:
        raise
    except (MissingEngineError, UnknownEngineError) as error:
        return _refuse(str(error))
    except BaseException as error:
        _name_engines_that_train(error)
        _hide_own_frames(program.lines_in_files)
        raise
    return 0


def _choose(backend: str) -> None:
    name = engine_named(backend)
    require_installed(name)
    os.environ["KERAS_BACKEND"] = name


def _refuse(why: str) -> int:
    print(f"kompat: {why}", file=sys.stderr)
    return 2


def _become(program: Program) -> ModuleType:
    """Make this process look as if Python had been started with the program."""
    main = ModuleType("__main__")
    of_python = vars(sys.modules["__main__"])
    if "__annotations__" in of_python:  # It depends on the version.
        vars(main)["__annotations__"] = {}
    vars(main).update(
        {"__builtins__": builtins, "__loader__": BuiltinImporter, "__package__": None}
    )
    vars(main).update(program.attributes)
    sys.modules["__main__"] = main
    sys.argv = program.argv
    # Under python -P there is no entry for kompat, and none for most programs.
    if not sys.flags.safe_path:
        sys.path[0] = program.path
    elif program.always_on_path:
        sys.path.insert(0, program.path)
    return main


def _name_engines_that_train(error: BaseException) -> None:
    """Add what Keras leaves out when it is asked to train on NumPy."""
    if isinstance(error, NotImplementedError) and "NumPy backend" in str(error):
        error.add_note(
            "Fix: train on another engine: kompat run --backend jax, torch or tensorflow."
        )


def _hide_own_frames(lines_in_files: bool) -> None:
    """Let the hook that shows the exception see the traceback from the program's frame on."""
    show = sys.excepthook
    if show is sys.__excepthook__ and not lines_in_files:
        # Until Python 3.13 its own hook shows lines of files alone.
        show = traceback.print_exception

    def peeled(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        while trace is not None and not _is_own(trace):
            trace = trace.tb_next
        error.__traceback__ = trace
        for raised in _with_causes(error):
            raised.__traceback__ = _without_own(raised.__traceback__)
        show(kind, error, error.__traceback__)

    sys.excepthook = peeled


def _with_causes(error: BaseException) -> Iterable[BaseException]:
    """The exception and those that led to it; a chain may come back to itself."""
    found: dict[int, BaseException] = {}
    waiting: list[BaseException | None] = [error]
    while waiting:
        raised = waiting.pop()
        if raised is not None and id(raised) not in found:
            found[id(raised)] = raised
            waiting += [raised.__cause__, raised.__context__]
    return found.values()


def _without_own(trace: TracebackType | None) -> TracebackType | None:
    kept = []
    while trace is not None:
        if not _is_own(trace):
            kept.append(trace)
        trace = trace.tb_next
    for this, following in zip(kept, [*kept[1:], None]):
        this.tb_next = following
    return kept[0] if kept else None


def _is_own(trace: TracebackType) -> bool:
    """Whether a frame runs the program, or stands between it and what it imports."""
    name = str(trace.tb_frame.f_globals.get("__name__"))
    return name.startswith("kompat.tools.") or name == "kompat.stand_in"
