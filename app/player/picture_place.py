"""Where the picture lies in its view: fitting it, or magnified and moved about."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt

FIT = 1.0
# Screen pixels per pixel of the video that zooming ends at.
LARGEST_SCALE = 32.0
# Zooms nearer to fitting than this mean fitting.
FIT_TOLERANCE = 0.02


@dataclass(frozen=True, slots=True)
class PicturePlace:
    """``own`` is the displayed size of the video in its pixels, ``view`` that of the widget in
    logical ones, of which each is ``ratio`` device pixels wide. ``zoom`` counts from fitting;
    ``centre`` is the point of the picture in the middle of the view, each side going from 0 to 1.
    """

    own: QSize = field(default_factory=QSize)
    view: QSize = field(default_factory=QSize)
    ratio: float = 1.0
    zoom: float = FIT
    centre: tuple[float, float] = (0.5, 0.5)

    @property
    def rect(self) -> QRect:
        """The whole picture in widget pixels, parts of it outside of the widget when zoomed."""
        fitted = self._fitted()
        if self.zoom == FIT:
            place = QRect(0, 0, fitted.width(), fitted.height())
            place.moveCenter(QRect(0, 0, self.view.width(), self.view.height()).center())
            return place
        width, height = fitted.width() * self.zoom, fitted.height() * self.zoom
        left = _edge(self.view.width(), width, self.centre[0])
        top = _edge(self.view.height(), height, self.centre[1])
        return QRectF(left, top, width, height).toRect()

    @property
    def scale(self) -> float:
        """Device pixels per pixel of the video: 1 for 100 %."""
        return self.zoom * self._fit_scale()

    @property
    def can_pan(self) -> bool:
        """Whether a part of the picture lies outside of the view."""
        place = self.rect
        return place.width() > self.view.width() or place.height() > self.view.height()

    def fitting(self) -> PicturePlace:
        """The whole picture, as large as the view allows."""
        return replace(self, zoom=FIT, centre=(0.5, 0.5))

    def at_scale(self, scale: float) -> PicturePlace:
        """So many device pixels per pixel of the video, the middle staying where it is."""
        return replace(self, zoom=scale / self._fit_scale())._settled()

    def zoomed_about(self, point: QPointF, factor: float) -> PicturePlace:
        """``factor`` times as large, the picture's point under ``point`` staying in place."""
        fit_scale = self._fit_scale()
        smallest = min(FIT, 1.0 / fit_scale)
        largest = max(FIT, LARGEST_SCALE / fit_scale)
        zoom = min(max(self.zoom * factor, smallest), largest)
        if abs(zoom - FIT) < FIT_TOLERANCE:
            return self.fitting()
        before = self.rect
        if before.isEmpty():
            return self
        # Rather a place in the picture than beside it, where the view has bars.
        part_x = min(max((point.x() - before.left()) / before.width(), 0.0), 1.0)
        part_y = min(max((point.y() - before.top()) / before.height(), 0.0), 1.0)
        fitted = self._fitted()
        width, height = fitted.width() * zoom, fitted.height() * zoom
        centre = (
            part_x + (self.view.width() / 2 - point.x()) / width,
            part_y + (self.view.height() / 2 - point.y()) / height,
        )
        return replace(self, zoom=zoom, centre=centre)._settled()

    def panned(self, by: QPointF) -> PicturePlace:
        """Moved by so many widget pixels, as far as there is picture."""
        place = self.rect
        if place.isEmpty():
            return self
        x, y = self.centre
        moved = (x - by.x() / place.width(), y - by.y() / place.height())
        return replace(self, centre=moved)._settled()

    def _settled(self) -> PicturePlace:
        """With a centre that leaves no bar at a side on which there is picture left."""
        fitted = self._fitted()
        x = _centre(self.view.width(), fitted.width() * self.zoom, self.centre[0])
        y = _centre(self.view.height(), fitted.height() * self.zoom, self.centre[1])
        return replace(self, centre=(x, y))

    def _fitted(self) -> QSize:
        if self.own.isEmpty():
            return QSize(0, 0)
        return self.own.scaled(self.view, Qt.AspectRatioMode.KeepAspectRatio)

    def _fit_scale(self) -> float:
        if self.own.isEmpty():
            return 1.0
        return max(self._fitted().width() * self.ratio / self.own.width(), 1e-6)


def _edge(view_px: float, drawn_px: float, centre: float) -> float:
    """Where the picture begins along one side of the view."""
    if drawn_px <= view_px:
        return (view_px - drawn_px) / 2
    return min(max(view_px / 2 - centre * drawn_px, view_px - drawn_px), 0.0)


def _centre(view_px: float, drawn_px: float, centre: float) -> float:
    if drawn_px <= view_px or drawn_px <= 0:
        return 0.5
    half = view_px / 2 / drawn_px
    return min(max(centre, half), 1 - half)
