"""The list of events: what it shows, and what its sliders and clicks do."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QTableView
from pytestqt.qtbot import QtBot

from app.panels.event_list import EventList
from app.panels.event_table import LABEL
from app.panels.kind_rows import EyeButton, ThresholdSlider, ThresholdValue
from app.session import Session
from app.theme import DARK, LIGHT
from core_model.timeline import Detection, Task

FOUND = (
    Detection(Task.TAL, "archery", 1_000_000, 2_000_000, 0.9),
    Detection(Task.SED, "speech", 3_000_000, 4_000_000, 0.6),
    Detection(Task.SED, "dog", 5_000_000, 6_000_000, 0.3),
)


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> EventList:
    made = EventList(session, DARK)
    qtbot.addWidget(made)
    made.resize(380, 500)
    made.show()
    return made


def table(panel: EventList) -> QTableView:
    return panel.findChild(QTableView)


def test_before_there_are_events_a_hint_is_shown(panel: EventList, session: Session) -> None:
    panel.set_hint("Looking for events.")
    assert not table(panel).isVisible()
    session.set_detections(FOUND)
    assert table(panel).isVisible()
    assert table(panel).model().rowCount() == 2


def test_the_slider_moves_the_threshold_live(panel: EventList, session: Session) -> None:
    session.set_detections(FOUND)
    actions, sounds, _both = panel.findChildren(ThresholdSlider)
    sounds.setValue(30)
    assert session.threshold(Task.SED) == pytest.approx(0.3)
    assert table(panel).model().rowCount() == 3
    actions.setValue(95)
    assert table(panel).model().rowCount() == 2
    assert panel.findChildren(ThresholdValue)[0].text() == "0.95"


def test_the_slider_follows_the_session_without_rounding_it(
    panel: EventList, session: Session
) -> None:
    session.suggest_thresholds({Task.SED: 0.4567})
    assert session.threshold(Task.SED) == 0.4567
    assert panel.findChildren(ThresholdSlider)[1].value() == 46


def test_a_double_click_goes_back_to_the_model_s_threshold(
    panel: EventList, session: Session, qtbot: QtBot
) -> None:
    session.suggest_thresholds({Task.SED: 0.73})
    slider = panel.findChildren(ThresholdSlider)[1]
    session.set_threshold(Task.SED, 0.2)
    place = QPoint(slider.width() // 2, slider.height() // 2)
    qtbot.mouseDClick(slider, Qt.MouseButton.LeftButton, pos=place)
    assert session.threshold(Task.SED) == 0.73
    assert slider.value() == 73
    assert "0.73" in slider.toolTip()


def test_a_mark_stands_where_the_model_s_threshold_is(panel: EventList, session: Session) -> None:
    session.suggest_thresholds({Task.SED: 0.75})
    session.set_threshold(Task.SED, 0.1)
    slider = panel.findChildren(ThresholdSlider)[1]
    assert slider.mark_px == pytest.approx(0.75 * slider.width(), abs=8)
    drawn = slider.grab().toImage()
    row = drawn.height() - 2
    clear_of_the_handle = range(drawn.width() // 2, drawn.width())
    ground = drawn.pixelColor(drawn.width() // 2, row)
    marked = [x for x in clear_of_the_handle if drawn.pixelColor(x, row) != ground]
    assert marked
    assert min(marked) >= slider.mark_px - 2 and max(marked) <= slider.mark_px + 2


def test_an_empty_list_says_why(panel: EventList, session: Session) -> None:
    hint = next(label for label in panel.findChildren(QLabel) if label.objectName() == "hint")
    panel.set_hint("Looking for events.")
    assert hint.text() == "Looking for events."
    session.set_detections(FOUND)
    assert not hint.isVisible()
    for task in Task:
        session.set_threshold(task, 0.95)
    assert hint.isVisible()
    assert "All 3 possible events are hidden or below" in hint.text()
    session.set_threshold(Task.TAL, 0.5)
    panel.findChild(QLineEdit).setText("whale")
    assert hint.isVisible()
    assert "whale" in hint.text()


def test_the_eye_hides_a_kind(panel: EventList, session: Session) -> None:
    session.set_detections(FOUND)
    eye = panel.findChildren(EyeButton)[0]
    eye.click()
    assert session.is_hidden(Task.TAL)
    assert eye.toolTip() == "Show actions"
    assert table(panel).model().rowCount() == 1
    eye.click()
    assert not session.is_hidden(Task.TAL)


def test_the_filter_leaves_matching_labels(panel: EventList, session: Session) -> None:
    session.set_detections(FOUND)
    field = panel.findChild(QLineEdit)
    field.setText("arch")
    assert table(panel).model().rowCount() == 1
    # A file dropped on it goes to the window, which opens it.
    assert not field.acceptDrops()


def test_a_click_and_enter_choose_an_event(
    panel: EventList, session: Session, qtbot: QtBot
) -> None:
    session.set_detections(FOUND)
    view = table(panel)
    index = view.model().index(1, LABEL)
    with qtbot.waitSignal(panel.chosen) as clicked:
        qtbot.mouseClick(
            view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(index).center()
        )
    assert clicked.args == [FOUND[1]]


def test_the_selection_stays_while_results_stream_in(panel: EventList, session: Session) -> None:
    session.set_detections(FOUND[:2])
    view = table(panel)
    view.selectRow(1)
    later = Detection(Task.TAL, "swimming", 2_000_000, 2_500_000, 0.8)
    session.set_detections(tuple(sorted((*FOUND, later), key=lambda found: found.onset_us)))
    selected = view.selectionModel().selectedRows(LABEL)
    assert [index.data() for index in selected] == ["speech"]


def test_both_themes_draw(panel: EventList, session: Session) -> None:
    session.set_detections(FOUND)
    dark = panel.grab().toImage()
    panel.set_theme(LIGHT)
    assert panel.grab().toImage() != dark
