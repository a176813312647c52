"""Windows become one list: nothing twice, nothing cut, nothing lost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core_model.detection.stitching import NESTED_SHARE, Segments, Stitcher, Window, nested

SIGMA = 0.4


def segments(*rows):
    """Rows of (onset, offset, score, label)."""
    columns = np.array(rows, np.float64).reshape(-1, 4).T
    return Segments(columns[0], columns[1], columns[2], columns[3].astype(np.int64))


def stitched(*windows, sigma=SIGMA, floor=0.01, nested_share=NESTED_SHARE):
    stitcher = Stitcher(sigma, floor, nested_share)
    parts = []
    for first, last, found in windows:
        stitcher.add(Window(first, last, found))
        parts.append(stitcher.settled())
    return rows_of(Segments.joined(*parts, stitcher.open()))


def rows_of(found):
    rows = zip(found.onsets, found.offsets, found.scores, found.labels, strict=True)
    return sorted(tuple(float(v) for v in row) for row in rows)


def test_detections_outside_the_seam_are_left_as_they_are():
    first = segments((10, 20, 0.9, 0), (15, 60, 0.5, 1))
    second = segments((300, 320, 0.8, 0))
    assert stitched((0, 255, first), (192, 447, second)) == [
        (10, 20, 0.9, 0),
        (15, 60, 0.5, 1),
        (300, 320, 0.8, 0),
    ]


def test_an_event_that_both_windows_saw_is_told_once():
    found = stitched(
        (0, 255, segments((210, 220, 0.6, 3))), (192, 447, segments((210.5, 220, 0.9, 3)))
    )
    assert found == [(210, 220, 0.9, 3)]


def test_each_end_comes_from_the_window_that_saw_more_around_it():
    found = stitched(
        (0, 255, segments((200, 250, 0.6, 3))), (192, 447, segments((194, 246, 0.6, 3)))
    )
    assert found == [(200, 246, 0.6, 3)]


def test_a_long_event_through_many_windows_is_one():
    windows = [
        (start, start + 255, segments((max(start - 1, 40), min(start + 256, 1200), 0.8, 1)))
        for start in range(0, 1152, 192)
    ]
    ((onset, offset, score, label),) = stitched(*windows)
    assert (onset, offset, label) == (40, 1200, 1)
    assert score == pytest.approx(0.8)


def test_the_tail_of_an_event_is_no_event_of_its_own():
    whole = segments((100, 231, 0.9, 0))
    tail = segments((191, 231, 0.5, 0))
    assert stitched((0, 255, whole), (192, 447, tail)) == [(100, 231, 0.9, 0)]


def test_the_head_of_an_event_is_no_event_of_its_own():
    head = segments((220, 256, 0.5, 0))
    whole = segments((219, 400, 0.9, 0))
    assert stitched((0, 255, head), (192, 447, whole)) == [(220, 400, 0.9, 0)]


def test_other_labels_are_other_events():
    found = stitched(
        (0, 255, segments((210, 220, 0.6, 3))), (192, 447, segments((210, 220, 0.9, 4)))
    )
    assert found == [(210, 220, 0.6, 3), (210, 220, 0.9, 4)]


def test_the_weaker_of_two_that_overlap_little_decays():
    found = stitched(
        (0, 255, segments((200, 220, 0.6, 3))), (192, 447, segments((210, 230, 0.9, 3)))
    )
    iou = 10 / 30
    assert found == [
        (200, 220, pytest.approx(0.6 * np.exp(-(iou**2) / SIGMA)), 3),
        (210, 230, 0.9, 3),
    ]


def test_the_surest_pair_is_matched_first_and_nothing_twice():
    first = segments((200, 256, 0.9, 0), (205, 256, 0.2, 0))
    second = segments((200, 300, 0.8, 0), (202, 290, 0.1, 0))
    found = stitched((0, 255, first), (192, 447, second), nested_share=None)
    assert [row[:2] for row in found] == [(200, 300), (205, 290)]
    assert found[0][2] == 0.8


def test_what_lies_in_a_stronger_find_of_its_label_is_left_out():
    long, inside, half = (10, 50, 0.9, 0), (20, 25, 0.8, 0), (45, 55, 0.7, 0)
    other, stronger = (20, 25, 0.8, 1), (60, 62, 0.6, 0)
    around = (55, 70, 0.5, 0)
    found = segments(long, inside, half, other, stronger, around)
    assert stitched((0, 255, found)) == sorted([long, half, other, stronger, around])
    assert stitched((0, 255, found), nested_share=None) == sorted([*rows_of(found)])


def test_a_find_of_the_next_window_holds_those_of_the_one_before():
    whole = segments((185, 400, 0.9, 0))
    parts = segments((190, 200, 0.5, 0), (186, 256, 0.4, 0))
    (found,) = stitched((0, 255, parts), (192, 447, whole))
    assert found[:2] == (186, 400)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.integers(1, 8), st.integers(1, 4), st.integers(0, 1)),
        max_size=9,
    )
)
def test_only_what_stays_holds_others(rows):
    found = segments(
        *((onset, onset + size, score / 4, label) for onset, size, score, label in rows)
    )
    kept = []
    expected = np.zeros(len(rows), bool)
    for one in np.argsort(-found.scores, kind="stable"):
        onset, offset = found.onsets[one], found.offsets[one]
        shared = [
            min(offset, found.offsets[other]) - max(onset, found.onsets[other])
            for other in kept
            if found.labels[other] == found.labels[one]
        ]
        expected[one] = any(part >= 0.7 * (offset - onset) for part in shared)
        kept += [] if expected[one] else [one]
    assert nested(found, 0.7).tolist() == expected.tolist()


def test_a_preview_changes_nothing():
    stitcher = Stitcher(SIGMA, 0.01)
    stitcher.add(Window(0, 255, segments((100, 256, 0.9, 0))))
    preview = stitcher.preview(Window(192, 300, segments((191, 301, 0.9, 0))))
    assert rows_of(preview)[0][:2] == (100, 301)
    stitcher.add(Window(192, 447, segments((191, 448, 0.9, 0))))
    assert rows_of(stitcher.open())[0][:2] == (100, 448)


def test_what_no_later_window_reaches_is_settled_once():
    stitcher = Stitcher(SIGMA, 0.01)
    stitcher.add(Window(0, 255, segments((10, 20, 0.9, 0), (180, 190, 0.8, 0))))
    assert len(stitcher.settled()) == 0
    stitcher.add(Window(192, 447, segments((300, 310, 0.7, 0))))
    assert rows_of(stitcher.settled()) == [(10, 20, 0.9, 0)]
    assert len(stitcher.settled()) == 0
    assert [row[0] for row in rows_of(stitcher.open())] == [180, 300]


events = st.lists(
    st.tuples(st.integers(0, 760), st.integers(2, 500), st.floats(0.1, 1), st.integers(0, 2)),
    max_size=12,
)


# No deadline: how long an example takes says nothing on a busy machine.
@settings(deadline=None, max_examples=60)
@given(events)
def test_perfect_windows_give_every_lone_event_back(truth):
    """Events of one label that do not touch come back exactly, whatever windows cut them."""
    kept = []
    for onset, length, score, label in sorted(truth):
        if all(label != other[3] or onset > other[1] + 40 for other in kept):
            kept.append((onset, min(onset + length, 830), score, label))
    windows = []
    for start in range(0, 576 + 1, 192):
        seen = [
            (max(onset, start - 2), min(offset, start + 257), score, label)
            for onset, offset, score, label in kept
            if min(offset, start + 257) - max(onset, start - 2) > 1
        ]
        windows.append((start, start + 255, segments(*seen)))
    found = [(row[0], row[1], row[3], row[2]) for row in stitched(*windows, floor=0.0)]
    expected = [(row[0], row[1], row[3], row[2]) for row in kept]
    np.testing.assert_allclose(sorted(found), sorted(expected))
