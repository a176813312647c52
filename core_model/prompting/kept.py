"""What is kept in memory of a file: embeddings of its snippets and points of its windows.

Per hour of media the snippets take 22 MB and the points 9 MB per kind of events with the starter
bundle (float16, 128 snippets and 252 points per window). One thread adds while another reads, so
every look at it is under a lock and gives values that do not change any more.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from core_model.detection.run import Features
from core_model.detection.windows import WindowPoints
from core_model.media.probe import MediaInfo
from core_model.timeline import SnippetGrid, Task

LIMIT_BYTES = 512_000_000


@dataclass(frozen=True, slots=True)
class FileKey:
    """A file as it is now: once it is written to, it is another."""

    path: Path
    size: int
    changed_ns: int

    @classmethod
    def of(cls, path: Path) -> FileKey:
        """Raises OSError."""
        status = path.stat()
        return cls(path.absolute(), status.st_size, status.st_mtime_ns)


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of a file is encoded: ``ready`` of ``count`` snippets; it ends at ``end_us``."""

    ready: int
    count: int
    end_us: int

    @property
    def done(self) -> bool:
        return self.ready == self.count


class KeptFile:
    """One file: ``features`` hold embeddings up to the extent's ready snippets."""

    def __init__(self, info: MediaInfo, features: Features, extent: Extent) -> None:
        self.info = info
        self.grid = SnippetGrid(info.start_us)
        self.features = features
        self._extent = extent
        self._points: dict[Task, dict[int, WindowPoints]] = {}
        self._abandoned = False
        self._changed = threading.Condition()

    @property
    def extent(self) -> Extent:
        with self._changed:
            return self._extent

    def grow(self, extent: Extent) -> None:
        """More snippets are ready."""
        with self._changed:
            self._extent = extent
            self._changed.notify_all()

    @property
    def is_growing(self) -> bool:
        """Whether more snippets are still to come."""
        with self._changed:
            return not (self._abandoned or self._extent.done)

    def abandon(self) -> None:
        """Encoding has ended, be it early."""
        with self._changed:
            self._abandoned = True
            self._changed.notify_all()

    def wait_beyond(self, ready: int, timeout_s: float) -> None:
        """Wait until more than ``ready`` snippets are there, none will come, or time is up."""
        with self._changed:
            self._changed.wait_for(lambda: self._abandoned or self._extent.ready > ready, timeout_s)

    def points(self, task: Task) -> dict[int, WindowPoints]:
        """The windows kept so far by their first snippets: a copy."""
        with self._changed:
            return dict(self._points.get(task, {}))

    def add(self, task: Task, points: WindowPoints) -> None:
        """Keep a window; one that is there already is the same."""
        with self._changed:
            self._points.setdefault(task, {})[points.first] = points

    @property
    def size_bytes(self) -> int:
        """Memory of embeddings and points."""
        with self._changed:
            windows = [window for kept in self._points.values() for window in kept.values()]
        points = sum(each.embeddings.nbytes + each.offsets.nbytes for each in windows)
        return self.features.visual.nbytes + self.features.audio.nbytes + points


class KeptFiles:
    """Files that stay below ``limit_bytes`` together; those not used for longest go first.

    A file that is larger alone keeps the points that fit: the others are computed when needed.
    """

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._files: OrderedDict[FileKey, KeptFile] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: FileKey) -> KeptFile | None:
        """The file, which is thereby used."""
        with self._lock:
            if key in self._files:
                self._files.move_to_end(key)
            return self._files.get(key)

    def put(self, key: FileKey, file: KeptFile) -> KeptFile:
        """Keep a file in the place of what was known of it; the file as it is kept.

        A whole file does not replace another whole one, which may have points already.
        """
        with self._lock:
            known = self._files.get(key)
            if known is None or not (known.extent.done and file.extent.done):
                self._files[key] = known = file
            self._files.move_to_end(key)
            self._shrink(spared=known)
            return known

    def add(self, file: KeptFile, task: Task, points: WindowPoints) -> None:
        """Keep a window of a file if there is room, or if others can make it."""
        with self._lock:
            if self._shrink(spared=file):
                file.add(task, points)

    @property
    def size_bytes(self) -> int:
        with self._lock:
            return sum(file.size_bytes for file in self._files.values())

    def _shrink(self, spared: KeptFile) -> bool:
        """Forget other files until all fit; whether they do."""
        sizes = {key: file.size_bytes for key, file in self._files.items()}
        excess = sum(sizes.values()) - self._limit_bytes
        for key in list(self._files):
            if excess <= 0:
                break
            if self._files[key] is not spared:
                del self._files[key]
                excess -= sizes[key]
        return excess <= 0
