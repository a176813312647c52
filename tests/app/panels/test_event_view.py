"""Rows that the list of events draws itself look as those that the style draws."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QTableView
from pytestqt.qtbot import QtBot

from app.panels.event_list import EventList
from app.panels.event_view import EventView
from app.session import Session
from app.theme import DARK, LIGHT, Theme, style_sheet
from core_model.timeline import Detection, Task

LONG = "a label that is far too long for the room that it has in a narrow list of events"
FOUND = tuple(
    Detection(
        tuple(Task)[n % 3],
        ("dog", LONG, "Wärmepumpe №7", "<b>fjord</b> & more")[n % 4],
        n * 1_234_567,
        n * 1_234_567 + (n % 7 + 1) * 31_111_111,
        n % 11 / 10,
    )
    for n in range(40)
)


def pixels(view: QTableView) -> np.ndarray:
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint32).copy()


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("chosen", [None, 2], ids=["nothing chosen", "a row chosen"])
@pytest.mark.parametrize("scrolled_px", [0, 37])
def test_rows_look_as_the_style_draws_them(
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    theme: Theme,
    chosen: int | None,
    scrolled_px: int,
) -> None:
    session = Session()
    panel = EventList(session, theme)
    panel.setStyleSheet(style_sheet(theme))
    qtbot.addWidget(panel)
    panel.resize(380, 520)
    panel.show()
    for task in Task:
        session.set_threshold(task, 0.0)
    session.set_detections(FOUND)
    view = panel.findChild(EventView)
    if chosen is not None:
        view.selectRow(chosen)
    view.verticalScrollBar().setValue(scrolled_px)
    # The second time texts come from their layouts.
    for _ in range(2):
        own = pixels(view)
    monkeypatch.setattr(EventView, "_styled_rows", lambda _self: set(range(len(FOUND))))
    assert len(np.unique(own)) > 10
    assert np.array_equal(own, pixels(view))
