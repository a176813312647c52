"""One video as two models see it: old above new, label by label, on one time axis."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from app.improve.changes import Change
from app.kind_style import draw_symbol, fill_opacity, outline_colour, score_text
from app.player.time_code import short_time_code
from app.theme import Theme
from core_model.timeline import Detection, Task

ROW_PX = 20
GAP_PX = 6
HEAD_PX = 220
SIDE_PX = 48
BAR_INSET_PX = 2
NARROWEST_TEXT_PX = 36
QUIET = 0.35
_Label = tuple[Task, str]


class ChangeView(QWidget):
    """``seek_asked(onset_us)``: an event was clicked. The table beside it is for the keyboard."""

    seek_asked = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._changes: tuple[Change, ...] = ()
        self._start_us, self._end_us = 0, 1
        self.setAccessibleName("Events before and after")
        self.setMouseTracking(True)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def show_changes(self, found: tuple[Change, ...], start_us: int, end_us: int) -> None:
        """Draw these, from ``start_us`` to ``end_us`` of the media."""
        self._changes = found
        self._start_us, self._end_us = start_us, max(end_us, start_us + 1)
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(400, max(1, len(self._labels())) * (2 * ROW_PX + GAP_PX))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.ground))
        for place, label in enumerate(self._labels()):
            top = place * (2 * ROW_PX + GAP_PX)
            self._draw_head(painter, label, top)
            for change in self._changes:
                if _label_of(change) == label:
                    self._draw_change(painter, change, top)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        change = self._change_at(event.position())
        if change is not None and event.button() == Qt.MouseButton.LeftButton:
            self.seek_asked.emit(change.shown.onset_us)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self._change_at(event.position()) is not None
        self.setCursor(Qt.CursorShape.PointingHandCursor if found else Qt.CursorShape.ArrowCursor)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            change = self._change_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), "" if change is None else spoken(change), self)
            return True
        return super().event(event)

    def _labels(self) -> list[_Label]:
        """Those in which anything changed."""
        changed = {_label_of(change) for change in self._changes if change.word != "same"}
        order = list(Task)
        return sorted(changed, key=lambda label: (order.index(label[0]), label[1]))

    def _draw_head(self, painter: QPainter, label: _Label, top: int) -> None:
        middle = Qt.AlignmentFlag.AlignVCenter
        task, name = label
        draw_symbol(painter, task, QPointF(10, top + ROW_PX), 9, self._theme)
        place = QRectF(22, top, HEAD_PX - SIDE_PX - 30, 2 * ROW_PX)
        painter.setPen(QColor(self._theme.text))
        shown = painter.fontMetrics().elidedText(
            name, Qt.TextElideMode.ElideRight, int(place.width())
        )
        painter.drawText(place, middle, shown)
        painter.setPen(QColor(self._theme.text_secondary))
        for row, text in enumerate(("before", "after")):
            side = QRectF(HEAD_PX - SIDE_PX, top + row * ROW_PX, SIDE_PX - 6, ROW_PX)
            painter.drawText(side, middle | Qt.AlignmentFlag.AlignRight, text)
        painter.setPen(QPen(QColor(self._theme.line)))
        for row in range(3):
            y = top + row * ROW_PX
            painter.drawLine(HEAD_PX, y, self.width(), y)

    def _draw_change(self, painter: QPainter, change: Change, top: int) -> None:
        is_same = change.word == "same"
        for row, found in enumerate((change.before, change.after)):
            if found is not None:
                self._draw_event(painter, found, self._bar(found, top, row), is_same, change.word)

    def _draw_event(
        self, painter: QPainter, found: Detection, bar: QRectF, is_same: bool, word: str
    ) -> None:
        colour = QColor(outline_colour(found.task, self._theme))
        painter.setOpacity(QUIET if is_same else 1.0)
        fill = QColor(colour)
        fill.setAlphaF(fill_opacity(found.score))
        painter.fillRect(bar, fill)
        pen = QPen(QColor(self._theme.danger) if word == "gone" else colour, 1 if is_same else 2)
        if word == "gone":
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.drawRect(bar.adjusted(1, 1, -1, -1))
        if not is_same and bar.width() > NARROWEST_TEXT_PX:
            painter.setPen(QColor(self._theme.text))
            inside = bar.adjusted(6, 0, -4, 0)
            painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter, score_text(found.score))
        painter.setOpacity(1.0)

    def _bar(self, found: Detection, top: int, row: int) -> QRectF:
        left, right = self._x(found.onset_us), self._x(found.offset_us)
        y = top + row * ROW_PX + BAR_INSET_PX
        return QRectF(left, y, max(right - left, 3.0), ROW_PX - 2 * BAR_INSET_PX)

    def _x(self, time_us: int) -> float:
        part = (time_us - self._start_us) / (self._end_us - self._start_us)
        return HEAD_PX + part * (self.width() - HEAD_PX)

    def _change_at(self, at: QPointF) -> Change | None:
        for place, label in enumerate(self._labels()):
            top = place * (2 * ROW_PX + GAP_PX)
            for change in reversed(self._changes):
                sides = enumerate((change.before, change.after))
                if _label_of(change) == label and any(
                    found is not None and self._bar(found, top, row).contains(at)
                    for row, found in sides
                ):
                    return change
        return None


def _label_of(change: Change) -> _Label:
    return change.shown.task, change.shown.label


def spoken(change: Change) -> str:
    """A change in one line."""
    found = change.shown
    scores = [
        f"{side} {score_text(each.score)}"
        for side, each in (("before", change.before), ("after", change.after))
        if each is not None
    ]
    when = f"{short_time_code(found.onset_us)} to {short_time_code(found.offset_us)}"
    return f"{found.label}, {change.word}, {when}, {', '.join(scores)}"
