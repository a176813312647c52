"""The events under the playhead, told over the picture."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import ceil, floor

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen

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

_Piece = tuple[QPointF, QImage]


def active_at(detections: Sequence[Detection], time_us: int) -> list[Detection]:
    """Events with ``onset_us <= time_us < offset_us`` of a list sorted by onset, the surest first.

    For events that are equally sure the order of kinds and then of labels decides.
    """
    begun = bisect_right(detections, time_us, key=_onset)
    active = [event for event in detections[:begun] if time_us < event.offset_us]
    kinds = list(KIND_STYLES)
    return sorted(active, key=lambda e: (-e.score, kinds.index(e.task), e.label))


class ActiveEvents:
    """Draws over the picture which events are going on.

    A legend in the lower left corner names the surest and counts the others; the frame of the
    picture has a thin edge for every kind that is going on. What was drawn is kept, since the same
    events mostly go on in the next picture: writing and dashing anew took 2 ms of each.
    """

    def __init__(self) -> None:
        self._ground: tuple[object, ...] = ()
        self._edges: dict[tuple[Task, ...], list[_Piece]] = {}
        self._named: list[Detection] = []
        self._legend: list[_Piece] = []

    def paint(
        self,
        painter: QPainter,
        rect: QRect,
        detections: Sequence[Detection],
        playhead_us: int,
        theme: Theme,
    ) -> None:
        """Draw in ``rect`` what goes on at ``playhead_us`` of detections sorted by onset."""
        active = active_at(detections, playhead_us)
        if not active:
            return
        ratio = painter.device().devicePixelRatioF()
        ground = (rect.getRect(), theme, ratio)
        if ground != self._ground:
            self._ground = ground
            self._edges.clear()
            self._named = []
        kinds = tuple(task for task in KIND_STYLES if _has(active, task))
        if kinds not in self._edges:
            self._edges[kinds] = _edges(rect, kinds, theme, ratio)
        if active != self._named:
            self._named = active
            self._legend = _legend(painter.font(), rect, active, theme, ratio)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        for place, image in (*self._edges[kinds], *self._legend):
            painter.drawImage(place, image)


def _edges(rect: QRect, kinds: Sequence[Task], theme: Theme, ratio: float) -> list[_Piece]:
    """The four sides of the frame, each as thick as its kinds."""
    whole = _Sheet(QRectF(rect), ratio)
    with whole.painter() as painter:
        _paint_edges(painter, rect, kinds, theme)
    size = whole.image.size()
    # A line that ends within a pixel of the screen covers it in part.
    thick = min(ceil(EDGE_PX * len(kinds) * ratio) + 1, size.width() // 2, size.height() // 2)
    upright = size.height() - 2 * thick
    sides = (
        QRect(0, 0, size.width(), thick),
        QRect(0, size.height() - thick, size.width(), thick),
        QRect(0, thick, thick, upright),
        QRect(size.width() - thick, thick, thick, upright),
    )
    return [whole.cut(side) for side in sides if not side.isEmpty()]


def _legend(
    font: QFont, rect: QRect, active: list[Detection], theme: Theme, ratio: float
) -> list[_Piece]:
    """The plate with the names; nothing where there is no room for it."""
    if rect.width() < SMALLEST_PICTURE_PX[0] or rect.height() < SMALLEST_PICTURE_PX[1]:
        return []
    legend = _Legend(font, rect, active, theme)
    sheet = _Sheet(legend.plate, ratio)
    with sheet.painter() as painter:
        legend.paint(painter)
    return [(sheet.place, sheet.image)]


class _Sheet:
    """A transparent image of a part of the widget that lies on whole pixels of the screen."""

    def __init__(self, part: QRectF, ratio: float) -> None:
        self._ratio = ratio
        self._left, self._top = floor(part.left() * ratio), floor(part.top() * ratio)
        width = ceil(part.right() * ratio) - self._left
        height = ceil(part.bottom() * ratio) - self._top
        self.image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
        self.image.setDevicePixelRatio(ratio)
        self.image.fill(Qt.GlobalColor.transparent)
        self.place = QPointF(self._left / ratio, self._top / ratio)

    @contextmanager
    def painter(self) -> Iterator[QPainter]:
        """A painter in the coordinates of the widget."""
        painter = QPainter(self.image)
        painter.translate(-self.place)
        yield painter
        painter.end()

    def cut(self, part: QRect) -> _Piece:
        """A part of the image, in its pixels."""
        left, top = self._left + part.left(), self._top + part.top()
        return QPointF(left / self._ratio, top / self._ratio), self.image.copy(part)


class _Legend:
    """Symbol, label and score of each event on a plate in the lower left corner."""

    def __init__(self, font: QFont, rect: QRect, active: list[Detection], theme: Theme) -> None:
        self._theme = theme
        self._font = tabular(font)
        self._font.setPixelSize(TEXT_PX)
        metrics = QFontMetricsF(self._font)
        room_px = rect.width() - 2 * INSET_PX - 2 * PADDING_PX - SWATCH_PX
        score_px = metrics.horizontalAdvance(".00") + 2 * PADDING_PX
        label_room_px = min(WIDEST_LABEL_PX, room_px - score_px)
        line_room = (rect.height() - 2 * INSET_PX - 2 * PADDING_PX) // LINE_PX
        count = min(len(active), MOST_EVENTS, line_room)
        if len(active) > count and count == line_room:
            count -= 1  # The last line says how many more there are.
        self._rest = f"and {len(active) - count} more" if len(active) > count else ""
        elided = Qt.TextElideMode.ElideRight
        self._named = [
            (event, metrics.elidedText(event.label, elided, label_room_px))
            for event in active[:count]
        ]
        texts = [*(label for _, label in self._named), self._rest]
        widest_px = max(metrics.horizontalAdvance(text) for text in texts)
        lines = count + bool(self._rest)
        self.plate = QRectF(
            rect.left() + INSET_PX,
            rect.bottom() + 1 - INSET_PX - lines * LINE_PX - PADDING_PX,
            round(widest_px + SWATCH_PX + score_px + 2 * PADDING_PX),
            lines * LINE_PX + PADDING_PX,
        )

    def paint(self, painter: QPainter) -> None:
        painter.setFont(self._font)
        self._paint_plate(painter)
        plate = self.plate
        top_px = plate.top() + PADDING_PX / 2
        for event, label in self._named:
            line = QRectF(plate.left() + PADDING_PX, top_px, plate.width() - 16, LINE_PX)
            self._paint_event(painter, line, event, label)
            top_px += LINE_PX
        if self._rest:
            painter.setPen(QColor(self._theme.text_secondary))
            line = QRectF(plate.left() + PADDING_PX + SWATCH_PX, top_px, plate.width(), LINE_PX)
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, self._rest)

    def _paint_plate(self, painter: QPainter) -> None:
        ground = QColor(self._theme.ground)
        ground.setAlphaF(PLATE_OPACITY)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(self.plate, 6, 6)

    def _paint_event(self, painter: QPainter, line: QRectF, event: Detection, label: str) -> None:
        """A bar as long as the score lies under the text, filled as the boxes on the timeline."""
        style = KIND_STYLES[event.task]
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


def _paint_edges(painter: QPainter, rect: QRect, kinds: Sequence[Task], theme: Theme) -> None:
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
