"""What every test runs under: checked shapes, a quiet Qt, an empty home, nothing left running."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from jaxtyping import install_import_hook

pytest_plugins = ["pytester"]

# Before any import of the packages: annotations with shapes, and all others, are then checked at
# every call.
install_import_hook(["core_model", "training"], "beartype.beartype")

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("unhurried")

# Read by Qt when its first application is made.
if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
_PATIENCE_S = 5.0
# A test is blamed for what it left, the tests after it are not.
_told: weakref.WeakSet[object] = weakref.WeakSet()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real media beside the project; skips where it is not there."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the folder of real media is not beside the project")
    return SHARED_DATA


@pytest.fixture
def qtbot(qapp: object, request: pytest.FixtureRequest) -> object:
    """pytest-qt's robot, but patient. Qt is imported only for tests that ask for it."""
    from tests.patient_bot import PatientBot

    return PatientBot(request)


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings and caches of one test are seen by no other test and by no person."""
    home = tmp_path_factory.mktemp("home")
    for name, folder in (
        ("AVSCOPE_CACHE_DIR", "cache"),
        ("AVSCOPE_CONFIG_DIR", "config"),
        ("AVSCOPE_DATA_DIR", "data"),
        ("XDG_CACHE_HOME", "xdg-cache"),
        ("XDG_CONFIG_HOME", "xdg-config"),
        ("XDG_DATA_HOME", "xdg-data"),
    ):
        monkeypatch.setenv(name, str(home / folder))
    return home


@pytest.fixture(autouse=True)
def nothing_left_running(own_folders: Path) -> Iterator[None]:
    """Fails a test after which a thread or a timer that it started is still running."""
    threads_before = set(threading.enumerate())
    yield
    left = _threads_left(threads_before) + _qt_objects_left()
    if left:
        pytest.fail(f"left running: {', '.join(left)}", pytrace=False)


def _threads_left(before: set[threading.Thread]) -> list[str]:
    """Threads that do not end by themselves; a thread that is just ending gets the time to."""
    started = [thread for thread in threading.enumerate() if thread not in before]
    end_s = time.monotonic() + _PATIENCE_S
    for thread in started:
        # A thread that Qt started cannot be joined through Python; it is looked at below.
        if not isinstance(thread, threading._DummyThread):
            thread.join(max(0.0, end_s - time.monotonic()))
    return [
        f"thread {thread.name}"
        for thread in started
        if thread.is_alive() and not isinstance(thread, threading._DummyThread)
    ]


def _qt_objects_left() -> list[str]:
    """Timers that tick and threads that run, among all that Python knows of; each told once."""
    if "PySide6.QtCore" not in sys.modules:
        return []
    import shiboken6
    from PySide6.QtCore import QThread, QTimer

    timers, threads = _with_subclasses(QTimer), _with_subclasses(QThread)
    left: list[str] = []
    for candidate in gc.get_objects():
        kind = type(candidate)
        if kind not in timers and kind not in threads:
            continue
        if not shiboken6.isValid(candidate) or candidate in _told:
            continue
        running = candidate.isActive() if kind in timers else candidate.isRunning()
        if running and candidate is not QThread.currentThread():
            _told.add(candidate)
            left.append(repr(candidate))
    return left


def _with_subclasses(kind: type) -> set[type]:
    """A class and all that derive from it: a look-up is far cheaper than ``issubclass``."""
    found = {kind}
    for derived in kind.__subclasses__():
        found |= _with_subclasses(derived)
    return found
