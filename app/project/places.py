"""Where the videos of a project lie: inside its folder by path, elsewhere by content."""

from __future__ import annotations

import functools
import os
import platform
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote_to_bytes

from app.project.edits.videos import VideoFile
from app.project.errors import ProjectError, explained
from app.project.values import Video
from core_model.cache import content_hash
from training.annotations.model import is_inside, one_line

# A folder chosen by mistake (a whole disk) is not searched for ever.
SEARCHED_FILES = 200_000
_REMEMBERED_FILES = 10_000
# No path on its own is absolute and begins like this.
_URI = "file://"


@dataclass(frozen=True, slots=True)
class Sought:
    """A video of the project in ``folder``, and where outside it was last seen."""

    video: Video
    folder: Path
    places: tuple[str, ...]

    def found(self) -> Path | None:
        """Where it lies now, see :func:`locate`. Reads the disk: a thing for workers."""
        return locate(self.video, self.folder, self.places)


def machine_name() -> str:
    """How places on this machine are told from those on others."""
    return platform.node() or "this machine"


def describe(
    file: Path, folder: Path, *, start_us: int = 0, duration_us: int | None = None
) -> VideoFile:
    """A file as a project in ``folder`` keeps it: by its path if inside, else by its name.

    Raises ProjectError where it cannot be read.
    """
    with explained(file):
        size_bytes = file.stat().st_size
        digest = content_hash(file)
    return VideoFile(
        stored_path(file, folder),
        digest,
        size_bytes,
        start_us,
        duration_us,
        is_name_only=kept_path(file, folder) is None,
    )


def stored_path(file: Path, folder: Path) -> str:
    """The path that the project keeps: where the file lies in the folder, else a name for it.

    Raises ProjectError for a name that cannot be kept.
    """
    stored = kept_path(file, folder)
    if stored is None:
        below = _below(file, folder)
        stored = one_line((below or file.name).replace("\\", "_"))
        if not is_inside(stored):
            raise ProjectError(file, "a project cannot hold a file of this name")
    return stored


def kept_path(file: Path, folder: Path) -> str | None:
    """The path by which a file is found again in the project's folder, "/" between the parts;
    None where it lies elsewhere, or its name means something else on another system."""
    below = _below(file, folder)
    return below if below is not None and is_inside(below) else None


def _below(file: Path, folder: Path) -> str | None:
    """The way from the folder to the file; None where it does not lead down. Either may be
    reached through links."""
    path, base = plain(file), plain(folder)
    if not path.is_relative_to(base):
        path, base = _resolved(path), _resolved(base)
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else None


def plain(path: Path) -> Path:
    """Absolute, and without "..", which behind a link leads elsewhere than the text says."""
    absolute = path.absolute()
    return _resolved(absolute) if ".." in absolute.parts else absolute


def written_place(file: Path) -> str:
    """Where a file outside the folder lies, as the project keeps it: the path, or its URI where
    bytes of the path are no text, as in names that were given under another encoding."""
    path = plain(file)
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return path.as_uri()
    return str(path)


def _read_place(text: str) -> Path:
    if text.startswith(_URI):
        return Path(os.fsdecode(unquote_to_bytes(text.removeprefix(_URI))))
    return Path(text)


def _resolved(path: Path) -> Path:
    """Without links; as it is where they lead in a ring."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path


def locate(video: Video, folder: Path, places: Iterable[str]) -> Path | None:
    """The file of a video, or None where it is missing or holds something else.

    A path in the project never leads out of its folder, whatever the project says; a place
    outside counts only for a file with the video's own content. One that was seen elsewhere may
    share its name with a file of the folder, which is looked into then.
    """
    elsewhere = tuple(map(_read_place, places))
    if is_inside(video.path):
        inside = folder.joinpath(*PurePosixPath(video.path).parts)
        if _has_size(inside, video.size_bytes) and (not elsewhere or _holds(inside, video)):
            return inside
    for place in elsewhere:
        if place.is_absolute() and _has_size(place, video.size_bytes) and _holds(place, video):
            return place
    return None


def find_moved(
    videos: Iterable[Video], folder: Path, cancelled: Callable[[], bool] = lambda: False
) -> Iterator[tuple[int, Path]]:
    """Look for missing videos in a folder and below it: (id, file) for each one found.

    A file is taken for a video when it holds the same content; one never seen before is found
    by its name. May take long in a large folder: call it in a worker.
    """
    wanted = list(videos)
    by_size: dict[int, list[Video]] = {}
    by_name: dict[str, list[Video]] = {}
    for video in wanted:
        if video.content_hash and video.size_bytes is not None:
            by_size.setdefault(video.size_bytes, []).append(video)
        else:
            by_name.setdefault(PurePosixPath(video.path).name, []).append(video)
    found: set[int] = set()
    for file, size_bytes in _files(folder):
        if cancelled() or len(found) == len(wanted):
            return
        same_size = (video for video in by_size.get(size_bytes, ()) if _holds(file, video))
        for video in (*same_size, *by_name.get(file.name, ())):
            if video.id not in found and (not video.content_hash or _holds(file, video)):
                found.add(video.id)
                yield video.id, file


def _files(folder: Path) -> Iterator[tuple[Path, int]]:
    """Files below a folder with their sizes; what cannot be read is passed over."""
    seen = 0
    for place, _folders, names in os.walk(folder):
        for name in sorted(names):
            seen += 1
            if seen > SEARCHED_FILES:
                return
            file = Path(place, name)
            try:
                yield file, file.stat().st_size
            except OSError:
                continue


def _has_size(file: Path, size_bytes: int | None) -> bool:
    try:
        return file.is_file() and size_bytes in (None, file.stat().st_size)
    except (OSError, ValueError):
        return False


def _holds(file: Path, video: Video) -> bool:
    try:
        status = file.stat()
        known = _hash_of(file, status.st_size, status.st_mtime_ns)
        return bool(video.content_hash) and known == video.content_hash
    except OSError:
        return False


@functools.lru_cache(_REMEMBERED_FILES)
def _hash_of(file: Path, _size: int, _changed_ns: int) -> str:
    """Of a file as it is now: it is read again only when it has changed."""
    return content_hash(file)
