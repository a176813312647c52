"""The rows of the queue: dragged, moved by keys, taken out; what is selected stays selected."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QModelIndex, Qt
from pytestqt.qtbot import QtBot

from app.panels.queue_list import MIME_TYPE, QueueList, QueueRow

ALT = Qt.KeyboardModifier.AltModifier
MOVE = Qt.DropAction.MoveAction


def rows(*ids: int) -> list[QueueRow]:
    return [QueueRow(n, f"{n}.mp4", f"{place}", place == 0) for place, n in enumerate(ids)]


@pytest.fixture
def queue(qtbot: QtBot) -> QueueList:
    made = QueueList()
    qtbot.addWidget(made)
    made.set_rows(rows(1, 2, 3, 4))
    made.show()
    return made


@pytest.fixture
def asked(queue: QueueList) -> list[tuple[tuple[int, ...], int | None]]:
    heard: list[tuple[tuple[int, ...], int | None]] = []
    queue.move_asked.connect(lambda ids, before: heard.append((ids, before)))
    return heard


def select(queue: QueueList, *places: int) -> None:
    queue.clearSelection()
    for place in places:
        queue.setCurrentIndex(queue.rows.index(place))
        queue.selectionModel().select(
            queue.rows.index(place), queue.selectionModel().SelectionFlag.Select
        )
    assert len(queue.selected_ids) == len(places)


def test_keys_move_rows_past_each_other(qtbot: QtBot, queue: QueueList, asked: list) -> None:
    for places, key, expected in (
        ((2,), Qt.Key.Key_Up, ((3,), 2)),
        ((1,), Qt.Key.Key_Down, ((2,), 4)),
        ((3,), Qt.Key.Key_Home, ((4,), 2)),
        ((1,), Qt.Key.Key_End, ((2,), None)),
        ((3,), Qt.Key.Key_Down, ((4,), None)),
        ((1,), Qt.Key.Key_Up, ((2,), 3)),
    ):
        select(queue, *places)
        qtbot.keyClick(queue, key, ALT)
        assert asked.pop() == expected, (places, key)
    # The one at work stays where it is.
    select(queue, 0)
    qtbot.keyClick(queue, Qt.Key.Key_Down, ALT)
    assert asked == []


def test_rows_are_dropped_between_others(queue: QueueList, asked: list) -> None:
    model = queue.rows
    assert not model.flags(model.index(0)) & Qt.ItemFlag.ItemIsDragEnabled
    dragged = model.mimeData([model.index(3), model.index(1)])
    # Nothing is moved by the view itself: the new order comes from the queue.
    assert not model.dropMimeData(dragged, MOVE, 2, 0, QModelIndex())
    assert not model.dropMimeData(dragged, MOVE, -1, -1, model.index(2))
    assert not model.dropMimeData(dragged, MOVE, -1, -1, QModelIndex())
    assert asked == [((2, 4), 3), ((2, 4), 3), ((2, 4), None)]
    strange = QMimeData()
    strange.setData(MIME_TYPE, b"[99]")
    model.dropMimeData(strange, MOVE, 2, 0, QModelIndex())
    assert len(asked) == 3


def test_what_is_selected_stays_selected(qtbot: QtBot, queue: QueueList) -> None:
    dropped: list[tuple[int, ...]] = []
    queue.drop_asked.connect(dropped.append)
    select(queue, 2)
    queue.set_rows(rows(1, 4, 2, 3))
    assert queue.selected_ids == (3,) and queue.currentIndex().row() == 3
    queue.set_rows([QueueRow(n, "x.mp4", "50 %") for n in (1, 4, 2, 3)])
    assert queue.selected_ids == (3,)
    qtbot.keyClick(queue, Qt.Key.Key_Delete)
    assert dropped == [(3,)]
    text = queue.rows.data(queue.rows.index(0), Qt.ItemDataRole.AccessibleTextRole)
    assert text == "x.mp4, 50 %"
    assert not queue.grab().isNull()
