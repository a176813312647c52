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


@pytest.mark.parametrize("source", [LEFT_THREAD, LEFT_TIMER, LEFT_QT_THREAD])
def test_what_is_left_running_is_an_error(
    source: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = _run(source, pytester, monkeypatch)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*left running: *"])


def test_what_has_stopped_is_none(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(ALL_STOPPED, pytester, monkeypatch).assert_outcomes(passed=1)


def _run(
    source: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> pytest.RunResult:
    """Run one test file under our conftest in an interpreter of its own."""
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    pytester.makeconftest(CONFTEST.replace("_PATIENCE_S = 5.0", "_PATIENCE_S = 0.2"))
    pytester.makepyfile(source)
    return pytester.runpytest_subprocess("-p", "no:cacheprovider")
