"""What all tests share: the engine, K, and the rule that a missing framework is loud in CI."""

import gc
import os
import warnings
from importlib import import_module
from types import ModuleType

import default_settings
import pytest
from expected_failures import EXPECTED
from hypothesis import HealthCheck, settings

# A slow day is no failure, and a run today finds what the same run finds tomorrow.
settings.register_profile(
    "kompat", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("kompat")

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
ENGINE = os.environ["KERAS_BACKEND"]

# A fifth of the examples, where each is another program to compile.
quick = {} if ENGINE == "numpy" else {"max_examples": 20}
settings.register_profile("quick", settings.get_profile("kompat"), **quick)

# What installs each framework.
MADE_BY = {
    "jax": "make .venv/.base",
    "torch": "make .venv/.torch",
    "tensorflow": "make .venv/.tensorflow",
}


def framework(name: str) -> ModuleType:
    """Import a framework, or skip; with KOMPAT_ALL_FRAMEWORKS a missing one is a failure."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return import_module(name)
    except ImportError:
        if os.environ.get("KOMPAT_ALL_FRAMEWORKS"):
            raise RuntimeError(f"{name} is not installed, but all must be tested here") from None
        made_by = MADE_BY.get(name, "make .venv/.engines")
        pytest.skip(f"{name} is not installed: {made_by}", allow_module_level=True)


@pytest.fixture(scope="session")
def engine() -> str:
    """The name of Keras's engine in this process."""
    return ENGINE


@pytest.fixture(scope="session")
def K() -> ModuleType:
    from kompat import backend

    return backend


@pytest.hookimpl(tryfirst=True)  # before pytest deselects by marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what another engine tests on every change, and what the engine itself cannot do.

    The latter must fail, for as long as `expected_failures` lists it.
    """
    for item in items:
        one = item.get_closest_marker("one_engine")
        if one is not None and one.args != (ENGINE,):
            item.add_marker(pytest.mark.nightly)
        reason = EXPECTED.get(ENGINE, {}).get(item.nodeid)
        if reason is not None:
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))


@pytest.fixture(autouse=True)
def fresh_configuration(K):
    """Each test starts with the default settings."""
    yield
    default_settings.restore(K)


@pytest.fixture(autouse=True, scope="module")
def what_stays_is_searched_once():
    """Leave what a file has left to the process out of later collections, a tenth of the time."""
    yield
    gc.collect()
    gc.freeze()
