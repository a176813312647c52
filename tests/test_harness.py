"""The fixtures that watch over all tests see what they are there to see."""

from __future__ import annotations

from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py").read_text(encoding="utf-8")

LEFT_THREAD = """
import threading, time

def test_thread():
    threading.Thread(target=time.sleep, args=(60,), name="forgotten", daemon=True).start()
"""
LEFT_TIMER = """
from PySide6.QtCore import QTimer

kept = []

def test_timer(qapp):
    kept.append(QTimer())
    kept[0].start(1_000)
"""
LEFT_QT_THREAD = """
from PySide6.QtCore import QThread

kept = []

def test_qt_thread(qapp, request):
    kept.append(QThread())
    kept[0].start()

def teardown_module():
    kept[0].quit()
    kept[0].wait()
"""
ALL_STOPPED = """
import threading
from PySide6.QtCore import QThread, QTimer

def test_stopped(qapp):
    thread = threading.Thread(target=lambda: None)
    thread.start()
    timer = QTimer()
    timer.start(1_000)
    timer.stop()
    worker = QThread()
    worker.start()
    worker.quit()
    assert worker.wait(5_000)
"""

# The objects of the first test are put aside before the second.
STARTED_LATER = """
from PySide6.QtCore import QTimer

kept = []

def test_makes_it(qapp):
    kept.append(QTimer())
    kept.append([[] for _ in range(50_000)])

def test_starts_it(qapp):
    kept[0].start(1_000)
"""


def test_what_is_left_running_is_an_error(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All in one interpreter, one after the other: nothing is blamed for what another left."""
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    pytester.makeconftest(CONFTEST.replace("_PATIENCE_S = 5.0", "_PATIENCE_S = 0.2"))
    pytester.makepyfile(
        test_1=LEFT_THREAD,
        test_2=LEFT_TIMER,
        test_3=ALL_STOPPED,
        test_4=LEFT_QT_THREAD,
        test_5=STARTED_LATER,
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=6, errors=4)
    blamed = ("test_thread", "test_timer", "test_qt_thread", "test_starts_it")
    result.stdout.fnmatch_lines_random([f"*ERROR at teardown of {name} *" for name in blamed])
    result.stdout.no_fnmatch_line("*ERROR at teardown of test_stopped *")
    assert result.stdout.str().count("left running: ") >= len(blamed)
