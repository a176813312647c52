"""One mapping between time and pixels: exact back and forth, steady under scroll and zoom."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.timeline.time_scale import TimeScale
from app.view_state import ViewState

HOUR_US = 3_600_000_000
LEFT_PX = 112

starts = st.integers(-1_000_000, 4 * HOUR_US)
spans = st.integers(20_000, 4 * HOUR_US)
widths = st.integers(50, 6_000)
ratios = st.sampled_from([1.0, 1.25, 1.5, 2.0])


@st.composite
def scales(draw: st.DrawFn) -> TimeScale:
    start_us = draw(starts)
    return TimeScale(
        start_us,
        start_us + draw(spans),
        LEFT_PX,
        draw(widths),
        anchor_us=draw(st.integers(-1_000_000, 1_000_000)),
        pixel_ratio=draw(ratios),
    )


@given(scales(), starts)
def test_time_to_pixel_and_back(scale: TimeScale, time_us: int) -> None:
    assert abs(scale.to_us(scale.to_px(time_us)) - time_us) <= 1


@given(scales(), st.lists(starts, min_size=1, max_size=5))
def test_arrays_agree_with_single_times(scale: TimeScale, times_us: list[int]) -> None:
    array = scale.to_px_array(np.array(times_us, np.int64))
    assert array == pytest.approx([scale.to_px(time_us) for time_us in times_us])


@given(scales())
def test_the_visible_range_fills_the_picture(scale: TimeScale) -> None:
    half_px = 0.5 / scale.pixel_ratio + 1e-6
    assert abs(scale.to_px(scale.start_us) - scale.left_px) <= half_px
    assert abs(scale.to_px(scale.end_us) - scale.right_px) <= half_px


@given(scales(), st.integers(-HOUR_US, HOUR_US), starts)
def test_scrolling_moves_everything_by_whole_device_pixels(
    scale: TimeScale, moved_us: int, time_us: int
) -> None:
    scrolled = TimeScale(
        scale.start_us + moved_us,
        scale.end_us + moved_us,
        scale.left_px,
        scale.width_px,
        anchor_us=scale.anchor_us,
        pixel_ratio=scale.pixel_ratio,
    )
    columns = (scrolled.to_px(time_us) - scale.to_px(time_us)) * scale.pixel_ratio
    assert columns == pytest.approx(round(columns), abs=1e-4)


@given(st.floats(0.0, 1.0), st.floats(1.01, 8.0), ratios)
def test_zoom_keeps_the_time_under_the_cursor(
    place: float, factor: float, pixel_ratio: float
) -> None:
    state = ViewState()
    state.set_media_range(0, 4 * HOUR_US)
    state.set_visible(HOUR_US, HOUR_US + 600_000_000)
    x_px = LEFT_PX + place * 1_000

    def scale() -> TimeScale:
        return TimeScale(
            state.visible_start_us,
            state.visible_end_us,
            LEFT_PX,
            1_000,
            pixel_ratio=pixel_ratio,
        )

    under_us = scale().to_us(x_px)
    state.zoom_about(under_us, factor)
    assert abs(scale().to_px(under_us) - x_px) <= 1.0


def test_columns_lie_on_device_pixels() -> None:
    scale = TimeScale(1_000_000, 2_000_000, LEFT_PX, 500, pixel_ratio=2.0)
    assert scale.us_per_column == 1_000
    assert scale.first_column == 1_000
    assert scale.column_px(1_001) == LEFT_PX + 0.5
    assert scale.column_count == 1_000


@pytest.mark.parametrize(("end_us", "width_px"), [(0, 10), (10, 0)])
def test_a_scale_needs_time_and_width(end_us: int, width_px: int) -> None:
    with pytest.raises(ValueError, match="needs time and width"):
        TimeScale(0, end_us, LEFT_PX, width_px)
