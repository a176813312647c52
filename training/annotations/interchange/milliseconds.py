"""Events in whole milliseconds, for formats in which each begins at zero or later and lasts."""

from __future__ import annotations

from training.annotations.interchange.report import Tally
from training.annotations.interchange.times import in_milliseconds
from training.annotations.model import Segment

BEFORE_ZERO = "times before zero"
WIDENED = "points and events shorter than a millisecond (widened)"


def span_ms(segment: Segment, tally: Tally) -> tuple[int, int]:
    """Onset and offset, at least a millisecond apart; what is changed for that is counted."""
    onset_ms, offset_ms = in_milliseconds(segment.onset_us), in_milliseconds(segment.offset_us)
    if onset_ms < 0:
        tally.add(BEFORE_ZERO, segment.label)
        onset_ms = 0
    if offset_ms <= onset_ms:
        tally.add(WIDENED, segment.label)
        # Downwards, so that neither end moves by a whole millisecond.
        onset_ms = max(segment.onset_us // 1_000, 0)
        offset_ms = onset_ms + 1
    return onset_ms, offset_ms
