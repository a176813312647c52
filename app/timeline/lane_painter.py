"""Draws one row of events: boxes with labels, or their density where they are too many."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QImage, QPainter, QPen

from app.kind_style import (
    FILL_PATTERNS,
    KIND_STYLES,
    fill_opacity,
    is_colour,
    outline_colour,
    pattern_brush,
    standing_out,
)
from app.theme import Theme
from app.timeline.event_rows import (
    ACCEPTED,
    HUMAN,
    REJECTED,
    SCORE_STEPS,
    UNSURE,
    Floats,
    TimeRow,
)
from app.timeline.time_scale import TimeScale
from core_model.timeline import Task

EDGE_PX = 3
TEXT_INSET_PX = 8
TEXT_END_PX = 5
SCORE_GAP_PX = 6
NARROWEST_BOX_PX = 2.0
NARROWEST_OUTLINED_PX = 6.0
NARROWEST_TEXT_PX = 28.0
# With more boxes than this in view (all rows together) crowded rows turn into density.
BOX_BUDGET = 700
CROWDED_PX_PER_EVENT = 6.0
KEPT_TEXTS = 4_096
# Opacities of fill, outline and left edge of what people have decided on.
DECIDED_OPACITIES = {
    HUMAN: (0.55, 1.0, 1.0),
    ACCEPTED: (0.45, 1.0, 1.0),
    UNSURE: (0.16, 0.9, 0.6),
    REJECTED: (0.06, 0.4, 0.4),
}


@dataclass
class LabelWriter:
    """Widths and shortened forms of labels, measured once."""

    font: QFont
    _widths: dict[str, float] = field(default_factory=dict)
    _shortened: dict[tuple[str, int], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.metrics = QFontMetricsF(self.font)

    def baseline_px(self, box_px: int) -> float:
        """Distance of the baseline from the top of a box, so that capitals stand in its middle."""
        return (box_px + self.metrics.capHeight()) / 2

    def width_px(self, text: str) -> float:
        width_px = self._widths.get(text)
        if width_px is None:
            width_px = self._widths[text] = self.metrics.horizontalAdvance(text)
        return width_px

    def shortened(self, text: str, room_px: float) -> str:
        """The text with an ellipsis where it does not fit; empty where only that would fit."""
        if self.width_px(text) <= room_px:
            return text
        key = (text, int(room_px))
        short = self._shortened.get(key)
        if short is None:
            if len(self._shortened) > KEPT_TEXTS:
                self._shortened.clear()
            short = self.metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(room_px))
            short = self._shortened[key] = "" if short == "…" else short
        return short


# No colour and no pattern but the kind's.
KIND_STYLE = ("", "")
# The look and the label's own style.
_Key: TypeAlias = tuple[int, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Tools:
    brush: QBrush
    pen: QPen
    edge: QColor


class LanePainter:
    """Draws rows of one kind with one theme.

    Boxes are collected first and drawn together by opacity: a call per box would cost more than
    the picture is worth when there are hundreds.
    """

    def __init__(
        self, task: Task, theme: Theme, writer: LabelWriter, box_px: int, pixel_ratio: float
    ) -> None:
        self._task = task
        self._theme = theme
        self._pixel_ratio = pixel_ratio
        self._outline = outline_colour(task, theme)
        self._text = QColor(theme.text)
        self._secondary = QColor(theme.text)
        self._secondary.setAlphaF(0.75)
        self._writer = writer
        self._box_px = box_px
        self._baseline_px = writer.baseline_px(box_px)
        self._tools: dict[_Key, _Tools] = {}
        self._boxes: dict[_Key, list[QRectF]] = {}
        self._bars: dict[_Key, list[QRectF]] = {}
        self._labels: list[tuple[float, float, float, tuple[str, str]]] = []

    def add_boxes(
        self, row: TimeRow, top_px: float, scale: TimeScale, span: tuple[int, int]
    ) -> None:
        """Collect events ``span[0] .. span[1]`` of the row."""
        first, last = span
        left = np.rint(scale.to_px_array(row.onset_us[first:last]))
        right = np.rint(scale.to_px_array(row.offset_us[first:last]))
        left = np.maximum(left, scale.left_px - 8).tolist()
        right = np.minimum(right, scale.right_px + 8).tolist()
        looks = row.looks(first, last).tolist()
        has_styles = row.has_styles
        for index in range(last - first):
            left_px = left[index]
            look = (looks[index], row.style(first + index) if has_styles else KIND_STYLE)
            width_px = max(right[index] - left_px - 1, NARROWEST_BOX_PX)
            if width_px < NARROWEST_OUTLINED_PX:
                bar = QRectF(left_px, top_px, width_px, self._box_px)
                self._bars.setdefault(look, []).append(bar)
                continue
            # A pen of one pixel reaches one pixel further right and down than its rectangle.
            box = QRectF(left_px, top_px, width_px - 1, self._box_px - 1)
            self._boxes.setdefault(look, []).append(box)
            edge = QRectF(left_px, top_px, EDGE_PX, self._box_px)
            self._bars.setdefault(look, []).append(edge)
            if width_px >= NARROWEST_TEXT_PX:
                texts = row.texts(first + index)
                self._labels.append((left_px, top_px, left_px + width_px, texts))

    def paint_boxes(self, painter: QPainter, scale: TimeScale) -> None:
        """Draw what was collected."""
        for look, boxes in self._boxes.items():
            tools = self._tools_for(look)
            painter.setPen(tools.pen)
            painter.setBrush(tools.brush)
            painter.drawRects(boxes)
        painter.setPen(Qt.PenStyle.NoPen)
        for look, bars in self._bars.items():
            painter.setBrush(self._tools_for(look).edge)
            painter.drawRects(bars)
        self._paint_labels(painter, scale)
        for look, boxes in self._boxes.items():
            if look[0] == REJECTED:
                painter.setPen(self._tools_for(look).pen)
                for box in boxes:
                    middle_px = box.center().y()
                    painter.drawLine(
                        QPointF(box.left(), middle_px), QPointF(box.right(), middle_px)
                    )
        self._boxes, self._bars, self._labels = {}, {}, []

    def _tools_for(self, key: _Key) -> _Tools:
        """Brush, pen and colour of the edge for a look and a label's own style."""
        tools = self._tools.get(key)
        if tools is None:
            look, (colour, pattern) = key
            style = KIND_STYLES[self._task]
            fill, line, edge = OPACITIES[look]
            is_own = is_colour(colour)
            fill_with = pattern if pattern in FILL_PATTERNS else style.pattern
            fill_colour = colour if is_own else style.colour
            outline = standing_out(colour, self._theme) if is_own else self._outline
            brush = pattern_brush(fill_with, fill_colour, fill, self._pixel_ratio)
            pen = QPen(_translucent(outline, line), 1)
            if look == UNSURE:
                pen.setDashPattern([3, 3])
            tools = self._tools[key] = _Tools(brush, pen, _translucent(outline, edge))
        return tools

    def paint_density(
        self,
        painter: QPainter,
        row: TimeRow,
        top_px: float,
        scale: TimeScale,
        span_px: tuple[int, int],
    ) -> None:
        """Draw the share of every column that events cover, between two logical x."""
        ratio = scale.pixel_ratio
        first = scale.first_column + int((span_px[0] - scale.left_px) * ratio)
        columns = int((span_px[1] - span_px[0]) * ratio) + 2
        bounds_us = scale.anchor_us + (first + np.arange(columns + 1)) * scale.us_per_column
        image = density_image(row.coverage(bounds_us), self._outline)
        target = QRectF(scale.column_px(first), top_px, columns / ratio, self._box_px)
        painter.drawImage(target, image)

    def _paint_labels(self, painter: QPainter, scale: TimeScale) -> None:
        writer = self._writer
        scores: list[tuple[QPointF, str]] = []
        painter.setPen(self._text)
        for box_left_px, top_px, box_right_px, (label, score) in self._labels:
            left_px = max(box_left_px, scale.left_px) + TEXT_INSET_PX
            room_px = min(box_right_px, scale.right_px) - TEXT_END_PX - left_px
            baseline_px = top_px + self._baseline_px
            label_px = writer.width_px(label)
            text = label
            if score and label_px + SCORE_GAP_PX + writer.width_px(score) <= room_px:
                place = QPointF(left_px + label_px + SCORE_GAP_PX, baseline_px)
                scores.append((place, score))
            else:
                text = writer.shortened(text, room_px)
            painter.drawText(QPointF(left_px, baseline_px), text)
        painter.setPen(self._secondary)
        for place, score in scores:
            painter.drawText(place, score)


def density_image(share: Floats, colour: str) -> QImage:
    """A picture one pixel high: ``colour`` with an opacity that rises with ``share`` (n,)."""
    opacity = np.where(share > 0, 0.15 + 0.65 * share, 0.0)
    alpha = np.rint(opacity * 255).astype(np.uint32)
    parts = [np.rint(opacity * part).astype(np.uint32) for part in _rgb(colour)]
    words = alpha << 24 | parts[0] << 16 | parts[1] << 8 | parts[2]
    image_format = QImage.Format.Format_ARGB32_Premultiplied
    return QImage(words.astype(np.uint32).data, len(words), 1, 4 * len(words), image_format).copy()


def crowded(row: TimeRow, span: tuple[int, int], scale: TimeScale, box_count: int) -> bool:
    """Whether a row shows density: too many boxes in view and too little room for each here."""
    events = span[1] - span[0]
    if events == 0:
        return False
    px_per_event = scale.width_px / events
    return px_per_event < CROWDED_PX_PER_EVENT or (
        box_count > BOX_BUDGET and px_per_event < scale.width_px / 4
    )


def _opacities() -> dict[int, tuple[float, float, float]]:
    """Fill, outline and left edge of every look: the surer the denser."""
    levels = [step / SCORE_STEPS for step in range(SCORE_STEPS + 1)]
    undecided = [
        (fill_opacity(level), 0.35 + 0.45 * level, 0.55 + 0.45 * level) for level in levels
    ]
    return {**dict(enumerate(undecided)), **DECIDED_OPACITIES}


OPACITIES = _opacities()


def _translucent(colour: str, opacity: float) -> QColor:
    result = QColor(colour)
    result.setAlphaF(opacity)
    return result


def _rgb(colour: str) -> tuple[int, int, int]:
    parts = QColor(colour)
    return parts.red(), parts.green(), parts.blue()
