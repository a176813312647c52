"""Pictures of stretches of time, made once and shown at every scroll position."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage, QPainter, QPixmap

from app.timeline.time_scale import TimeScale

TILE_COLUMNS = 256
KEPT_TILES = 96


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
    """Paints a stretch of time from tiles that ``render`` makes; the least used ones go first."""

    def __init__(self, render: Callable[[TileKey], QImage]) -> None:
        self._render = render
        self._tiles: OrderedDict[TileKey, tuple[QPixmap, int]] = OrderedDict()

    def clear(self) -> None:
        """Forget every picture, because the data or the colours are others."""
        self._tiles.clear()

    def paint(
        self,
        painter: QPainter,
        scale: TimeScale,
        height_px: int,
        span_px: tuple[int, int],
        built_end_us: int,
    ) -> None:
        """Draw all tiles between two logical x at the top of the pane.

        A tile that reached beyond ``built_end_us`` when it was made is made anew once the data
        has grown.
        """
        ratio = scale.pixel_ratio
        first = scale.first_column + int((span_px[0] - scale.left_px) * ratio)
        last = scale.first_column + int((span_px[1] - scale.left_px) * ratio)
        for index in range(first // TILE_COLUMNS, last // TILE_COLUMNS + 1):
            key = TileKey(
                index, scale.us_per_column, scale.anchor_us, round(height_px * ratio), ratio
            )
            left_px = scale.column_px(index * TILE_COLUMNS)
            painter.drawPixmap(QPointF(left_px, 0), self._tile(key, built_end_us))

    def _tile(self, key: TileKey, built_end_us: int) -> QPixmap:
        kept = self._tiles.get(key)
        if kept is not None and (key.end_us <= kept[1] or kept[1] == built_end_us):
            self._tiles.move_to_end(key)
            return kept[0]
        pixmap = QPixmap.fromImage(self._render(key))
        pixmap.setDevicePixelRatio(key.pixel_ratio)
        self._tiles[key] = (pixmap, built_end_us)
        self._tiles.move_to_end(key)
        while len(self._tiles) > KEPT_TILES:
            self._tiles.popitem(last=False)
        return pixmap
