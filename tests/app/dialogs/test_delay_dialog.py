"""The personal delay, measured with keys that answer flashes."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.dialogs import delay_dialog
from app.dialogs.delay_dialog import DelayDialog
from app.theme import DARK


@pytest.fixture
def dialog(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[DelayDialog]:
    for name, value in (("SHORTEST_WAIT_MS", 5), ("LONGEST_WAIT_MS", 10), ("FLASH_MS", 10)):
        monkeypatch.setattr(delay_dialog, name, value)
    parent = QWidget()
    qtbot.addWidget(parent)
    made = DelayDialog(parent, DARK, 40)
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
