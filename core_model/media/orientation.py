"""From stored pixels to the displayed picture: display matrix and pixel aspect."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import numpy as np
from av.sidedata.sidedata import SideData
from av.video.frame import VideoFrame

_LARGEST_ASPECT = 16


@dataclass(frozen=True, slots=True)
class Orientation:
    """A picture is displayed by mirroring it left to right, then turning it clockwise."""

    mirrored: bool = False
    quarter_turns: int = 0

    @property
    def rotation_deg(self) -> int:
        """Clockwise: 0, 90, 180 or 270."""
        return 90 * self.quarter_turns

    @property
    def swaps_sides(self) -> bool:
        return self.quarter_turns % 2 == 1

    def apply(self, image: np.ndarray) -> np.ndarray:
        """Stored (H, W, ...) -> displayed (H', W', ...), contiguous."""
        if self.mirrored:
            image = image[:, ::-1]
        return np.ascontiguousarray(np.rot90(image, -self.quarter_turns))


UPRIGHT = Orientation()


def orientation_of(frame: VideoFrame) -> Orientation:
    """How a decoded frame is to be displayed, to the nearest quarter turn."""
    for data in cast("Iterable[SideData]", frame.side_data):
        if data.type.name == "DISPLAYMATRIX":
            return from_display_matrix(np.frombuffer(bytes(data), np.int32))
    return UPRIGHT


def from_display_matrix(matrix: np.ndarray) -> Orientation:
    """The orientation that a 3 x 3 display matrix of int32 (9,) in row order stands for.

    It takes a stored point (x right, y down) to (a x + c y, b x + d y) with a, b = matrix[0:2] and
    c, d = matrix[3:5] (ISO/IEC 14496-12, 6.2.2). A matrix without area means upright.
    """
    a, b = (float(value) for value in matrix[0:2])
    c, d = (float(value) for value in matrix[3:5])
    determinant = a * d - b * c
    if determinant == 0:
        return UPRIGHT
    if determinant < 0:
        # The mirror comes first, so that it changes the sign of what x contributes.
        a, b = -a, -b
    angle_deg = np.degrees(np.arctan2(b, a))
    return Orientation(determinant < 0, round(angle_deg / 90) % 4)


def displayed_size_px(
    width_px: int, height_px: int, pixel_aspect: Fraction | None, orientation: Orientation
) -> tuple[int, int]:
    """(width, height) on square pixels: one side is stretched, none is shrunk, then turned."""
    aspect = pixel_aspect or Fraction(1)
    if 1 < aspect <= _LARGEST_ASPECT:
        width_px = round(width_px * aspect)
    elif 0 < aspect < 1 and 1 / aspect <= _LARGEST_ASPECT:
        height_px = round(height_px / aspect)
    return (height_px, width_px) if orientation.swaps_sides else (width_px, height_px)
