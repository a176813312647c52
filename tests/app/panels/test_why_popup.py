"""Why something was found, in words and bars."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.jobs.requests import WhyAnswer
from app.panels.why_popup import WAITING, WhyPopup
from app.theme import DARK, LIGHT
from core_model.timeline import Detection, Task

DOG = Detection(Task.SED, "dog <b>", 1_000_000, 2_000_000, 0.6)


@pytest.fixture
def popup(qtbot: QtBot) -> WhyPopup:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    made = WhyPopup(DARK, window)
    made.owner = window
    return made


def test_an_answer_is_told_in_full(popup: WhyPopup, qtbot: QtBot) -> None:
    popup.open_for(DOG, QPoint(10, 10))
    assert WAITING in popup.text
    assert "dog <b> · sound" in popup.text
    popup.show_answer(
        WhyAnswer(1, 2, 8, 0.412, 0.6, 0.12, 0.58, (("dog bark", 0.6), ("cat", 0.05)))
    )
    for line in (
        "Pyramid level: 2 · a point every 2 s",
        "Raw score: 0.412, calibrated 0.60",
        "Sound and picture: 0.60",
        "Without sound: 0.12",
        "Without picture: 0.58",
        "dog bark: 0.60",
        "cat: 0.05",
    ):
        assert line in popup.text.split("\n")
    popup.grab()
    popup.set_theme(LIGHT)
    qtbot.keyClick(popup, Qt.Key.Key_Escape)
    assert not popup.isVisible()


def test_a_stream_that_is_not_there_is_told(popup: WhyPopup) -> None:
    popup.open_for(DOG, QPoint(10, 10))
    popup.show_answer(WhyAnswer(1, 0, 1, 0.4, 0.6, None, 0.6, ()))
    assert "Without sound: the file has nothing else" in popup.text
    popup.hide()


def test_a_problem_takes_the_place_of_the_answer(popup: WhyPopup) -> None:
    popup.open_for(DOG, QPoint(10, 10))
    popup.show_problem("a.mp4: is not encoded")
    assert popup.text.endswith("a.mp4: is not encoded")
    assert WAITING not in popup.text
    popup.hide()
