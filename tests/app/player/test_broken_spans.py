"""Stretches that could not be decoded, put together from parts."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from app.player.broken_spans import Spans, joined

parts = st.tuples(st.integers(0, 60), st.integers(1, 9)).map(lambda part: (part[0], sum(part)))


@given(st.lists(parts, max_size=12))
def test_the_union_is_kept_in_order_without_touching_parts(
    given_parts: list[tuple[int, int]],
) -> None:
    spans: Spans = ()
    for start_us, end_us in given_parts:
        spans = joined(spans, start_us, end_us)
    covered = {us for start, end in spans for us in range(start, end)}
    assert covered == {us for start, end in given_parts for us in range(start, end)}
    assert all(before[1] < after[0] for before, after in itertools.pairwise(spans))
