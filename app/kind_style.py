"""How the three kinds of events look: one table, from which every view draws.

Kinds differ in colour (Okabe & Ito, "Color universal design", 2008), in shape and in fill, so
that they can be told apart without colour vision and in print.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from app.theme import Theme
from core_model.timeline import Task

PATTERN_TILE_PX = 8
# At the highest score a fill still leaves 4.5:1 to the theme's text written on it.
MAXIMUM_FILL_OPACITY = 0.40
MINIMUM_FILL_OPACITY = 0.10


@dataclass(frozen=True, slots=True)
class KindStyle:
    """Name for people, colour as "#RRGGBB", shape, fill pattern and, for lines, the pattern of
    dashes and gaps in widths of the pen (empty: solid).
    """

    name: str
    singular: str
    colour: str
    shape: str
    pattern: str
    dashes: tuple[float, ...]


KIND_STYLES: dict[Task, KindStyle] = {
    Task.TAL: KindStyle("actions", "action", "#E69F00", "diamond", "plain", ()),
    Task.SED: KindStyle("sounds", "sound", "#56B4E9", "circle", "hatch", (12, 4)),
    Task.AVEL: KindStyle("both", "seen and heard", "#009E73", "triangle", "dots", (2, 4)),
}

# The shapes as letters, for lists.
KIND_SIGNS: dict[Task, str] = {Task.TAL: "◆", Task.SED: "●", Task.AVEL: "▲"}


def relative_luminance(colour: str) -> float:
    """Relative luminance in [0, 1] of an sRGB colour (WCAG 2.2)."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast_ratio(first: str, second: str) -> float:
    """Contrast of two colours, from 1 (none) to 21 (black on white) (WCAG 2.2)."""
    low, high = sorted((relative_luminance(first), relative_luminance(second)))
    return (high + 0.05) / (low + 0.05)


def blend(over: str, under: str, opacity: float) -> str:
    """The colour that ``over`` at ``opacity`` in [0, 1] gives on ``under``, as "#RRGGBB"."""
    pairs = zip(_channels(over), _channels(under), strict=True)
    mixed = [opacity * top + (1 - opacity) * bottom for top, bottom in pairs]
    return QColor.fromRgbF(*mixed).name().upper()


@lru_cache(maxsize=4_096)
def score_text(score: float) -> str:
    """A score in [0, 1] as ".91"; "1.0" for what rounds to one."""
    text = f"{score:.2f}"
    return "1.0" if text == "1.00" else text.removeprefix("0")


def fill_opacity(score: float) -> float:
    """Opacity of the fill of an event with ``score`` in [0, 1]: surer events are denser."""
    span = MAXIMUM_FILL_OPACITY - MINIMUM_FILL_OPACITY
    return MINIMUM_FILL_OPACITY + span * min(max(score, 0.0), 1.0)


def outline_colour(task: Task, theme: Theme) -> str:
    """The kind's colour, darkened on light grounds until it stands out 3:1 (WCAG 1.4.11)."""
    return standing_out(KIND_STYLES[task].colour, theme)


@lru_cache(maxsize=256)
def standing_out(colour: str, theme: Theme) -> str:
    """A colour, darkened on light grounds and brightened on dark ones until it has 3:1."""
    towards = "#FFFFFF" if theme.is_dark else "#000000"
    found, strength = colour, 1.0
    while contrast_ratio(found, theme.panel) < 3.0:
        strength -= 0.05
        found = blend(colour, towards, strength)
    return found


def is_colour(text: str) -> bool:
    """Whether a text is a colour as "#RRGGBB"; labels of strangers' files may hold anything."""
    return len(text) == 7 and text[0] == "#" and QColor.isValidColorName(text)


def symbol_path(shape: str, centre: QPointF, size_px: float) -> QPainterPath:
    """Outline of a kind's symbol about ``centre``; shapes are optically equal in size.

    Raises KeyError for a shape that no kind has.
    """
    return _SHAPES[shape](centre, size_px / 2)


def draw_symbol(
    painter: QPainter, task: Task, centre: QPointF, size_px: float, theme: Theme
) -> None:
    """Fill the kind's symbol about ``centre`` in its colour."""
    style = KIND_STYLES[task]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(outline_colour(task, theme)))
    painter.translate(centre)
    painter.drawPath(_symbol_at_origin(style.shape, size_px))
    painter.restore()


@lru_cache(maxsize=64)
def _symbol_at_origin(shape: str, size_px: float) -> QPainterPath:
    return symbol_path(shape, QPointF(0, 0), size_px)


@lru_cache(maxsize=64)
def pattern_brush(pattern: str, colour: str, opacity: float, pixel_ratio: float) -> QBrush:
    """Brush of a fill pattern: the colour at ``opacity`` with the pattern in a stronger tone."""
    tile = QPixmap(round(PATTERN_TILE_PX * pixel_ratio), round(PATTERN_TILE_PX * pixel_ratio))
    tile.setDevicePixelRatio(pixel_ratio)
    ground = QColor(colour)
    ground.setAlphaF(opacity)
    if pattern == "plain":
        return QBrush(ground)
    tile.fill(ground)
    mark = QColor(colour)
    mark.setAlphaF(min(1.0, 0.12 + 0.55 * opacity))
    painter = QPainter(tile)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _PATTERNS[pattern](painter, mark)
    painter.end()
    return QBrush(tile)


def _channels(colour: str) -> tuple[float, float, float]:
    parts = QColor(colour)
    return parts.redF(), parts.greenF(), parts.blueF()


def _diamond(centre: QPointF, radius_px: float) -> QPainterPath:
    x, y, r = centre.x(), centre.y(), radius_px * 1.1
    path = QPainterPath()
    path.addPolygon(
        QPolygonF([QPointF(x, y - r), QPointF(x + r, y), QPointF(x, y + r), QPointF(x - r, y)])
    )
    path.closeSubpath()
    return path


def _circle(centre: QPointF, radius_px: float) -> QPainterPath:
    path = QPainterPath()
    path.addEllipse(centre, radius_px * 0.9, radius_px * 0.9)
    return path


def _triangle(centre: QPointF, radius_px: float) -> QPainterPath:
    x, y, r = centre.x(), centre.y(), radius_px
    path = QPainterPath()
    path.addPolygon(
        QPolygonF([QPointF(x, y - r), QPointF(x + r, y + r * 0.85), QPointF(x - r, y + r * 0.85)])
    )
    path.closeSubpath()
    return path


def _hatch(painter: QPainter, mark: QColor) -> None:
    painter.setPen(QPen(mark, 1.2))
    size = PATTERN_TILE_PX
    # The line and its two neighbours, so that the corners of the tile meet without a gap.
    for shift in (-size, 0, size):
        painter.drawLine(QPointF(shift - 1, size + 1), QPointF(shift + size + 1, -1))


def _dots(painter: QPainter, mark: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(mark)
    quarter = PATTERN_TILE_PX / 4
    painter.drawEllipse(QPointF(quarter, quarter), 1.0, 1.0)
    painter.drawEllipse(QPointF(3 * quarter, 3 * quarter), 1.0, 1.0)


_SHAPES: dict[str, Callable[[QPointF, float], QPainterPath]] = {
    "diamond": _diamond,
    "circle": _circle,
    "triangle": _triangle,
}
_PATTERNS: dict[str, Callable[[QPainter, QColor], None]] = {"hatch": _hatch, "dots": _dots}
# What a label may be filled with instead of its kind's pattern.
FILL_PATTERNS = ("plain", *_PATTERNS)
