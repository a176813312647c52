"""How many pixels frames get: as many as can be seen, few enough to keep up with playing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QSize, Qt

SMALLEST_PICTURE_PX = 16
# Beyond this frames are neither scaled up nor, while playing, decoded to be looked at closely.
LARGEST_PLAYED_PX = 1920 * 1080


@dataclass(frozen=True, slots=True)
class PictureSize:
    """``own`` is the displayed size of the video, ``view`` what it may fill when it fits, both in
    device pixels; ``zoom`` is how much larger than fitting it is drawn."""

    own: QSize
    view: QSize
    zoom: float

    def with_view(self, view: QSize) -> PictureSize:
        return replace(self, view=view)

    def with_zoom(self, zoom: float) -> PictureSize:
        return replace(self, zoom=zoom)

    @property
    def playing_px(self) -> tuple[int, int]:
        """(width, height) of the frames of the cache.

        Small pictures are scaled up here as well, in the decode thread, since a widget that
        scales while it paints holds up the window.
        """
        size = self._useful()
        if size.width() * size.height() <= LARGEST_PLAYED_PX:
            return _at_least(size)
        if size.width() > self.own.width():
            return _at_least(self.own)
        shrink = (LARGEST_PLAYED_PX / (size.width() * size.height())) ** 0.5
        return _at_least(QSize(int(size.width() * shrink), int(size.height() * shrink)))

    @property
    def standing_px(self) -> tuple[int, int]:
        """(width, height) of a frame that is looked at: every pixel that the view can show."""
        playing, useful = QSize(*self.playing_px), self._useful()
        enlarged = useful.width() > self.own.width()
        return _at_least(playing if enlarged else playing.expandedTo(useful))

    def _useful(self) -> QSize:
        fitted = self.own.scaled(self.view, Qt.AspectRatioMode.KeepAspectRatio)
        if self.zoom == 1.0:
            return fitted
        drawn = QSize(round(fitted.width() * self.zoom), round(fitted.height() * self.zoom))
        # Pixels that the video does not have are made by the view.
        limit = self.own if self.own.width() > fitted.width() else fitted
        return drawn.boundedTo(limit)


def _at_least(size: QSize) -> tuple[int, int]:
    return max(size.width(), SMALLEST_PICTURE_PX), max(size.height(), SMALLEST_PICTURE_PX)
