"""The personal delay, measured with keys that answer flashes and beeps."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median

import pytest
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.dialogs import delay_dialog
from app.dialogs.delay_dialog import DelayDialog
from app.theme import DARK


class Beeper(QObject):
    """A card that lets a beep be heard 15 ms after it was asked for, or that is missing."""

    beeped = Signal(object)
    beep_failed = Signal(str)
    has_card = True
    asked = 0

    def beep(self) -> bool:
        self.asked += 1
        QTimer.singleShot(0, self._answer)
        return True

    def _answer(self) -> None:
        if self.has_card:
            self.beeped.emit(time.monotonic() + 0.015)
        else:
            self.beep_failed.emit("no sound card")


@pytest.fixture
def beeper() -> Beeper:
    return Beeper()


@pytest.fixture
def dialog(beeper: Beeper, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[DelayDialog]:
    for name, value in (("SHORTEST_WAIT_MS", 5), ("LONGEST_WAIT_MS", 10), ("FLASH_MS", 10)):
        monkeypatch.setattr(delay_dialog, name, value)
    parent = QWidget()
    qtbot.addWidget(parent)
    made = DelayDialog(parent, DARK, 40, beeper)  # type: ignore[arg-type]
    made.show()
    yield made
    parent.close()


def test_the_middle_of_a_dozen_answers_is_offered(dialog: DelayDialog, qtbot: QtBot) -> None:
    answers = [180.0, 200.0, 190.0, 700.0, 185.0, 195.0, 170.0, 210.0, 188.0, 192.0, 186.0, 194.0]
    dialog.start()
    for delay_ms in answers:
        qtbot.waitUntil(lambda: dialog._lit_at_s is not None)
        assert dialog._lit_at_s is not None
        dialog.tap(dialog._lit_at_s + delay_ms / 1_000)
    assert dialog.delays_ms == pytest.approx(answers)
    assert dialog.value.value() == round(median(answers))
    qtbot.waitUntil(lambda: not dialog._timer.isActive())
    chosen: list[int] = []
    dialog.chosen.connect(chosen.append)
    dialog.value.setValue(230)
    dialog._use.click()
    assert chosen == [230]


def test_what_is_no_answer_does_not_count(dialog: DelayDialog, qtbot: QtBot) -> None:
    dialog.start()
    qtbot.keyClick(dialog, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: dialog._lit_at_s is not None)
    assert dialog._lit_at_s is not None
    dialog.tap(dialog._lit_at_s + 0.02)
    dialog.tap(dialog._lit_at_s + 3.0)
    assert dialog.delays_ms == ()
    assert dialog.value.value() == 40
    dialog.reject()
    assert not dialog._timer.isActive()


def test_a_real_key_is_timed(dialog: DelayDialog, qtbot: QtBot) -> None:
    dialog.start()
    qtbot.waitUntil(lambda: dialog._lit_at_s is not None)
    qtbot.wait(120)
    if dialog._lit_at_s is not None:
        qtbot.keyClick(dialog, Qt.Key.Key_Space)
    assert all(80 <= delay_ms <= 1_000 for delay_ms in dialog.delays_ms)
    dialog.reject()


def test_it_flashes_when_the_beep_is_heard(
    dialog: DelayDialog, beeper: Beeper, qtbot: QtBot
) -> None:
    heard: list[float] = []
    beeper.beeped.connect(heard.append)
    dialog.start()
    qtbot.waitUntil(lambda: dialog._lit_at_s is not None)
    assert dialog._lit_at_s is not None
    assert beeper.asked == len(heard) == 1
    assert -0.002 < dialog._lit_at_s - heard[0] < 0.2
    dialog.reject()


def test_without_a_card_it_flashes_and_says_so(
    dialog: DelayDialog, beeper: Beeper, qtbot: QtBot
) -> None:
    beeper.has_card = False
    dialog.start()
    for _ in range(2):
        qtbot.waitUntil(lambda: dialog._lit_at_s is not None)
        assert dialog._lit_at_s is not None
        dialog.tap(dialog._lit_at_s + 0.2)
    assert beeper.asked == 1
    assert dialog._silent.isVisible()
    assert "no sound card" in dialog._silent.text()
    dialog.reject()
