"""A small window to choose a label or type a new one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

WIDTH_PX = 260
ROW_PX = 26
MOST_ROWS = 9
_NEW_NAME = Qt.ItemDataRole.UserRole


class LabelPopup(QFrame):
    """Type to search; Enter takes the marked label, or what was typed where nothing is like it.

    ``chosen`` carries the name. ``left``: it was closed without a choice.
    """

    chosen = Signal(str)
    left = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("labelPopup")
        self.setFixedWidth(WIDTH_PX)
        self._names: tuple[str, ...] = ()
        self._keys: dict[str, str] = {}
        self._done = True
        self.search = QLineEdit()
        self.search.setAccessibleName("Label")
        self.search.textChanged.connect(self._on_search)
        self.search.returnPressed.connect(self._take_current)
        self.search.installEventFilter(self)
        self.rows = QListWidget()
        self.rows.setAccessibleName("Labels")
        self.rows.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.rows.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.rows.setUniformItemSizes(True)
        self.rows.itemClicked.connect(self._take)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.setSpacing(4)
        layout.addWidget(self.search)
        layout.addWidget(self.rows)

    def ask(
        self, place: QPoint, hint: str, names: Sequence[str], keys: dict[str, str], current: str
    ) -> None:
        """Open at a global point; ``keys`` are shown beside names, ``current`` is marked."""
        self._names, self._keys = tuple(names), keys
        self._done = False
        self.search.setPlaceholderText(hint)
        self.search.clear()
        self._fill("", current)
        self.adjustSize()
        screen = self.screen().availableGeometry()
        x = min(place.x(), screen.right() - self.width())
        y = min(place.y(), screen.bottom() - self.height())
        self.move(max(x, screen.left()), max(y, screen.top()))
        self.show()
        self.search.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up and Down move the mark while the keys go to the search; the timeline that the popup
        belongs to gets none of them.
        """
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
            if step and self.rows.count():
                self.rows.setCurrentRow((self.rows.currentRow() + step) % self.rows.count())
                return True
        return super().eventFilter(watched, event)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not self._done:
            self._done = True
            self.left.emit()

    def _on_search(self, text: str) -> None:
        self._fill(text.strip(), "")

    def _fill(self, text: str, current: str) -> None:
        """Names that begin with the text first, then those that hold it, then the new one."""
        wanted = text.casefold()
        found = [name for name in self._names if wanted in name.casefold()]
        found.sort(key=lambda name: not name.casefold().startswith(wanted))
        self.rows.clear()
        for name in found:
            key = self._keys.get(name, "")
            self._add(f"{key}   {name}" if key else name, name)
        if text and text not in self._names:
            self._add(f"New label “{text}”", text)
        marked = found.index(current) if current in found else 0
        self.rows.setCurrentRow(marked)
        shown = min(max(self.rows.count(), 1), MOST_ROWS)
        self.rows.setFixedHeight(shown * ROW_PX + 4)
        self.adjustSize()

    def _add(self, text: str, name: str) -> None:
        item = QListWidgetItem(text)
        item.setData(_NEW_NAME, name)
        item.setSizeHint(QSize(0, ROW_PX))
        self.rows.addItem(item)

    def _take_current(self) -> None:
        item = self.rows.currentItem()
        if item is not None:
            self._take(item)

    def _take(self, item: QListWidgetItem) -> None:
        self._done = True
        self.hide()
        self.chosen.emit(item.data(_NEW_NAME))
