"""Pictures of stretches of time, made once and shown at every scroll position."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage, QPainter, QPixmap

from app.timeline.time_scale import TimeScale

# Narrow, so that scrolling makes little at a time; many are made in one go where all are new.
TILE_COLUMNS = 128
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
    """Paints a stretch of time from tiles; the least used ones go first.

    ``render`` makes the picture of so many tiles from one on, which must look the same whether
    they are made together or one by one. ``known`` gives a number for two times that grows
    whenever there is more to be drawn between them: a tile made before is then made anew.
    """

    def __init__(
        self, render: Callable[[TileKey, int], QImage], known: Callable[[float, float], int]
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
        height = round(height_px * ratio)
        keys = [
            TileKey(index, scale.us_per_column, scale.anchor_us, height, ratio)
            for index in range(first // TILE_COLUMNS, last // TILE_COLUMNS + 1)
        ]
        for key, pixmap in zip(keys, self._pictures(keys), strict=True):
            left_px = scale.column_px(key.index * TILE_COLUMNS)
            painter.drawPixmap(QPointF(left_px, 0), pixmap)

    def _pictures(self, keys: list[TileKey]) -> list[QPixmap]:
        """The tiles of neighbouring keys; those that are missing are made together."""
        wanted = [(key, self._known(key.left_us, key.end_us)) for key in keys]
        missing = [
            place
            for place, (key, known) in enumerate(wanted)
            if key not in self._tiles or self._tiles[key][1] != known
        ]
        if missing:
            begin, end = missing[0], missing[-1] + 1
            picture = self._render(keys[begin], end - begin)
            for place in missing:
                key, known = wanted[place]
                left = (place - begin) * TILE_COLUMNS
                part = picture.copy(left, 0, TILE_COLUMNS, picture.height())
                self._keep(key, QPixmap.fromImage(part), known)
        pixmaps = [self._tiles[key][0] for key in keys]
        for key in keys:
            self._tiles.move_to_end(key)
        while self._held_bytes > KEPT_BYTES and len(self._tiles) > len(keys):
            oldest, _ = self._tiles.popitem(last=False)
            self._held_bytes -= _size_bytes(oldest)
        return pixmaps

    def _keep(self, key: TileKey, pixmap: QPixmap, known: int) -> None:
        pixmap.setDevicePixelRatio(key.pixel_ratio)
        if key not in self._tiles:
            self._held_bytes += _size_bytes(key)
        self._tiles[key] = (pixmap, known)


def _size_bytes(key: TileKey) -> int:
    return 4 * TILE_COLUMNS * key.height
