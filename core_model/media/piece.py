"""A stretch of a file's bytes that is read like a file of its own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from core_model.media.errors import WHOLE_FILE, MediaError


@dataclass(frozen=True, slots=True)
class Piece:
    """The bytes ``[start, end)`` of a file behind ``head``, which stands for what a demuxer has to
    know first and would not find in them."""

    path: Path
    start: int
    end: int
    head: bytes = b""


Source: TypeAlias = Path | Piece
"""What a demuxer reads: a whole file, or a piece of one."""

Identity: TypeAlias = tuple[Path, int, int]
"""A file as it is now."""


def file_of(source: Source) -> Path:
    """The file that a source lies in."""
    return source.path if isinstance(source, Piece) else source


def size_of(source: Source) -> int:
    """How many bytes a demuxer finds in a source."""
    if isinstance(source, Piece):
        return len(source.head) + source.end - source.start
    return source.stat().st_size


def identity_of(source: Source) -> Identity | None:
    """What stands for the file of a source until it changes; None where there is no file."""
    path = file_of(source)
    try:
        status = path.stat()
    except (OSError, ValueError):
        # Names that an annotation file brings may hold what no name can.
        return None
    return path, status.st_size, status.st_mtime_ns


class PieceFile:
    """What PyAV wants of a file to read. Raises MediaError where the system does not read it."""

    def __init__(self, piece: Piece, name: str) -> None:
        self.name = name
        self._piece = piece
        self._size = size_of(piece)
        self._place = 0
        try:
            self._file = piece.path.open("rb", buffering=0)
        except OSError as error:
            raise self._explained(error) from error

    def read(self, count: int) -> bytes:
        """At most ``count`` bytes from the present place on; none at the end."""
        head = self._piece.head
        if self._place < len(head):
            found = head[self._place : self._place + count]
        else:
            behind_head = self._place - len(head)
            try:
                self._file.seek(self._piece.start + behind_head)
                found = self._file.read(max(0, min(count, self._size - self._place))) or b""
            except OSError as error:
                raise self._explained(error) from error
        self._place += len(found)
        return found

    def seek(self, place: int, whence: int = os.SEEK_SET) -> int:
        """Go to a byte, counted like those of a file."""
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence]
        self._place = min(max(0, origin + place), self._size)
        return self._place

    def tell(self) -> int:
        """The present place."""
        return self._place

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _explained(self, error: OSError) -> MediaError:
        reason = f"cannot be read: {(error.strerror or str(error)).lower()}"
        return MediaError(self._piece.path, WHOLE_FILE, reason)
