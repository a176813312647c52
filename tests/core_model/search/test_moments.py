"""Peaks and their neighbours become moments."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from core_model.search.moments import Stretch, best_stretches, smoothed


def row(count, **peaks):
    values = np.full(count, 0.01, np.float32)
    for span, height in peaks.items():
        first, last = map(int, span.removeprefix("at_").split("_"))
        values[first : last + 1] = height
    return values


def test_neighbours_are_one_moment_and_the_highest_comes_first():
    scores = [row(100, at_10_19=0.5, at_50_53=0.9), row(40, at_0_7=0.7)]
    found = best_stretches(scores, 10)
    spans = [(each.source, each.first, each.last) for each in found[:3]]
    assert spans == [(0, 50, 53), (1, 0, 7), (0, 10, 19)]
    assert [round(each.score, 2) for each in found[:3]] == [0.9, 0.7, 0.5]


def test_a_gap_of_one_snippet_does_not_part_a_moment():
    values = row(60, at_10_19=0.8)
    values[14] = 0.0
    assert [(each.first, each.last) for each in best_stretches([values], 1)] == [(10, 19)]
    values[14:18] = 0.0
    first = best_stretches([values], 1)[0]
    assert (first.first, first.last) == (10, 13)


def test_what_is_excluded_is_not_found():
    scores = [row(60, at_10_19=0.8, at_40_43=0.6)]
    (found,) = best_stretches(scores, 1, [Stretch(0, 8, 21, 0.0)])
    assert (found.first, found.last) == (40, 43)


def test_nothing_is_found_in_nothing():
    assert best_stretches([], 5) == []
    assert best_stretches([np.zeros(0, np.float32), np.zeros(9, np.float32)], 5) == []


@given(
    st.lists(
        arrays.arrays(np.float32, st.integers(0, 40), elements=st.floats(0, 1, width=32)),
        max_size=4,
    ),
    st.integers(0, 12),
)
def test_moments_never_overlap_and_fall(scores, top):
    found = best_stretches(scores, top)
    assert len(found) <= top
    assert [each.score for each in found] == sorted((e.score for e in found), reverse=True)
    taken = set()
    for each in found:
        cells = {(each.source, index) for index in range(each.first, each.last + 1)}
        assert 0 <= each.first <= each.last < len(scores[each.source])
        assert not cells & taken
        taken |= cells
        peak = smoothed(scores[each.source])[each.first : each.last + 1].max()
        assert each.score <= peak + 1e-6
