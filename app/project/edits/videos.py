"""Edits of the list of videos."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from app.project.changes import Change, added, altered, removed
from app.project.edits.base import Edit, Plan, checked_text, shortened
from app.project.errors import EditError
from app.project.reader import Reader
from app.project.values import Video, VideoStatus
from training.annotations.model import is_inside


@dataclass(frozen=True, slots=True)
class VideoFile:
    """What is known of a file: its path in the project's folder ("/" between the parts), what
    it holds, and its extent. ``app.project.places.describe`` reads it from a file.

    A file that lies elsewhere has a mere name, which that of another video may be, too.
    """

    path: str
    content_hash: str = ""
    size_bytes: int | None = None
    start_us: int = 0
    duration_us: int | None = None
    is_name_only: bool = False


@dataclass(frozen=True, slots=True)
class AddVideos(Edit):
    """Add videos to the project; one that is there already, by content, stays as it is.

    One that was only listed by its path, as by an import, is that file from now on. What holds
    something else than the project's video of this path gets a free path beside it.
    """

    files: tuple[VideoFile, ...]

    def plan(self, reader: Reader, author: str) -> Plan:
        known = VideoFinder(reader, by_content=True)
        linked: list[Video] = []
        changes: list[Change] = []
        for file in self.files:
            video = known(file)
            if file.content_hash and not video.content_hash:
                linked.append(video)
                changes += altered(video, _holding(video, file))
        name = f"Add {_named(known.new)}" if known.new else f"Link {_named(linked)}"
        return Plan(name, [*known.changes(), *changes])


@dataclass(frozen=True, slots=True)
class RelinkVideos(Edit):
    """Say where videos lie now: pairs of a video's id and the file.

    With ``other_content`` the file may be another one, for instance a re-encoded copy.
    """

    files: tuple[tuple[int, VideoFile], ...]
    other_content: bool = False

    def plan(self, reader: Reader, author: str) -> Plan:
        changes: list[Change] = []
        relinked: list[Video] = []
        for video_id, file in self.files:
            old = reader.video(video_id)
            if old.content_hash not in ("", file.content_hash) and not self.other_content:
                raise EditError(f"{file.path} does not hold what {old.path} held")
            others = {video.path for video in reader.videos()} - {old.path}
            others |= {video.path for video in relinked}
            path = _path_beside(file.path, others) if file.is_name_only else file.path
            new = replace(_holding(old, file), path=_checked_path(path))
            if new.path in others:
                raise EditError(f"{new.path} is in the project already")
            changes += altered(old, new)
            relinked.append(new)
        return Plan(f"Relink {_named(relinked)}", changes)


@dataclass(frozen=True, slots=True)
class RemoveVideos(Edit):
    """Take videos out of the project, with their segments; the files stay where they are."""

    video_ids: tuple[int, ...]

    @property
    def is_bulk(self) -> bool:
        return True

    def plan(self, reader: Reader, author: str) -> Plan:
        videos = [reader.video(video_id) for video_id in self.video_ids]
        changes: list[Change] = []
        for video in videos:
            changes += [removed(segment) for segment in reader.segments_of(video.id)]
            changes += [removed(run) for run in reader.runs(video.id)]
            changes.append(removed(video))
        return Plan(f"Remove {_named(videos)}", changes)


@dataclass(frozen=True, slots=True)
class SetVideoStatus(Edit):
    """Say how far the work on videos has come."""

    video_ids: tuple[int, ...]
    status: VideoStatus

    def plan(self, reader: Reader, author: str) -> Plan:
        videos = [reader.video(video_id) for video_id in self.video_ids]
        changes = [
            c for video in videos for c in altered(video, replace(video, status=self.status))
        ]
        return Plan(f"Mark {_named(videos)} as {self.status.value}", changes)


@dataclass(frozen=True, slots=True)
class SetVideoComment(Edit):
    """Write a comment on a video."""

    video_id: int
    comment: str

    def plan(self, reader: Reader, author: str) -> Plan:
        old = reader.video(self.video_id)
        new = replace(old, comment=checked_text(self.comment, "the comment"))
        return Plan(f"Comment on {_named([old])}", altered(old, new))


class VideoFinder:
    """Finds videos by content and path and plans those that are not there yet.

    ``by_content``: two that are known to hold something else are two, whatever their path.
    """

    def __init__(self, reader: Reader, *, by_content: bool = False) -> None:
        self._reader = reader
        self._by_content = by_content
        videos = reader.videos()
        self._by_path = {video.path: video for video in videos}
        self._by_hash = {video.content_hash: video for video in videos if video.content_hash}
        self.new: list[Video] = []

    def __call__(self, file: VideoFile, subset: str = "") -> Video:
        """The video. Raises EditError for a path that leads out of the project's folder."""
        found = self._by_hash.get(file.content_hash) or self._by_path.get(file.path)
        if self._by_content and found is not None and file.content_hash:
            found = found if found.content_hash in ("", file.content_hash) else None
        if found is None:
            found = Video(
                self._reader.new_id("videos"),
                _checked_path(_path_beside(file.path, self._by_path)),
                file.content_hash,
                file.size_bytes,
                file.start_us,
                file.duration_us,
                subset,
            )
            self._by_path[found.path] = found
            if found.content_hash:
                self._by_hash[found.content_hash] = found
            self.new.append(found)
        return found

    def changes(self) -> list[Change]:
        """The new videos as changes."""
        return [added(video) for video in self.new]


def _holding(video: Video, file: VideoFile) -> Video:
    """The video as one of what the file holds."""
    return replace(
        video,
        content_hash=file.content_hash,
        size_bytes=file.size_bytes,
        start_us=file.start_us,
        duration_us=file.duration_us if file.duration_us is not None else video.duration_us,
    )


def _path_beside(path: str, taken: Container[str]) -> str:
    """The path, or the next one beside it that is free."""
    own, number, free = PurePosixPath(path), 1, path
    while free in taken:
        number += 1
        free = str(own.with_stem(f"{own.stem} ({number})"))
    return free


def _checked_path(path: str) -> str:
    if not is_inside(path):
        raise EditError(f"this path leads out of the project's folder: {shortened(path)!r}")
    return path


def _named(videos: Iterable[Video]) -> str:
    chosen = list(videos)
    if len(chosen) == 1:
        return shortened(PurePosixPath(chosen[0].path).name)
    return f"{len(chosen)} videos"
