"""Pictures of a video by presentation time, scaled and turned as they are displayed."""

from __future__ import annotations

import functools
import math
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias, TypeVar, runtime_checkable

import av.error
import numpy as np
from av.video.frame import VideoFrame as DecodedFrame

from core_model.media.colour import ColourConverter, CompactPicture
from core_model.media.damage import OnBroken
from core_model.media.decoding import TimedFrame, decoded_frames
from core_model.media.errors import MediaError
from core_model.media.orientation import UPRIGHT, displayed_size_px, orientation_of
from core_model.timeline import US_PER_S

Size = tuple[int, int]
_LAST_FRAME_US = 40_000


@dataclass(frozen=True, slots=True)
class VideoFrame:
    """A displayed picture: uint8 (height, width, channels), (height, width) for "gray"."""

    pts_us: int
    image: np.ndarray

    @property
    def size_px(self) -> Size:
        """(width, height)."""
        return self.image.shape[1], self.image.shape[0]

    @property
    def nbytes(self) -> int:
        return self.image.nbytes


@dataclass(frozen=True, slots=True)
class CompactFrame:
    """A displayed picture that takes 1.5 bytes per pixel until somebody looks at ``image``."""

    pts_us: int
    picture: CompactPicture

    @property
    def image(self) -> np.ndarray:
        """uint8 (height, width, channels); a new array each time."""
        return self.picture.expand()

    @property
    def size_px(self) -> Size:
        """(width, height)."""
        return self.picture.stored.width, self.picture.stored.height

    @property
    def nbytes(self) -> int:
        return self.picture.nbytes


PaintedFrame: TypeAlias = VideoFrame | CompactFrame


def frames(
    path: Path,
    start_us: int | None = None,
    *,
    size_px: Size | None = None,
    pixel_format: str = "rgb24",
    on_broken: OnBroken | None = None,
) -> Generator[VideoFrame, None, None]:
    """Pictures in presentation order, from the last one at or before ``start_us`` on.

    ``size_px`` is (width, height) of the displayed picture; without it the file's own, on square
    pixels. ``pixel_format`` is "rgb24", "bgra", "rgba" or "gray". One picture is in memory at a
    time besides the decoder's own; the file is closed with the generator. Stretches that could not
    be decoded are told to ``on_broken(start_us, end_us)``, in the thread that takes the pictures,
    as decoding passes them; the same stretch is told again when it is decoded again. Raises
    MediaError, at the first ``next``, when there is no video to read.
    """
    painter = None
    for frame in decoded_frames(path, start_us, on_broken=on_broken):
        painter = painter or Painter(path, frame, size_px, pixel_format)
        yield VideoFrame(frame.pts_us, painter.paint(frame.picture))


def frames_at_rate(
    path: Path, origin_us: int, rate_hz: int | float, size_px: Size
) -> Generator[np.ndarray, None, None]:
    """The picture shown at ``origin_us + k / rate_hz`` for k = 0, 1, ... until the video ends.

    uint8 RGB (height, width, 3). Before the first frame its picture is shown. Only pictures that
    are shown at one of these moments are scaled; one that is shown at several is the same array
    each time, so copy before writing into it.
    """
    painter = None
    painted: np.ndarray | None = None
    painted_us: int | None = None
    needed = functools.partial(_is_shown, origin_us, rate_hz)
    decoded = decoded_frames(path, origin_us, needed)
    for frame in shown_at_rate(decoded, origin_us, rate_hz):
        painter = painter or Painter(path, frame, size_px, "rgb24")
        if painted is None or frame.pts_us != painted_us:
            painted = painter.paint(frame.picture)
            painted_us = frame.pts_us
        yield painted


@runtime_checkable
class _Timed(Protocol):
    @property
    def pts_us(self) -> int: ...
    @property
    def duration_us(self) -> int: ...


T = TypeVar("T", bound=_Timed)


def shown_at_rate(timed: Iterable[T], origin_us: int, rate_hz: int | float) -> Iterator[T]:
    """What is shown at ``origin_us + k / rate_hz``, k = 0, 1, ..., of things in time order.

    Each is shown until the next begins, the last one for its own duration (or as long as the one
    before it, when it has none); the first is shown from the beginning of time.
    """
    shown: T | None = None
    k = 0
    gap_us = _LAST_FRAME_US
    for following in timed:
        if shown is not None:
            gap_us = following.pts_us - shown.pts_us
            while _moment_us(origin_us, rate_hz, k) < following.pts_us:
                yield shown
                k += 1
        shown = following
    if shown is None:
        return
    end_us = shown.pts_us + (shown.duration_us or gap_us)
    while _moment_us(origin_us, rate_hz, k) < end_us:
        yield shown
        k += 1


def _is_shown(origin_us: int, rate_hz: int | float, begin_us: int, end_us: int) -> bool:
    """Whether one of the moments lies in ``[begin_us, end_us)``."""
    k = max(0, math.floor((begin_us - origin_us) * rate_hz / US_PER_S))
    while (moment_us := _moment_us(origin_us, rate_hz, k)) < begin_us:
        k += 1
    return moment_us < end_us


def _moment_us(origin_us: int, rate_hz: int | float, k: int) -> int:
    return origin_us + round(k * US_PER_S / rate_hz)


class Painter:
    """Turns decoded frames into arrays of one size, the way the first of them is displayed."""

    def __init__(
        self, path: Path, first: TimedFrame, size_px: Size | None, pixel_format: str
    ) -> None:
        picture = first.picture
        self._path = path
        self._orientation = orientation_of(picture)
        width_px, height_px = size_px or displayed_size_px(
            picture.width, picture.height, first.pixel_aspect, self._orientation
        )
        if self._orientation.swaps_sides:
            width_px, height_px = height_px, width_px
        self._stored_size_px = (width_px, height_px)
        self._converter = ColourConverter(pixel_format)

    def paint(self, frame: DecodedFrame) -> np.ndarray:
        """uint8 (height, width, channels) of the displayed picture."""
        with self._explained(frame):
            stored = self._converter.convert(frame, *self._stored_size_px)
        return self._orientation.apply(stored)

    def paint_compactly(self, frame: TimedFrame) -> PaintedFrame:
        """The displayed picture in as few bytes as can be without a loss that is seen."""
        if self._orientation == UPRIGHT:
            with self._explained(frame.picture):
                compact = self._converter.compact(frame.picture, *self._stored_size_px)
            if compact is not None:
                return CompactFrame(frame.pts_us, compact)
        return VideoFrame(frame.pts_us, self.paint(frame.picture))

    @contextmanager
    def _explained(self, frame: DecodedFrame) -> Iterator[None]:
        try:
            yield
        except av.error.FFmpegError as error:
            reason = f"its pixels ({frame.format.name}) cannot be converted"
            raise MediaError(self._path, "video", reason) from error
        except OSError as error:
            # What HDR looks like on a usual screen is computed once, and handed over in a file.
            why = (error.strerror or str(error)).lower()
            reason = f"its colours need a file in the folder for temporary ones: {why}"
            raise MediaError(self._path, "video", reason) from error
