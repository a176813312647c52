"""Which part of a file is looked at, and what is told while it is."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass

from core_model.media.errors import WHOLE_FILE, MediaError
from core_model.media.probe import MediaInfo
from core_model.timeline import US_PER_S, Detection, SnippetGrid, seconds


@dataclass(frozen=True, slots=True)
class DetectionUpdate:
    """Where a detection stands.

    ``detections`` is the complete list so far, by onset. Media from ``start_us`` to ``analysed_us``
    has been looked at, of what ends at ``end_us``; ``times_real_time`` is how many seconds of it
    per second. ``done`` is True on the last update only.
    """

    detections: tuple[Detection, ...]
    analysed_us: int
    start_us: int
    end_us: int
    times_real_time: float
    from_cache: bool
    done: bool

    @classmethod
    def of(
        cls,
        info: MediaInfo,
        detections: tuple[Detection, ...],
        snippets: tuple[int, int],
        end_us: int,
        began_s: float,
        *,
        from_cache: bool,
    ) -> DetectionUpdate:
        """After so many ``snippets`` of how many; ``began_s`` is by the monotonic clock."""
        ready, count = snippets
        grid = SnippetGrid(info.start_us)
        done = ready == count
        covered_us = info.start_us + (ready - 1) * grid.stride_us + grid.window_us
        analysed_us = end_us if done else min(covered_us, end_us)
        elapsed_s = max(time.monotonic() - began_s, 1e-6)
        speed = (analysed_us - info.start_us) / US_PER_S / elapsed_s
        return cls(detections, analysed_us, info.start_us, end_us, speed, from_cache, done)

    def above(self, threshold: float) -> DetectionUpdate:
        """With those detections only that score so much or more."""
        kept = tuple(found for found in self.detections if found.score >= threshold)
        return dataclasses.replace(self, detections=kept)


def within(info: MediaInfo, span_us: tuple[int, int]) -> MediaInfo:
    """The stretch of a file whose snippets lie in ``span_us``; at least one snippet of it.

    Raises MediaError where the file has nothing there.
    """
    grid = SnippetGrid(info.start_us)
    begin_us, end_us = max(span_us[0], info.start_us), min(span_us[1], info.end_us)
    if begin_us >= end_us:
        there = f"{seconds(info.start_us):.3f} s to {seconds(info.end_us):.3f} s"
        raise MediaError(info.path, WHOLE_FILE, f"nothing of it lies in that stretch ({there})")
    last = grid.snippet_count(info.end_us) - 1
    first = min((begin_us - info.start_us) // grid.stride_us, last)
    start_us = info.start_us + first * grid.stride_us
    return dataclasses.replace(info, start_us=start_us, end_us=end_us)
