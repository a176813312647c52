"""Frequencies on the vertical axis, and rows that lose no line."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.timeline.sound_axis import FrequencyAxis, RowMap, frequency_text

AXES = [
    FrequencyAxis("mel", 0, 8_000),
    FrequencyAxis("log", 20, 24_000),
    FrequencyAxis("linear", 0, 24_000),
    FrequencyAxis("linear", 1_000, 1_500),
    FrequencyAxis("log", 900, 1_400),
]
each_axis = pytest.mark.parametrize("axis", AXES, ids=lambda a: f"{a.kind}-{a.lowest_hz}")


@each_axis
@given(height=st.floats(0, 1))
def test_heights_and_frequencies_are_inverse(axis: FrequencyAxis, height: float) -> None:
    assert axis.height_of(axis.frequency_at(height)) == pytest.approx(height, abs=1e-9)


@each_axis
@pytest.mark.parametrize("height_px", [56, 112, 400])
def test_labels_are_round_inside_and_apart(axis: FrequencyAxis, height_px: int) -> None:
    labels = axis.labels(height_px, 16)
    assert len(labels) >= 2
    heights = [y_px for _, y_px in labels]
    assert min(heights) >= 8
    assert max(heights) <= height_px - 8
    assert all(first - second >= 16 for first, second in pairwise(heights))
    assert all(axis.lowest_hz <= hz <= axis.highest_hz for hz, _ in labels)
    assert len({frequency_text(hz) for hz, _ in labels}) == len(labels)


@pytest.mark.parametrize(
    ("frequency_hz", "text"),
    [(250.0, "250 Hz"), (62.5, "62 Hz"), (1_000.0, "1 kHz"), (1_500.0, "1.5 kHz")],
)
def test_frequencies_are_written_short(frequency_hz: float, text: str) -> None:
    assert frequency_text(frequency_hz) == text


@pytest.mark.parametrize("rows", [40, 112, 700])
@each_axis
def test_a_line_shows_in_the_row_of_its_frequency(axis: FrequencyAxis, rows: int) -> None:
    bins, bin_hz = 769, 31.25
    row_map = RowMap(axis, rows, bins, bin_hz)
    for place in range(int(axis.lowest_hz / bin_hz) + 2, int(axis.highest_hz / bin_hz) - 1, 5):
        codes = np.zeros((1, bins), np.uint8)
        codes[0, place] = 200
        picture = row_map.rows(codes)[:, 0]
        assert picture.max() > 50
        brightest = int(np.argmax(picture))
        low_hz = axis.frequency_at(1 - (brightest + 1) / rows)
        high_hz = axis.frequency_at(1 - brightest / rows)
        assert low_hz - bin_hz <= place * bin_hz <= high_hz + bin_hz


def test_rows_wider_than_a_bin_show_every_line_in_full() -> None:
    row_map = RowMap(FrequencyAxis("linear", 0, 8_000), 50, 257, 31.25)
    codes = np.eye(256, 257, dtype=np.uint8) * 99
    assert row_map.rows(codes).max(axis=0).tolist() == [99] * 256


@pytest.mark.parametrize(("kind", "low", "high"), [("log", 0, 100), ("mel", 200, 100)])
def test_ranges_that_cannot_be_drawn_are_refused(kind: str, low: float, high: float) -> None:
    with pytest.raises(ValueError, match="frequency range"):
        FrequencyAxis(kind, low, high)
