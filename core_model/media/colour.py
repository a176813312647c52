"""From decoded pixels of any format to the 8-bit colours that a usual screen shows.

The one place where matrix, range, depth, transparency and brightness are settled: the player, the
``frame`` command and the model all see what comes from here.
"""

from __future__ import annotations

import threading
from typing import NamedTuple

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter

from core_model.media.tone import WORKING_FORMAT, Tone, ToneMapper, tone_of

# The largest picture of standard definition: what is larger and does not say is BT.709.
_SD_WIDTH_PX, _SD_HEIGHT_PX = 1024, 576
# The matrix coefficients (ITU-T H.273, table 4) that can be converted: RGB, BT.709, FCC, BT.470BG,
# SMPTE 170M, SMPTE 240M, BT.2020.
_KNOWN_MATRICES = frozenset({0, 1, 4, 5, 6, 7, 9})
_BT2020_CONSTANT = 10
_LIMITED_RANGE = 1
_PALETTE = "pal8"
_FAST_FORMATS = frozenset({"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "nv12"})
# With one colour for four points of brightness, 1.5 bytes per pixel, and the range that they have.
_COMPACT_FORMATS = {
    "yuv420p": "yuv420p",
    "yuvj420p": "yuvj420p",
    "yuv422p": "yuv420p",
    "yuvj422p": "yuvj420p",
    "nv12": "yuv420p",
}
# Grey is taken for full range by the converter whatever it says: 16..235 is stretched here.
_STRETCHED = np.clip(np.rint((np.arange(256) - 16) * 255 / 219), 0, 255).astype(np.uint8)


class Expander:
    """Brings compact pictures of one size to the colours of the screen, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reformatter = VideoReformatter()

    def expand(self, stored: VideoFrame, matrix: Colorspace | None, pixels: str) -> np.ndarray:
        """uint8 (height, width, channels), contiguous."""
        with self._lock:
            shown = self._reformatter.reformat(
                stored,
                format=pixels,
                src_colorspace=matrix,
                interpolation=Interpolation.BILINEAR,
                threads=1,
            )
            return np.ascontiguousarray(shown.to_ndarray())


class CompactPicture(NamedTuple):
    """A scaled picture as brightness and colours, with what it takes to show it."""

    stored: VideoFrame
    matrix: Colorspace | None
    pixel_format: str
    expander: Expander

    @property
    def nbytes(self) -> int:
        return sum(plane.buffer_size for plane in self.stored.planes)

    def expand(self) -> np.ndarray:
        """uint8 (height, width, channels), made anew each time: about 0.5 ms per million pixels."""
        return self.expander.expand(self.stored, self.matrix, self.pixel_format)


class ColourConverter:
    """Scales frames and brings them to one pixel format: "rgb24", "bgra", "rgba" or "gray".

    Transparent pictures are laid over black, as the window's ground is. Keep one object for a run
    of frames: what it sets up for the first serves the others.
    """

    def __init__(self, pixel_format: str) -> None:
        self._pixel_format = pixel_format
        self._first = VideoReformatter()
        self._second = VideoReformatter()
        self._mapper: ToneMapper | None = None
        self._expander = Expander()

    def convert(self, frame: VideoFrame, width_px: int, height_px: int) -> np.ndarray:
        """uint8 (height, width, channels), (height, width) for "gray", before any turning.

        Raises av.error.FFmpegError for pixels that cannot be converted.
        """
        tone = tone_of(frame)
        if tone is not None:
            return self._toned(tone, frame, width_px, height_px)
        if _is_transparent(frame):
            return self._over_black(frame, width_px, height_px)
        image = self._scaled(frame, width_px, height_px, self._pixel_format).to_ndarray()
        if frame.format.name.startswith("gray") and frame.color_range == _LIMITED_RANGE:
            image = _stretched(image)
        return image

    def compact(self, frame: VideoFrame, width_px: int, height_px: int) -> CompactPicture | None:
        """What :meth:`convert` gives in less than half the memory, to be converted when it is
        shown; None for pixels that would lose more by it than a little sharpness of colour.

        A picture that is not scaled is the decoder's own and loses nothing.
        """
        stored = _COMPACT_FORMATS.get(frame.format.name)
        if stored is None or tone_of(frame) is not None:
            return None
        scaled = self._first.reformat(
            frame,
            width=width_px,
            height=height_px,
            format=stored,
            interpolation=_interpolation(frame, width_px),
            threads=1,
        )
        return CompactPicture(scaled, _guessed_matrix(frame), self._pixel_format, self._expander)

    def _scaled(self, frame: VideoFrame, width_px: int, height_px: int, pixels: str) -> VideoFrame:
        return self._first.reformat(
            frame,
            width=width_px,
            height=height_px,
            format=pixels,
            src_colorspace=_guessed_matrix(frame),
            interpolation=_interpolation(frame, width_px),
            threads=1,
        )

    def _toned(self, tone: Tone, frame: VideoFrame, width_px: int, height_px: int) -> np.ndarray:
        if self._mapper is None or self._mapper.key != (tone, width_px, height_px):
            self._mapper = ToneMapper(tone, width_px, height_px)
        mapped = self._mapper.apply(self._scaled(frame, width_px, height_px, WORKING_FORMAT))
        return self._second.reformat(mapped, format=self._pixel_format, threads=1).to_ndarray()

    def _over_black(self, frame: VideoFrame, width_px: int, height_px: int) -> np.ndarray:
        rgba = self._scaled(frame, width_px, height_px, "rgba").to_ndarray()
        opacity = rgba[:, :, 3:]
        if opacity.min() < 255:
            rgba[:, :, :3] = (rgba[:, :, :3].astype(np.uint16) * opacity + 127) // 255
            opacity[:] = 255
        solid = VideoFrame.from_ndarray(rgba, format="rgba")
        return self._second.reformat(solid, format=self._pixel_format, threads=1).to_ndarray()


def _is_transparent(frame: VideoFrame) -> bool:
    pixels = frame.format
    return pixels.name == _PALETTE or any(component.is_alpha for component in pixels.components)


def _stretched(image: np.ndarray) -> np.ndarray:
    stretched = _STRETCHED[image]
    if image.ndim == 3 and image.shape[2] == 4:
        stretched[:, :, 3] = 255
    return stretched


def _interpolation(frame: VideoFrame, width_px: int) -> Interpolation:
    """Means over areas are the fastest good way down by much, but blocky near the size.

    The fast way to RGB is up to 3 levels off in common formats and 4 in others, which therefore
    go the exact way at two to three times the cost.
    """
    way = Interpolation.AREA if frame.width >= 2 * width_px else Interpolation.BILINEAR
    return way if frame.format.name in _FAST_FORMATS else way | Interpolation.FULL_CHR_H_INT


def _guessed_matrix(frame: VideoFrame) -> Colorspace | None:
    """For pictures that do not say which YUV they hold, what players assume."""
    if frame.format.is_rgb or frame.colorspace in _KNOWN_MATRICES:
        return None
    if frame.colorspace == _BT2020_CONSTANT or tone_of(frame) is not None:
        return Colorspace.BT2020
    is_large = frame.width > _SD_WIDTH_PX or frame.height > _SD_HEIGHT_PX
    return Colorspace.ITU709 if is_large else Colorspace.ITU601
