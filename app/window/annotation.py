"""The one door of panels and timeline to the open project's current video."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.project.columns import SegmentColumns
from app.project.edits import Relabel, Together
from app.project.edits.base import Edit
from app.project.edits.reach import Reach, reach
from app.project.project_session import ProjectSession
from app.project.values import KINDS, Label
from core_model.timeline import Task

DIGITS = "1234567890"
# (kind, label, start in microseconds) of a label that was started and not yet stopped.
Running = tuple[Task, str, int]
_NOTHING: frozenset[int] = frozenset()
LOCKED = "The track is locked. Unlock it with the L in its head."


class Annotation(QObject):
    """The segments of the video that is open, what of them is selected, and the way to edits.

    ``changed``: segments, labels, the video or the project are others now; read them again.
    ``segments_changed(frozenset)`` and ``labels_changed`` come before it where only these
    segments, or only labels, are.
    ``selection_changed(frozenset)``: ids of segments. ``current_label_changed(Task)``.
    ``running_changed``: labels were started or stopped while playing. ``project_wanted(make)``:
    there is something to keep and no project; ``make(video_id)`` gives the edit.
    Times are integer microseconds of presentation time, as in the columns.
    """

    changed = Signal()
    selection_changed = Signal(object)
    current_label_changed = Signal(object)
    segments_changed = Signal(object)
    labels_changed = Signal()
    running_changed = Signal()
    project_wanted = Signal(object)

    def __init__(self, projects: ProjectSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._projects = projects
        self._video_id: int | None = None
        self._selection = _NOTHING
        self._current: dict[Task, str] = {}
        self._current_kind = Task.TAL
        self._running: tuple[Running, ...] = ()
        self._has_media = False
        self._is_label_locked: Callable[[Task, int | None], bool] | None = None
        projects.project_changed.connect(self._on_project)
        projects.segments_changed.connect(self._on_segments)
        projects.labels_changed.connect(self._on_labels)
        projects.videos_changed.connect(self._on_videos)

    @property
    def projects(self) -> ProjectSession:
        """Undo, redo, and what goes beyond one video."""
        return self._projects

    @property
    def video_id(self) -> int | None:
        """The open video in the open project; None where there is no such thing."""
        return self._video_id

    @property
    def columns(self) -> SegmentColumns | None:
        """All segments of the video; arrays that were handed out never change."""
        return None if self._video_id is None else self._projects.columns(self._video_id)

    @property
    def is_writable(self) -> bool:
        """Whether edits of the video are taken."""
        return self._video_id is not None and self._projects.is_writable

    @property
    def selection(self) -> frozenset[int]:
        """Ids of the selected segments; all of them are in the columns."""
        return self._selection

    def select(self, ids: Iterable[int]) -> None:
        """Select these segments and no others; ids that the video does not have are left out."""
        columns, wanted = self.columns, frozenset(ids)
        there = _NOTHING if columns is None or not wanted else _ids(columns, wanted)
        if there != self._selection:
            self._selection = there
            self.selection_changed.emit(there)

    def perform(self, edit: Edit) -> bool:
        """Carry out an edit as one step of undo; False where it was refused or failed.

        The reason is told by ``projects.refused`` and ``projects.failed``. What is locked takes
        no changes by hand.
        """
        wanted = reach(edit)
        if self.is_locked(wanted.ids) or self._meets_a_lock(wanted):
            self._projects.refuse(LOCKED)
            return False
        return self._projects.perform(edit)

    def set_locks(self, is_locked: Callable[[Task, int | None], bool] | None) -> None:
        """Say which labels of which kinds take no changes by hand; None for none at all."""
        self._is_label_locked = is_locked

    def is_locked(self, ids: Iterable[int]) -> bool:
        """Whether any of these segments of the video is locked."""
        locked, columns, wanted = self._is_label_locked, self.columns, frozenset(ids)
        if locked is None or columns is None or not wanted:
            return False
        rows = columns.rows_of(wanted)
        pairs = set(
            zip(columns.kinds[rows].tolist(), columns.label_ids[rows].tolist(), strict=True)
        )
        return any(locked(KINDS[kind], label_id) for kind, label_id in pairs)

    def _meets_a_lock(self, wanted: Reach) -> bool:
        """Whether labels that are locked would get segments, or have theirs changed."""
        locked = self._is_label_locked
        if locked is None or not (wanted.into or wanted.over):
            return False
        if any(locked(kind, None) for kind, _name in wanted.into | wanted.over):
            return True
        closed = {(e.kind, e.name) for e in self.labels() if locked(e.kind, e.id)}
        closed_kinds = {kind for kind, _name in closed}
        return bool(closed & wanted.into) or any(
            (kind, name) in closed or (name is None and kind in closed_kinds)
            for kind, name in wanted.over
        )

    def perform_and_select(self, edit: Edit) -> bool:
        """The same, and then what it added to the video is selected.

        What a bulk edit adds comes later and is not selected.
        """
        before = self.columns
        done = self.perform(edit)
        after = self.columns
        if done and before is not None and after is not None:
            new = np.setdiff1d(after.ids, before.ids)
            if len(new):
                self.select(int(each) for each in new)
        return done

    def propose(self, make: Callable[[int], Edit]) -> bool:
        """Add something to the video; where no project is open, one is asked for first."""
        if self._projects.project is None:
            self.project_wanted.emit(make)
            return False
        return self._video_id is not None and self.perform_and_select(make(self._video_id))

    @property
    def takes_drawings(self) -> bool:
        """Whether segments can be drawn: into the project, or into one that is offered then."""
        return self._has_media and (self._projects.project is None or self.is_writable)

    def set_has_media(self, on: bool) -> None:
        """Say whether a file is open, in the project or not."""
        self._has_media = on

    def selected_by_kind(self) -> dict[Task, list[int]]:
        """The selected segments of each kind that there are any of."""
        columns, by_kind = self.columns, defaultdict[Task, list[int]](list)
        if columns is not None:
            for row in columns.rows_of(self._selection):
                by_kind[KINDS[columns.kinds[row]]].append(int(columns.ids[row]))
        return dict(by_kind)

    def relabel_selected(self, name: str) -> None:
        """Give what is selected another label, each segment within its kind, as one step."""
        by_kind = self.selected_by_kind()
        edits = tuple(Relabel(tuple(ids), kind, name) for kind, ids in by_kind.items())
        if edits and self.perform(
            edits[0] if len(edits) == 1 else Together(f"Relabel as {name}", edits)
        ):
            for kind in by_kind:
                self.set_current_label(kind, name)

    @property
    def running(self) -> tuple[Running, ...]:
        """What was started while playing and not yet stopped, the oldest first."""
        return self._running

    def set_running(self, running: tuple[Running, ...]) -> None:
        """Say what is under way now."""
        if running != self._running:
            self._running = running
            self.running_changed.emit()

    def label_on(self, key: str) -> Label | None:
        """The label that a key starts and stops, or None."""
        document = self._projects.document
        return document.label_with_key(key) if document is not None else None

    def labels(self, kind: Task | None = None) -> tuple[Label, ...]:
        """The labels of the project, or of one kind, in their order."""
        document = self._projects.document
        if document is None:
            return ()
        labels = document.labels.values() if kind is None else document.labels_of(kind)
        return tuple(labels)

    @property
    def current_kind(self) -> Task:
        """The kind that was worked on last: what keys without a lane mean."""
        return self._current_kind

    def current_label(self, kind: Task) -> str:
        """What a new segment of the kind is called; "" while nobody has chosen."""
        return self._current.get(kind, "")

    def set_current_label(self, kind: Task, name: str) -> None:
        """Call new segments of the kind so from now on, and make it the kind worked on."""
        if (kind, name) != (self._current_kind, self._current.get(kind)):
            self._current_kind = kind
            self._current[kind] = name
            self.current_label_changed.emit(kind)

    def set_video(self, video_id: int | None) -> None:
        """Say which video of the project is open now."""
        if video_id != self._video_id:
            self._video_id = video_id
            self.select(())
            self.changed.emit()

    def _on_project(self) -> None:
        document = self._projects.document
        if document is None or self._video_id not in document.videos:
            self._video_id = None
        self._current = {}
        self._tell()

    def _on_segments(self, video_id: int, ids: frozenset[int]) -> None:
        if video_id == self._video_id:
            self.segments_changed.emit(ids)
            self._tell()

    def _on_labels(self, ids: frozenset[int]) -> None:
        self.labels_changed.emit()
        self.changed.emit()

    def _on_videos(self, ids: frozenset[int]) -> None:
        document = self._projects.document
        if document is not None and self._video_id not in (None, *document.videos):
            self.set_video(None)

    def _tell(self) -> None:
        """What is gone cannot stay selected."""
        self.select(self._selection)
        self.changed.emit()


def _ids(columns: SegmentColumns, wanted: frozenset[int]) -> frozenset[int]:
    return frozenset(columns.ids[columns.rows_of(wanted)].tolist())
