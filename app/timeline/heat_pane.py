"""How sure the model is of its likeliest labels over time: a strip of heat for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter
from PySide6.QtWidgets import QToolTip, QWidget

from app.detection_table import DetectionTable
from app.kind_style import KIND_STYLES, draw_symbol, outline_colour
from app.limits import LabelKey
from app.theme import Theme
from app.timeline.curve_painting import Floats, columns_of, heat_image
from app.timeline.time_pane import MARGIN_PX, SMALL_TEXT_PX, TimePane
from app.timeline.time_scale import TimeScale
from app.view_state import ViewState
from core_model.prompt_spec import ScoreCurve
from core_model.timeline import SnippetGrid

# Strips are as high as there is room for, in between these.
LOWEST_STRIP_PX = 9
HIGHEST_STRIP_PX = 16
PADDING_PX = 2
# Labels per kind, the ones with the highest scores.
MOST_LABELS = 3


class HeatPane(TimePane):
    """Strips of scores over time, whatever the thresholds: the model's own where its curve of a
    label is known, else the highest score of a detection at each moment.
    """

    def __init__(self, view_state: ViewState, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(view_state, theme, parent)
        self.setAccessibleName("Heat of the likeliest labels")
        self._table = DetectionTable.of(())
        self._strips: tuple[tuple[LabelKey, np.ndarray], ...] = ()
        self._curves: Mapping[LabelKey, ScoreCurve] = {}
        self.hide()

    def sizeHint(self) -> QSize:
        return QSize(400, self._height_px(HIGHEST_STRIP_PX))

    @property
    def keys(self) -> tuple[LabelKey, ...]:
        """The labels shown, by kind and falling score."""
        return tuple(key for key, _ in self._strips)

    @property
    def _strip_px(self) -> int:
        room_px = (self.height() - 2 * PADDING_PX) // max(len(self._strips), 1)
        return min(max(room_px, LOWEST_STRIP_PX), HIGHEST_STRIP_PX)

    def _height_px(self, strip_px: int) -> int:
        return max(len(self._strips), 1) * strip_px + 2 * PADDING_PX

    def set_table(self, table: DetectionTable) -> None:
        """Show the likeliest labels of these detections."""
        self._table = table
        self._strips = tuple(
            (table.keys[number], np.flatnonzero(table.groups == number))
            for number in _top_groups(table)
        )
        self.setMinimumHeight(self._height_px(LOWEST_STRIP_PX))
        self.setMaximumHeight(self._height_px(HIGHEST_STRIP_PX))
        self.updateGeometry()
        self.update()

    def set_curves(self, curves: Mapping[LabelKey, ScoreCurve]) -> None:
        """Take on the model's scores of labels at each snippet, in place of those before."""
        self._curves = {key: _to_the_edges(curve) for key, curve in curves.items()}
        self.update()

    def paint_time(self, painter: QPainter, scale: TimeScale, exposed: QRect) -> None:
        self.paint_grid(painter, scale)
        ratio = scale.pixel_ratio
        first = scale.first_column + int((exposed.left() - scale.left_px) * ratio)
        count = int(exposed.width() * ratio) + 2
        if not self._strips:
            painter.setPen(QColor(self.theme.text_secondary))
            painter.setFont(self.text_font(SMALL_TEXT_PX))
            middle = Qt.AlignmentFlag.AlignCenter
            painter.drawText(self.time_rect(), middle, "Nothing was found yet")
        strip_px = self._strip_px
        for number, (key, rows) in enumerate(self._strips):
            curve = self._curves.get(key)
            if curve is None:
                heights = self._heights(rows, scale, first, count)
            else:
                heights = columns_of(curve, scale, first, count)
            image = heat_image(heights, outline_colour(key[0], self.theme))
            top_px = PADDING_PX + number * strip_px
            target = QRectF(scale.column_px(first), top_px, count / ratio, strip_px - 1)
            painter.drawImage(target, image)

    def _heights(self, rows: np.ndarray, scale: TimeScale, first: int, count: int) -> Floats:
        """The highest score in each column (count,), of the detections in view."""
        table = self._table
        to_column = 1.0 / scale.us_per_column
        begin = np.floor((table.onset_us[rows] - scale.anchor_us) * to_column).astype(int) - first
        end = np.ceil((table.offset_us[rows] - scale.anchor_us) * to_column).astype(int) - first
        is_seen = (end > 0) & (begin < count)
        scores = table.scores[rows][is_seen]
        begin = np.clip(begin[is_seen], 0, count - 1)
        end = np.maximum(np.clip(end[is_seen], 0, count), begin + 1)
        heights = np.zeros(count)
        # The surest last: it lies over the others.
        for place in np.argsort(scores, kind="stable").tolist():
            heights[begin[place] : end[place]] = scores[place]
        return heights

    def paint_margin(self, painter: QPainter, rect: QRect) -> None:
        strip_px = self._strip_px
        painter.setFont(self.text_font(min(SMALL_TEXT_PX, strip_px)))
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        room_px = MARGIN_PX - 28 - 6
        for number, ((task, label), _) in enumerate(self._strips):
            top_px = PADDING_PX + number * strip_px
            draw_symbol(painter, task, QPointF(16, top_px + strip_px / 2), 7, self.theme)
            painter.setPen(QColor(self.theme.text_secondary))
            name = painter.fontMetrics().elidedText(label, Qt.TextElideMode.ElideRight, room_px)
            painter.drawText(QRect(28, top_px, room_px, strip_px), left, name)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            number = (event.pos().y() - PADDING_PX) // self._strip_px
            if 0 <= number < len(self._strips):
                task, label = self._strips[number][0]
                is_curve = (task, label) in self._curves
                what = "how sure the model is" if is_curve else "the highest score"
                text = f"{label} ({KIND_STYLES[task].singular}): {what} at each moment"
                QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)


def _to_the_edges(curve: ScoreCurve) -> ScoreCurve:
    """A snippet is seen and heard half its length before and after its centre."""
    reach = SnippetGrid(0).window_us // 2 // curve.stride_us
    if not len(curve.values):
        return curve
    values = np.pad(curve.values, reach, mode="edge")
    return ScoreCurve(curve.start_us - reach * curve.stride_us, curve.stride_us, values)


def _top_groups(table: DetectionTable) -> Sequence[int]:
    """Groups with the highest score, ``MOST_LABELS`` of each kind, in the order of kinds."""
    best = np.zeros(len(table.keys))
    np.maximum.at(best, table.groups, table.scores)
    chosen: list[int] = []
    for kind in KIND_STYLES:
        own = [number for number, key in enumerate(table.keys) if key[0] is kind]
        own.sort(key=lambda number: -best[number])
        chosen += own[:MOST_LABELS]
    return chosen
