"""Encodings on disk: what a media file became, so that it is never encoded twice.

One file per entry, named by the content of the media file, the two encoders and the grid. An
entry holds the embeddings and a checksum of them, and appears under its name only when it is
complete. A cache that cannot be read or written costs time, never a result.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import logging
import mmap
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from core_model.timeline import SnippetGrid

logger = logging.getLogger(__name__)

FORMAT = 1
SUFFIX = ".safetensors"
DEFAULT_LIMIT_BYTES = 4_000_000_000
_TEMPORARY_PREFIX = ".part-"
# No entry takes nearly as long to write: who began it is gone.
_LONGEST_WRITE_S = 86_400
_SAMPLED_BLOCKS = 32
_BLOCK_BYTES = 65_536
_LARGEST_HEADER_BYTES = 65_536
# Of a search through as many files.
_REMEMBERED_NAMES = 10_000


@dataclass(frozen=True, slots=True)
class Encodings:
    """The snippets of one media file.

    ``visual`` is float16 (n, visual dim), ``audio`` float16 (n, audio dim); ``end_us`` is where
    the media ended when it was decoded. A stream that the file lacks is None.
    """

    grid: SnippetGrid
    end_us: int
    visual: np.ndarray | None
    audio: np.ndarray | None

    @property
    def count(self) -> int:
        """Snippets on the grid."""
        return self.grid.snippet_count(self.end_us)

    def part(self, grid: SnippetGrid, end_us: int) -> Encodings:
        """The snippets from the origin of a shifted ``grid`` up to ``end_us``."""
        first = (grid.origin_us - self.grid.origin_us) // self.grid.stride_us
        end_us = min(end_us, self.end_us)
        rows = slice(first, first + grid.snippet_count(end_us))
        return Encodings(
            grid,
            end_us,
            None if self.visual is None else self.visual[rows],
            None if self.audio is None else self.audio[rows],
        )


@dataclass(frozen=True, slots=True)
class MappedEncodings:
    """An entry as it lies on the disk: what of it is looked at is read then.

    ``checksum`` stands for the content. The other values are those of :class:`Encodings`.
    """

    checksum: str
    grid: SnippetGrid
    end_us: int
    visual: np.ndarray | None
    audio: np.ndarray | None

    @property
    def count(self) -> int:
        """Snippets on the grid."""
        return self.grid.snippet_count(self.end_us)


def content_hash(path: Path) -> str:
    """A name for what the file holds, in milliseconds even for a file of many gigabytes.

    BLAKE2b over the size and, for files beyond 2 MiB, over 32 blocks of 64 KiB spread evenly
    from head to tail; smaller files are read whole. Two files that differ only between the blocks
    would be taken for one: a re-encoded or edited video changes its index, its size or both.

    Raises:
        OSError: the file cannot be read.
    """
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        digest.update(size.to_bytes(8, "little"))
        if size <= _SAMPLED_BLOCKS * _BLOCK_BYTES:
            file.seek(0)
            digest.update(file.read())
        else:
            for block in range(_SAMPLED_BLOCKS):
                file.seek((size - _BLOCK_BYTES) * block // (_SAMPLED_BLOCKS - 1))
                digest.update(file.read(_BLOCK_BYTES))
    return digest.hexdigest()


def default_folder() -> Path:
    """``AVSCOPE_CACHE_DIR``, else the folder that the platform keeps for caches."""
    named = os.environ.get("AVSCOPE_CACHE_DIR")
    if named:
        return Path(named)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
        return (Path(base) if base else Path.home() / "AppData" / "Local") / "AVScope" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "AVScope"
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "avscope"


class EncodingCache:
    """A folder of encodings that stays below ``limit_bytes``; the least recently used go first."""

    def __init__(self, folder: Path | None = None, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        self.folder = folder or default_folder() / "encodings"
        self._limit_bytes = limit_bytes

    def load(
        self, media_hash: str, encoder_ids: tuple[str, str], grid: SnippetGrid
    ) -> Encodings | None:
        """The entry, or None where there is none or a damaged one (which is removed)."""
        path = self._path(media_hash, encoder_ids, grid)
        try:
            encodings = _read(path, grid)
        except FileNotFoundError:
            return None
        except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
            logger.warning("cache entry %s is damaged and left aside: %s", path.name, error)
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return encodings

    def store(self, media_hash: str, encoder_ids: tuple[str, str], encodings: Encodings) -> bool:
        """Write an entry; False, with a line in the log, where the folder does not take it."""
        path = self._path(media_hash, encoder_ids, encodings.grid)
        return self.put(path, lambda file: _write(file, encodings))

    def put(self, path: Path, write: Callable[[Path], None]) -> bool:
        """Have an entry written under a path of the folder, all of it or nothing, within the
        limit; False, with a line in the log, where the folder does not take it."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with temporary_file(self.folder) as temporary:
                write(temporary)
                temporary.replace(path)
            shrink(self.folder, SUFFIX, self._limit_bytes, spared=path)
        except (OSError, SafetensorError) as error:
            logger.warning("encodings are not kept in %s: %s", self.folder, error)
            return False
        return True

    def mapped(
        self, media_hash: str, encoder_ids: tuple[str, str], grid: SnippetGrid
    ) -> MappedEncodings | None:
        """The entry without reading it; None where there is none or a damaged one.

        The checksum is not compared with the content, only handed on.
        """
        path = self._path(media_hash, encoder_ids, grid)
        try:
            entry = _map(path, grid)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            logger.warning("cache entry %s is damaged and left aside: %s", path.name, error)
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return entry

    def _path(self, media_hash: str, encoder_ids: tuple[str, str], grid: SnippetGrid) -> Path:
        return self.folder / (_entry_name(media_hash, encoder_ids, grid) + SUFFIX)


def shrink(folder: Path, suffix: str, limit_bytes: int, spared: Path) -> None:
    """Remove the least recently used files of a folder beyond the limit, and what a program that
    was killed had only begun to write; others may do so, too."""
    for path in folder.glob(f"{_TEMPORARY_PREFIX}*"):
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < time.time() - _LONGEST_WRITE_S:
                path.unlink()
    entries: list[tuple[float, int, Path]] = []
    for path in folder.glob(f"*{suffix}"):
        with contextlib.suppress(FileNotFoundError):
            status = path.stat()
            entries.append((status.st_mtime, status.st_size, path))
    excess_bytes = sum(size for _, size, _ in entries) - limit_bytes
    for _, size, path in sorted(entries):
        if excess_bytes <= 0:
            return
        if path != spared:
            path.unlink(missing_ok=True)
            excess_bytes -= size


@contextlib.contextmanager
def temporary_file(folder: Path) -> Iterator[Path]:
    """An empty file of our own in ``folder``; gone afterwards unless it was renamed."""
    handle, name = tempfile.mkstemp(prefix=_TEMPORARY_PREFIX, dir=folder)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


@functools.lru_cache(_REMEMBERED_NAMES)
def _entry_name(media_hash: str, encoder_ids: tuple[str, str], grid: SnippetGrid) -> str:
    key = json.dumps(
        [FORMAT, media_hash, encoder_ids, grid.origin_us, grid.stride_us, grid.window_us]
    )
    return hashlib.blake2b(key.encode("utf-8"), digest_size=16).hexdigest()


def checksum(arrays: Mapping[str, np.ndarray]) -> str:
    """Of the arrays of an entry, with their names and shapes."""
    digest = hashlib.blake2b(digest_size=16)
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _write(path: Path, encodings: Encodings) -> None:
    arrays = {
        name: array
        for name, array in (("visual", encodings.visual), ("audio", encodings.audio))
        if array is not None
    }
    metadata = {
        "origin_us": str(encodings.grid.origin_us),
        "end_us": str(encodings.end_us),
        "checksum": checksum(arrays),
    }
    save_file(arrays, path, metadata=metadata)


def _map(path: Path, grid: SnippetGrid) -> MappedEncodings:
    """Raises ValueError, KeyError and TypeError where the file is none of ours."""
    with path.open("rb", buffering=0) as file:
        # Copy on write: arrays that torch takes without a copy must not be read-only.
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    begin = 8 + int.from_bytes(content[:8], "little")
    if begin > min(len(content), _LARGEST_HEADER_BYTES):
        raise ValueError("the header is longer than the file")
    header = json.loads(content[8:begin])
    if not isinstance(header, dict):
        raise ValueError("the header is no object")
    metadata = header.pop("__metadata__")
    end_us = int(metadata["end_us"])
    count = grid.snippet_count(end_us)
    arrays: dict[str, np.ndarray] = {}
    for name, entry in header.items():
        rows, dim = entry["shape"]
        first, end = entry["data_offsets"]
        fits = end - first == 2 * rows * dim and first >= 0 and begin + end <= len(content)
        if entry["dtype"] != "F16" or rows != count or not fits:
            raise ValueError(f"{name} is not {count} snippets of float16")
        values = np.frombuffer(content, np.float16, rows * dim, begin + first)
        arrays[name] = values.reshape(rows, dim)
    return MappedEncodings(
        metadata["checksum"], grid, end_us, arrays.get("visual"), arrays.get("audio")
    )


def _read(path: Path, grid: SnippetGrid) -> Encodings:
    """Raises ValueError where the content does not fit its checksum or the grid, and TypeError
    or KeyError where there is none."""
    with path.open("rb"):  # a missing file is told apart from a damaged one
        pass
    with safe_open(path, framework="np") as file:
        metadata = file.metadata()
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    if metadata["checksum"] != checksum(arrays):
        raise ValueError("the checksum does not fit")
    encodings = Encodings(grid, int(metadata["end_us"]), arrays.get("visual"), arrays.get("audio"))
    for array in arrays.values():
        if array.dtype != np.float16 or array.ndim != 2 or len(array) != encodings.count:
            raise ValueError(f"{array.dtype} {array.shape} is not {encodings.count} snippets")
    return encodings
