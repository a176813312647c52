"""What the window shows while no file is open: what to do, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QAction, QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.kind_style import draw_symbol
from app.theme import Theme
from core_model.timeline import Task

RECENT_SHOWN = 5
COLUMN_PX = 440


class DropMark(QWidget):
    """A small picture of three lanes of events, inside a dashed frame."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setFixedSize(176, 104)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._theme.text_secondary), 1.5, Qt.PenStyle.DashLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 10, 10)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.raised))
        for lane, (task, start, width) in enumerate(
            ((Task.TAL, 14, 60), (Task.SED, 46, 72), (Task.AVEL, 30, 44))
        ):
            y = 26 + 26 * lane
            draw_symbol(painter, task, QPointF(24, y), 11, self._theme)
            painter.drawRoundedRect(QRectF(26 + start, y - 6, width, 12), 3, 3)
        painter.end()


class EmptyPage(QWidget):
    """``recent_chosen`` carries the path that was clicked."""

    recent_chosen = Signal(object)

    def __init__(self, actions: Mapping[str, QAction], theme: Theme) -> None:
        super().__init__()
        self.setObjectName("emptyPage")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._mark = DropMark(theme)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        title = QLabel("Drop a video here")
        title.setObjectName("emptyTitle")
        said = QLabel("AVScope plays it and marks the actions and sounds that it finds.")
        said.setObjectName("secondary")
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(_button(actions["open"], primary=True))
        buttons.addWidget(_button(actions["open_sample"], primary=False))
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addStretch(2)
        column.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(title, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(said, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(4)
        column.addLayout(buttons)
        column.addSpacing(16)
        column.addLayout(self._recent)
        column.addStretch(3)

    def set_theme(self, theme: Theme) -> None:
        self._mark.set_theme(theme)

    def set_recent(self, paths: tuple[str, ...]) -> None:
        """Offer these files, the newest first."""
        while (item := self._recent.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        if paths:
            heading = QLabel("RECENT")
            heading.setObjectName("heading")
            self._recent.addWidget(heading, 0, Qt.AlignmentFlag.AlignHCenter)
        for path in paths[:RECENT_SHOWN]:
            self._recent.addWidget(self._recent_button(path), 0, Qt.AlignmentFlag.AlignHCenter)

    def _recent_button(self, path: str) -> QPushButton:
        button = QPushButton()
        button.setObjectName("recent")
        button.setProperty("path", path)
        button.setToolTip(path)
        name = button.fontMetrics().elidedText(
            Path(path).name, Qt.TextElideMode.ElideMiddle, COLUMN_PX
        )
        # A single ampersand would make the next letter a shortcut.
        button.setText(name.replace("&", "&&"))
        button.setFlat(True)
        button.clicked.connect(self._on_recent)
        return button

    def _on_recent(self) -> None:
        self.recent_chosen.emit(Path(self.sender().property("path")))


def _button(action: QAction, *, primary: bool) -> QPushButton:
    button = QPushButton(action.text())
    button.setToolTip(action.toolTip())
    button.setProperty("primary", primary)
    button.clicked.connect(action.trigger)
    return button
