"""One frame of a video at its full size, and pictures as PNG files."""

from __future__ import annotations

import tempfile
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame as CodedFrame

from core_model.media.errors import WHOLE_FILE, MediaError
from core_model.media.target import place_to_write
from core_model.media.video import VideoFrame, frames


def frame_at(path: Path, time_us: int) -> VideoFrame:
    """The frame shown at a moment, uint8 RGB (height, width, 3), exactly as the player shows it.

    On square pixels, turned and mirrored as the file asks for. Before the first frame it is the
    first, after the last one the last. Raises MediaError when there is none.
    """
    # The player's own format, since another one may differ by a level from rounding.
    with closing(frames(path, time_us, pixel_format="bgra")) as shown:
        frame = next(shown, None)
    if frame is None:
        raise MediaError(path, "video", "holds no frame that can be decoded")
    return VideoFrame(frame.pts_us, np.ascontiguousarray(frame.image[:, :, 2::-1]))


def png_bytes(image: np.ndarray) -> bytes:
    """A PNG file of a picture, uint8 RGB (height, width, 3), without loss."""
    encoder = av.CodecContext.create("png", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height = image.shape[1], image.shape[0]
    encoder.pix_fmt = "rgb24"
    encoder.time_base = encoder.framerate = Fraction(1)
    packets = encoder.encode(CodedFrame.from_ndarray(image, format="rgb24"))
    return b"".join(bytes(packet) for packet in [*packets, *encoder.encode(None)])


def write_png(target: Path, image: np.ndarray) -> None:
    """Write a picture, uint8 RGB (height, width, 3). Raises MediaError where it cannot, and leaves
    what was there as it is. A link leads to the place; a device or a pipe is refused."""
    try:
        place = place_to_write(target)
        # In the same folder, so that the last step is a change of name.
        with tempfile.TemporaryDirectory(prefix=".avscope-", dir=place.parent) as folder:
            whole = Path(folder) / "picture.png"
            whole.write_bytes(png_bytes(image))
            whole.replace(place)
    except (OSError, av.error.FFmpegError) as error:
        raise MediaError(target, WHOLE_FILE, f"cannot be written: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error).lower()
