"""What a key or a menu on the timeline is about: a detection, a hit, a segment, a stretch."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint

from app.overlay.active_events import active_at
from app.project.values import KINDS
from app.session import Session
from app.timeline.prompt_pane import PromptLanesPane
from app.view_state import ViewState
from app.window.annotation import Annotation
from core_model.prompt_spec import PromptSpec
from core_model.timeline import Detection


@dataclass(frozen=True, slots=True)
class Found:
    """An event with its kind, times and score, and the prompt that found it, if one did."""

    detection: Detection
    spec: PromptSpec | None = None


class FindAt:
    """Looks under the pointer, at the selected segments, or at the playhead."""

    def __init__(
        self,
        annotation: Annotation,
        session: Session,
        view_state: ViewState,
        pane: PromptLanesPane,
    ) -> None:
        self._annotation = annotation
        self._session = session
        self._view_state = view_state
        self._pane = pane

    def under_prompts(self, place: QPoint) -> Found | None:
        """The hit at a point of the lanes of prompts."""
        hit, lane = self._pane.hit_at(place), self._pane.lane_at(place)
        return None if hit is None or lane is None else Found(hit, lane.spec)

    def selected(self) -> Found | None:
        """The first of the selected segments."""
        for segment_id in sorted(self._annotation.selection):
            return self._segment(segment_id)
        return None

    def at_playhead(self) -> Found | None:
        """The surest event or hit at the playhead."""
        playhead_us = self._view_state.playhead_us
        hits = [
            Found(hit, lane.spec)
            for lane in self._pane.lanes
            for hit in active_at(lane.hits, playhead_us)
        ]
        events = active_at(self._session.shown_detections(), playhead_us)
        everything = [*map(Found, events), *hits]
        return max(everything, key=lambda found: found.detection.score, default=None)

    def _segment(self, segment_id: int) -> Found | None:
        columns = self._annotation.columns
        row = None if columns is None else columns.row_of(segment_id)
        if columns is None or row is None:
            return None
        segment = columns.segment(row)
        names = {label.id: label.name for label in self._annotation.labels()}
        kind = KINDS[columns.kinds[row]]
        score = 1.0 if segment.score is None else segment.score
        return Found(
            Detection(kind, names[segment.label_id], segment.onset_us, segment.offset_us, score)
        )
