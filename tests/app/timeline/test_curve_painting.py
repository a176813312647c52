"""Columns of a curve: the highest value in each, wherever it is scrolled to."""

from __future__ import annotations

import numpy as np
import pytest

from app.timeline.curve_painting import area_image, columns_of, heat_image
from app.timeline.time_scale import TimeScale
from core_model.prompt_spec import ScoreCurve

STRIDE_US = 250_000


def random_curve(number: int) -> ScoreCurve:
    values = np.random.default_rng(1).random(number, np.float32)
    return ScoreCurve(500_000, STRIDE_US, values)


def by_hand(curve: ScoreCurve, start_us: float, end_us: float) -> float:
    times_us = curve.start_us + np.arange(len(curve.values)) * curve.stride_us
    inside = (times_us >= start_us) & (times_us < end_us)
    return float(curve.values[inside].max()) if inside.any() else 0.0


@pytest.mark.parametrize("first", [-20, 0, 7, 90, 500])
def test_far_away_each_column_holds_its_highest_value(first: int) -> None:
    curve = random_curve(400)
    scale = TimeScale(0, 100_000_000, 0, 100)
    found = columns_of(curve, scale, first, 40)
    wanted = [
        by_hand(curve, column * scale.us_per_column, (column + 1) * scale.us_per_column)
        for column in range(first, first + 40)
    ]
    assert found == pytest.approx(wanted)


def test_near_by_values_are_joined_by_lines() -> None:
    curve = ScoreCurve(0, 1_000_000, np.array([0.0, 1.0, 0.0], np.float32))
    scale = TimeScale(0, 2_000_000, 0, 200)
    found = columns_of(curve, scale, 0, 200)
    assert found[50] == pytest.approx(0.505)
    assert found.max() == pytest.approx(0.995, abs=0.01)
    assert columns_of(curve, scale, 300, 10).tolist() == [0.0] * 10
    assert columns_of(curve, scale, -10, 10).tolist() == [0.0] * 10


def test_a_part_looks_as_it_does_in_the_whole() -> None:
    curve = random_curve(5_000)
    for span_us in (1_000_000, 60_000_000, 1_250_000_000):
        scale = TimeScale(0, span_us, 0, 600)
        whole = columns_of(curve, scale, 0, 600)
        assert columns_of(curve, scale, 123, 77) == pytest.approx(whole[123:200])


def test_no_curve_is_empty() -> None:
    nothing = ScoreCurve(0, 1, np.empty(0, np.float32))
    assert not columns_of(nothing, TimeScale(0, 10, 0, 10), 0, 10).any()


def test_areas_stand_on_the_ground_and_heat_is_denser_for_more() -> None:
    image = area_image(np.array([0.0, 0.5, 1.0]), 10, "#56B4E9")
    assert (image.width(), image.height()) == (3, 10)
    filled = [[image.pixelColor(x, y).alpha() > 0 for y in range(10)] for x in range(3)]
    assert [sum(column) for column in filled] == [0, 5, 10]
    assert filled[1] == [False] * 5 + [True] * 5
    heat = heat_image(np.array([0.0, 0.4, 1.0]), "#E69F00")
    alphas = [heat.pixelColor(x, 0).alpha() for x in range(3)]
    assert alphas[0] == 0 < alphas[1] < alphas[2] == 255
