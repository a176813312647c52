"""Messages stay inside their part of the window and go when they should."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.messages import MessageBar
from app.theme import DARK


@pytest.fixture
def host(qtbot: QtBot) -> Iterator[QWidget]:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.resize(600, 300)
    row = QHBoxLayout(widget)
    row.addWidget(QWidget(widget))
    widget.show()
    yield widget


def test_an_error_stays_until_it_is_closed(host: QWidget, qtbot: QtBot) -> None:
    bar = MessageBar(host, DARK)
    assert bar.text == ""
    bar.show_notice("Something small")
    bar.show_error("film.mp4: video: broken")
    assert bar.text == "film.mp4: video: broken"
    assert bar.isVisible()
    assert host.rect().contains(bar.geometry())
    for part in (bar.findChild(QLabel), *bar.findChildren(QToolButton)):
        assert part.isVisible()
        assert part.height() >= part.fontMetrics().height()
        assert bar.rect().contains(part.geometry())
    bar.dismiss()
    assert bar.text == ""
    assert not bar.isVisible()


def test_a_notice_goes_by_itself(
    host: QWidget, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.messages.NOTICE_MS", 1)
    bar = MessageBar(host, DARK)
    with qtbot.waitSignal(bar.closed):
        bar.show_notice("Saved")
    assert bar.text == ""


def test_the_text_of_an_error_can_be_copied(host: QWidget) -> None:
    bar = MessageBar(host, DARK)
    bar.show_error("film.mp4: file: no such file")
    copy = next(button for button in bar.findChildren(QToolButton) if button.text() == "Copy")
    copy.click()
    assert QGuiApplication.clipboard().text() == "film.mp4: file: no such file"


def test_a_long_message_wraps_and_follows_its_area(host: QWidget, qtbot: QtBot) -> None:
    bar = MessageBar(host, DARK)
    bar.show_error("why " * 80)
    wide_px = bar.height()
    host.resize(320, 400)
    qtbot.waitUntil(lambda: bar.width() < 320)
    assert bar.height() > wide_px
    assert host.rect().contains(bar.geometry())
    part = host.findChild(QWidget)
    bar.set_area(part)
    assert bar.width() <= part.width()
