"""The playhead in motion along a route, one tick per frame."""

from __future__ import annotations

import math

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.player.pacer import Pacer
from app.player.picture import Picture
from app.player.route import Route
from app.view_state import ViewState

# The playhead moves this often, the picture whenever a frame is due.
TICK_MS = 15
# Where a frame is due already, but not decoded yet.
LATE_MS = 5


class Motion(QObject):
    """Moves the playhead and the picture as the pacer says; ``arrived`` at the route's end.

    ``arrived`` carries the moment to rest at: the end of the media, or the last moment of the
    last frame within a stretch of it.
    """

    arrived = Signal(object)

    def __init__(
        self, view_state: ViewState, picture: Picture, pacer: Pacer, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._view_state = view_state
        self._picture = picture
        self._pacer = pacer
        self._route: Route | None = None
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._tick)

    @property
    def now_us(self) -> int:
        """Where playback stands at this very moment, within the media."""
        return min(self._pacer.now_us(), self._view_state.media_end_us)

    def start(self, route: Route) -> None:
        """Go along the route from the playhead, or from its start where it leads elsewhere."""
        if not route.covers(self._view_state.playhead_us):
            self._jump_to(route.start_us)
        self._route = route
        self._pacer.start(self._view_state.playhead_us, route)
        self._timer.start(TICK_MS)

    def change(self, route: Route) -> None:
        """Go on along another route; without a gap where it leads on from here."""
        if route.covers(self.now_us):
            self._route = route
            self._pacer.change(route)
        else:
            self.start(route)

    def stop(self) -> None:
        """Tick no more; the pacer is the player's to stop."""
        self._timer.stop()
        self._route = None

    def _tick(self) -> None:
        route, now_us = self._route, self.now_us
        if route is None:
            return
        if now_us >= route.end_us and not route.loops:
            ends_with_media = route.end_us == self._view_state.media_end_us
            self.arrived.emit(route.end_us if ends_with_media else route.end_us - 1)
            return
        if now_us < self._view_state.playhead_us:
            self._jump_to(now_us)
        else:
            self._view_state.set_playhead(now_us)
            self._picture.follow(now_us)
        self._timer.start(self._ms_to_next_frame())

    def _jump_to(self, time_us: int) -> None:
        self._view_state.set_playhead(time_us)
        self._picture.show_at(time_us)

    def _ms_to_next_frame(self) -> int:
        """How long to sleep: until the next frame is due, and never longer than TICK_MS."""
        next_us = self._picture.next_us
        left_s = None if next_us is None else self._pacer.seconds_until(next_us)
        if left_s is None:
            return TICK_MS
        return min(math.ceil(left_s * 1_000), TICK_MS) if left_s > 0 else LATE_MS
