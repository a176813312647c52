"""The threshold of every label: a list that can be searched, dragged in and worked by keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from app.kind_style import KIND_STYLES, draw_symbol, score_text
from app.limits import LabelKey
from app.panels.histogram import paint_cut, paint_histogram
from app.scores import Scores
from app.session import Session
from app.theme import Theme, tabular
from app.threshold_advice import Advice
from app.timeline.label_writer import LabelWriter

Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = Qt.ItemDataRole.UserRole
ROW_PX = 40
NAME_SHARE = 0.40
NUMBERS_PX = 86
PAD_PX = 8
STEP = 0.01
LARGE_STEP = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class LabelRow:
    """One label with the scores of what was found of it."""

    key: LabelKey
    scores: Scores
    advice: Advice = field(default_factory=lambda: Advice(None, 0.0, 0))


class LabelThresholds(QAbstractListModel):
    """Labels of the open file by name; their thresholds are read from the session."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._all: list[LabelRow] = []
        self._rows: list[LabelRow] = []
        self._filter = ""

    def set_rows(self, rows: list[LabelRow]) -> None:
        """Show these; rows of labels that stay keep their place and the selection."""
        kinds = list(KIND_STYLES)
        ordered = sorted(rows, key=lambda r: (r.key[1].casefold(), kinds.index(r.key[0])))
        self._all = ordered
        self._apply()

    def set_filter(self, text: str) -> None:
        """Only labels that hold ``text``, in any case."""
        self._filter = text.strip().casefold()
        self._apply()

    def row_at(self, place: int) -> LabelRow:
        return self._rows[place]

    @property
    def label_count(self) -> int:
        """How many there are, searched for or not."""
        return len(self._all)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.key[1]
        if role == ROW_ROLE:
            return row
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return self._description(row)
        return None

    def _description(self, row: LabelRow) -> str:
        task, label = row.key
        threshold = self._session.label_threshold(row.key)
        own = self._session.suggested_label_threshold(row.key)
        parts = [
            f"{label} ({KIND_STYLES[task].singular}), threshold {threshold:.2f}",
            f"{row.scores.at_least(threshold)} of {len(row.scores)} shown",
            f"the model's own: {own:.2f}",
        ]
        if row.advice.threshold is not None:
            parts.append(f"decisions suggest {row.advice.text}; press S to take it")
        return "; ".join(parts)

    def _apply(self) -> None:
        rows = [row for row in self._all if self._filter in row.key[1].casefold()]
        if [row.key for row in rows] == [row.key for row in self._rows]:
            self._rows = rows
            if rows:
                self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()


def bar_rect(row: QRect) -> QRectF:
    """Where the histogram of a row lies: what can be dragged in."""
    left = row.left() + 28 + round((row.width() - NUMBERS_PX) * NAME_SHARE)
    right = row.right() - NUMBERS_PX
    return QRectF(left, row.top() + 6, max(right - left, 1), row.height() - 12)


@dataclass(frozen=True, slots=True)
class Look:
    """What of the thresholds is seen in a row: where the label's stands, whether its kind is
    hidden, and whether somebody chose it for this label alone.
    """

    threshold: float
    is_hidden: bool
    is_own: bool

    @classmethod
    def of(cls, session: Session, key: LabelKey) -> Look:
        return cls(
            session.label_threshold(key), session.is_hidden(key[0]), session.has_own_threshold(key)
        )


class LabelDelegate(QStyledItemDelegate):
    """Draws symbol, name, histogram with its cut, threshold and count of a label.

    ``drawn`` are the looks of the rows as they were drawn last, by their places.
    """

    def __init__(self, session: Session, theme: Theme, parent: QListView) -> None:
        super().__init__(parent)
        self._session = session
        self._view = parent
        self.theme = theme
        self.drawn: dict[int, Look] = {}
        self._known_writers: tuple[LabelWriter, LabelWriter, LabelWriter] | None = None

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: LabelRow = index.data(ROW_ROLE)
        place: QRect = option.rect
        is_current = self._view.currentIndex() == index
        painter.save()
        if is_current:
            painter.fillRect(place, QColor(self.theme.raised))
        if is_current and self._view.hasFocus():
            painter.fillRect(
                place.left(), place.top(), 2, place.height(), QColor(self.theme.accent)
            )
        self._paint_name(painter, place, row)
        look = self.drawn[index.row()] = Look.of(self._session, row.key)
        cut = 2.0 if look.is_hidden else look.threshold
        bars = bar_rect(place)
        paint_histogram(painter, bars, row.scores, cut, row.key[0], self.theme)
        paint_cut(
            painter,
            bars,
            look.threshold,
            self.theme.text if look.is_own else self.theme.text_secondary,
        )
        self._paint_numbers(painter, place, row, look)
        painter.restore()

    def _paint_name(self, painter: QPainter, place: QRect, row: LabelRow) -> None:
        task, label = row.key
        centre = QPointF(place.left() + 16, place.center().y())
        draw_symbol(painter, task, centre, 10, self.theme)
        name = QRect(place.left() + 28, place.top(), 0, place.height())
        name.setRight(round(bar_rect(place).left()) - PAD_PX)
        writer = self._writers(painter.font())[0]
        painter.setPen(QColor(self.theme.text))
        text = writer.shortened(label, name.width())
        writer.write(painter, name.left(), _baseline_px(writer, place), text)

    def _paint_numbers(self, painter: QPainter, place: QRect, row: LabelRow, look: Look) -> None:
        _, regular, bold = self._writers(painter.font())
        writer = bold if look.is_own else regular
        painter.setFont(writer.font)
        painter.setPen(QColor(self.theme.text if look.is_own else self.theme.text_secondary))
        text = score_text(look.threshold)
        right_px = place.right() - NUMBERS_PX + PAD_PX + 28
        baseline_px = _baseline_px(writer, place)
        writer.write(painter, right_px - writer.width_px(text), baseline_px, text)
        painter.setFont(regular.font)
        painter.setPen(QColor(self.theme.text_secondary))
        counts = f"{row.scores.at_least(look.threshold)}/{len(row.scores)}"
        right_px = place.left() + place.width() - PAD_PX
        baseline_px = _baseline_px(regular, place)
        regular.write(painter, right_px - regular.width_px(counts), baseline_px, counts)

    def _writers(self, font: QFont) -> tuple[LabelWriter, LabelWriter, LabelWriter]:
        """Of a font, the same with figures of equal width, and that in bold."""
        if self._known_writers is None or self._known_writers[0].font != font:
            regular, bold = tabular(font), tabular(font)
            regular.setBold(False)
            bold.setBold(True)
            self._known_writers = (
                LabelWriter(QFont(font)),
                LabelWriter(regular),
                LabelWriter(bold),
            )
        return self._known_writers


def _baseline_px(writer: LabelWriter, place: QRect) -> float:
    """Where a line of text stands in the middle of a row."""
    return place.top() + (place.height() - writer.height_px) / 2 + writer.ascent_px


class LabelThresholdView(QListView):
    """Drag in a histogram, or press left and right, to move a label's threshold.

    Home and End go through the list; Backspace gives the label back to its kind; S takes what
    the decisions suggest.
    """

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__()
        self._session = session
        self._dragged: LabelKey | None = None
        self._drag_rect = QRectF()
        self.rows = LabelThresholds(session)
        self.setModel(self.rows)
        self.delegate = LabelDelegate(session, theme, self)
        self.setItemDelegate(self.delegate)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAccessibleName("Thresholds of labels")
        self.setMouseTracking(False)

    def set_theme(self, theme: Theme) -> None:
        self.delegate.theme = theme
        self.viewport().update()

    @property
    def current(self) -> LabelRow | None:
        index = self.currentIndex()
        return self.rows.row_at(index.row()) if index.isValid() else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() != Qt.MouseButton.LeftButton or not index.isValid():
            return
        rect = bar_rect(self.visualRect(index))
        if rect.adjusted(-PAD_PX, -6, PAD_PX, 6).contains(event.position()):
            self._dragged = self.rows.row_at(index.row()).key
            self._drag_rect = rect
            self._drag_to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged is None:
            super().mouseMoveEvent(event)
        else:
            self._drag_to(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragged = None
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid():
            self._session.reset_label_threshold(self.rows.row_at(index.row()).key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row, key = self.current, event.key()
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if row is None or not (key in steps or key in (Qt.Key.Key_Backspace, Qt.Key.Key_S)):
            super().keyPressEvent(event)
            return
        if key == Qt.Key.Key_Backspace:
            self._session.reset_label_threshold(row.key)
        elif key == Qt.Key.Key_S:
            if row.advice.threshold is not None:
                self._session.set_label_threshold(row.key, row.advice.threshold)
        else:
            is_large = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            step = steps[Qt.Key(key)] * (LARGE_STEP if is_large else STEP)
            self._move(row.key, self._session.label_threshold(row.key) + step)

    def tell_thresholds(self) -> None:
        """Thresholds have moved: of the rows in view, those are drawn that look otherwise now."""
        first = self.indexAt(QPoint(0, 0))
        if not first.isValid():
            return
        area, height_px = self.visualRect(first), self.viewport().height()
        for place in range(first.row(), self.rows.rowCount()):
            if area.top() >= height_px:
                break
            key = self.rows.row_at(place).key
            if self.delegate.drawn.get(place) != Look.of(self._session, key):
                self.viewport().update(area)
            area.translate(0, area.height())

    def _drag_to(self, x_px: float) -> None:
        if self._dragged is not None:
            self._move(self._dragged, (x_px - self._drag_rect.left()) / self._drag_rect.width())

    def _move(self, key: LabelKey, threshold: float) -> None:
        self._session.set_label_threshold(key, round(min(max(threshold, 0.0), 1.0), 2))
