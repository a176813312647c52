"""Draws one row of events: boxes with labels, or their density where they are too many."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from app.kind_style import KIND_STYLES, fill_opacity, outline_colour, pattern_brush
from app.theme import Theme
from app.timeline.event_rows import Floats, Row
from app.timeline.time_scale import TimeScale
from core_model.timeline import Detection, Task

BOX_PX = 20
RADIUS_PX = 3.0
EDGE_PX = 3
TEXT_INSET_PX = 8
NARROWEST_BOX_PX = 2.0
NARROWEST_ROUND_PX = 8.0
NARROWEST_TEXT_PX = 28.0
# With more boxes than this in view (all rows together) crowded rows turn into density.
BOX_BUDGET = 300
CROWDED_PX_PER_EVENT = 6.0
OPACITY_STEPS = 16
KEPT_TEXTS = 4_096


def score_text(score: float) -> str:
    """A score as ".91"; "1.0" for what rounds to one."""
    text = f"{score:.2f}"
    return "1.0" if text == "1.00" else text.removeprefix("0")


@dataclass
class LabelWriter:
    """Widths and shortened forms of labels, measured once."""

    font: QFont
    _widths: dict[str, float] = field(default_factory=dict)
    _shortened: dict[tuple[str, int], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.metrics = QFontMetricsF(self.font)
        self.baseline_px = (BOX_PX + self.metrics.capHeight()) / 2

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


class RowPainter:
    """Draws rows of one kind with one theme."""

    def __init__(self, task: Task, theme: Theme, writer: LabelWriter, pixel_ratio: float) -> None:
        self._pattern = KIND_STYLES[task].pattern
        self._colour = KIND_STYLES[task].colour
        self._outline = outline_colour(task, theme)
        self._text = QColor(theme.text)
        self._secondary = QColor(theme.text)
        self._secondary.setAlphaF(0.75)
        self._writer = writer
        self._pixel_ratio = pixel_ratio

    def paint_boxes(
        self, painter: QPainter, row: Row, top_px: float, scale: TimeScale, span: tuple[int, int]
    ) -> None:
        """Draw events ``span[0] .. span[1]`` of the row, each with its label and score."""
        first, last = span
        left = scale.to_px_array(row.onset_us[first:last])
        right = scale.to_px_array(row.offset_us[first:last])
        left = np.maximum(np.rint(left), scale.left_px - 8).tolist()
        right = np.minimum(np.rint(right), scale.right_px + 8).tolist()
        for index, event in enumerate(row.events[first:last]):
            width_px = max(right[index] - left[index] - 1, NARROWEST_BOX_PX)
            box = QRectF(left[index], top_px, width_px, BOX_PX)
            self._paint_box(painter, box, event.score)
            if width_px >= NARROWEST_TEXT_PX:
                self._paint_label(painter, box, event, scale)

    def paint_density(
        self, painter: QPainter, row: Row, top_px: float, scale: TimeScale, span_px: tuple[int, int]
    ) -> None:
        """Draw the share of every column that events cover, between two logical x."""
        ratio = scale.pixel_ratio
        first = scale.first_column + int((span_px[0] - scale.left_px) * ratio)
        columns = int((span_px[1] - span_px[0]) * ratio) + 2
        bounds_us = scale.anchor_us + (first + np.arange(columns + 1)) * scale.us_per_column
        image = density_image(row.coverage(bounds_us), self._outline)
        target = QRectF(scale.column_px(first), top_px, columns / ratio, BOX_PX)
        painter.drawImage(target, image)

    def _paint_box(self, painter: QPainter, box: QRectF, score: float) -> None:
        level = round(score * OPACITY_STEPS) / OPACITY_STEPS
        brush = pattern_brush(self._pattern, self._colour, fill_opacity(level), self._pixel_ratio)
        line = QColor(self._outline)
        line.setAlphaF(0.40 + 0.45 * level)
        if box.width() < NARROWEST_ROUND_PX:
            painter.fillRect(box, line)
            return
        painter.setPen(line)
        painter.setBrush(brush)
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS_PX, RADIUS_PX)
        line.setAlphaF(0.55 + 0.45 * level)
        painter.fillRect(QRectF(box.left(), box.top() + 1, EDGE_PX, BOX_PX - 2), line)

    def _paint_label(
        self, painter: QPainter, box: QRectF, event: Detection, scale: TimeScale
    ) -> None:
        writer = self._writer
        left_px = max(box.left(), scale.left_px) + TEXT_INSET_PX
        room_px = min(box.right(), scale.right_px) - 5 - left_px
        score = score_text(event.score)
        score_px = writer.width_px(score)
        label_px = writer.width_px(event.label)
        has_score = label_px + 6 + score_px <= room_px
        text = event.label if has_score else writer.shortened(event.label, room_px)
        baseline_px = box.top() + writer.baseline_px
        painter.setPen(self._text)
        painter.drawText(QPointF(left_px, baseline_px), text)
        if has_score:
            painter.setPen(self._secondary)
            painter.drawText(QPointF(left_px + label_px + 6, baseline_px), score)


def density_image(share: Floats, colour: str) -> QImage:
    """A picture one pixel high: ``colour`` with an opacity that rises with ``share`` (n,)."""
    opacity = np.where(share > 0, 0.15 + 0.65 * share, 0.0)
    alpha = np.rint(opacity * 255).astype(np.uint32)
    parts = [np.rint(opacity * part).astype(np.uint32) for part in _rgb(colour)]
    words = alpha << 24 | parts[0] << 16 | parts[1] << 8 | parts[2]
    image_format = QImage.Format.Format_ARGB32_Premultiplied
    return QImage(words.astype(np.uint32).data, len(words), 1, 4 * len(words), image_format).copy()


def crowded(row: Row, span: tuple[int, int], scale: TimeScale, box_count: int) -> bool:
    """Whether a row shows density: too many boxes in view and too little room for each here."""
    events = span[1] - span[0]
    if events == 0:
        return False
    px_per_event = scale.width_px / events
    return px_per_event < CROWDED_PX_PER_EVENT or (
        box_count > BOX_BUDGET and px_per_event < scale.width_px / 4
    )


def _rgb(colour: str) -> tuple[int, int, int]:
    parts = QColor(colour)
    return parts.red(), parts.green(), parts.blue()
