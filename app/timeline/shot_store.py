"""Shot changes on disk, by the content of the file: a video is searched once."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import tempfile
from pathlib import Path

from core_model.cache import default_folder

logger = logging.getLogger(__name__)

# Counts up when the same pictures would give other shots.
FORMAT = 1
MOST_FILES = 2_000


class ShotStore:
    """One small JSON file per video; the least recently used go first. Failing costs time only."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or default_folder() / "shots"

    def load(self, media_hash: str) -> tuple[int, ...] | None:
        """The shot changes in microseconds; None where they are not known, or not legible."""
        path = self._path(media_hash)
        try:
            times_us = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            logger.warning("%s is left aside: %s", path, error)
            return None
        if not isinstance(times_us, list) or not all(type(us) is int for us in times_us):
            logger.warning("%s is left aside: no list of times", path)
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return tuple(times_us)

    def store(self, media_hash: str, times_us: tuple[int, ...]) -> None:
        """Keep the shot changes of a video, all or nothing."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=".part-", dir=self.folder)
            draft = Path(name)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(times_us, file)
                draft.replace(self._path(media_hash))
            finally:
                draft.unlink(missing_ok=True)
            self._shrink()
        except OSError as error:
            logger.warning("shot changes are not kept in %s: %s", self.folder, error)

    def _path(self, media_hash: str) -> Path:
        return self.folder / f"{media_hash}-{FORMAT}.json"

    def _shrink(self) -> None:
        by_age = sorted(self.folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
        for path in by_age[:-MOST_FILES]:
            path.unlink(missing_ok=True)
