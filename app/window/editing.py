"""What keys and menus do to the selected segments."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject

from app.messages import MessageBar
from app.player.player import Player
from app.project.edits import (
    AddSegment,
    ChangeKind,
    Clip,
    DeleteSegments,
    Duplicate,
    MergeSegments,
    Paste,
    Reshape,
    SplitSegments,
    Together,
    clips_of,
)
from app.project.edits.base import Edit
from app.project.values import Segment
from app.timeline.gestures import SHORTEST_US
from app.timeline.timeline_view import TimelineView
from app.view_state import ViewState
from app.window.annotation import Annotation
from app.window.selection import SelectionCommands, next_frame_us
from core_model.timeline import Task


class Editing(QObject):
    """Split, merge, copy, nudge and the like; each is one step of undo."""

    def __init__(
        self,
        annotation: Annotation,
        view_state: ViewState,
        player: Player,
        timeline: TimelineView,
        selection: SelectionCommands,
        messages: MessageBar,
    ) -> None:
        super().__init__(annotation)
        self._annotation = annotation
        self._view_state = view_state
        self._player = player
        self._timeline = timeline
        self._time_slots = selection.slots()
        self._messages = messages
        self._clips: tuple[Clip, ...] = ()

    def slots(self) -> dict[str, Callable[..., object]]:
        """What to connect to the actions with these ids."""
        kinds = {f"kind_{kind.value}": partial(self._change_kind, kind) for kind in Task}
        nudges = {
            f"select_{edge}_{way}": partial(self._nudge, edge, way)
            for edge in ("start", "end")
            for way in ("earlier", "later")
        }
        return {
            **kinds,
            **nudges,
            "segment_new": self._add_from_selection,
            "segment_split": self._split,
            "segment_merge": self._merge,
            "segment_duplicate": self._duplicate,
            "segment_relabel": self._relabel,
            "segment_delete": self._delete,
            "segment_copy": self._copy,
            "segment_paste": self._paste,
            "segment_ghosts": self._set_ghosts,
        }

    @property
    def clips(self) -> tuple[Clip, ...]:
        """What was copied."""
        return self._clips

    def back_out(self) -> bool:
        """Select no segment any more; False where none was."""
        if not self._annotation.selection:
            return False
        self._annotation.select(())
        return True

    def _ids(self, doing: str) -> tuple[int, ...]:
        """What is selected; says so where nothing is."""
        if not self._annotation.selection:
            self._messages.show_notice(f"Select a segment to {doing}: click on it.")
        return tuple(sorted(self._annotation.selection))

    def _add_from_selection(self) -> None:
        """The selected time under the current label; asks for one where there is none."""
        span, kind = self._view_state.selection, self._annotation.current_kind
        hand = self._timeline.hand
        if hand is None or not self._annotation.takes_drawings:
            return
        if span is None:
            self._messages.show_notice("Mark where it starts and ends with I and O, then Enter.")
            return

        def add(name: str) -> None:
            self._annotation.set_current_label(kind, name)
            self._annotation.propose(lambda video_id: AddSegment(video_id, kind, name, *span))
            self._view_state.clear_selection()

        hand.labels.with_label(kind, add)

    def _split(self) -> None:
        at_us = self._view_state.playhead_us
        ids = tuple(sorted(self._annotation.selection)) or self._under_playhead(at_us)
        if not ids:
            self._messages.show_notice("Select the segment to split at the playhead.")
            return
        if not any(s.onset_us < at_us < s.offset_us for s in self._segments(ids)):
            self._messages.show_notice("The playhead is not inside the segment.")
            return
        self._annotation.perform(SplitSegments(ids, at_us))

    def _under_playhead(self, at_us: int) -> tuple[int, ...]:
        """The one segment there, if it is clear which one is meant."""
        columns = self._annotation.columns
        rows = columns.within(at_us, at_us) if columns is not None else ()
        return (int(columns.ids[rows[0]]),) if columns is not None and len(rows) == 1 else ()

    def _merge(self) -> None:
        ids = self._ids("merge")
        if len(ids) == 1:
            self._messages.show_notice("Select two or more segments of a label to merge them.")
        elif ids:
            self._annotation.perform(MergeSegments(ids))

    def _duplicate(self) -> None:
        if ids := self._ids("duplicate"):
            self._annotation.perform_and_select(Duplicate(ids))

    def _relabel(self) -> None:
        if self._ids("relabel") and self._timeline.hand is not None:
            self._timeline.hand.labels.relabel()

    def _delete(self) -> None:
        if ids := self._ids("delete"):
            self._annotation.perform(DeleteSegments(ids))

    def _change_kind(self, kind: Task) -> None:
        if ids := self._ids("change its kind"):
            self._annotation.perform(ChangeKind(ids, kind))

    def _copy(self) -> None:
        if ids := self._ids("copy"):
            self._clips = clips_of(self._segments(ids), self._annotation.labels())
            what = "1 segment" if len(ids) == 1 else f"{len(ids)} segments"
            self._messages.show_notice(f"{what} copied, to be pasted at the playhead.")

    def _paste(self) -> None:
        video_id = self._annotation.video_id
        if video_id is None or not self._clips:
            self._messages.show_notice("There is no segment to paste.")
            return
        self._annotation.perform_and_select(
            Paste(video_id, self._clips, self._view_state.playhead_us)
        )

    def _set_ghosts(self, on: bool) -> None:
        if self._timeline.feed is not None:
            self._timeline.feed.set_ghosts(on)

    def _nudge(self, edge: str, way: str) -> None:
        """Move an edge of the selected segments by a frame; of the selected time without any."""
        if not self._annotation.selection:
            self._time_slots[f"select_{edge}_{way}"]()
            return
        direction = 1 if way == "later" else -1
        edits: list[Edit] = []
        shown_us = None
        for segment in self._segments(tuple(self._annotation.selection)):
            edge_us = segment.onset_us if edge == "start" else segment.offset_us
            moved_us = next_frame_us(self._view_state, edge_us, direction)
            span = (
                (moved_us, segment.offset_us) if edge == "start" else (segment.onset_us, moved_us)
            )
            if span[1] - span[0] >= SHORTEST_US:
                edits.append(Reshape(segment.id, *span))
                shown_us = moved_us if shown_us is None else shown_us
        if not edits or shown_us is None:
            return
        name = f"Trim {edge} of {len(edits)} segments"
        edit = edits[0] if len(edits) == 1 else Together(name, tuple(edits))
        if self._annotation.perform(edit):
            self._view_state.request_seek(shown_us)

    def _segments(self, ids: tuple[int, ...]) -> list[Segment]:
        columns = self._annotation.columns
        if columns is None:
            return []
        return [columns.segment(int(row)) for row in columns.rows_of(ids)]
