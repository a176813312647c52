"""Points of windows on disk, beside the encodings of their file.

Naming them costs a product; making them costs the backbone, some six seconds of a processor for an
hour and one kind. An entry holds all windows of a file for one kind, 9 MB per hour with the starter
bundle, and is found by the content of the file, the head and how it is cut into windows. It counts
towards the limit of the cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from core_model.cache import SUFFIX, EncodingCache, checksum
from core_model.detection.windows import WindowPoints
from core_model.timeline import SnippetGrid, Task

logger = logging.getLogger(__name__)

FORMAT = 2


class PointShelf:
    """Windows of one head over the files of a cache."""

    def __init__(self, cache: EncodingCache, head_id: str, window: int, hop: int) -> None:
        self._cache = cache
        self._cut = (head_id, window, hop)

    def load(self, media_hash: str, task: Task, grid: SnippetGrid) -> list[WindowPoints]:
        """All windows of a file; none where there is no entry, or a damaged one (which goes)."""
        path = self._path(media_hash, task, grid)
        try:
            windows = _read(path)
        except FileNotFoundError:
            return []
        except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
            logger.warning("cache entry %s is damaged and left aside: %s", path.name, error)
            with contextlib.suppress(OSError):
                path.unlink()
            return []
        with contextlib.suppress(OSError):
            os.utime(path)
        return windows

    def store(
        self, media_hash: str, task: Task, grid: SnippetGrid, windows: Sequence[WindowPoints]
    ) -> None:
        """Keep all windows of a file; an entry that is there is the same."""
        path = self._path(media_hash, task, grid)
        if not path.exists():
            self._cache.put(path, lambda file: _write(file, windows))

    def _path(self, media_hash: str, task: Task, grid: SnippetGrid) -> Path:
        times = (grid.origin_us, grid.stride_us, grid.window_us)
        key = json.dumps(["points", FORMAT, media_hash, *self._cut, str(task), *times])
        name = hashlib.blake2b(key.encode("utf-8"), digest_size=16).hexdigest()
        return self._cache.folder / (name + SUFFIX)


def _write(path: Path, windows: Sequence[WindowPoints]) -> None:
    spans = [(window.first, window.count) for window in windows]
    arrays = {
        "embeddings": torch.stack([window.embeddings for window in windows]),
        "offsets": torch.stack([window.offsets for window in windows]),
    }
    metadata = {"spans": json.dumps(spans), "checksum": _checksum(arrays)}
    save_file(arrays, path, metadata=metadata)


def _checksum(arrays: Mapping[str, Tensor]) -> str:
    return checksum({name: array.numpy() for name, array in arrays.items()})


def _read(path: Path) -> list[WindowPoints]:
    """Raises ValueError where the parts do not fit each other."""
    with path.open("rb"):  # a missing file is told apart from a damaged one
        pass
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
        spans = json.loads(metadata["spans"])
        embeddings, offsets = file.get_tensor("embeddings"), file.get_tensor("offsets")
    if metadata["checksum"] != _checksum({"embeddings": embeddings, "offsets": offsets}):
        raise ValueError("the checksum does not fit")
    is_sound = (
        embeddings.dtype is torch.float16
        and offsets.dtype is torch.float32
        and embeddings.ndim == offsets.ndim == 3
        and embeddings.shape[:2] == offsets.shape[:2]
        and offsets.shape[2] == 2
        and len(spans) == len(embeddings)
    )
    if not is_sound:
        raise ValueError("its windows do not fit each other")
    return [
        WindowPoints(int(first), int(count), embedding, offset)
        for (first, count), embedding, offset in zip(spans, embeddings, offsets, strict=True)
    ]
