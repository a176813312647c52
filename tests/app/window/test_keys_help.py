"""The list of keys is whole, searchable and legible."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QTableWidget, QWidget
from pytestqt.qtbot import QtBot

from app.actions import ACTIONS
from app.keymap import Keymap
from app.window.keys_help import MOUSE_ROWS, KeysHelp


def test_every_key_is_listed_and_no_text_is_cut(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = KeysHelp(parent, Keymap())
    dialog.show()
    with_keys = [spec for spec in ACTIONS if spec.keys or spec.timeline_keys]
    assert len(dialog.visible_rows()) == len(with_keys) + len(MOUSE_ROWS)
    table = dialog.findChild(QTableWidget)
    assert isinstance(table, QTableWidget)
    for row in range(table.rowCount()):
        for column in range(3):
            item = table.item(row, column)
            assert item is not None
            needed_px = table.fontMetrics().horizontalAdvance(item.text())
            assert needed_px + 4 <= table.columnWidth(column), item.text()


def test_search_looks_at_keys_and_words(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = KeysHelp(parent, Keymap())
    search = dialog.findChild(QLineEdit)
    assert isinstance(search, QLineEdit)
    search.setText("shift+drag")
    assert dialog.visible_rows() == ["Select time in any pane"]
    search.setText("SHOT CHANGE")
    assert len(dialog.visible_rows()) == 2
