"""Playhead, visible range, selection and media range: the one object that panes share.

Widgets listen to its signals and call its setters, never each other, so that a script, a key
and a mouse go the same way. All times are integer microseconds of presentation time.
"""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

MINIMUM_VISIBLE_US = 20_000
# A shorter selection is a slip of the mouse: it selects nothing.
MINIMUM_SELECTION_US = 1_000
_NO_FRAMES: npt.NDArray[np.int64] = np.empty(0, np.int64)


class ViewState(QObject):
    """What part of which media is looked at, and where playback stands.

    Without media every time is 0 and ``has_media`` is false; the setters of playhead, selection
    and visible range then do nothing. The visible range never leaves the media range and never
    gets shorter than ``MINIMUM_VISIBLE_US`` (or than the media itself, where that is shorter).
    """

    # Microseconds do not fit into the 32 bits of Signal(int).
    media_range_changed = Signal(object, object)
    playhead_changed = Signal(object)
    visible_changed = Signal(object, object)
    seek_requested = Signal(object)
    # (start_us, end_us), or None while nothing is selected.
    selection_changed = Signal(object)
    # Carries the name that they are set under.
    snap_times_changed = Signal(str)
    # A tuple of (start_us, end_us).
    broken_spans_changed = Signal(object)
    # A hand holds the playhead (True) or has let it go: whoever plays stands still meanwhile.
    scrubbing_changed = Signal(bool)
    # One frame on (1) or back (-1).
    step_requested = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._media_start_us = 0
        self._media_end_us = 0
        self._playhead_us = 0
        self._visible_start_us = 0
        self._visible_end_us = 0
        self._selection: tuple[int, int] | None = None
        self._snap_times: dict[str, tuple[int, ...]] = {}
        self._frame_times = _NO_FRAMES
        self._broken_spans: tuple[tuple[int, int], ...] = ()
        self._scrubbing = False

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
    def selection(self) -> tuple[int, int] | None:
        """Start and end of the selected time, at least ``MINIMUM_SELECTION_US`` apart."""
        return self._selection

    @property
    def has_media(self) -> bool:
        return self._media_end_us > self._media_start_us

    def set_media_range(self, start_us: int, end_us: int) -> None:
        """Take on new media: the whole of it gets visible, the playhead goes to its start.

        The selection and all times to snap to belonged to the media before and are gone.
        ``start_us == end_us`` means that no media is open. Raises ValueError for an end before
        the start.
        """
        if end_us < start_us:
            raise ValueError(f"media range ends before it starts: {start_us} .. {end_us} us")
        self._media_start_us, self._media_end_us = start_us, end_us
        self._visible_start_us, self._visible_end_us = start_us, end_us
        self._playhead_us = start_us
        snapped, self._snap_times = self._snap_times, {}
        self._frame_times = _NO_FRAMES
        self.set_broken_spans(())
        self.clear_selection()
        for name in snapped:
            self.snap_times_changed.emit(name)
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

    def set_selection(self, start_us: int, end_us: int) -> None:
        """Select the time between two moments, in either order, as far as media is there.

        Less than ``MINIMUM_SELECTION_US`` clears the selection.
        """
        start_us, end_us = sorted((self._clamped(start_us), self._clamped(end_us)))
        long_enough = end_us - start_us >= MINIMUM_SELECTION_US
        selection = (start_us, end_us) if long_enough else None
        if selection != self._selection:
            self._selection = selection
            self.selection_changed.emit(selection)

    def clear_selection(self) -> None:
        """Select nothing."""
        self.set_selection(self._media_start_us, self._media_start_us)

    def snap_times(self, name: str) -> tuple[int, ...]:
        """The times set under a name, ascending; empty where there are none."""
        return self._snap_times.get(name, ())

    def set_snap_times(self, name: str, times_us: tuple[int, ...]) -> None:
        """Offer these times, in any order, to :meth:`snap`.

        ``name`` tells whose they are ("events", "shots"); its earlier times are replaced.
        """
        ascending = tuple(sorted(times_us))
        if ascending != self._snap_times.get(name, ()):
            self._snap_times[name] = ascending
            self.snap_times_changed.emit(name)

    def snap(self, time_us: int, within_us: int, also_us: tuple[int, ...] = ()) -> int:
        """The nearest time to snap to, or ``time_us`` where none is ``within_us`` of it.

        The ends of the media and ``also_us`` count along with all times set by name; where none
        of them is near, frames do. The playhead does not count: it follows an edge that is
        dragged and would hold it fast. A drag passes where the playhead stood when it began.
        """
        marks = [self._media_start_us, self._media_end_us, *also_us]
        for times_us in self._snap_times.values():
            place = bisect_left(times_us, time_us)
            marks += times_us[max(place - 1, 0) : place + 1]
        place = int(np.searchsorted(self._frame_times, time_us))
        frames = [int(us) for us in self._frame_times[max(place - 1, 0) : place + 1]]
        for candidates in (marks, frames):
            nearest_us = min(candidates, key=lambda us: abs(us - time_us), default=None)
            if nearest_us is not None and abs(nearest_us - time_us) <= within_us:
                return nearest_us
        return time_us

    @property
    def frame_times(self) -> npt.NDArray[np.int64]:
        """When each frame is shown, int64 (n,) ascending; empty while that is not known."""
        return self._frame_times

    def set_frame_times(self, times_us: npt.NDArray[np.int64]) -> None:
        """Take on the times of all frames, int64 (n,), strictly ascending."""
        self._frame_times = times_us

    @property
    def broken_spans(self) -> tuple[tuple[int, int], ...]:
        """Start and end of every stretch found so far that could not be decoded."""
        return self._broken_spans

    def set_broken_spans(self, spans_us: tuple[tuple[int, int], ...]) -> None:
        """Take on the whole list of stretches that could not be decoded."""
        if spans_us != self._broken_spans:
            self._broken_spans = spans_us
            self.broken_spans_changed.emit(spans_us)

    def request_step(self, direction: int) -> None:
        """Ask whoever plays to go one frame on (1) or back (-1)."""
        if self.has_media:
            self.step_requested.emit(direction)

    def set_scrubbing(self, on: bool) -> None:
        """Say that a hand takes hold of the playhead, or lets it go."""
        if on != self._scrubbing:
            self._scrubbing = on
            self.scrubbing_changed.emit(on)

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
