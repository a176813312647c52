"""Feeds the lanes with the segments of the open video, while a project holds it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.kind_style import FILL_PATTERNS, is_colour
from app.limits import Limits
from app.project.columns import SegmentColumns
from app.timeline.segment_arranger import SegmentArranger
from app.timeline.segment_rows import Shown
from app.timeline.tracks import Tracks
from app.window.annotation import Annotation


class SegmentFeed(QObject):
    """``rows_changed`` carries the rows of every kind; ``left``: there are no segments to show
    any more, since the video or the project was closed.
    """

    rows_changed = Signal(object)
    left = Signal()

    def __init__(
        self, annotation: Annotation, tracks: Tracks, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._annotation = annotation
        self._tracks = tracks
        self._limits = Limits()
        self._ghosts = False
        self._columns: SegmentColumns | None = None
        # What the next "changed" is about has been shown already.
        self._followed = False
        self._arranger = SegmentArranger(self)
        self._arranger.rows_changed.connect(self.rows_changed)
        annotation.segments_changed.connect(self._on_segments)
        annotation.labels_changed.connect(self._on_labels)
        annotation.changed.connect(self._on_changed)
        tracks.apart_changed.connect(self._show)

    @property
    def is_active(self) -> bool:
        """Whether the lanes show a project's segments."""
        return self._annotation.video_id is not None

    def set_limits(self, limits: Limits) -> None:
        """Show undecided finds from these scores on."""
        if limits != self._limits:
            self._limits = limits
            self._arranger.limit(self._shown())

    def set_ghosts(self, on: bool) -> None:
        """Show what was rejected as ghosts, or not at all."""
        self._ghosts = on
        self._show()

    def shutdown(self) -> None:
        """End the background thread."""
        self._arranger.shutdown()

    def _on_segments(self, ids: frozenset[int]) -> None:
        columns = self._annotation.columns
        if columns is not None and self._columns is not None:
            self._columns = columns
            self._followed = True
            self._arranger.follow(columns, ids)

    def _on_labels(self) -> None:
        self._followed = True
        self._arranger.rename(self._shown())

    def _on_changed(self) -> None:
        followed, self._followed = self._followed, False
        if not followed:
            self._show()

    def _show(self) -> None:
        was_active = self._columns is not None
        self._columns = self._annotation.columns
        self._arranger.show(self._columns, self._shown())
        if was_active and self._columns is None:
            self.left.emit()

    def _shown(self) -> Shown:
        labels = self._annotation.labels()
        names = {label.id: label.name for label in labels}
        styles = {
            label.id: (label.colour, label.pattern)
            for label in labels
            if is_colour(label.colour) or label.pattern in FILL_PATTERNS
        }
        tracks = self._tracks
        return Shown(
            self._limits.of_segments(labels),
            self._ghosts,
            names,
            styles,
            tracks.apart,
            tracks.hidden_labels,
            tracks.solo_labels,
            tracks.hidden_people,
        )
