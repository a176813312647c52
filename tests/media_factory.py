"""Real media, made at test time: every frame carries its number, the sound beeps on the second.

Pictures are small and few, so that a file takes some milliseconds to write.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

WIDTH_PX, HEIGHT_PX = 64, 48
_BLOCK_PX = 16
_COLUMNS, _ROWS = WIDTH_PX // _BLOCK_PX, HEIGHT_PX // _BLOCK_PX
LARGEST_NUMBER = 2 ** (_COLUMNS * _ROWS) - 1

BEEP_HZ = 1000.0
BEEP_S = 0.1


def paint_number(number: int) -> np.ndarray:
    """RGB uint8 (48, 64, 3): the bits of a number as 4 x 3 black and white blocks."""
    bits = [(number >> bit) & 1 for bit in range(_COLUMNS * _ROWS)]
    blocks = np.array(bits, np.uint8).reshape(_ROWS, _COLUMNS) * 255
    grey = blocks.repeat(_BLOCK_PX, 0).repeat(_BLOCK_PX, 1)
    return np.repeat(grey[:, :, None], 3, axis=2)


def read_number(image: np.ndarray) -> int:
    """The number in a picture of any size that shows what :func:`paint_number` painted."""
    grey = image if image.ndim == 2 else image[:, :, :3].mean(axis=2)
    height, width = grey.shape
    rows = ((np.arange(_ROWS) + 0.5) * height / _ROWS).astype(int)
    columns = ((np.arange(_COLUMNS) + 0.5) * width / _COLUMNS).astype(int)
    bits = (grey[np.ix_(rows, columns)] > 127).ravel()
    return int(sum(1 << place for place, bit in enumerate(bits) if bit))


def beeps(duration_s: float, rate_hz: int, channels: int = 1) -> np.ndarray:
    """float32 (channels, n): a 1 kHz tone in the first 0.1 s of every second, else silence."""
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    tone = 0.5 * np.sin(2 * np.pi * BEEP_HZ * time_s) * (time_s % 1.0 < BEEP_S)
    return np.tile(tone.astype(np.float32), (channels, 1))


def regular_ticks(count: int, step: int = 1, first: int = 0) -> tuple[int, ...]:
    """Time stamps of a constant rate."""
    return tuple(first + step * number for number in range(count))


@dataclass(frozen=True)
class Video:
    """A stream of numbered frames; ``ticks`` are their time stamps in ``time_base``."""

    ticks: Sequence[int] = regular_ticks(50)
    time_base: Fraction = Fraction(1, 25)
    codec: str = "libx264"
    options: dict[str, str] = field(default_factory=dict)
    rotation_deg: int = 0
    """Counter-clockwise, as the display matrix counts it."""
    mirrored: bool = False
    pixel_aspect: Fraction | None = None
    pixel_format: str = "yuv420p"
    pictures: Sequence[np.ndarray] | None = None
    """Instead of painted numbers: RGB uint8 (H, W, 3), one per tick."""
    stored_pictures: Sequence[np.ndarray] | None = None
    """Instead of those: YUV 4:2:0 uint8 (H * 3 / 2, W), encoded as they are."""

    @property
    def times_us(self) -> list[int]:
        """Presentation times as written, to the nearest microsecond."""
        return [round(Fraction(tick) * self.time_base * 1_000_000) for tick in self.ticks]


@dataclass(frozen=True)
class Audio:
    """A stream of beeps. ``pieces`` are (start in s, duration in s), silence is not written."""

    pieces: Sequence[tuple[float, float]] = ((0.0, 2.0),)
    codec: str = "aac"
    rate_hz: int = 44_100
    channels: int = 1
    options: dict[str, str] = field(default_factory=dict)


def write_media(
    path: Path,
    video: Video | None = None,
    audio: Audio | None = None,
    *,
    options: dict[str, str] | None = None,
    cover: np.ndarray | None = None,
) -> Path:
    """Encode and mux; the suffix names the container. ``cover`` is attached as a JPEG picture."""
    with av.open(str(path), "w", options=options or {}) as container:
        video_out = _add_video(container, video) if video is not None else None
        audio_out = _add_audio(container, audio) if audio is not None else None
        packets = []
        if video is not None and video_out is not None:
            packets += _encode_video(video_out, video)
        if audio is not None and audio_out is not None:
            packets += _encode_audio(audio_out, audio)
        if cover is not None:
            _attach_cover(container, cover)
        container.start_encoding()
        # In the order of time, as a recorder writes them.
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            container.mux(packet)
    return path


def _add_video(container: OutputContainer, video: Video) -> VideoStream:
    first = _frame(video, 0)
    # The rate is a hint only: the ticks say when frames are shown.
    step = min(np.diff(video.ticks), default=1)
    rate = Fraction(1) / (video.time_base * int(step))
    stream = container.add_stream(video.codec, rate=rate, options=dict(video.options))
    stream.width, stream.height = first.width, first.height
    stream.pix_fmt = video.pixel_format
    stream.codec_context.time_base = video.time_base
    stream.time_base = video.time_base
    stream.codec_context.thread_count = 1
    if video.pixel_aspect is not None:
        stream.codec_context.sample_aspect_ratio = video.pixel_aspect
    if video.rotation_deg or video.mirrored:
        stream.set_display_rotation(video.rotation_deg, hflip=video.mirrored)
    return stream


def _add_audio(container: OutputContainer, audio: Audio) -> AudioStream:
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[audio.channels]
    stream = container.add_stream(
        audio.codec, rate=audio.rate_hz, layout=layout, options=dict(audio.options)
    )
    stream.time_base = Fraction(1, audio.rate_hz)
    return stream


def _encode_video(stream: VideoStream, video: Video) -> list[av.Packet]:
    packets = []
    for number, tick in enumerate(video.ticks):
        frame = _frame(video, number)
        frame.pts, frame.time_base = tick, video.time_base
        packets += stream.encode(frame)
    return packets + stream.encode(None)


def _frame(video: Video, number: int) -> av.VideoFrame:
    if video.stored_pictures is not None:
        return av.VideoFrame.from_ndarray(video.stored_pictures[number], format="yuv420p")
    picture = video.pictures[number] if video.pictures else paint_number(number)
    return av.VideoFrame.from_ndarray(picture, format="rgb24")


def _encode_audio(stream: AudioStream, audio: Audio) -> list[av.Packet]:
    packets = []
    for start_s, duration_s in audio.pieces:
        # Beeps lie on the second of the file, whenever the piece begins.
        sound = beeps(start_s + duration_s, audio.rate_hz, audio.channels)
        first = round(start_s * audio.rate_hz)
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(sound[:, first:]), format="fltp", layout=stream.layout.name
        )
        frame.sample_rate = audio.rate_hz
        frame.pts, frame.time_base = first, Fraction(1, audio.rate_hz)
        packets += _encode_piece(stream, frame)
    return packets + stream.encode(None)


def _encode_piece(stream: AudioStream, sound: av.AudioFrame) -> list[av.Packet]:
    """Encoders want frames of their own size and format; the last, short one is filled up."""
    context = stream.codec_context
    context.open(strict=False)
    size = context.frame_size or 1024
    resampler = av.AudioResampler(context.format, context.layout, context.rate, frame_size=size)
    packets = []
    pts = sound.pts
    for frame in [*resampler.resample(sound), *resampler.resample(None)]:
        frame.pts, frame.time_base = pts, Fraction(1, context.rate)
        pts += frame.samples
        if frame.samples == size or not _needs_whole_frames(context.name):
            packets += stream.encode(frame)
    return packets


def _needs_whole_frames(codec: str) -> bool:
    return codec not in ("flac", "pcm_s16le")


def _attach_cover(container: OutputContainer, picture: np.ndarray) -> None:
    stream = container.add_stream("mjpeg", rate=1)
    stream.height, stream.width = picture.shape[:2]
    stream.pix_fmt = "yuvj420p"
    stream.disposition = Disposition.attached_pic
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
    frame.pts = 0
    container.mux([*stream.encode(frame), *stream.encode(None)])
