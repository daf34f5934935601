"""What all tests share: the engine, K, and the rule that a missing framework is loud in CI."""

import json
import os
import warnings
from importlib import import_module
from pathlib import Path
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


def framework(name: str) -> ModuleType:
    """Import a framework, or skip; with KOMPAT_ALL_FRAMEWORKS a missing one is a failure."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return import_module(name)
    except ImportError:
        if os.environ.get("KOMPAT_ALL_FRAMEWORKS"):
            raise RuntimeError(f"{name} is not installed, but all must be tested here") from None
        pytest.skip(f"{name} is not installed", allow_module_level=True)


@pytest.fixture(scope="session")
def engine() -> str:
    """The name of Keras's engine in this process."""
    return ENGINE


@pytest.fixture(scope="session")
def K() -> ModuleType:
    from kompat import backend

    return backend


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What the engine itself cannot do must fail, for as long as `expected_failures` lists it."""
    for item in items:
        reason = EXPECTED[ENGINE].get(item.nodeid)
        if reason is not None:
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))


def pytest_sessionfinish() -> None:
    """Write how the cases of tf.keras went, if a file for it is named."""
    path = os.environ.get("KOMPAT_ANSWERS")
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    if path and ANSWERED and not is_worker:
        Path(path).write_text(json.dumps(ANSWERED, indent=1, sort_keys=True))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    properties = dict(report.user_properties)
    if report.when == "call" and "answers" in properties:
        function, mode, agrees = properties["answers"]
        counts = ANSWERED.setdefault(function, {}).setdefault(mode, [0, 0, 0])
        counts[2 if report.failed else not agrees] += 1


# function -> mode -> how many cases agree with tf.keras, depart from it on purpose, and fail
ANSWERED: dict[str, dict[str, list[int]]] = {}


@pytest.fixture(autouse=True)
def fresh_configuration(K):
    """Each test starts with the default settings."""
    yield
    default_settings.restore(K)
