"""What lies over every pane of the timeline: the selection, shot changes, joints, lines."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import lru_cache

from PySide6.QtCore import QLineF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPixmap

from app.theme import Theme
from app.timeline.time_scale import TimeScale
from app.view_state import ViewState
from core_model.timeline import US_PER_S

VEIL = 0.14
SHOT_STRENGTH = 0.5
JOINT_STRENGTH = 0.8
# Nearer to each other on average, lines would be a grey veil.
LEAST_SHOT_DISTANCE_PX = 6
_S_PER_MIN = 60
# Under which name the view state knows them.
SHOTS, JOINTS = "shots", "joints"
# Of what there is to snap to, this is drawn.
MARKED = (SHOTS, JOINTS)


def paint_selection(
    painter: QPainter, state: ViewState, scale: TimeScale, theme: Theme, height_px: int
) -> None:
    """A veil over the selected time with a line at either edge."""
    if state.selection is None:
        return
    left_px, right_px = (scale.whole_px(edge_us) for edge_us in state.selection)
    veil = QColor(theme.accent)
    veil.setAlphaF(VEIL)
    painter.fillRect(QRectF(left_px, 0, right_px - left_px, height_px), veil)
    for x_px in (left_px, right_px):
        painter.fillRect(QRectF(x_px, 0, 1, height_px), QColor(theme.accent))


def visible_shots(state: ViewState, scale: TimeScale) -> tuple[int, ...]:
    """The shot changes in view; none where they are too many to be told apart."""
    shots_us = state.snap_times(SHOTS)
    first, last = bisect_left(shots_us, scale.start_us), bisect_right(shots_us, scale.end_us)
    crowded = (last - first) * LEAST_SHOT_DISTANCE_PX > scale.width_px
    return () if crowded else shots_us[first:last]


def paint_shots(
    painter: QPainter, state: ViewState, scale: TimeScale, theme: Theme, height_px: int
) -> None:
    """A thin broken line at every shot change in view."""
    shots = visible_shots(state, scale)
    if shots:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_dashes(theme.text_secondary, height_px, scale.pixel_ratio))
        painter.setBrushOrigin(0, 0)
        painter.drawRects([QRectF(scale.whole_px(us), 0, 1, height_px) for us in shots])


@lru_cache(maxsize=32)
def _dashes(colour: str, height_px: int, pixel_ratio: float) -> QBrush:
    """A broken line as high as a pane."""
    ink = QColor(colour)
    ink.setAlphaF(SHOT_STRENGTH)
    line = QPixmap(round(pixel_ratio), round(height_px * pixel_ratio))
    line.setDevicePixelRatio(pixel_ratio)
    line.fill(Qt.GlobalColor.transparent)
    painter = QPainter(line)
    for top_px in range(0, height_px, 6):
        painter.fillRect(QRectF(0, top_px, line.width(), 3), ink)
    painter.end()
    return QBrush(line)


def paint_joints(
    painter: QPainter, state: ViewState, scale: TimeScale, theme: Theme, height_px: int
) -> None:
    """A seam of two lines wherever recordings meet that were put together into one file."""
    colour = QColor(theme.text_secondary)
    colour.setAlphaF(JOINT_STRENGTH)
    for joint_us in state.snap_times(JOINTS):
        x_px = scale.whole_px(joint_us)
        if scale.left_px <= x_px <= scale.right_px:
            painter.fillRect(QRectF(x_px - 1, 0, 1, height_px), colour)
            painter.fillRect(QRectF(x_px + 1, 0, 1, height_px), colour)


def paint_broken(
    painter: QPainter, state: ViewState, scale: TimeScale, theme: Theme, place: QRect
) -> None:
    """A bar over every stretch that could not be decoded, wide enough to be seen."""
    for start_us, end_us in state.broken_spans:
        left_px, right_px = scale.to_px(start_us), scale.to_px(end_us)
        if right_px >= place.left() and left_px <= place.right():
            bar = QRectF(left_px, place.top(), max(right_px - left_px, 3.0), place.height())
            painter.fillRect(bar, QColor(theme.danger))


def draw_columns(
    painter: QPainter, lefts_px: Iterable[int], span_px: tuple[int, int], colour: QColor
) -> None:
    """Upright lines one pixel wide between two heights; as rectangles they take five times as
    long where one can see through them.
    """
    painter.setPen(QPen(colour, 1, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
    top_px, bottom_px = span_px
    painter.drawLines([QLineF(x + 0.5, top_px, x + 0.5, bottom_px) for x in lefts_px])


def length_text(start_us: int, end_us: int) -> str:
    """How long a stretch is: "1.240 s", "2 min 01.240 s"."""
    minutes, rest_us = divmod(end_us - start_us, _S_PER_MIN * US_PER_S)
    if not minutes:
        return f"{rest_us / US_PER_S:.3f} s"
    # Cut, as time codes are: rounded, 59.9996 s would become a minute of 60 s.
    rest_ms = rest_us // 1_000
    return f"{minutes} min {rest_ms // 1_000:02d}.{rest_ms % 1_000:03d} s"
