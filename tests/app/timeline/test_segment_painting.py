"""The edge of what is selected, where it is few and where it is everything."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRectF

from app.timeline.lanes import Lane
from app.timeline.segment_painting import CROWDED_PX, _boxes_of
from app.timeline.segment_rows import SegmentRow
from app.timeline.time_scale import TimeScale
from core_model.timeline import Task

ALL = QRectF(0, 0, 2_000, 1_000)


def lane_with(onset_us: list[int], offset_us: list[int]) -> Lane:
    onset, offset = np.array(onset_us, np.int64), np.array(offset_us, np.int64)
    count = len(onset)
    row = SegmentRow(
        onset,
        offset,
        np.arange(count),
        np.ones(count, np.int64),
        np.zeros(count, np.int8),
        np.full(count, np.nan),
        {},
        {},
    )
    return Lane(Task.SED, (row,), 0, 24, 32)


def scale(length_us: int) -> TimeScale:
    return TimeScale(0, length_us, 100, 1_000, anchor_us=0, pixel_ratio=1.0)


def test_few_get_their_own_edge() -> None:
    lane = lane_with([0, 500_000, 900_000], [400_000, 600_000, 901_000])
    boxes = list(_boxes_of([lane], np.array([0, 2]), scale(1_000_000), ALL))
    assert [(left, width) for left, _top, width, _height in boxes] == [(100, 399), (1000, 3)]


def test_everything_costs_no_more_than_the_picture_is_wide() -> None:
    count = 50_000
    onset_us = [index * 1_000 for index in range(count)]
    lane = lane_with(onset_us, [us + 800 for us in onset_us])
    boxes = list(_boxes_of([lane], np.arange(count), scale(count * 1_000), ALL))
    assert len(boxes) <= 1_000 / CROWDED_PX
    assert boxes[0][0] == 100
    assert boxes[-1][0] + boxes[-1][2] >= 1_099


@given(st.lists(st.integers(1, 30_000), min_size=200, max_size=400))
def test_every_selected_one_lies_in_an_edge(gaps: list[int]) -> None:
    onset_us = np.cumsum(gaps).tolist()
    lane = lane_with(onset_us, onset_us)
    view = scale(onset_us[-1] + 1)
    boxes = list(_boxes_of([lane], np.arange(len(gaps)), view, ALL))
    for time_us in onset_us:
        x_px = round(view.to_px(time_us))
        assert any(left <= x_px <= left + width for left, _top, width, _height in boxes)
    lefts = [left for left, *_ in boxes]
    assert lefts == sorted(lefts)
