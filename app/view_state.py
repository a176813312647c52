"""Playhead, visible range and media range: the one object that panes share.

Widgets listen to its signals and call its setters, never each other, so that a script, a key
and a mouse go the same way. All times are integer microseconds of presentation time.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

MINIMUM_VISIBLE_US = 20_000


class ViewState(QObject):
    """What part of which media is looked at, and where playback stands.

    Without media every time is 0 and ``has_media`` is false; the setters of playhead and visible
    range then do nothing. The visible range never leaves the media range and never gets shorter
    than ``MINIMUM_VISIBLE_US`` (or than the media itself, where that is shorter).
    """

    # Microseconds do not fit into the 32 bits of Signal(int).
    media_range_changed = Signal(object, object)
    playhead_changed = Signal(object)
    visible_changed = Signal(object, object)
    seek_requested = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._media_start_us = 0
        self._media_end_us = 0
        self._playhead_us = 0
        self._visible_start_us = 0
        self._visible_end_us = 0

    @property
    def media_start_us(self) -> int:
        return self._media_start_us

    @property
    def media_end_us(self) -> int:
        return self._media_end_us

    @property
    def playhead_us(self) -> int:
        return self._playhead_us

    @property
    def visible_start_us(self) -> int:
        return self._visible_start_us

    @property
    def visible_end_us(self) -> int:
        return self._visible_end_us

    @property
    def has_media(self) -> bool:
        return self._media_end_us > self._media_start_us

    def set_media_range(self, start_us: int, end_us: int) -> None:
        """Take on new media: the whole of it gets visible, the playhead goes to its start.

        ``start_us == end_us`` means that no media is open. Raises ValueError for an end before
        the start.
        """
        if end_us < start_us:
            raise ValueError(f"media range ends before it starts: {start_us} .. {end_us} us")
        self._media_start_us, self._media_end_us = start_us, end_us
        self._visible_start_us, self._visible_end_us = start_us, end_us
        self._playhead_us = start_us
        self.media_range_changed.emit(start_us, end_us)
        self.visible_changed.emit(start_us, end_us)
        self.playhead_changed.emit(start_us)

    def set_playhead(self, time_us: int) -> None:
        """Say where playback stands now; clamped to the media range."""
        time_us = self._clamped(time_us)
        if time_us != self._playhead_us:
            self._playhead_us = time_us
            self.playhead_changed.emit(time_us)

    def request_seek(self, time_us: int) -> None:
        """Ask whoever plays to go to ``time_us`` (clamped). The player moves the playhead."""
        if self.has_media:
            self.seek_requested.emit(self._clamped(time_us))

    def set_visible(self, start_us: int, end_us: int) -> None:
        """Show ``[start_us, end_us)``, moved into the media range with its length kept."""
        if not self.has_media:
            return
        media_us = self._media_end_us - self._media_start_us
        shortest_us = min(MINIMUM_VISIBLE_US, media_us)
        span_us = min(max(end_us - start_us, shortest_us), media_us)
        start_us = min(max(start_us, self._media_start_us), self._media_end_us - span_us)
        if (start_us, start_us + span_us) != (self._visible_start_us, self._visible_end_us):
            self._visible_start_us, self._visible_end_us = start_us, start_us + span_us
            self.visible_changed.emit(self._visible_start_us, self._visible_end_us)

    def zoom_about(self, time_us: int, factor: float) -> None:
        """Zoom in by ``factor`` (> 1: fewer seconds on screen) with ``time_us`` staying in place.

        At the ends of the media the range is moved inside, so that ``time_us`` shifts there.
        Raises ValueError for a factor that is not positive.
        """
        if factor <= 0:
            raise ValueError(f"zoom factor must be positive: {factor}")
        if not self.has_media:
            return
        old_span_us = self._visible_end_us - self._visible_start_us
        media_us = self._media_end_us - self._media_start_us
        shortest_us = min(MINIMUM_VISIBLE_US, media_us)
        span_us = min(max(round(old_span_us / factor), shortest_us), media_us)
        ahead_us = round((time_us - self._visible_start_us) * span_us / old_span_us)
        self.set_visible(time_us - ahead_us, time_us - ahead_us + span_us)

    def pan_by(self, delta_us: int) -> None:
        """Move the visible range by ``delta_us`` (> 0: later), as far as the media reaches."""
        self.set_visible(self._visible_start_us + delta_us, self._visible_end_us + delta_us)

    def _clamped(self, time_us: int) -> int:
        return min(max(time_us, self._media_start_us), self._media_end_us)
