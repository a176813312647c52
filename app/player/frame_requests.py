"""What the decode thread is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core_model.media.errors import MediaError
from core_model.media.probe import MediaInfo


@dataclass(frozen=True, slots=True)
class Looks:
    """Of which file frames are made, and of which (width, height)."""

    path: Path
    size_px: tuple[int, int]


@dataclass(frozen=True, slots=True)
class ProbeRequest:
    """Look at a file."""

    serial: int
    path: Path


@dataclass(frozen=True, slots=True)
class ProbeResponse:
    """What the file holds, or why it can't be read."""

    serial: int
    path: Path
    result: MediaInfo | MediaError


@dataclass(frozen=True, slots=True)
class FrameRequest:
    """Find the frame shown at ``time_us``, or its neighbour in ``direction`` (1 or -1).

    Decoding begins at ``start_us``, where the frame shown began at most ``margin_us`` ago as far
    as is known; with None the run of frames at hand goes on. ``key_us`` is when the key frame
    before it is shown (None: unknown). A request that ``scrubs`` wants to hear of frames before
    its own on the way there, and with ``preview`` of the key frame first.
    """

    serial: int
    looks: Looks
    time_us: int
    start_us: int | None
    margin_us: int = 0
    direction: int = 0
    key_us: int | None = None
    scrubs: bool = False
    preview: bool = False


@dataclass(frozen=True, slots=True)
class PrepareRequest:
    """Decode the first frames from ``start_us`` on while there is nothing else to do: a
    :class:`FrameRequest` that begins there is expected."""

    looks: Looks
    start_us: int
    margin_us: int


@dataclass(frozen=True, slots=True)
class DetailRequest:
    """Decode the frame at ``pts_us`` once more, with more pixels."""

    serial: int
    looks: Looks
    pts_us: int
