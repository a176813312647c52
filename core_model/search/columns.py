"""What a search needs of each snippet beside its embedding, computed once and kept on disk.

Two numbers per snippet (115 kB per hour and stream) and the mean of the file. They belong to the
checksum of the encodings and to the rows that snippets are compared with, so that other encodings
or another bundle have columns of their own.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import logging
import os
import threading
import zlib
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from core_model.cache import shrink, temporary_file
from core_model.similarity import comparison

logger = logging.getLogger(__name__)

FORMAT = 1
SUFFIX = ".columns"
LIMIT_BYTES = 200_000_000
# In memory, for the next search: some 280 hours of both streams.
KEPT_BYTES = 64_000_000
# Rows that are turned into float32 at a time: they stay in the cache of a processor.
BLOCK = 1024


@dataclass(frozen=True)
class Yardstick:
    """Rows (rows, dim) with which the snippets of a stream are compared, and how sharply."""

    reference: Float[Tensor, "rows dim"]
    scale: float

    @functools.cached_property
    def name(self) -> str:
        """Stands for the values."""
        digest = hashlib.blake2b(digest_size=12)
        digest.update(np.ascontiguousarray(self.reference.numpy()).data)
        digest.update(repr(self.scale).encode())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Columns:
    """Of n snippets: ``factors`` and ``totals`` (n,) as :func:`core_model.similarity.comparison`
    gives them for a ``scale``, and the ``mean`` (dim,) of the embeddings at unit length."""

    factors: np.ndarray
    totals: np.ndarray
    mean: np.ndarray
    scale: float

    @property
    def size_bytes(self) -> int:
        """In memory."""
        return self.factors.nbytes + self.totals.nbytes + self.mean.nbytes

    @property
    def lengths(self) -> np.ndarray:
        """Of the embeddings (n,)."""
        return self.scale / self.factors


class ColumnShelf:
    """A folder of columns that stays small; the least recently used go first. For several threads.

    What cannot be read is computed again, what cannot be written is kept in memory only.
    """

    def __init__(self, folder: Path, limit_bytes: int = LIMIT_BYTES) -> None:
        self.folder = folder
        self._limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Columns] = OrderedDict()
        self._kept_bytes = 0

    def columns(self, content: str, embeddings: np.ndarray, yardstick: Yardstick) -> Columns:
        """Those of ``embeddings`` (n, dim) float16, for which ``content`` stands."""
        key = f"{FORMAT} {content} {yardstick.name} {embeddings.shape}"
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept.move_to_end(key)
                return known
        columns = self._from_disk(key, embeddings, yardstick)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = columns
                self._kept_bytes += columns.size_bytes
            while self._kept_bytes > KEPT_BYTES:
                self._kept_bytes -= self._kept.popitem(last=False)[1].size_bytes
        return columns

    def _from_disk(self, key: str, embeddings: np.ndarray, yardstick: Yardstick) -> Columns:
        name = hashlib.blake2b(key.encode(), digest_size=16).hexdigest()
        path = self.folder / (name + SUFFIX)
        count, dim = embeddings.shape
        found = _read(path, 2 * count + dim)
        if found is None:
            found = _compute(embeddings, yardstick)
            self._store(path, found)
        return Columns(found[:count], found[count : 2 * count], found[2 * count :], yardstick.scale)

    def _store(self, path: Path, values: np.ndarray) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with temporary_file(self.folder) as temporary:
                with temporary.open("wb") as file:
                    file.write(_checksum(values))
                    values.tofile(file)
                temporary.replace(path)
            shrink(self.folder, SUFFIX, self._limit_bytes, spared=path)
        except OSError as error:
            logger.warning("columns are not kept in %s: %s", self.folder, error)


def _read(path: Path, count: int) -> np.ndarray | None:
    """``count`` numbers of float32; None where they are not there or damaged."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        logger.warning("columns %s cannot be read: %s", path.name, error)
        return None
    if len(content) != _CHECKSUM_BYTES + 4 * count:
        return None
    # A copy, since torch takes no array that must not be written to.
    values = np.frombuffer(content, np.float32, offset=_CHECKSUM_BYTES).copy()
    if content[:_CHECKSUM_BYTES] != _checksum(values):
        return None
    with contextlib.suppress(OSError):
        os.utime(path)
    return values


_CHECKSUM_BYTES = 4


def _checksum(values: np.ndarray) -> bytes:
    return zlib.crc32(values.data).to_bytes(_CHECKSUM_BYTES, "little")


@torch.inference_mode()
def _compute(embeddings: np.ndarray, yardstick: Yardstick) -> np.ndarray:
    count, dim = embeddings.shape
    values = np.zeros(2 * count + dim, np.float32)
    for start in range(0, count, BLOCK):
        rows = torch.from_numpy(embeddings[start : start + BLOCK]).float()
        factors, totals = comparison(rows, yardstick.reference, yardstick.scale)
        values[start : start + len(rows)] = factors.numpy()
        values[count + start : count + start + len(rows)] = totals.numpy()
        values[2 * count :] += (rows * (factors / yardstick.scale)[:, None]).sum(dim=0).numpy()
    values[2 * count :] /= max(count, 1)
    return values
