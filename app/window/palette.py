"""Ctrl+K: everything that can be done, found by typing some of its letters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

Index = QModelIndex | QPersistentModelIndex
WIDTH_PX = 620
ROW_PX = 28
MOST_ROWS = 12
TOP_PX = 72
MOST_FOUND = 60
HINT = "Type what to do, or a label"
SCATTERED = 10
NOTHING = "Nothing is called so."
_HINT_ROLE = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class PaletteEntry:
    """One thing to do: its name, what stands beside it (keys, menu), other words it is found by."""

    title: str
    hint: str
    run: Callable[[], object]
    words: str = ""
    is_enabled: bool = True


Source = Callable[[], Iterable[PaletteEntry]]


class Palette(QFrame):
    """Sources are asked each time it opens: other rooms add theirs with :meth:`add_source`."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window, Qt.WindowType.Popup)
        self.setObjectName("palettePopup")
        self._window = window
        self._sources: list[Source] = []
        self._typed: Callable[[str], PaletteEntry] | None = None
        self._entries: list[PaletteEntry] = []
        self._found: list[PaletteEntry] = []
        self._recent: list[str] = []
        self.search = QLineEdit()
        self.search.setAccessibleName(HINT)
        self.search.setPlaceholderText(HINT)
        self.search.textChanged.connect(self._fill)
        self.search.returnPressed.connect(self._take_current)
        self.search.installEventFilter(self)
        self.rows = QListWidget()
        self.rows.setAccessibleName("What was found")
        self.rows.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.rows.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.rows.setUniformItemSizes(True)
        self.rows.setItemDelegate(_RowDelegate(self.rows))
        self.rows.itemClicked.connect(self._take)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        layout.addWidget(self.search)
        layout.addWidget(self.rows)

    def add_source(self, source: Source) -> None:
        """Offer what a source gives, too."""
        self._sources.append(source)

    def set_typed(self, offer: Callable[[str], PaletteEntry]) -> None:
        """Offer something to do with whatever was typed, below all that was found."""
        self._typed = offer

    def open(self) -> None:
        """Show it over the upper part of the window, with the keys in its search."""
        self._entries = [entry for source in self._sources for entry in source()]
        self._entries = [entry for entry in self._entries if entry.is_enabled]
        self.search.clear()
        self._fill("")
        width = min(WIDTH_PX, self._window.width() - 40)
        self.setFixedWidth(width)
        corner = self._window.mapToGlobal(self._window.rect().topLeft())
        self.move(corner.x() + (self._window.width() - width) // 2, corner.y() + TOP_PX)
        self.show()
        self.search.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys that move the mark while the others go to the search."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            keys = Qt.Key
            steps = {
                keys.Key_Down: 1,
                keys.Key_Up: -1,
                keys.Key_PageDown: MOST_ROWS,
                keys.Key_PageUp: -MOST_ROWS,
            }
            step = steps.get(keys(event.key()), 0)
            count = self.rows.count()
            if step and count:
                place = self.rows.currentRow() + step
                place = place % count if abs(step) == 1 else min(max(place, 0), count - 1)
                self.rows.setCurrentRow(place)
                return True
        return super().eventFilter(watched, event)

    def _fill(self, text: str) -> None:
        found = [entry for _p, entry in matching(self._entries, text, self._recent)[:MOST_FOUND]]
        if self._typed is not None and text.strip():
            found.append(self._typed(text.strip()))
        self._found = found
        self.rows.clear()
        for entry in found:
            item = QListWidgetItem(entry.title)
            item.setData(_HINT_ROLE, entry.hint)
            item.setSizeHint(QSize(0, ROW_PX))
            self.rows.addItem(item)
        if not found:
            item = QListWidgetItem(NOTHING)
            item.setFlags(Qt.ItemFlag.NoItemFlags)
            item.setSizeHint(QSize(0, ROW_PX))
            self.rows.addItem(item)
        self.rows.setCurrentRow(0 if found else -1)
        self.rows.setFixedHeight(min(self.rows.count(), MOST_ROWS) * ROW_PX + 4)
        self.adjustSize()

    def _take_current(self) -> None:
        item = self.rows.currentItem()
        if item is not None:
            self._take(item)

    def _take(self, item: QListWidgetItem) -> None:
        if not self._found:
            return
        entry = self._found[self.rows.row(item)]
        self._recent = [entry.title, *(t for t in self._recent if t != entry.title)][:MOST_ROWS]
        self.hide()
        entry.run()


def matching(
    entries: Sequence[PaletteEntry], text: str, recent: Sequence[str] = ()
) -> list[tuple[int, PaletteEntry]]:
    """Entries in which every word of the text occurs, with their places, the best first: by
    where the words stand, then what was done lately, then as they came.
    """
    words = text.casefold().split()
    scored: list[tuple[tuple[int, int, int], PaletteEntry]] = []
    for place, entry in enumerate(entries):
        ranks = [_rank(word, entry) for word in words]
        if None not in ranks:
            lately = recent.index(entry.title) if entry.title in recent else len(recent)
            total = sum(rank for rank in ranks if rank is not None)
            scored.append(((total, lately, place), entry))
    if words and any(rank[0] < SCATTERED for rank, _entry in scored):
        # Letters that are only scattered over a name count where nothing holds the word.
        scored = [each for each in scored if each[0][0] < SCATTERED]
    scored.sort(key=lambda each: each[0])
    return [(rank[2], entry) for rank, entry in scored]


def _rank(word: str, entry: PaletteEntry) -> int | None:
    """0 where the name begins with the word, then where one of its words does, then anywhere."""
    title = entry.title.casefold()
    if title.startswith(word):
        return 0
    if f" {word}" in f" {title}":
        return 1
    if word in title:
        return 2
    other = f"{entry.words} {entry.hint}".casefold()
    if word in other:
        return 3
    return SCATTERED if _in_order(word, title) else None


def _in_order(word: str, title: str) -> bool:
    """Whether the letters of the word occur in the title one after the other."""
    letters = iter(title)
    return len(word) > 1 and all(letter in letters for letter in word)


class _RowDelegate(QStyledItemDelegate):
    """The name at the left, keys and menu in quiet letters at the right."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        self.initStyleOption(option, index)
        box: QRect = option.rect
        style = QApplication.style()
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter)
        palette: QPalette = option.palette
        is_marked = bool(option.state & QStyle.StateFlag.State_Selected)
        if is_marked:
            painter.fillRect(box, palette.color(QPalette.ColorRole.Highlight))
        roles = QPalette.ColorRole
        painter.setPen(palette.color(roles.HighlightedText if is_marked else roles.Text))
        inner = box.adjusted(10, 0, -10, 0)
        flags = Qt.AlignmentFlag
        hint = str(index.data(_HINT_ROLE) or "")
        hint_px = painter.fontMetrics().horizontalAdvance(hint)
        title = painter.fontMetrics().elidedText(
            str(index.data(Qt.ItemDataRole.DisplayRole)),
            Qt.TextElideMode.ElideRight,
            inner.width() - hint_px - 12,
        )
        painter.drawText(inner, flags.AlignVCenter | flags.AlignLeft, title)
        if not is_marked:
            painter.setPen(palette.color(roles.PlaceholderText))
        painter.drawText(inner, flags.AlignVCenter | flags.AlignRight, hint)
