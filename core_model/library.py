"""What has been encoded with one bundle: on disk by content, and lately used files in memory."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from core_model.cache import EncodingCache, Encodings, content_hash
from core_model.media.probe import MediaInfo
from core_model.point_shelf import PointShelf
from core_model.prompting.kept import FileKey, KeptFile, KeptFiles
from core_model.timeline import SnippetGrid, Task

logger = logging.getLogger(__name__)


class Library:
    """Finds encodings of files. ``files`` may be used by several threads, the rest by one each."""

    def __init__(
        self,
        cache: EncodingCache | None,
        encoder_ids: tuple[str, str],
        points: PointShelf | None = None,
    ) -> None:
        """``cache`` and ``points`` of None look nothing up on disk and keep nothing there."""
        self._cache = cache
        self._encoder_ids = encoder_ids
        self._points = points
        self.files = KeptFiles()

    def media_hash(self, path: Path) -> str | None:
        """The name of the content in the cache; None where nothing is kept of it."""
        if self._cache is None:
            return None
        try:
            return content_hash(path)
        except OSError as error:
            # Whether the file can be played is for the decoders to say.
            logger.warning("%s is not looked up in the cache: %s", path.name, error)
            return None

    def load(self, media_hash: str | None, info: MediaInfo) -> Encodings | None:
        """Encodings from the cache, if they are of the streams that can be read now."""
        if self._cache is None or media_hash is None:
            return None
        kept = self._cache.load(media_hash, self._encoder_ids, SnippetGrid(info.start_us))
        if kept is None or (info.joints_us and kept.end_us <= info.joints_us[-1]):
            # Made before the last recording in the file was known of.
            return None
        same_streams = (kept.visual is None) == (info.video is None) and (kept.audio is None) == (
            info.audio is None
        )
        return kept if same_streams else None

    def store(self, media_hash: str | None, encodings: Encodings) -> None:
        """Write to the cache, if there is one."""
        if self._cache is not None and media_hash is not None:
            self._cache.store(media_hash, self._encoder_ids, encodings)

    def recall_points(self, file: KeptFile, task: Task) -> None:
        """Let a file have the points that were made of it before."""
        media_hash = self.media_hash(file.info.path)
        if self._points is not None and media_hash is not None:
            for window in self._points.load(media_hash, task, file.grid):
                self.files.add(file, task, window)

    def store_points(
        self, media_hash: str | None, file: KeptFile, task: Task, spans: Sequence[tuple[int, int]]
    ) -> None:
        """Keep the points of a whole file on disk, if all windows, (first, count), are there."""
        kept = file.points(task)
        windows = [kept[first] for first, _ in spans if first in kept]
        is_whole = [(each.first, each.count) for each in windows] == list(spans)
        if self._points is not None and media_hash is not None and windows and is_whole:
            self._points.store(media_hash, task, file.grid, windows)

    def kept(self, path: Path) -> KeptFile | None:
        """The file as it is in memory; None where it is not or has changed since."""
        try:
            return self.files.get(FileKey.of(path))
        except OSError:
            return None

    def keep(self, file: KeptFile) -> KeptFile:
        """Keep a file in memory. While it grows it takes the place of what was known of it; one
        that is whole stays as it was, with the points that it has by now."""
        try:
            key = FileKey.of(file.info.path)
        except OSError:
            # It was read a moment ago; whoever asks for it again is told that it is gone.
            return file
        return self.files.put(key, file)
