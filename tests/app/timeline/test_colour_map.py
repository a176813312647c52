"""Colour maps: one way in lightness, quiet at the bottom, and cut at the range."""

from __future__ import annotations

import numpy as np
import pytest

from app.kind_style import contrast_ratio, relative_luminance
from app.theme import DARK, LIGHT, Theme
from app.timeline.colour_map import LEVELS, colour_map, lookup


def names(colours: np.ndarray) -> list[str]:
    return ["#{:02X}{:02X}{:02X}".format(*colour) for colour in colours.tolist()]


@pytest.mark.parametrize(("name", "direction"), [("ember", 1), ("ink", -1)])
def test_lightness_goes_one_way(name: str, direction: int) -> None:
    light = np.array([relative_luminance(colour) for colour in names(colour_map(name))])
    assert np.all(np.diff(light[::4]) * direction > 0)
    assert abs(light[-1] - light[0]) > 0.7


@pytest.mark.parametrize(("name", "theme"), [("ember", DARK), ("ink", LIGHT)])
def test_silence_looks_like_the_ground(name: str, theme: Theme) -> None:
    assert contrast_ratio(names(colour_map(name))[0], theme.ground) < 1.2


def test_lookup_spreads_the_map_over_the_range() -> None:
    words = lookup("ember", 40, 140)
    colours = colour_map("ember").astype(int)
    assert words.shape == (LEVELS,)
    assert words[0] == words[40] == 0xFF000000 + ((colours[0] * [1 << 16, 1 << 8, 1]).sum())
    assert words[140] == words[255] == 0xFF000000 + (colours[-1] * [1 << 16, 1 << 8, 1]).sum()
    assert len(set(words[40:141].tolist())) > 90


@pytest.mark.parametrize("name", ["viridis", "magma", "grey"])
def test_known_maps_rise_in_lightness(name: str) -> None:
    light = np.array([relative_luminance(colour) for colour in names(colour_map(name))])
    assert np.all(np.diff(light[::4]) >= 0)
    assert light[-1] - light[0] > 0.7


def test_known_maps_go_through_their_colours() -> None:
    assert names(colour_map("viridis"))[0] == "#440154"
    assert names(colour_map("viridis"))[-1] == "#FDE725"
    assert names(colour_map("magma"))[-1] == "#FCFDBF"
    assert np.ptp(colour_map("grey").astype(int), axis=1).max() <= 1


def test_an_inverted_map_is_turned_round() -> None:
    plain, inverted = lookup("magma", 0, 255), lookup("magma", 0, 255, inverted=True)
    np.testing.assert_array_equal(plain, inverted[::-1])


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(ValueError, match="must rise"):
        lookup("ember", 5, 5)
