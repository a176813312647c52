"""Pictures of stretches of time, made once and shown at every scroll position."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
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


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """A picture of neighbouring tiles that were made together."""

    pixmap: QPixmap
    keys: tuple[TileKey, ...]

    @property
    def size_bytes(self) -> int:
        return 4 * TILE_COLUMNS * len(self.keys) * self.keys[0].height


@dataclass(frozen=True, slots=True, eq=False)
class _Tile:
    """One tile of a run, its place there, and how much was known when it was made."""

    run: _Run
    place: int
    known: int


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
        self._tiles: dict[TileKey, _Tile] = {}
        # The least used first.
        self._runs: OrderedDict[_Run, None] = OrderedDict()
        self._held_bytes = 0

    def clear(self) -> None:
        """Forget every picture, because the data or the colours are others."""
        self._tiles.clear()
        self._runs.clear()
        self._held_bytes = 0

    def paint(
        self, painter: QPainter, scale: TimeScale, height_px: int, span_px: tuple[int, int]
    ) -> None:
        """Draw all tiles between two logical x at the top of the pane."""
        ratio = scale.pixel_ratio
        first = scale.first_column + int((span_px[0] - scale.left_px) * ratio)
        last = scale.first_column + int((span_px[1] - scale.left_px) * ratio)
        height = round(height_px * ratio)
        begin, end = first // TILE_COLUMNS, last // TILE_COLUMNS + 1
        keys = [
            TileKey(index, scale.us_per_column, scale.anchor_us, height, ratio)
            for index in range(begin, end)
        ]
        tiles = self._tiles_of(keys)
        place = 0
        while place < len(tiles):
            count = _neighbours(tiles[place:])
            corner = QPointF(scale.column_px((begin + place) * TILE_COLUMNS), 0)
            left = tiles[place].place * TILE_COLUMNS
            part = QRectF(left, 0, count * TILE_COLUMNS, height)
            painter.drawPixmap(corner, tiles[place].run.pixmap, part)
            place += count

    def _tiles_of(self, keys: list[TileKey]) -> list[_Tile]:
        """The tiles of neighbouring keys; those that are missing are made together."""
        wanted = [self._known(key.left_us, key.end_us) for key in keys]
        found = [self._tiles.get(key) for key in keys]
        missing = [
            place
            for place, (tile, known) in enumerate(zip(found, wanted, strict=True))
            if tile is None or tile.known != known
        ]
        if missing:
            begin, end = missing[0], missing[-1] + 1
            run = self._new_run(keys[begin:end])
            for place in missing:
                self._tiles[keys[place]] = _Tile(run, place - begin, wanted[place])
        tiles = [self._tiles[key] for key in keys]
        for run in dict.fromkeys(tile.run for tile in tiles):
            self._runs.move_to_end(run)
        self._let_go({tile.run for tile in tiles})
        return tiles

    def _new_run(self, keys: list[TileKey]) -> _Run:
        pixmap = QPixmap.fromImage(self._render(keys[0], len(keys)))
        pixmap.setDevicePixelRatio(keys[0].pixel_ratio)
        run = _Run(pixmap, tuple(keys))
        self._runs[run] = None
        self._held_bytes += run.size_bytes
        return run

    def _let_go(self, in_use: set[_Run]) -> None:
        """Drop what was not used for long, but nothing of what is shown."""
        while self._held_bytes > KEPT_BYTES and len(self._runs) > len(in_use):
            run, _ = self._runs.popitem(last=False)
            self._held_bytes -= run.size_bytes
            for key in run.keys:
                tile = self._tiles.get(key)
                if tile is not None and tile.run is run:
                    del self._tiles[key]


def _neighbours(tiles: list[_Tile]) -> int:
    """How many tiles, from the first on, lie side by side in one picture."""
    first = tiles[0]
    for count, tile in enumerate(tiles):
        if tile.run is not first.run or tile.place != first.place + count:
            return count
    return len(tiles)
