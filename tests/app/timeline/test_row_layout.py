"""Each layer goes whole into the first row that has room for it, however that is found out."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.timeline.row_layout import RowLayout, layers_of

Span = tuple[int, int]
spans = st.tuples(st.integers(0, 60), st.integers(0, 9)).map(lambda pair: (pair[0], sum(pair)))


def overlap(first: Span, second: Span) -> bool:
    return first[0] < second[1] and second[0] < first[1]


@given(
    st.lists(st.lists(spans, min_size=1, max_size=6), max_size=6),
    st.sampled_from([1, 7, 1_000_000]),
    st.integers(-1_000, 1_000),
)
def test_the_first_row_with_room_takes_a_layer(
    labels: list[list[Span]], unit_us: int, start_us: int
) -> None:
    """In units that are shorter and longer than the stretches that rows are compared by."""
    flat = [
        (start_us + begin * unit_us, start_us + end * unit_us)
        for own in labels
        for begin, end in sorted(own)
    ]
    onset_us = np.array([begin for begin, _ in flat], np.int64)
    offset_us = np.array([end for _, end in flat], np.int64)
    layout = RowLayout(onset_us, offset_us)
    expected: list[list[int]] = []
    first = 0
    for own in labels:
        places = np.arange(first, first + len(own))
        first += len(own)
        layers = layers_of(onset_us, offset_us, places)
        kept = [list(layer.places) for layer in layers]
        layout.add(layers)
        for layer in kept:
            rooms = (
                row
                for row in expected
                if not any(overlap(flat[a], flat[b]) for a in row for b in layer)
            )
            home = next(rooms, None)
            if home is None:
                expected.append(layer)
            else:
                home += layer
    assert [sorted(row.tolist()) for row in layout.rows] == list(map(sorted, expected))
