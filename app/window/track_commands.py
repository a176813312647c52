"""Keys and menus for tracks, and remembering them with the project."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.messages import MessageBar
from app.project.errors import ProjectError
from app.project.project import Project
from app.timeline.lanes import Lane, lane_of
from app.timeline.lanes_pane import LanesPane
from app.timeline.tracks import HEIGHTS, TrackKey, Tracks
from app.window.annotation import Annotation

VIEW_NAME = "tracks"


class TrackCommands(QObject):
    """Acts on the track of the kind, or of the label, that was worked on last."""

    def __init__(
        self, annotation: Annotation, tracks: Tracks, pane: LanesPane, messages: MessageBar
    ) -> None:
        super().__init__(annotation)
        self._annotation = annotation
        self._projects = annotation.projects
        self._tracks = tracks
        self._pane = pane
        self._messages = messages
        self._shown: Project | None = None
        self._is_unsaved = False
        self._projects.project_changed.connect(self._on_project)
        self._projects.busy_changed.connect(self._on_busy)
        tracks.changed.connect(self._on_tracks)

    def slots(self) -> dict[str, Callable[..., object]]:
        """What to connect to the actions with these ids."""
        return {
            "track_hide": lambda: self._toggle("hidden"),
            "track_solo": lambda: self._toggle("solo"),
            "track_fold": lambda: self._toggle("folded"),
            "track_lock": lambda: self._toggle("locked"),
            "track_up": lambda: self.move(self._current(), -1),
            "track_down": lambda: self.move(self._current(), 1),
            "track_taller": lambda: self._step_height(1),
            "track_lower": lambda: self._step_height(-1),
            "tracks_apart": self._toggle_apart,
            "tracks_show_all": self._tracks.show_all,
        }

    def move(self, key: TrackKey, step: int) -> None:
        """Move a track up (-1) or down (1) by one."""
        if key.label_id is None:
            kinds = self._tracks.kinds
            place = min(max(kinds.index(key.kind) + step, 0), len(kinds) - 1)
            self._tracks.move_kind(key.kind, place)
            return
        labels = [
            lane.label_id
            for lane in self._pane.lanes
            if lane.task is key.kind and lane.label_id is not None
        ]
        if key.label_id in labels:
            place = min(max(labels.index(key.label_id) + step, 0), len(labels) - 1)
            labels.remove(key.label_id)
            labels.insert(place, key.label_id)
            self._tracks.order_labels(key.kind, tuple(labels))

    def _current(self) -> TrackKey:
        lane = self._current_lane()
        return TrackKey(self._annotation.current_kind) if lane is None else lane.key

    def _current_lane(self) -> Lane | None:
        """That of the selected segments, else that of the label that is drawn with."""
        kind = self._annotation.current_kind
        chosen = list(self._annotation.selected_by_kind())
        kind = chosen[0] if len(chosen) == 1 else kind
        name = self._annotation.current_label(kind)
        label = next((e for e in self._annotation.labels(kind) if e.name == name), None)
        is_apart = kind in self._tracks.apart
        return lane_of(self._pane.lanes, kind, label.id if label is not None and is_apart else None)

    def _toggle(self, name: str) -> None:
        key = self._current()
        self._tracks.toggle(key, name)
        if name == "hidden" and self._tracks.of(key).hidden:
            self._messages.show_notice("The track is hidden. View, Show All Tracks brings it back.")

    def _toggle_apart(self) -> None:
        kind = self._annotation.current_kind
        self._tracks.set_apart(kind, kind not in self._tracks.apart)

    def _step_height(self, step: int) -> None:
        key = self._current()
        place = HEIGHTS.index(self._tracks.of(key).height) + step
        self._tracks.set(key, height=HEIGHTS[min(max(place, 0), len(HEIGHTS) - 1)])

    # --- remembering -------------------------------------------------------------------------

    def _on_project(self) -> None:
        project = self._projects.project
        if project is self._shown:
            return
        self._shown = None
        self._tracks.restore(self._stored(project))
        self._shown = project

    def _stored(self, project: Project | None) -> object:
        try:
            return project.view(VIEW_NAME) if project is not None else None
        except ProjectError as error:
            self._messages.show_error(str(error))
            return None

    def _on_tracks(self) -> None:
        self._annotation.set_locks(self._tracks.is_locked if self._tracks.has_locks else None)
        if self._shown is not None:
            self._is_unsaved = True
            self._save()

    def _on_busy(self, is_busy: bool) -> None:
        if not is_busy:
            self._save()

    def _save(self) -> None:
        """Not while the worker writes: a project is one thread's at a time."""
        project = self._projects.project
        if self._is_unsaved and project is self._shown and not self._projects.is_busy:
            self._is_unsaved = False
            if project is not None and self._projects.is_writable:
                try:
                    project.set_view(VIEW_NAME, self._tracks.stored())
                except ProjectError as error:
                    self._messages.show_error(f"The tracks are not remembered. {error}")
