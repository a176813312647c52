"""What is known of the frames around a moment without decoding anything."""

from __future__ import annotations

from pathlib import Path

from app.player.cache_filler import MARGIN_FRAMES
from app.player.frame_cache import FrameCache
from app.player.frame_numbers import FrameNumbers
from app.player.glimpses import Glimpses
from core_model.media.probe import VideoInfo
from core_model.media.video import PaintedFrame
from core_model.timeline import US_PER_S

_USUAL_RATE_HZ = 25.0


class Whereabouts:
    """Answers from the frames at hand, the small pictures and the numbers of one player."""

    def __init__(self, cache: FrameCache, numbers: FrameNumbers, glimpses: Glimpses) -> None:
        self._cache = cache
        self._numbers = numbers
        self._glimpses = glimpses

    def margin_us(self, video: VideoInfo | None, time_us: int) -> int:
        """How long ago the frame shown at a moment began: exact once the frames are counted."""
        began_us = self._numbers.began_us(time_us)
        if began_us is not None:
            return max(0, time_us - began_us)
        rate_hz = video.average_rate_hz if video is not None else 0.0
        return round(MARGIN_FRAMES * US_PER_S / (rate_hz or _USUAL_RATE_HZ))

    def newest_known(
        self, path: Path, shown: PaintedFrame | None, time_us: int
    ) -> PaintedFrame | None:
        """The last frame at hand, that on screen included, between a moment and its key frame."""
        key_us = self._numbers.key_us(time_us)
        if key_us is None:
            return None
        known = (
            shown,
            self._glimpses.newest(path, key_us, time_us),
            self._cache.newest_before(time_us),
        )
        between = [each for each in known if each and key_us <= each.pts_us <= time_us]
        return max(between, key=lambda frame: frame.pts_us, default=None)

    def frames_between(self, earlier_us: int, later_us: int) -> int:
        """How many frames lie between two: by their numbers, else as far as they are at hand."""
        before, after = (self._numbers.number_at(each) for each in (earlier_us, later_us))
        if before is None or after is None:
            return self._cache.count_between(earlier_us, later_us)
        return max(after - before - 1, 0)

    def is_at_end(self, video: VideoInfo | None, pts_us: int, direction: int) -> bool:
        """Whether no frame lies on one side (1: after, -1: before) of the one at ``pts_us``."""
        if direction > 0:
            return self._cache.is_last(pts_us)
        start_us = video.start_us if video is not None else 0
        return self._cache.is_first(pts_us) or pts_us <= start_us
