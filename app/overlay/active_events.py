"""The events under the playhead, told over the picture."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from app.kind_style import KIND_STYLES, draw_symbol, pattern_brush, score_text
from app.theme import Theme, tabular
from core_model.timeline import Detection, Task

TEXT_PX = 13
LINE_PX = 24
INSET_PX = 12
PADDING_PX = 8
SYMBOL_PX = 10
SWATCH_PX = 20
WIDEST_LABEL_PX = 260
MOST_EVENTS = 6
EDGE_PX = 2
PLATE_OPACITY = 0.82
# In less room than this a legend would hide the picture that it explains.
SMALLEST_PICTURE_PX = (160, 96)


def active_at(detections: Sequence[Detection], time_us: int) -> list[Detection]:
    """Events with ``onset_us <= time_us < offset_us`` of a list sorted by onset, the surest first.

    For events that are equally sure the order of kinds and then of labels decides.
    """
    begun = bisect_right(detections, time_us, key=_onset)
    active = [event for event in detections[:begun] if time_us < event.offset_us]
    kinds = list(KIND_STYLES)
    return sorted(active, key=lambda e: (-e.score, kinds.index(e.task), e.label))


def paint_active_events(
    painter: QPainter,
    rect: QRect,
    detections: Sequence[Detection],
    playhead_us: int,
    theme: Theme,
) -> None:
    """Draw over the picture in ``rect`` which events are going on at ``playhead_us``.

    ``detections`` are sorted by onset. A legend in the lower left corner names the surest and
    counts the others; the frame of the picture has a thin edge for every kind that is going on.
    """
    active = active_at(detections, playhead_us)
    if not active:
        return
    painter.save()
    painter.setClipRect(rect)
    _paint_edges(painter, rect, [task for task in KIND_STYLES if _has(active, task)], theme)
    if rect.width() >= SMALLEST_PICTURE_PX[0] and rect.height() >= SMALLEST_PICTURE_PX[1]:
        _Legend(painter, rect, theme).paint(active)
    painter.restore()


class _Legend:
    """Symbol, label and score of each event on a plate in the lower left corner."""

    def __init__(self, painter: QPainter, rect: QRect, theme: Theme) -> None:
        self._painter, self._rect, self._theme = painter, rect, theme
        font = tabular(painter.font())
        font.setPixelSize(TEXT_PX)
        painter.setFont(font)
        self._metrics = QFontMetricsF(font)
        room_px = rect.width() - 2 * INSET_PX - 2 * PADDING_PX - SWATCH_PX
        self._score_px = self._metrics.horizontalAdvance(".00") + 2 * PADDING_PX
        self._label_room_px = min(WIDEST_LABEL_PX, room_px - self._score_px)
        self._line_room = (rect.height() - 2 * INSET_PX - 2 * PADDING_PX) // LINE_PX

    def paint(self, active: list[Detection]) -> None:
        count = min(len(active), MOST_EVENTS, self._line_room)
        if len(active) > count and count == self._line_room:
            count -= 1  # The last line says how many more there are.
        rest = f"and {len(active) - count} more" if len(active) > count else ""
        labels = [self._shortened(event.label) for event in active[:count]]
        lines = count + bool(rest)
        widths = [self._metrics.horizontalAdvance(text) for text in (*labels, rest)]
        plate = QRectF(
            self._rect.left() + INSET_PX,
            self._rect.bottom() + 1 - INSET_PX - lines * LINE_PX - PADDING_PX,
            round(max(widths) + SWATCH_PX + self._score_px + 2 * PADDING_PX),
            lines * LINE_PX + PADDING_PX,
        )
        self._paint_plate(plate)
        top_px = plate.top() + PADDING_PX / 2
        for event, label in zip(active, labels, strict=False):
            line = QRectF(plate.left() + PADDING_PX, top_px, plate.width() - 16, LINE_PX)
            self._paint_event(line, event, label)
            top_px += LINE_PX
        if rest:
            self._painter.setPen(QColor(self._theme.text_secondary))
            line = QRectF(plate.left() + PADDING_PX + SWATCH_PX, top_px, plate.width(), LINE_PX)
            self._painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, rest)

    def _paint_plate(self, plate: QRectF) -> None:
        ground = QColor(self._theme.ground)
        ground.setAlphaF(PLATE_OPACITY)
        self._painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setBrush(ground)
        self._painter.drawRoundedRect(plate, 6, 6)

    def _paint_event(self, line: QRectF, event: Detection, label: str) -> None:
        """A bar as long as the score lies under the text, filled as the boxes on the timeline."""
        painter, style = self._painter, KIND_STYLES[event.task]
        bar = line.adjusted(SWATCH_PX - 4, 2, 4, -2)
        bar.setWidth(round(bar.width() * min(max(event.score, 0.0), 1.0)))
        ratio = painter.device().devicePixelRatioF()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrushOrigin(bar.topLeft())
        painter.setBrush(pattern_brush(style.pattern, style.colour, 0.22, ratio))
        painter.drawRoundedRect(bar, 3, 3)
        centre = QPointF(line.left() + SYMBOL_PX / 2, line.center().y())
        draw_symbol(painter, event.task, centre, SYMBOL_PX, self._theme)
        painter.setPen(QColor(self._theme.text))
        text_box = line.adjusted(SWATCH_PX, 0, 0, 0)
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(text_box, left, label)
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(text_box, right, score_text(event.score))

    def _shortened(self, label: str) -> str:
        return self._metrics.elidedText(label, Qt.TextElideMode.ElideRight, self._label_room_px)


def _paint_edges(painter: QPainter, rect: QRect, kinds: list[Task], theme: Theme) -> None:
    """One frame inside the other; their lines differ (solid, dashed, dotted) as well as colours."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    ground = QColor(theme.ground)
    ground.setAlphaF(0.45)
    for place, task in enumerate(kinds):
        inset = place * EDGE_PX + EDGE_PX / 2
        box = QRectF(rect).adjusted(inset, inset, -inset, -inset)
        pen = QPen(ground, EDGE_PX, Qt.PenStyle.SolidLine)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.drawRect(box)
        pen.setColor(QColor(KIND_STYLES[task].colour))
        if KIND_STYLES[task].dashes:
            pen.setDashPattern(KIND_STYLES[task].dashes)
        painter.setPen(pen)
        painter.drawRect(box)


def _has(active: list[Detection], task: Task) -> bool:
    return any(event.task is task for event in active)


def _onset(event: Detection) -> int:
    return event.onset_us
