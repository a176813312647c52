"""A key takes the keys from pane to pane."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.window.panes import PaneRing


def pane_of(*widgets: QWidget) -> QWidget:
    pane = QWidget()
    column = QVBoxLayout(pane)
    for widget in widgets:
        column.addWidget(widget)
    return pane


def test_the_keys_go_round_and_skip_what_cannot_take_them(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    timeline = QWidget()
    timeline.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    grey, button = QPushButton("grey"), QPushButton("button")
    grey.setEnabled(False)
    hidden = pane_of(QPushButton("hidden"))
    panes = (timeline, pane_of(QLabel("words only")), hidden, pane_of(grey, button))
    column = QVBoxLayout(window)
    for pane in panes:
        column.addWidget(pane)
    window.show()
    hidden.hide()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    ring = PaneRing(*panes)
    timeline.setFocus()
    ring.go_on()
    assert button.hasFocus()
    ring.go_on()
    assert timeline.hasFocus()
    timeline.clearFocus()
    ring.go_on()
    assert timeline.hasFocus()
