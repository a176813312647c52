"""Stretches of a video that could not be decoded, collected while it is watched."""

from __future__ import annotations

Spans = tuple[tuple[int, int], ...]


def joined(spans: Spans, start_us: int, end_us: int) -> Spans:
    """``spans`` (ascending, apart from each other) together with one more, in the same form."""
    apart = [span for span in spans if span[1] < start_us or span[0] > end_us]
    touching = [span for span in spans if span[1] >= start_us and span[0] <= end_us]
    whole = (
        min([start_us, *(span[0] for span in touching)]),
        max([end_us, *(span[1] for span in touching)]),
    )
    return tuple(sorted([*apart, whole]))
