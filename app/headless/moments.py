"""Moments as people write them: seconds, or a time code as the window shows it."""

from __future__ import annotations

import argparse
import re
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from core_model.media.decoding import decoded_frames
from core_model.media.errors import WHOLE_FILE, MediaError
from core_model.media.probe import MediaInfo
from core_model.timeline import US_PER_S

TIMES_HELP = (
    "Times are presentation times as the window shows them, not shifted to zero: seconds (12.48) "
    "or a time code (00:00:12.480). With up to three decimals a time means the millisecond that "
    "the time code shows, so that the time code of a frame always leads to that frame; with more "
    "decimals it is taken to the microsecond."
)
_US_PER_MS = 1_000
_PATTERN = re.compile(
    r"(?P<sign>-?)(?:(?:(?P<hours>\d+):)?(?P<minutes>\d+):)?(?P<seconds>\d+)(?:\.(?P<part>\d*))?"
)


@dataclass(frozen=True, slots=True)
class Moment:
    """``[time_us, time_us + width_us)``: a millisecond, or one microsecond where it was said."""

    time_us: int
    width_us: int

    @property
    def last_us(self) -> int:
        """The frame shown here is the one that the moment names."""
        return self.time_us + self.width_us - 1


def moment(text: str) -> Moment:
    """Read a moment for argparse: "12.48", "1:05.2", "00:00:12.480". ArgumentTypeError if not."""
    match = _PATTERN.fullmatch(text.strip())
    if match is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time: write seconds (12.48) or a time code (00:00:12.480)"
        )
    whole_s = int(match["seconds"]) + 60 * int(match["minutes"] or 0)
    whole_s += 3600 * int(match["hours"] or 0)
    part = match["part"] or ""
    time_us = whole_s * US_PER_S + int(part[:6].ljust(6, "0"))
    if match["sign"]:
        time_us = -time_us
    return Moment(time_us, _US_PER_MS if len(part) <= 3 else 1)


def edge_us(info: MediaInfo, named: Moment) -> int:
    """Where a clip is cut: at the frame that begins within the moment, else at its beginning.

    Raises MediaError where the video cannot be read.
    """
    if info.video is None or named.width_us == 1:
        return named.time_us
    with closing(decoded_frames(info.path, named.last_us)) as frames:
        shown = next(frames, None)
    if shown is not None and named.time_us <= shown.pts_us <= named.last_us:
        return shown.pts_us
    return named.time_us


def refuse_target(source: Path, target: Path, *, force: bool) -> None:
    """Raise MediaError for a file that must not be written."""
    if target.exists() and source.exists() and target.samefile(source):
        raise MediaError(target, WHOLE_FILE, "is the source itself, which is never overwritten")
    if target.exists() and not force:
        raise MediaError(target, WHOLE_FILE, "exists already; --force replaces it")
