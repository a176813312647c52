"""The videos of the project as rows: what is done in each, filtered by status and text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QImage

from app.player.time_code import time_left
from app.project.columns import SegmentColumns
from app.project.values import STATES, Label, Video, VideoStatus
from core_model.timeline import seconds
from training.annotations.model import State

Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = Qt.ItemDataRole.UserRole
Counts = dict[tuple[int, State], int]


@dataclass(frozen=True, slots=True)
class VideoRow:
    """One video as the board shows it. ``counts``: segments by label id and state.

    ``run`` is how far the queue of detections is with it, "" where it has nothing to do with it.
    """

    video: Video
    counts: Counts
    labels: str
    is_missing: bool
    is_open: bool
    picture: QImage | None
    run: str = ""
    has_failed: bool = False

    @property
    def name(self) -> str:
        return PurePosixPath(self.video.path).name

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def left(self) -> int:
        """Segments that wait for a decision."""
        return sum(n for (_label, state), n in self.counts.items() if state is State.UNDECIDED)

    @property
    def length(self) -> str:
        length_us = self.video.duration_us
        return "" if length_us is None else time_left(seconds(length_us))

    @property
    def progress(self) -> str:
        """How far the deciding has come, in words."""
        if not self.total:
            return "nothing yet"
        if not self.left:
            return f"{self.total:,} decided"
        return f"{self.left:,} of {self.total:,} left"

    @property
    def short_progress(self) -> str:
        """The same where there is little room."""
        return f"{self.left:,} left" if self.left else f"{self.total:,} ✓" if self.total else ""

    @property
    def spoken(self) -> str:
        """All of it in one line."""
        parts = [self.name, self.length, self.video.status.value, self.run, self.progress]
        parts.append(self.labels)
        parts += ["the file is missing"] * self.is_missing + ["open now"] * self.is_open
        return ", ".join(part for part in parts if part)


class VideoBoardModel(QAbstractListModel):
    """Videos in the order of their paths."""

    def __init__(self) -> None:
        super().__init__()
        self._videos: tuple[Video, ...] = ()
        self._labels: dict[int, Label] = {}
        self._counts: dict[int, Counts] = {}
        self._missing: set[int] = set()
        self._pictures: dict[int, QImage] = {}
        self._open_id: int | None = None
        self._runs: dict[int, tuple[str, bool]] = {}
        self._shown: list[int] = []
        self._text = ""
        self._status: VideoStatus | None = None

    def set_project(self, videos: Iterable[Video], labels: Iterable[Label]) -> None:
        """Show these videos; what is known of those that stay is kept."""
        self._videos = tuple(videos)
        self._labels = {label.id: label for label in labels}
        self._show()

    def forget(self) -> None:
        """Another project: nothing of the old one is known of the new one."""
        self._counts.clear()
        self._missing.clear()
        self._pictures.clear()
        self._runs.clear()

    def set_counts(self, rows: Iterable[tuple[int, int, State, int]]) -> None:
        """Take on (video id, label id, state, number) of all videos."""
        counts: dict[int, Counts] = defaultdict(dict)
        for video_id, label_id, state, number in rows:
            counts[video_id][label_id, state] = number
        self._counts = dict(counts)
        self._refresh()

    def count(self, columns: SegmentColumns) -> None:
        """Take on the numbers of one video, from its segments."""
        pairs = np.stack((columns.label_ids, columns.states.astype(np.int64)))
        found, numbers = np.unique(pairs, axis=1, return_counts=True)
        self._counts[columns.video_id] = {
            (label_id, STATES[state]): number
            for label_id, state, number in zip(*found.tolist(), numbers.tolist(), strict=True)
        }
        self._refresh(columns.video_id)

    def set_looked(self, video_id: int, is_missing: bool, picture: QImage | None) -> None:
        """Take on whether a file is there, and a picture of it."""
        if is_missing:
            self._missing.add(video_id)
        else:
            self._missing.discard(video_id)
        if picture is not None:
            self._pictures[video_id] = picture
        self._refresh(video_id)

    def set_open(self, video_id: int | None) -> None:
        self._open_id = video_id
        self._refresh()

    def set_runs(self, runs: dict[int, tuple[str, bool]]) -> None:
        """Say how far the queue is with each video, and whether it failed there."""
        changed = {each for each in {*runs, *self._runs} if runs.get(each) != self._runs.get(each)}
        self._runs = runs
        for video_id in changed:
            self._refresh(video_id)

    def set_filter(self, text: str, status: VideoStatus | None) -> None:
        """Show only paths and comments that hold ``text``, in any case, and one status."""
        self._text, self._status = text.strip().casefold(), status
        self._show()

    @property
    def total(self) -> int:
        """How many videos the project has."""
        return len(self._videos)

    @property
    def missing_count(self) -> int:
        return len(self._missing)

    def next_unreviewed(self) -> int | None:
        """The first video behind the open one, or from the start, that is not done and there."""
        places = [video.id for video in self._videos]
        first = places.index(self._open_id) + 1 if self._open_id in places else 0
        for video in (*self._videos[first:], *self._videos[:first]):
            is_due = video.status is not VideoStatus.DONE and video.id not in self._missing
            if is_due and video.id != self._open_id:
                return video.id
        return None

    def id_at(self, place: int) -> int:
        """Which video stands at a place."""
        return self._shown[place]

    def row(self, place: int) -> VideoRow:
        """What the row at a place shows."""
        video = next(each for each in self._videos if each.id == self._shown[place])
        counts = self._counts.get(video.id, {})
        return VideoRow(
            video,
            counts,
            self._said_labels(counts),
            video.id in self._missing,
            video.id == self._open_id,
            self._pictures.get(video.id),
            *self._runs.get(video.id, ("", False)),
        )

    def place_of(self, video_id: int) -> int | None:
        """Where a video stands; None where it is not shown."""
        return self._shown.index(video_id) if video_id in self._shown else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == ROW_ROLE:
            return self.row(index.row())
        if role == Qt.ItemDataRole.DisplayRole:
            return self.row(index.row()).name
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return self.row(index.row()).spoken
        return None

    def _said_labels(self, counts: Counts) -> str:
        """ "dog bark 12 · speech 5", the most first; rejected ones do not count."""
        sums: dict[int, int] = defaultdict(int)
        for (label_id, state), number in counts.items():
            if state is not State.REJECTED and label_id in self._labels:
                sums[label_id] += number
        order = sorted(sums, key=lambda label_id: -sums[label_id])
        return " · ".join(f"{self._labels[each].name} {sums[each]:,}" for each in order)

    def _show(self) -> None:
        shown = [
            video.id
            for video in self._videos
            if self._status in (None, video.status)
            and (self._text in video.path.casefold() or self._text in video.comment.casefold())
        ]
        if shown == self._shown:
            self._refresh()
            return
        self.beginResetModel()
        self._shown = shown
        self.endResetModel()

    def _refresh(self, video_id: int | None = None) -> None:
        """Draw one row again, or all."""
        if video_id is None and self._shown:
            self.dataChanged.emit(self.index(0), self.index(len(self._shown) - 1))
        elif video_id is not None and (place := self.place_of(video_id)) is not None:
            self.dataChanged.emit(self.index(place), self.index(place))
