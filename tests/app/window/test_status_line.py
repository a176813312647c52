"""The status line keeps its places while the words in it change."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QProgressBar, QPushButton
from pytestqt.qtbot import QtBot

from app.window.status_line import PROGRESS_STEPS, StatusLine


@pytest.fixture
def status(qtbot: QtBot) -> StatusLine:
    made = StatusLine()
    qtbot.addWidget(made)
    made.resize(1_000, made.height())
    made.show()
    return made


def test_bar_and_button_stay_where_they_are(status: StatusLine) -> None:
    bar, cancel = status.findChild(QProgressBar), status.findChild(QPushButton)
    places = []
    for text in ("Loading the model…", "Reading…", "Finding events 43 % · 01:12 left"):
        status.set_working(text, 0.43)
        status.layout().activate()
        places.append((bar.geometry(), cancel.geometry()))
    assert places[0] == places[1] == places[2]
    assert bar.value() == round(0.43 * PROGRESS_STEPS)


def test_at_rest_there_is_no_bar_and_no_timer(status: StatusLine) -> None:
    status.set_working("Reading…", None)
    status.set_idle("3 of 5 events shown")
    bar, cancel = status.findChild(QProgressBar), status.findChild(QPushButton)
    assert not bar.isVisible() and not cancel.isVisible()
    assert bar.maximum() == PROGRESS_STEPS
    assert status.work_text == "3 of 5 events shown"


def test_the_button_asks_to_cancel(status: StatusLine, qtbot: QtBot) -> None:
    status.set_working("Reading…", None)
    with qtbot.waitSignal(status.cancel_asked):
        status.findChild(QPushButton).click()
