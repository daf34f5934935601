"""The engine that Keras computes with: `engines.current`, the one object of its class `Engine`."""

from kompat.engine_choice import choose_engine

choose_engine()

# These import Keras, which keeps the engine that is chosen by then.
from kompat.engines.engine import Engine  # noqa: E402
from kompat.engines.registry import NAME, engine_class  # noqa: E402

__all__ = ["NAME", "Engine", "current"]

current: Engine = engine_class(NAME)()
