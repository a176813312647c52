"""What the mouse does on the time axis between press and release."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QObject, QPointF, Qt, QTimer

from app.timeline.time_scale import TimeScale
from app.view_state import ViewState

# How near, on the screen, an edge has to come to snap, and a pointer to take hold of an edge.
SNAP_PX = 7
GRIP_PX = 5
# A press that moves less is a click. Less than usual in windows: edges are placed by pixels.
START_PX = 3
# Beyond the pane the view scrolls: this often, and per pixel beyond by this share of a pixel.
SCROLL_INTERVAL_MS = 30
SCROLL_PER_PX = 0.4


class Drag(Protocol):
    """One gesture. Times are where the pointer is; ``reach_us`` is how far to snap (0: not)."""

    def move(self, time_us: int, reach_us: int) -> None: ...

    def end(self) -> None: ...


class Scrub:
    """The playhead goes where the pointer goes."""

    def __init__(self, state: ViewState) -> None:
        self._state = state

    def move(self, time_us: int, reach_us: int) -> None:
        self._state.set_scrubbing(True)
        self._state.request_seek(time_us)

    def end(self) -> None:
        self._state.set_scrubbing(False)


class SelectTime:
    """One edge of the selection goes where the pointer goes, and the picture shows its frame.

    ``anchor_us`` is the other edge. With ``returns`` the playhead goes to the start of the
    selection at the end, so that it can be played at once.
    """

    def __init__(self, state: ViewState, anchor_us: int, *, returns: bool) -> None:
        self._state = state
        self._anchor_us = anchor_us
        self._playhead_us = state.playhead_us
        self._returns = returns
        self._moved = False

    def move(self, time_us: int, reach_us: int) -> None:
        self._moved = True
        edge_us = self._state.snap(time_us, reach_us, (self._playhead_us,)) if reach_us else time_us
        self._state.set_scrubbing(True)
        self._state.set_selection(self._anchor_us, edge_us)
        self._state.request_seek(edge_us)

    def end(self) -> None:
        selection = self._state.selection
        if self._moved and self._returns and selection is not None:
            self._state.request_seek(selection[0])
        self._state.set_scrubbing(False)


def edge_near(state: ViewState, x_px: float, scale: TimeScale) -> int | None:
    """Which edge of the selection (0: start, 1: end) a pointer is over."""
    if state.selection is None:
        return None
    distances_px = [abs(scale.to_px(edge_us) - x_px) for edge_us in state.selection]
    nearest = min((0, 1), key=distances_px.__getitem__)
    return nearest if distances_px[nearest] <= GRIP_PX else None


def select_edge(state: ViewState, edge: int) -> SelectTime:
    """The drag of one edge of the present selection."""
    selection = state.selection
    if selection is None:
        raise ValueError("nothing is selected")
    return SelectTime(state, selection[1 - edge], returns=False)


class DragHand(QObject):
    """Carries a drag: knows where the pane ends and scrolls the view while the pointer is out."""

    def __init__(self, state: ViewState, parent: QObject) -> None:
        super().__init__(parent)
        self._state = state
        self._drag: Drag | None = None
        self._press_px = 0.0
        self._x_px = 0.0
        self._snaps = True
        self._is_in_time = False
        self._scale: TimeScale | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(SCROLL_INTERVAL_MS)
        self._timer.timeout.connect(self._scroll)

    @property
    def is_busy(self) -> bool:
        return self._drag is not None

    def take(self, drag: Drag, x_px: float) -> None:
        """Begin; nothing moves before the pointer has gone ``START_PX``."""
        self._drag = drag
        self._press_px = x_px
        self._is_in_time = False
        self._scale = None

    def move(
        self,
        position: QPointF,
        keys: Qt.KeyboardModifier,
        scale: TimeScale,
        *,
        is_elsewhere: bool = False,
    ) -> None:
        """The pointer has moved; Alt lets go of what it snaps to. ``is_elsewhere``: it is in
        another lane, so that this is a drag even where it has not moved in time.
        """
        started = self._scale is not None
        far = abs(position.x() - self._press_px) >= START_PX
        if self._drag is None or not (started or far or is_elsewhere):
            return
        self._is_in_time = self._is_in_time or far
        self._x_px = position.x() if self._is_in_time else self._press_px
        self._scale = scale
        self._snaps = self._is_in_time and not keys & Qt.KeyboardModifier.AltModifier
        self._apply(scale)
        is_out = not scale.left_px <= self._x_px <= scale.right_px
        if is_out and not self._timer.isActive():
            self._timer.start()
        elif not is_out:
            self._timer.stop()

    def drop(self) -> None:
        """Forget the drag without ending it."""
        self._timer.stop()
        self._drag = None

    def release(self) -> None:
        """The button is up."""
        self._timer.stop()
        drag, self._drag = self._drag, None
        if drag is not None:
            drag.end()

    def _apply(self, scale: TimeScale) -> None:
        if self._drag is not None:
            x_px = min(max(self._x_px, scale.left_px), scale.right_px)
            reach_us = round(SNAP_PX * scale.us_per_px) if self._snaps else 0
            self._drag.move(scale.to_us(x_px), reach_us)

    def _scroll(self) -> None:
        scale, state = self._scale, self._state
        if scale is None:
            return
        beyond_px = self._x_px - min(max(self._x_px, scale.left_px), scale.right_px)
        state.pan_by(round(beyond_px * SCROLL_PER_PX * scale.us_per_px))
        # Where the view has come to is known to the pane only as a new scale.
        moved_us = state.visible_start_us - scale.start_us
        self._scale = TimeScale(
            scale.start_us + moved_us,
            scale.end_us + moved_us,
            scale.left_px,
            scale.width_px,
            scale.anchor_us,
            scale.pixel_ratio,
        )
        self._apply(self._scale)
