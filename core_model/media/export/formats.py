"""What a clip's file ending stands for: its container and the codecs that new streams get.

Sound is coded without loss wherever the container has room for it: only such codecs keep the first
and the last sample in their place in every program that reads the clip.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from av.codec import Codec
from av.video.frame import VideoFrame

from core_model.media.errors import WHOLE_FILE, MediaError


@dataclass(frozen=True, slots=True)
class ClipFormat:
    """A container (by FFmpeg's name) and the encoders for its streams; "" where it has none."""

    container: str
    video: str
    audio: str


_FORMATS = {
    ".mp4": ClipFormat("mp4", "libx264", "flac"),
    ".m4v": ClipFormat("mp4", "libx264", "flac"),
    ".mov": ClipFormat("mov", "libx264", "pcm_s16le"),
    ".mkv": ClipFormat("matroska", "libx264", "flac"),
    ".webm": ClipFormat("webm", "libvpx-vp9", "libopus"),
    ".m4a": ClipFormat("ipod", "", "alac"),
    ".mka": ClipFormat("matroska", "", "flac"),
    ".wav": ClipFormat("wav", "", "pcm_s16le"),
    ".flac": ClipFormat("flac", "", "flac"),
    ".ogg": ClipFormat("ogg", "", "flac"),
    ".opus": ClipFormat("opus", "", "libopus"),
    ".mp3": ClipFormat("mp3", "", "libmp3lame"),
}
_DEEP_SOUND = {"pcm_s16le": "pcm_s24le"}
# Without B-frames: an MP4 then states to the tick how long the last frame is shown.
_OPTIONS = {
    "libx264": {"preset": "fast", "crf": "15", "bf": "0", "rc-lookahead": "20"},
    # The pictures that it would hold back make nothing better at this speed, and are coded in one
    # call at the end, which takes seconds.
    "libvpx-vp9": {
        "deadline": "realtime",
        "cpu-used": "6",
        "crf": "20",
        "b": "0",
        "row-mt": "1",
        "lag-in-frames": "0",
    },
}
# Larger pictures would take half a second each, and nobody who cancels waits for so long.
_USUAL_PIXELS = 1920 * 1088
_FAST_OPTIONS = {"libx264": {"preset": "veryfast", "rc-lookahead": "10"}}
_OPUS_RATE_HZ = 48_000


def format_of(target: Path) -> ClipFormat:
    """The format that a file's ending names. MediaError, with those known, for any other."""
    found = _FORMATS.get(target.suffix.lower())
    if found is None:
        known = " ".join(_FORMATS)
        raise MediaError(target, WHOLE_FILE, f"a clip's name must end in one of: {known}")
    return found


def endings(*, with_picture: bool) -> tuple[str, ...]:
    """The file endings that clips with a picture may have, or all of them."""
    return tuple(end for end, kind in _FORMATS.items() if kind.video or not with_picture)


def video_options(target: ClipFormat, pixels: int) -> dict[str, str]:
    """The encoder's settings for pictures of so many pixels: hardly to be told from the source, at
    a fair speed."""
    faster = _FAST_OPTIONS.get(target.video, {}) if pixels > _USUAL_PIXELS else {}
    return _OPTIONS[target.video] | faster


def audio_codec(target: ClipFormat, is_deep: bool) -> str:
    """The encoder for sound, with more than 16 bits where the source has them."""
    return _DEEP_SOUND.get(target.audio, target.audio) if is_deep else target.audio


def audio_rate_hz(codec: str, source_rate_hz: int) -> int:
    """The source's sample rate, or the next one that the encoder has."""
    if codec == "libopus":
        return _OPUS_RATE_HZ
    rates_hz = Codec(codec, "w").audio_rates
    if not rates_hz or source_rate_hz in rates_hz:
        return source_rate_hz
    return min((rate for rate in rates_hz if rate > source_rate_hz), default=max(rates_hz))


def pixel_format(codec: str, frame: VideoFrame) -> str:
    """The frame's own pixel format, or the encoder's nearest one that loses nothing visible."""
    own = frame.format
    offered = [offer.name for offer in Codec(codec, "w").video_formats or ()]
    depth = max(component.bits for component in own.components)
    chroma = "444" if own.is_rgb else _chroma(frame)
    if frame.width % 2 or frame.height % 2:
        # With half the chroma an odd row or column would be cut off.
        chroma = "444"
    elif own.name in offered:
        return own.name
    wanted = (f"yuv{chroma}p10le", f"yuv{chroma}p") if depth > 8 else (f"yuv{chroma}p",)
    return next((name for name in wanted if name in offered), "yuv420p")


def _chroma(frame: VideoFrame) -> str:
    if len(frame.format.components) < 3:
        return "420"
    columns = Fraction(frame.format.width, frame.format.chroma_width())
    rows = Fraction(frame.format.height, frame.format.chroma_height())
    return {(1, 1): "444", (2, 1): "422"}.get((round(columns), round(rows)), "420")
