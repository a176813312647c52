"""Pictures of stretches of time, made once and shown at every scroll position."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage, QPainter, QPixmap

from app.timeline.time_scale import TimeScale

TILE_COLUMNS = 512
KEPT_BYTES = 24_000_000


@dataclass(frozen=True, slots=True)
class TileKey:
    """A tile is a raster position at one zoom, height (device pixels) and pixel ratio."""

    index: int
    us_per_column: float
    anchor_us: int
    height: int
    pixel_ratio: float

    @property
    def left_us(self) -> float:
        return self.anchor_us + self.index * TILE_COLUMNS * self.us_per_column

    @property
    def end_us(self) -> float:
        return self.left_us + TILE_COLUMNS * self.us_per_column


class TileCache:
    """Paints a stretch of time from tiles that ``render`` makes; the least used ones go first.

    ``known`` gives a number for two times that grows whenever there is more to be drawn between
    them: a tile made before is then made anew.
    """

    def __init__(
        self, render: Callable[[TileKey], QImage], known: Callable[[float, float], int]
    ) -> None:
        self._render = render
        self._known = known
        self._tiles: OrderedDict[TileKey, tuple[QPixmap, int]] = OrderedDict()
        self._held_bytes = 0

    def clear(self) -> None:
        """Forget every picture, because the data or the colours are others."""
        self._tiles.clear()
        self._held_bytes = 0

    def paint(
        self, painter: QPainter, scale: TimeScale, height_px: int, span_px: tuple[int, int]
    ) -> None:
        """Draw all tiles between two logical x at the top of the pane."""
        ratio = scale.pixel_ratio
        first = scale.first_column + int((span_px[0] - scale.left_px) * ratio)
        last = scale.first_column + int((span_px[1] - scale.left_px) * ratio)
        for index in range(first // TILE_COLUMNS, last // TILE_COLUMNS + 1):
            key = TileKey(
                index, scale.us_per_column, scale.anchor_us, round(height_px * ratio), ratio
            )
            left_px = scale.column_px(index * TILE_COLUMNS)
            painter.drawPixmap(QPointF(left_px, 0), self._tile(key))

    def _tile(self, key: TileKey) -> QPixmap:
        known = self._known(key.left_us, key.end_us)
        kept = self._tiles.get(key)
        if kept is not None and kept[1] == known:
            self._tiles.move_to_end(key)
            return kept[0]
        pixmap = QPixmap.fromImage(self._render(key))
        pixmap.setDevicePixelRatio(key.pixel_ratio)
        if kept is None:
            self._held_bytes += _size_bytes(key)
        self._tiles[key] = (pixmap, known)
        self._tiles.move_to_end(key)
        while self._held_bytes > KEPT_BYTES and len(self._tiles) > 1:
            oldest, _ = self._tiles.popitem(last=False)
            self._held_bytes -= _size_bytes(oldest)
        return pixmap


def _size_bytes(key: TileKey) -> int:
    return 4 * TILE_COLUMNS * key.height
