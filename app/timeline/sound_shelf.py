"""The folder of sound pictures: found by what the media file holds, the oldest thrown out."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import tempfile
import time
import uuid
from dataclasses import astuple
from pathlib import Path

from app.timeline.sound_settings import SoundPlan
from app.timeline.sound_store import FORMAT, SoundStore, SoundWriter, StoreError
from core_model.cache import content_hash, default_folder

logger = logging.getLogger(__name__)

DEFAULT_LIMIT_BYTES = 4_000_000_000
_SUFFIX = ".sound"
_UNFINISHED_AGE_S = 86_400.0


class SoundShelf:
    """Keeps pictures below ``limit_bytes`` altogether; the least recently used go first.

    A picture lies under the name of its content and plan with a random end, so that two programs
    that make the same one never meet.
    """

    def __init__(self, folder: Path | None = None, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        self.folder = folder or default_folder() / "sound"
        self._limit_bytes = limit_bytes

    def key(self, media: Path, plan: SoundPlan, origin_us: int, end_us: int) -> str:
        """The name of the picture of a media file. Raises OSError where it can't be read.

        The end is part of it: a file may turn out to be longer than was known when it was opened.
        """
        parts = json.dumps([FORMAT, content_hash(media), astuple(plan), origin_us, end_us])
        return hashlib.blake2b(parts.encode("utf-8"), digest_size=16).hexdigest()

    def find(self, key: str) -> SoundStore | None:
        """The picture, or None; damaged ones are removed."""
        for path in self.folder.glob(f"{key}-*{_SUFFIX}"):
            try:
                store = SoundStore.open_complete(path)
            except StoreError as error:
                if not _is_young(path):
                    self.discard(path, str(error))
                continue
            except OSError:
                continue
            with contextlib.suppress(OSError):
                os.utime(path)
            return store
        return None

    def create(self, key: str, plan: SoundPlan, origin_us: int) -> SoundWriter:
        """A new picture to be written; in the folder of temporary files where ours takes none.

        Raises OSError where neither does.
        """
        name = f"{key}-{uuid.uuid4().hex[:8]}{_SUFFIX}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            return SoundWriter(self.folder / name, plan, origin_us)
        except OSError as error:
            logger.warning("sound pictures are not kept in %s: %s", self.folder, error)
        folder = Path(tempfile.mkdtemp(prefix="avscope-sound-"))
        return SoundWriter(folder / name, plan, origin_us)

    def release(self, store: SoundStore) -> None:
        """Close a picture; one that is not kept goes."""
        store.close()
        if store.path.parent != self.folder:
            with contextlib.suppress(OSError):
                store.path.unlink()
                store.path.parent.rmdir()

    def discard(self, path: Path, reason: str) -> None:
        """Remove a picture that is not what it should be."""
        logger.warning("sound picture %s is left aside: %s", path.name, reason)
        with contextlib.suppress(OSError):
            path.unlink()

    def shrink(self, spared: Path) -> None:
        """Remove what is beyond the limit, and what a crash left unfinished."""
        entries: list[tuple[float, int, Path]] = []
        for path in self.folder.glob(f"*{_SUFFIX}"):
            with contextlib.suppress(FileNotFoundError):
                status = path.stat()
                entries.append((status.st_mtime, status.st_size, path))
        excess_bytes = sum(size for _, size, _ in entries) - self._limit_bytes
        for _, size, path in sorted(entries):
            if path == spared:
                continue
            if excess_bytes > 0 or (not _is_young(path) and _is_unfinished(path)):
                # One that another window draws from cannot be removed everywhere.
                with contextlib.suppress(OSError):
                    path.unlink()
                    excess_bytes -= size


def _is_young(path: Path) -> bool:
    """Whether another program may still be writing it."""
    try:
        return time.time() - path.stat().st_mtime < _UNFINISHED_AGE_S
    except OSError:
        return False


def _is_unfinished(path: Path) -> bool:
    try:
        SoundStore.open_complete(path).close()
    except StoreError:
        return True
    except OSError:
        return False
    return False
