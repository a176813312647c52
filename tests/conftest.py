"""What every test runs under: checked shapes, a quiet Qt, an empty home, nothing left running."""

from __future__ import annotations

import gc
import itertools
import os
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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

# Networks of a few thousand weights are slower with several threads: these wait for each other in
# loops that burn the time of whatever else runs. Read by torch, here and in child processes.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Read by Qt when its first application is made.
if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
_PATIENCE_S = 5.0
# A test is blamed for what it left, the tests after it are not.
_told: weakref.WeakSet[object] = weakref.WeakSet()
# To look at every object after every test would take longer than most tests do: what is there
# from earlier on is put aside, where the garbage collector does not list it.
_MANY_OBJECTS = 10_000
# Timers and threads among what was put aside.
_put_aside: weakref.WeakSet[object] = weakref.WeakSet()
_homes = itertools.count()


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
    # Not a numbered folder of pytest's: that looks through all there are, after every test more.
    home = tmp_path_factory.getbasetemp() / f"home-{next(_homes)}"
    home.mkdir()
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
    _put_objects_aside()
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

    left: list[str] = []
    for candidate in (*_put_aside, *_timers_and_threads(gc.get_objects())):
        if not shiboken6.isValid(candidate) or candidate in _told:
            continue
        is_timer = isinstance(candidate, QTimer)
        running = candidate.isActive() if is_timer else candidate.isRunning()
        if running and candidate is not QThread.currentThread():
            _told.add(candidate)
            left.append(repr(candidate))
    return left


def _put_objects_aside() -> None:
    """Once there are many; nothing of the test before is held any more."""
    objects = gc.get_objects()
    if len(objects) < _MANY_OBJECTS:
        return
    del objects
    gc.collect()
    for candidate in _timers_and_threads(gc.get_objects()):
        _put_aside.add(candidate)
    gc.freeze()


def _timers_and_threads(objects: list[object]) -> list[Any]:
    if "PySide6.QtCore" not in sys.modules:
        return []
    from PySide6.QtCore import QThread, QTimer

    kinds = _with_subclasses(QTimer) | _with_subclasses(QThread)
    return [each for each in objects if type(each) in kinds]


def _with_subclasses(kind: type) -> set[type]:
    """A class and all that derive from it: a look-up is far cheaper than ``issubclass``."""
    found = {kind}
    for derived in kind.__subclasses__():
        found |= _with_subclasses(derived)
    return found
