"""What the decode thread is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from app.player.cache_filler import Looks


@dataclass(frozen=True, slots=True)
class FrameRequest:
    """Find the frame shown at ``time_us``, or its neighbour in ``direction`` (1 or -1).

    Decoding begins at ``start_us``, where the frame shown began at most ``margin_us`` ago as far
    as is known; with None the run of frames at hand goes on. With ``preview`` the key frame
    before it is handed out first. A ``patient`` request lets the search under way end before.
    """

    serial: int
    looks: Looks
    time_us: int
    start_us: int | None
    margin_us: int = 0
    direction: int = 0
    preview: bool = False
    patient: bool = False


@dataclass(frozen=True, slots=True)
class DetailRequest:
    """Decode the frame at ``pts_us`` once more, with more pixels."""

    serial: int
    looks: Looks
    pts_us: int
