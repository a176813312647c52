"""The one mapping between presentation time and pixels that all panes share."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import floor

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class TimeScale:
    """``[start_us, end_us)`` drawn over ``width_px`` logical pixels, ``left_px`` from the left.

    Pictures made for a stretch of time must look the same wherever they are scrolled to, so time
    is laid on a fixed raster of device columns: column ``c`` covers ``us_per_column`` from
    ``anchor_us + c * us_per_column`` on, and the left edge of the pane falls on a whole column.
    The edge is thereby off by half a device pixel at most.
    """

    start_us: int
    end_us: int
    left_px: float
    width_px: float
    anchor_us: int = 0
    pixel_ratio: float = 1.0
    us_per_px: float = field(init=False)
    us_per_column: float = field(init=False)
    # Raster column at the left edge.
    first_column: int = field(init=False)

    def __post_init__(self) -> None:
        if self.end_us <= self.start_us or self.width_px <= 0 or self.pixel_ratio <= 0:
            span, width_px = (self.start_us, self.end_us), self.width_px
            raise ValueError(f"a time scale needs time and width: {span} us, {width_px} px")
        us_per_px = (self.end_us - self.start_us) / self.width_px
        us_per_column = us_per_px / self.pixel_ratio
        # A picture asks for these thousands of times.
        object.__setattr__(self, "us_per_px", us_per_px)
        object.__setattr__(self, "us_per_column", us_per_column)
        first_column = round((self.start_us - self.anchor_us) / us_per_column)
        object.__setattr__(self, "first_column", first_column)

    @property
    def right_px(self) -> float:
        return self.left_px + self.width_px

    @property
    def column_count(self) -> int:
        """Device columns that the pane shows."""
        return round(self.width_px * self.pixel_ratio)

    def to_px(self, time_us: int) -> float:
        """Logical x of a time, in the coordinates of the pane; may lie outside of it."""
        column = (time_us - self.anchor_us) / self.us_per_column - self.first_column
        return self.left_px + column / self.pixel_ratio

    def to_px_array(self, times_us: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """:meth:`to_px` for an array of any shape."""
        columns = (times_us - self.anchor_us) / self.us_per_column - self.first_column
        return self.left_px + columns / self.pixel_ratio

    def whole_px(self, time_us: int) -> int:
        """:meth:`to_px` in whole pixels. Halves go up: to the even neighbour, as usual, a time
        would lie elsewhere among others after scrolling by an odd number of pixels.
        """
        return floor(self.to_px(time_us) + 0.5)

    def whole_px_array(self, times_us: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """:meth:`whole_px` for an array of any shape."""
        return np.floor(self.to_px_array(times_us) + 0.5)

    def to_us(self, x_px: float) -> int:
        """Time at a logical x: the inverse of :meth:`to_px`, rounded to a microsecond."""
        column = (x_px - self.left_px) * self.pixel_ratio + self.first_column
        return self.anchor_us + round(column * self.us_per_column)

    def moved_px(self, before: TimeScale) -> int | None:
        """How far to the right (< 0: left) a picture of the scale before moves; None where it
        does not only move, or not by whole logical pixels.
        """
        if replace(before, start_us=self.start_us, end_us=self.end_us) != self:
            return None
        if before.us_per_column != self.us_per_column:
            return None
        moved, rest = divmod(before.first_column - self.first_column, self.pixel_ratio)
        # Between two pixels of the screen letters would look otherwise.
        return int(moved) if rest == 0 and self.pixel_ratio == int(self.pixel_ratio) else None

    def column_px(self, column: int) -> float:
        """Logical x of the left edge of a raster column."""
        return self.left_px + (column - self.first_column) / self.pixel_ratio


@lru_cache(maxsize=16)
def time_scale(
    start_us: int,
    end_us: int,
    left_px: float,
    width_px: float,
    anchor_us: int,
    pixel_ratio: float,
) -> TimeScale:
    """The scale with these values, the same object again while all panes ask for it: while a video
    plays that is 600 times in a second."""
    return TimeScale(start_us, end_us, left_px, width_px, anchor_us, pixel_ratio)
