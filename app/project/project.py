"""The one door to a project: open it, read it, change it, take changes back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.project.backups import Backup, copy_project, make_backup, restore
from app.project.document import Document, Touched
from app.project.edits.base import Edit
from app.project.edits.videos import AddVideos, RelinkVideos
from app.project.errors import EditError, ProjectError
from app.project.interchange import annotation_set
from app.project.lock import ProjectLock
from app.project.opening import Opened, create_file, open_file
from app.project.places import Sought, describe, kept_path, locate, machine_name, written_place
from app.project.store import Commit, History, LogEntry, Store
from app.project.values import Video
from training.annotations.model import AnnotationSet, State

SUFFIX = ".avscope"
# No edit that brings files.
NOWHERE: Mapping[str, Path] = MappingProxyType({})


class Project:
    """An open project.

    Every edit is one committed transaction: when :meth:`perform` returns, it is on the disk.
    Any thread may use a project, one at a time. Methods raise ProjectError where the file
    refuses and EditError where an edit makes no sense; neither changes anything.
    """

    def __init__(self, path: Path, opened: Opened, author: str) -> None:
        self.path = path
        self.author = author
        self._opened = opened
        self._store = Store(opened.connection)
        self._document = Document(self._store.reader)
        self._history = self._store.history()
        self._backed_up_revision = self._history.revision

    @classmethod
    def create(cls, path: Path, author: str) -> Project:
        """Make a new project; ``author`` is who annotates."""
        path = path.absolute()
        return cls(path, create_file(path), author)

    @classmethod
    def open(cls, path: Path, author: str, *, read_only: bool = False) -> Project:
        """Open a project, for reading only where it cannot be written or is damaged."""
        path = path.absolute()
        opened = open_file(path, read_only=read_only)
        try:
            return cls(path, opened, author)
        except ProjectError:
            _close(opened)
            raise

    @property
    def folder(self) -> Path:
        """What paths of videos are relative to."""
        return self.path.parent

    @property
    def document(self) -> Document:
        """Labels, videos, runs and segments as they are now."""
        return self._document

    @property
    def history(self) -> History:
        """The number of edits so far and the names of what undo and redo would do."""
        return self._history

    @property
    def read_only_reason(self) -> str | None:
        """Why nothing can be changed ("anna on desk-4 (process 71, since ...) is editing it"), or
        None where everything can.
        """
        return self._opened.read_only_reason

    @property
    def is_damaged(self) -> bool:
        """Whether the file is damaged; what is shown is then what could be read, or a backup."""
        return self._opened.is_damaged

    @property
    def good_backup(self) -> Backup | None:
        """The newest sound backup of a damaged project."""
        return self._opened.backup

    @property
    def notice(self) -> str | None:
        """A line to show once after opening, or None."""
        return self._opened.notice

    @property
    def needs_backup(self) -> bool:
        """Whether anything was changed since the last backup."""
        return self._history.revision != self._backed_up_revision

    def perform(self, edit: Edit, seen: Mapping[str, Path] = NOWHERE) -> Touched | None:
        """Carry out an edit as one undo step; None where it changes nothing. For ``seen`` see
        :meth:`write`."""
        return self._taken_in(self.write(edit, seen))

    def undo(self) -> Touched | None:
        """Take back the last step; None where there is none."""
        return self._taken_in(self.write_undo())

    def redo(self) -> Touched | None:
        """Do again what was taken back last; None where there is nothing."""
        return self._taken_in(self.write_redo())

    def write(self, edit: Edit, seen: Mapping[str, Path] = NOWHERE) -> Commit | None:
        """The first half of :meth:`perform`: commit to the disk, leave the document alone.

        A worker may do this while the window goes on reading the document. A bulk edit makes a
        backup first, if anything changed since the last one. What the edit says of videos can be
        looked up at once: where ``seen`` says that files of a content lie is noted before.
        """
        self._demand_writable()
        if edit.is_bulk and edit.backup_reason:
            self._back_up_before(edit.backup_reason)
        for digest, file in seen.items():
            self.remember_place(file, digest)
        return self._store.commit(edit, self.author)

    def write_undo(self) -> Commit | None:
        """The first half of :meth:`undo`."""
        self._demand_writable()
        return self._store.undo(self.author)

    def write_redo(self) -> Commit | None:
        """The first half of :meth:`redo`."""
        self._demand_writable()
        return self._store.redo(self.author)

    def take_in(self, commit: Commit) -> Touched:
        """The second half: let the document follow. Commits are taken in in their order."""
        self._history = commit.history
        return self._document.take_in(commit)

    def log(self, limit: int = 200) -> list[LogEntry]:
        """The newest entries of the edit log, the newest one first."""
        return self._store.log(limit)

    def undo_names(self, limit: int = 50) -> list[str]:
        """The steps that undo would take back, the next one first."""
        return self._store.undo_names(limit)

    def counts(self) -> list[tuple[int, int, State, int]]:
        """(video id, label id, state, number of segments) for each that occurs."""
        return self._store.reader.counts()

    def decided_scores(self) -> list[tuple[int, float, State]]:
        """(label id, score, state) of every find of a model that was accepted or rejected."""
        return self._store.reader.decided_scores()

    def annotations(self, video_id: int | None = None) -> AnnotationSet:
        """One video or all, as values that every exporter takes."""
        return annotation_set(self._store.reader, video_id)

    def add_video(
        self, file: Path, *, start_us: int = 0, duration_us: int | None = None
    ) -> tuple[Video, Touched | None]:
        """Add a file, or find it by its content where the project has it already."""
        described = describe(file, self.folder, start_us=start_us, duration_us=duration_us)
        touched = self.perform(AddVideos((described,)), {described.content_hash: file})
        videos = list(self._document.videos.values())
        same = (video for video in videos if video.content_hash == described.content_hash)
        video = next(same, None) or next(v for v in videos if v.path == described.path)
        return video, touched

    def find_video(self, file: Path) -> Video | None:
        """The video of the project that this file holds, or that is only listed under its path;
        None where there is none."""
        described = describe(file, self.folder)
        videos = self._document.videos.values()
        same = [video for video in videos if video.content_hash == described.content_hash]
        listed = (v for v in videos if not v.content_hash and v.path == described.path)
        return same[0] if same else next(listed, None)

    def locate(self, video_id: int) -> Path | None:
        """Where a video lies now, or None where it is missing."""
        video = self._document.videos.get(video_id)
        if video is None:
            raise EditError(f"there is no video {video_id}")
        places = self._store.reader.places(video.content_hash, machine_name())
        return locate(video, self.folder, places)

    def sought(self) -> tuple[Sought, ...]:
        """All videos with what is needed to locate them, which a worker may do."""
        places = self._store.reader.all_places(machine_name())
        return tuple(
            Sought(video, self.folder, tuple(places.get(video.content_hash, ())))
            for video in self._document.videos.values()
        )

    def missing_videos(self) -> list[Video]:
        """The videos whose files are not where they were."""
        return [video for video in self._document.videos.values() if not self.locate(video.id)]

    def relink(self, files: dict[int, Path], *, other_content: bool = False) -> Touched | None:
        """Say where videos lie now, as one step; ``places.find_moved`` finds them in a folder."""
        described = tuple(
            (video_id, describe(file, self.folder)) for video_id, file in files.items()
        )
        digests = (file.content_hash for _video_id, file in described)
        seen = dict(zip(digests, files.values(), strict=True))
        return self.perform(RelinkVideos(described, other_content), seen)

    def remember_place(self, file: Path, content_hash: str) -> None:
        """Note where a video lies on this machine if its path in the project does not lead there;
        no step of undo."""
        path = kept_path(file, self.folder)
        known = {video.path: video.content_hash for video in self._store.reader.videos()}
        if path is None or known.get(path, "") not in ("", content_hash):
            self._store.remember_place(content_hash, machine_name(), written_place(file))

    def view(self, name: str) -> Any:
        """What the window wanted remembered under a name (JSON), or None, also where the damage
        of the file is there."""
        try:
            return self._store.reader.view(name)
        except ProjectError:
            if not self.is_damaged:
                raise
            return None

    def set_view(self, name: str, value: Any) -> None:
        """Remember JSON for the window; no step of undo, and nothing where it is read-only."""
        if self.read_only_reason is None:
            # In plain letters: a stranger's words may hold halves of some, which are no text.
            self._store.remember_view(name, json.dumps(value))

    def back_up(self, reason: str) -> Backup:
        """Make a backup now; ``reason`` is small letters and dashes ("training", "timer").

        Reads through a connection of its own: any thread may call it while another writes.
        """
        backup = make_backup(self.path, reason)
        self._backed_up_revision = backup.revision
        return backup

    def save_copy(self, target: Path) -> None:
        """Write everything that is committed into another, new file."""
        copy_project(self.path, target.absolute(), self._opened.connection)

    def refresh(self) -> None:
        """Read again what another window may have written meanwhile."""
        self._store.reader.forget_ids()
        self._document.reload()
        self._history = self._store.history()

    def close(self) -> None:
        """Give the file and its lock back; harmless when repeated."""
        _close(self._opened)

    def _taken_in(self, commit: Commit | None) -> Touched | None:
        return None if commit is None else self.take_in(commit)

    def _demand_writable(self) -> None:
        if self.read_only_reason is not None:
            raise ProjectError(self.path, f"nothing can be changed: {self.read_only_reason}")

    def _back_up_before(self, reason: str) -> None:
        revision = self._store.history().revision
        if revision != self._backed_up_revision:
            self._backed_up_revision = make_backup(
                self.path, reason, self._opened.connection
            ).revision


def continue_elsewhere(project: Project, target: Path) -> Project:
    """Go on in a copy, for instance on another disk, after the project's own file failed.

    Videos are found where they are now. Closes nothing: the caller closes the old one. Raises
    ProjectError.
    """
    found = {
        video.content_hash: file
        for video in project.document.videos.values()
        if video.content_hash and (file := project.locate(video.id)) is not None
    }
    project.save_copy(target)
    copy = Project.open(target, project.author)
    for content_hash, file in found.items():
        copy.remember_place(file, content_hash)
    return copy


def restore_backup(project: Path, backup: Path) -> Path:
    """Put a backup in a damaged project's place; returns where the damaged file lies now.

    The project is closed in this window. Raises ProjectError, also while another one has it open.
    """
    lock = ProjectLock.acquire(project.absolute())
    try:
        return restore(project.absolute(), backup)
    finally:
        lock.release()


def _close(opened: Opened) -> None:
    opened.connection.close()
    if opened.lock is not None:
        opened.lock.release()
