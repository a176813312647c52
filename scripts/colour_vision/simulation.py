"""Colours as people without cones for green light (deuteranopia) see them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# Machado, Oliveira & Fernandes, "A physiologically-based model for simulation of color vision
# deficiency", IEEE TVCG 15(6), 2009, table 1: deuteranomaly of severity 1.0, for linear RGB.
DEUTERANOPIA = np.array(
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
)


def simulated(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """sRGB (height, width, 3) as it is seen."""
    coded = pixels / 255
    linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ DEUTERANOPIA.T, 0, 1)
    coded = np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)
    return np.rint(255 * coded).astype(np.uint8)
