"""Which stretches of a video could not be decoded, told from what goes in and what comes out."""

from __future__ import annotations

import bisect
from collections.abc import Callable

OnBroken = Callable[[int, int], None]
"""Told of a stretch ``[start_us, end_us)`` of presentation time whose pictures are lost or cannot
be trusted, as soon as decoding has passed it. A longer stretch comes in parts that touch, and a
stretch that is decoded twice comes twice: take the union."""

# More than decoders hold back; a packet that gave nothing by then never will.
_MOST_PENDING = 256


class BrokenSpans:
    """Watches one run of a decoder and tells ``on_broken`` of every stretch without true pictures.

    A packet without a picture proves nothing, because some have none of their own. Lost is what
    was sent, was suspect (marked as damaged, or held by the decoder when it complained), and did
    not come back. From there to the next key frame pictures may refer to the lost one.
    """

    def __init__(self, on_broken: OnBroken) -> None:
        self._on_broken = on_broken
        self._pending_us: list[int] = []
        self._suspect_us: set[int] = set()
        # The first picture shown since the complaint: it may precede the lost one in time only.
        self._shown_since_us: int | None = None
        self._broken_from_us: int | None = None

    def sent(self, pts_us: int | None, *, damaged: bool) -> None:
        """A packet goes into the decoder."""
        if pts_us is None:
            return
        bisect.insort(self._pending_us, pts_us)
        if damaged:
            self._suspect_us.add(pts_us)
        self._suspect_us.difference_update(self._pending_us[:-_MOST_PENDING])
        del self._pending_us[:-_MOST_PENDING]

    def complained(self) -> None:
        """The decoder refused something. Threads make it say so late: all it holds is suspect."""
        self._suspect_us.update(self._pending_us)

    def shown(self, pts_us: int, *, is_key: bool, damaged: bool) -> None:
        """A picture came out, later than those before it."""
        self._settle(pts_us)
        if self._pending_us and self._pending_us[0] == pts_us:
            del self._pending_us[0]
        self._suspect_us.discard(pts_us)
        if self._broken_from_us is not None:
            self._on_broken(self._broken_from_us, pts_us)
            self._broken_from_us = None if is_key and not damaged else pts_us
        elif damaged:
            self._broken_from_us = pts_us
        if not self._suspect_us:
            self._shown_since_us = None
        elif self._shown_since_us is None:
            self._shown_since_us = pts_us

    def ended(self, last_us: int, frame_us: int) -> None:
        """Nothing more comes after the picture at ``last_us``; pictures last ``frame_us``."""
        end_us = max((last_us, *self._suspect_us)) + max(frame_us, 1)
        self._settle(end_us)
        if self._broken_from_us is not None:
            self._on_broken(self._broken_from_us, end_us)

    def _settle(self, pts_us: int) -> None:
        """Everything before a moment is now known to have come out, or not."""
        place = bisect.bisect_left(self._pending_us, pts_us)
        lost_us = [time_us for time_us in self._pending_us[:place] if time_us in self._suspect_us]
        del self._pending_us[:place]
        if not lost_us:
            return
        self._suspect_us.difference_update(lost_us)
        known_us = [self._broken_from_us, self._shown_since_us, lost_us[0]]
        self._broken_from_us = min(time_us for time_us in known_us if time_us is not None)
