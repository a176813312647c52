"""The panel of moments: what is asked, what is shown, and every state."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.panels.moments_panel import MomentsPanel
from app.theme import DARK, LIGHT
from core_model.prompt_spec import Moment
from core_model.timeline import Task

FOUND = (
    Moment(Path("/videos/a.mp4"), Task.SED, 1_000_000, 2_500_000, 0.9),
    Moment(Path("/videos/b.mp4"), Task.SED, 61_000_000, 62_000_000, 0.4),
)


@pytest.fixture
def panel(qtbot: QtBot) -> MomentsPanel:
    made = MomentsPanel(DARK)
    qtbot.addWidget(made)
    made.resize(380, 500)
    made.show()
    return made


def test_words_and_enter_search(panel: MomentsPanel, qtbot: QtBot) -> None:
    panel.set_task(Task.TAL)
    qtbot.keyClicks(panel.field, "  people   running ")
    with qtbot.waitSignal(panel.search_asked) as told:
        qtbot.keyClick(panel.field, Qt.Key.Key_Return)
    assert told.args == ["people running", Task.TAL]
    panel.field.clear()
    with qtbot.assertNotEmitted(panel.search_asked):
        qtbot.keyClick(panel.field, Qt.Key.Key_Return)


def test_moments_are_listed_and_a_click_plays(panel: MomentsPanel, qtbot: QtBot) -> None:
    panel.show_busy("“dog”", "Searching…")
    assert panel.note == "Searching…"
    missing = [Path(f"/videos/{name}.mp4") for name in "cdefg"]
    panel.show_moments(FOUND, missing)
    assert panel.note == (
        "2 moments. Not encoded and not searched: c.mp4, d.mp4, e.mp4 and 2 more."
        " Find events in them first."
    )
    index = panel.rows.index(1)
    place = panel.list.visualRect(index).center()
    with qtbot.waitSignal(panel.play_asked) as told:
        qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert told.args == [FOUND[1]]
    said = panel.rows.data(index, Qt.ItemDataRole.AccessibleTextRole)
    assert "b.mp4" in said and "0.40" in said
    panel.set_theme(LIGHT)
    panel.grab()


def test_nothing_found_and_problems_are_told(panel: MomentsPanel) -> None:
    assert panel._hint.isVisible()
    panel.show_moments((), ())
    assert panel.note == "Nothing was found."
    assert not panel.list.isVisible()
    panel.show_problem("a.mp4: file: gone")
    assert panel.note == "a.mp4: file: gone"
    assert not panel._busy.isVisible()
    panel.show_idle()
    assert panel._hint.isVisible()


def test_the_scope_is_one_of_two(panel: MomentsPanel, qtbot: QtBot) -> None:
    assert panel.is_everywhere
    with qtbot.waitSignal(panel.scope_changed):
        qtbot.mouseClick(panel.here, Qt.MouseButton.LeftButton)
    assert not panel.is_everywhere
