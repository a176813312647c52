"""Draws rows of events: boxes with labels, or their density where they are too many."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice, repeat
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

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
from app.timeline.density import DensityStrips, draw_strip, premultiplied
from app.timeline.event_rows import (
    ACCEPTED,
    HUMAN,
    KIND_STYLE,
    LOOK_COUNT,
    REJECTED,
    SCORE_STEPS,
    UNSURE,
    Style,
    TimeRow,
)
from app.timeline.label_writer import LabelWriter
from app.timeline.time_scale import TimeScale
from core_model.timeline import Task

EDGE_PX = 3
TEXT_INSET_PX = 8
TEXT_END_PX = 5
NARROWEST_BOX_PX = 2.0
NARROWEST_OUTLINED_PX = 6.0
NARROWEST_TEXT_PX = 28.0
# Outside of the picture a box needs no more than its edge.
BEYOND_PX = 8
# With more boxes than this in view (all rows together) crowded rows turn into density.
BOX_BUDGET = 700
CROWDED_PX_PER_EVENT = 6.0
# Opacities of fill, outline and left edge of what people have decided on.
DECIDED_OPACITIES = {
    HUMAN: (0.55, 1.0, 1.0),
    ACCEPTED: (0.45, 1.0, 1.0),
    UNSURE: (0.16, 0.9, 0.6),
    REJECTED: (0.06, 0.4, 0.4),
}


@dataclass(frozen=True, slots=True)
class _Tools:
    brush: QBrush
    pen: QPen
    edge: QColor
    # The edge's colour as a pixel.
    word: int


class _Part(NamedTuple):
    """Events ``first .. last - 1`` of a row."""

    row: TimeRow
    top_px: float
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _Boxes:
    """Places (n,) of boxes in logical pixels, their parts, and the number of the look of each."""

    left_px: npt.NDArray[np.float64]
    width_px: npt.NDArray[np.float64]
    part: npt.NDArray[np.intp]
    look: npt.NDArray[np.intp]

    def where(self, chosen: npt.NDArray[np.bool_]) -> _Boxes:
        """Some of them."""
        return _Boxes(
            self.left_px[chosen], self.width_px[chosen], self.part[chosen], self.look[chosen]
        )


class LanePainter:
    """Draws rows of one kind with one theme.

    Boxes are collected first and drawn together by how they look: a call per box would cost more
    than the picture is worth when there are hundreds.
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
        self._density = DensityStrips(self._outline)
        self._tools: dict[int, _Tools] = {}
        # Styles of labels, numbered as they are met; the kind's own is the first.
        self._styles: dict[Style, int] = {KIND_STYLE: 0}
        self._parts: list[_Part] = []
        self._dense: list[tuple[TimeRow, float]] = []

    def add_density(self, row: TimeRow, top_px: float) -> None:
        """Collect a row of which is drawn how much of every column its events cover."""
        self._dense.append((row, top_px))

    def add_boxes(self, row: TimeRow, top_px: float, span: tuple[int, int]) -> None:
        """Collect events ``span[0] .. span[1] - 1`` of the row."""
        if span[1] > span[0]:
            self._parts.append(_Part(row, top_px, *span))

    def paint(self, painter: QPainter, scale: TimeScale) -> None:
        """Draw what was collected."""
        dense, self._dense = self._dense, []
        parts, self._parts = self._parts, []
        if dense:
            self._paint_density(painter, dense, scale)
        if parts:
            self._paint_boxes(painter, parts, scale)

    def _paint_density(
        self, painter: QPainter, dense: list[tuple[TimeRow, float]], scale: TimeScale
    ) -> None:
        found = self._density.words([row for row, _ in dense], scale)
        for words, (_, top_px) in zip(found, dense, strict=True):
            corner = QPointF(scale.left_px, top_px)
            draw_strip(painter, words, corner, self._box_px, scale.pixel_ratio)

    def _paint_boxes(self, painter: QPainter, parts: list[_Part], scale: TimeScale) -> None:
        boxes = self._placed(parts, scale)
        is_narrow = boxes.width_px < NARROWEST_OUTLINED_PX
        outlined = self._paint_outlined(painter, parts, boxes.where(~is_narrow))
        if is_narrow.any():
            self._paint_narrow(painter, parts, boxes.where(is_narrow), scale)
        self._paint_labels(painter, parts, boxes, scale)
        for look, rects in outlined.items():
            if look % LOOK_COUNT == REJECTED:
                self._strike_through(painter, look, rects)

    def _placed(self, parts: list[_Part], scale: TimeScale) -> _Boxes:
        onset_us = np.concatenate([row.onset_us[first:last] for row, _, first, last in parts])
        offset_us = np.concatenate([row.offset_us[first:last] for row, _, first, last in parts])
        left = np.maximum(scale.whole_px_array(onset_us), scale.left_px - BEYOND_PX)
        right = np.minimum(scale.whole_px_array(offset_us), scale.right_px + BEYOND_PX)
        width = np.maximum(right - left - 1, NARROWEST_BOX_PX)
        part = np.repeat(np.arange(len(parts)), [last - first for _, _, first, last in parts])
        look = np.concatenate([row.looks(first, last) for row, _, first, last in parts])
        styles = [row.styles_of(first, last) for row, _, first, last in parts]
        if any(styles):
            look = look + LOOK_COUNT * self._style_numbers(parts, styles)
        return _Boxes(left, width, part, look)

    def _paint_outlined(
        self, painter: QPainter, parts: list[_Part], boxes: _Boxes
    ) -> dict[int, list[QRectF]]:
        """Boxes wide enough for an outline, by look; says where they are."""
        order = np.argsort(boxes.look, kind="stable")
        tops_px = np.array([part.top_px for part in parts], float)[boxes.part[order]].tolist()
        lefts_px, widths_px = boxes.left_px[order].tolist(), boxes.width_px[order] - 1
        height_px = self._box_px
        # A pen of one pixel reaches one pixel further right and down than its rectangle.
        outlines = map(QRectF, lefts_px, tops_px, widths_px.tolist(), repeat(height_px - 1))
        edges = map(QRectF, lefts_px, tops_px, repeat(EDGE_PX), repeat(height_px))
        counts = np.bincount(boxes.look)
        looks = np.flatnonzero(counts).tolist()
        # After a brush with a pattern Qt would draw laid out text in another place, unless the
        # painter's state is put back.
        painter.save()
        rects = {look: list(islice(outlines, int(counts[look]))) for look in looks}
        for look, each in rects.items():
            tools = self._tools_for(look)
            painter.setPen(tools.pen)
            painter.setBrush(tools.brush)
            painter.drawRects(each)
        painter.restore()
        painter.setPen(Qt.PenStyle.NoPen)
        for look in looks:
            painter.setBrush(self._tools_for(look).edge)
            painter.drawRects(list(islice(edges, int(counts[look]))))
        return rects

    def _paint_narrow(
        self, painter: QPainter, parts: list[_Part], boxes: _Boxes, scale: TimeScale
    ) -> None:
        """Bars of one colour each, a strip of columns for every row: there may be many."""
        ratio = scale.pixel_ratio
        begin_px = scale.left_px - BEYOND_PX
        columns = round((scale.width_px + 2 * BEYOND_PX) * ratio)
        words = np.zeros((len(parts), columns), np.uint32)
        start = np.rint((boxes.left_px - begin_px) * ratio).astype(np.intp)
        end = np.minimum(start + np.rint(boxes.width_px * ratio).astype(np.intp), columns)
        counts = np.maximum(end - start, 0)
        # Every column of every bar: its number, counted from where its bar begins.
        inside = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        looks = boxes.look.tolist()
        inks = {look: self._tools_for(look).word for look in set(looks)}
        ink = np.array([inks[look] for look in looks], np.uint32)
        place = (np.repeat(boxes.part, counts), np.repeat(start, counts) + inside)
        words[place] = np.repeat(ink, counts)
        for number in sorted(set(boxes.part.tolist())):
            corner = QPointF(begin_px, parts[number].top_px)
            draw_strip(painter, words[number], corner, self._box_px, ratio)

    def _style_numbers(
        self, parts: list[_Part], styles: list[list[Style] | None]
    ) -> npt.NDArray[np.intp]:
        numbers = self._styles
        found: list[int] = []
        for (_row, _top_px, first, last), own in zip(parts, styles, strict=True):
            each = own or [KIND_STYLE] * (last - first)
            found += [numbers.setdefault(style, len(numbers)) for style in each]
        return np.array(found, np.intp)

    def _strike_through(self, painter: QPainter, look: int, boxes: list[QRectF]) -> None:
        painter.setPen(self._tools_for(look).pen)
        lines = [
            QLineF(box.left(), box.center().y(), box.right(), box.center().y()) for box in boxes
        ]
        painter.drawLines(lines)

    def _tools_for(self, number: int) -> _Tools:
        """Brush, pen and colour of the edge for a look and a label's own style."""
        tools = self._tools.get(number)
        if tools is None:
            style_number, look = divmod(number, LOOK_COUNT)
            colour, pattern = list(self._styles)[style_number]
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
            ink = _translucent(outline, edge)
            tools = self._tools[number] = _Tools(brush, pen, ink, premultiplied(ink))
        return tools

    def _paint_labels(
        self, painter: QPainter, parts: list[_Part], boxes: _Boxes, scale: TimeScale
    ) -> None:
        writer = self._writer
        places = np.flatnonzero(boxes.width_px >= NARROWEST_TEXT_PX)
        part = boxes.part[places]
        left_px = np.maximum(boxes.left_px[places], scale.left_px) + TEXT_INSET_PX
        right_px = np.minimum(boxes.left_px[places] + boxes.width_px[places], scale.right_px)
        room_px = right_px - TEXT_END_PX - left_px
        baseline_px = np.array([part.top_px for part in parts])[part] + self._baseline_px
        scores: list[tuple[float, float, str]] = []
        painter.setPen(self._text)
        for (label, score), left, room, baseline in zip(
            _texts(parts, places, part),
            left_px.tolist(),
            room_px.astype(int).tolist(),
            baseline_px.tolist(),
            strict=True,
        ):
            text, score_px = writer.fitted(label, score, room)
            if score_px is not None:
                scores.append((left + score_px, baseline, score))
            writer.write(painter, left, baseline, text)
        painter.setPen(self._secondary)
        for left, baseline, score in scores:
            writer.write(painter, left, baseline, score)


def _texts(
    parts: list[_Part], places: npt.NDArray[np.intp], part: npt.NDArray[np.intp]
) -> list[tuple[str, str]]:
    """Label and score of the boxes at ``places`` (n,) among all those of the parts, which are in
    the order of the parts; ``part`` (n,) are the parts that they are in.
    """
    cuts = np.searchsorted(part, np.arange(len(parts) + 1)).tolist()
    found: list[tuple[str, str]] = []
    before = 0
    for (row, _top_px, first, last), begin, end in zip(parts, cuts[:-1], cuts[1:], strict=True):
        if end > begin:
            found += row.texts(places[begin:end] + (first - before))
        before += last - first
    return found


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
