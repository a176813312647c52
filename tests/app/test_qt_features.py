"""PySide reads the source of whatever is imported; once told, it no longer does."""

from __future__ import annotations

import subprocess
import sys

import pytest

_PROGRAM = """
import linecache
import PySide6.QtCore
if {told}:
    from app.qt_features import leave_sources_unread
    leave_sources_unread()
import colorsys
print(any("colorsys" in name for name in linecache.cache))
"""


@pytest.mark.parametrize("told", [False, True])
def test_sources_are_read_until_it_is_told(told: bool) -> None:
    program = _PROGRAM.format(told=told)
    said = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert said.stdout.split() == [str(not told)]
