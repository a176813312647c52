"""Perceptual colour maps for levels, computed in OKLab (Ottosson, 2020).

Lightness is a straight line over the level, so equal steps of level look equally large, and
the pictures keep their order in grey and for colour-blind eyes.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

LEVELS = 256
# OKLab to cone responses, and cone responses to linear sRGB (Ottosson, "A perceptual color
# space for image processing", 2020).
_LAB_TO_LMS = np.array(
    [
        [1.0, 0.3963377774, 0.2158037573],
        [1.0, -0.1055613458, -0.0638541728],
        [1.0, -0.0894841775, -1.2914855480],
    ]
)
_LMS_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)
# (lightness at level 0 and at the top, hues in degrees and chroma at equal distances of level)
_MAPS: dict[str, tuple[tuple[float, float], tuple[float, ...], tuple[float, ...]]] = {
    "ember": (
        (0.209, 0.965),
        (264, 285, 305, 340, 385, 425, 455),
        (0.010, 0.085, 0.140, 0.165, 0.165, 0.135, 0.075),
    ),
    "ink": (
        (0.985, 0.230),
        (265, 255, 262, 285, 310, 330, 345),
        (0.003, 0.045, 0.095, 0.140, 0.150, 0.120, 0.060),
    ),
}


# Colours at equal distances of level on the ways of two well-known maps (S. van der Walt and
# N. Smith, 2015), between which we go straight in OKLab; and plain grey.
_STATIONS = {
    "viridis": "440154 482878 3E4989 31688E 26828E 1F9E89 35B779 6DCD59 B4DE2C FDE725",
    "magma": "000004 180F3D 440F76 721F81 9E2F7F CD4071 F1605D FD9668 FECA8D FCFDBF",
    "grey": "000000 FFFFFF",
}


@lru_cache(maxsize=8)
def colour_map(name: str) -> npt.NDArray[np.uint8]:
    """Colours (256, 3) uint8 sRGB of a map, level 0 (the quiet ground) first.

    "ember" runs from near black over violet and orange to pale yellow, for dark grounds;
    "ink" from near white to dark violet, for light ones. "viridis", "magma" and "grey" are those
    that everyone knows. Raises KeyError for other names.
    """
    if name in _STATIONS:
        return _between_stations(_STATIONS[name])
    lightness_ends, hues_deg, chromas = _MAPS[name]
    level = np.linspace(0.0, 1.0, LEVELS)
    knots = np.linspace(0.0, 1.0, len(hues_deg))
    hue = np.deg2rad(np.interp(level, knots, hues_deg))
    chroma = np.interp(level, knots, chromas)
    lightness = np.interp(level, (0.0, 1.0), lightness_ends)
    lab = np.stack([lightness, chroma * np.cos(hue), chroma * np.sin(hue)], axis=1)
    return _lab_to_srgb(lab)


@lru_cache(maxsize=8)
def lookup(name: str, low: int, high: int, *, inverted: bool = False) -> npt.NDArray[np.uint32]:
    """Opaque ARGB words (256,) for codes 0..255: ``low`` and below is ground, ``high`` the top.

    ``inverted`` turns the map round. The array is shared: leave it as it is. Raises ValueError
    where ``low`` is not below ``high``.
    """
    if low >= high:
        raise ValueError(f"level range must rise: {low} .. {high}")
    level = np.clip((np.arange(LEVELS) - low) / (high - low), 0.0, 1.0)
    level = 1 - level if inverted else level
    colours = colour_map(name)[np.rint(level * (LEVELS - 1)).astype(np.intp)].astype(np.uint32)
    words = 0xFF000000 | colours[:, 0] << 16 | colours[:, 1] << 8 | colours[:, 2]
    return words.astype(np.uint32)


def _between_stations(hex_colours: str) -> npt.NDArray[np.uint8]:
    stations = hex_colours.split(" ")
    colours = np.array([list(bytes.fromhex(station)) for station in stations])
    labs = _srgb_to_lab(colours)
    knots = np.linspace(0.0, 1.0, len(stations))
    level = np.linspace(0.0, 1.0, LEVELS)
    return _lab_to_srgb(np.stack([np.interp(level, knots, part) for part in labs.T], axis=1))


def _srgb_to_lab(colours: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
    curved = colours / 255
    linear = np.where(curved <= 0.04045, curved / 12.92, ((curved + 0.055) / 1.055) ** 2.4)
    cones = np.cbrt(linear @ np.linalg.inv(_LMS_TO_RGB).T)
    return cones @ np.linalg.inv(_LAB_TO_LMS).T


def _lab_to_srgb(lab: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    linear = np.clip(((lab @ _LAB_TO_LMS.T) ** 3) @ _LMS_TO_RGB.T, 0.0, 1.0)
    curved = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.rint(curved * 255).astype(np.uint8)
