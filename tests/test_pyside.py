"""The one fault of PySide6 that decides which release we can use."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import QObject

CALLS = 1_000


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal from Python 3.12 on")
def test_void_calls_keep_their_reference_to_none() -> None:
    subject = QObject()
    subject.setObjectName("warm")
    before = sys.getrefcount(None)
    for _ in range(CALLS):
        subject.setObjectName("name")
    lost = before - sys.getrefcount(None)
    # A fault loses one per call; a few references come and go with the interpreter's own work.
    assert abs(lost) < CALLS // 10
