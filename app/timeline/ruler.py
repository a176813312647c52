"""The ruler: times, the length of the selection, and the handle of the playhead."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF
from PySide6.QtWidgets import QWidget

from app.player.time_code import time_code
from app.theme import Theme
from app.timeline.drag import Drag, Scrub
from app.timeline.label_writer import LabelWriter
from app.timeline.marks import draw_columns, length_text, paint_broken, paint_selection
from app.timeline.ticks import tick_places
from app.timeline.time_pane import SMALL_TEXT_PX, TEXT_PX, TimePane
from app.timeline.time_scale import TimeScale
from app.view_state import ViewState

HEIGHT_PX = 28
LONG_TICK_PX = 8
SHORT_TICK_PX = 4
HANDLE_HALF_PX = 6
HANDLE_PX = 11
TAG_PX = 15
BROKEN_PX = 3
TAG_PADDING_PX = 6
WIDEST_TAG_PX = 140
WIDEST_LABEL = "00:00:00.000"


class Ruler(TimePane):
    """Labelled ticks; a press goes there, a drag selects, or scrubs from the handle on."""

    def __init__(self, view_state: ViewState, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(view_state, theme, parent)
        self.setFixedHeight(HEIGHT_PX)
        self.setAccessibleName("Time ruler")
        self._writer: LabelWriter | None = None
        view_state.playhead_changed.connect(self._on_time_changed)
        view_state.broken_spans_changed.connect(self._on_broken_changed)

    def sizeHint(self) -> QSize:
        return QSize(400, HEIGHT_PX)

    def paint_time(self, painter: QPainter, scale: TimeScale, exposed: QRect) -> None:
        painter.fillRect(exposed, QColor(self.theme.panel))
        writer = self._label_writer()
        painter.setFont(writer.font)
        bottom = HEIGHT_PX - 1
        baseline = bottom - LONG_TICK_PX - 4
        secondary = QColor(self.theme.text_secondary)
        painter.setPen(secondary)
        places = tick_places(scale)
        for x_px, label in places.labelled:
            # Figures are equally wide: what is measured is one text of each length.
            width_px = writer.width_px(WIDEST_LABEL[: len(label)])
            if self._fits(scale, x_px + 4, width_px):
                writer.write(painter, x_px + 4, baseline, label)
        long_px = [x_px for x_px, _label in places.labelled]
        draw_columns(painter, long_px, (bottom - LONG_TICK_PX, bottom), secondary)
        short_px = (bottom - SHORT_TICK_PX, bottom)
        draw_columns(painter, places.plain_px, short_px, QColor(self.theme.line))

    def _label_writer(self) -> LabelWriter:
        """For the window's font as it is now."""
        font = self.text_font(SMALL_TEXT_PX)
        if self._writer is None or self._writer.font != font:
            self._writer = LabelWriter(font)
        return self._writer

    def paint_margin(self, painter: QPainter, rect: QRect) -> None:
        if not self.view_state.has_media:
            return
        painter.setFont(self.text_font(TEXT_PX))
        painter.setPen(QColor(self.theme.text))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        text = time_code(self.view_state.playhead_us)
        painter.drawText(rect.adjusted(0, 0, -8, -1), flags, text)

    def paint_playhead(self, painter: QPainter, scale: TimeScale) -> None:
        """A handle below the figures, so that it hides none; the line begins under it."""
        x_px = scale.whole_px(self.view_state.playhead_us) + 0.5
        tip = HEIGHT_PX - 1.0
        top, waist = tip - HANDLE_PX, tip - HANDLE_HALF_PX
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.theme.accent))
        left, right = x_px - HANDLE_HALF_PX + 0.5, x_px + HANDLE_HALF_PX - 0.5
        corners = [(left, top), (right, top), (right, waist), (x_px, tip), (left, waist)]
        painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in corners]))

    def playhead_reach_px(self) -> int:
        return HANDLE_HALF_PX + 1

    def plain_drag(self, x_px: float, scale: TimeScale) -> Drag:
        """On the handle of the playhead a scrub, elsewhere a selection."""
        on_handle = abs(scale.to_px(self.view_state.playhead_us) - x_px) <= HANDLE_HALF_PX
        return Scrub(self.view_state) if on_handle else self.new_selection(x_px, scale)

    def paint_fixed_marks(self, painter: QPainter, scale: TimeScale) -> None:
        """Shots, joints, and what could not be decoded."""
        super().paint_fixed_marks(painter, scale)
        foot = self.time_rect().adjusted(0, HEIGHT_PX - BROKEN_PX - 1, 0, -1)
        paint_broken(painter, self.view_state, scale, self.theme, foot)

    def paint_marks(self, painter: QPainter, scale: TimeScale) -> None:
        """The selection with its length."""
        paint_selection(painter, self.view_state, scale, self.theme, HEIGHT_PX)
        if self.view_state.selection is not None:
            self._paint_length(painter, scale, *self.view_state.selection)

    def _paint_length(
        self, painter: QPainter, scale: TimeScale, start_us: int, end_us: int
    ) -> None:
        """The length in the middle of what is seen of the selection, whole wherever that is."""
        left_px = max(scale.to_px(start_us), scale.left_px)
        right_px = min(scale.to_px(end_us), scale.right_px)
        if right_px < left_px:
            return
        text = length_text(start_us, end_us)
        painter.setFont(self.text_font(SMALL_TEXT_PX))
        width_px = painter.fontMetrics().horizontalAdvance(text) + 2 * TAG_PADDING_PX
        middle_px = (left_px + right_px - width_px) / 2
        tag_px = min(max(middle_px, scale.left_px + 1), scale.right_px - width_px - 1)
        tag = QRectF(round(tag_px), 1, width_px, TAG_PX)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.theme.accent))
        painter.drawRoundedRect(tag, 3, 3)
        painter.setPen(QColor(self.theme.on_accent))
        painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, text)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def selection_reach_px(self) -> int:
        # The tag of a short selection is wider than it.
        return WIDEST_TAG_PX

    def _fits(self, scale: TimeScale, left_px: float, width_px: float) -> bool:
        """Whether a label is whole: cut figures could be misread."""
        return left_px >= scale.left_px and left_px + width_px <= scale.right_px

    def _on_broken_changed(self, _spans_us: object) -> None:
        self.update()

    def _on_time_changed(self, time_us: int) -> None:
        self.update(QRectF(0, 0, self.time_rect().left(), HEIGHT_PX).toRect())
