"""Everything that can be done, found by typing."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.window.palette import Palette, PaletteEntry, matching


def entry(title: str, words: str = "", done: list[str] | None = None) -> PaletteEntry:
    found = [] if done is None else done
    return PaletteEntry(title, "B", lambda: found.append(title), words)


def titles(text: str, *entries: PaletteEntry, recent: tuple[str, ...] = ()) -> list[str]:
    return [each.title for _place, each in matching(entries, text, recent)]


def test_the_best_comes_first() -> None:
    entries = (entry("Open the Sample"), entry("Split"), entry("Merge", "not split"))
    assert titles("spl", *entries) == ["Split", "Merge"]
    assert titles("split merge", *entries) == ["Merge"]
    assert titles("otsp", *entries) == ["Open the Sample"]
    assert titles("xyz", *entries) == []
    assert titles("", *entries, recent=("Merge",)) == ["Merge", "Open the Sample", "Split"]


def test_typing_and_enter_do_it(qtbot: QtBot) -> None:
    window = QWidget()
    window.resize(900, 600)
    qtbot.addWidget(window)
    window.show()
    done: list[str] = []
    palette = Palette(window)
    palette.add_source(lambda: [entry("Play", done=done), entry("Split", done=done)])
    off = PaletteEntry("Splice", "", lambda: done.append("off"), is_enabled=False)
    palette.add_source(lambda: [entry("Draw with splash", done=done), off])
    palette.open()
    assert palette.isVisible()
    qtbot.keyClicks(palette.search, "spl")
    assert [palette.rows.item(row).text() for row in range(palette.rows.count())] == [
        "Split",
        "Draw with splash",
    ]
    qtbot.keyClick(palette.search, Qt.Key.Key_Down)
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    assert done == ["Draw with splash"]
    assert not palette.isVisible()
    palette.open()
    assert palette.rows.item(0).text() == "Draw with splash"
    qtbot.keyClicks(palette.search, "zzz")
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    assert palette.isVisible() and done == ["Draw with splash"]
    palette.rows.grab()
    palette.hide()


def test_what_is_typed_can_be_looked_for(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    asked: list[str] = []
    palette = Palette(window)
    palette.add_source(lambda: [entry("Play")])
    palette.set_typed(lambda text: PaletteEntry(f"Look for {text}", "", lambda: asked.append(text)))
    palette.open()
    assert palette.rows.count() == 1
    qtbot.keyClicks(palette.search, "kettle whistle")
    assert palette.rows.item(0).text() == "Look for kettle whistle"
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    assert asked == ["kettle whistle"]
