"""What the actions on the selected time do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject

from app.view_state import ViewState

# How far an edge moves where there are no frames.
NUDGE_WITHOUT_FRAMES_US = 40_000
# Around a selection that fills the timeline, as a share of its length.
ZOOM_AIR = 0.1


class SelectionCommands(QObject):
    """Marks, moves and shows the selection of the view state."""

    def __init__(self, view_state: ViewState) -> None:
        super().__init__(view_state)
        self._view_state = view_state

    def slots(self) -> dict[str, Callable[..., object]]:
        """What to connect to the actions with these ids."""
        return {
            "select_start": self._start_here,
            "select_end": self._end_here,
            "select_all": self._select_all,
            "select_none": self._view_state.clear_selection,
            "select_start_earlier": self._start_earlier,
            "select_start_later": self._start_later,
            "select_end_earlier": self._end_earlier,
            "select_end_later": self._end_later,
            "to_select_start": self._go_to_start,
            "to_select_end": self._go_to_end,
            "zoom_selection": self._zoom,
        }

    def _start_here(self) -> None:
        """From the playhead to the present end, or to the media's where that lies before."""
        state = self._view_state
        start_us, end_us = state.playhead_us, state.media_end_us
        if state.selection is not None and state.selection[1] > start_us:
            end_us = state.selection[1]
        state.set_selection(start_us, end_us)

    def _end_here(self) -> None:
        state = self._view_state
        start_us, end_us = state.media_start_us, state.playhead_us
        if state.selection is not None and state.selection[0] < end_us:
            start_us = state.selection[0]
        state.set_selection(start_us, end_us)

    def _select_all(self) -> None:
        self._view_state.set_selection(
            self._view_state.media_start_us, self._view_state.media_end_us
        )

    def _start_earlier(self) -> None:
        self._nudge(0, -1)

    def _start_later(self) -> None:
        self._nudge(0, 1)

    def _end_earlier(self) -> None:
        self._nudge(1, -1)

    def _end_later(self) -> None:
        self._nudge(1, 1)

    def _nudge(self, edge: int, direction: int) -> None:
        """Move one edge to the next frame's beginning and show that frame."""
        selection = self._view_state.selection
        if selection is None:
            return
        moved_us = next_frame_us(self._view_state, selection[edge], direction)
        start_us, end_us = (moved_us, selection[1]) if edge == 0 else (selection[0], moved_us)
        # Not past the other edge, nor so near that nothing would be left.
        if start_us < end_us:
            self._view_state.set_selection(start_us, end_us)
            self._view_state.request_seek(moved_us)

    def _go_to_start(self) -> None:
        if self._view_state.selection is not None:
            self._view_state.request_seek(self._view_state.selection[0])

    def _go_to_end(self) -> None:
        if self._view_state.selection is not None:
            self._view_state.request_seek(self._view_state.selection[1])

    def _zoom(self) -> None:
        """Let it fill the timeline; the whole media where nothing is selected."""
        state = self._view_state
        start_us, end_us = state.selection or (state.media_start_us, state.media_end_us)
        air_us = round((end_us - start_us) * ZOOM_AIR)
        state.set_visible(start_us - air_us, end_us + air_us)


def next_frame_us(view_state: ViewState, time_us: int, direction: int) -> int:
    """When the next frame begins after a time (1), or the last one before it (-1)."""
    frames = view_state.frame_times
    if not len(frames):
        return time_us + direction * NUDGE_WITHOUT_FRAMES_US
    after = int(np.searchsorted(frames, time_us, side="right"))
    before = int(np.searchsorted(frames, time_us)) - 1
    place = after if direction > 0 else before
    if place < 0:
        return view_state.media_start_us
    return int(frames[place]) if place < len(frames) else view_state.media_end_us
