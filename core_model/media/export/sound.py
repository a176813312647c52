"""The sound of a clip: copied where every packet is whole, else coded anew from exact samples."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer

from core_model.media.audio import samples
from core_model.media.container import audio_stream, open_media, time_base_of
from core_model.media.export.copying import CopyWriter, is_copied_whole
from core_model.media.export.formats import ClipFormat, audio_codec, audio_rate_hz
from core_model.media.export.track import CODED, TimedPacket, Writer
from core_model.media.parts import parts_with_audio
from core_model.media.piece import Source
from core_model.media.probe import AudioInfo
from core_model.media.sample_line import AudioChunk
from core_model.timeline import US_PER_S

_DEEP_FORMATS = ("s32", "flt", "dbl", "s64")
_LOSSLESS = ("flac", "alac", "wavpack", "tta")
_LAYOUTS = {
    1: "mono", 2: "stereo", 3: "2.1", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1",
}  # fmt: skip
_BLOCK_SAMPLES = 4096
# Where time stamps are coarser than samples, sound is counted from its beginning up to here; a
# clip from further on begins within half a tick (0.5 ms in Matroska) of the named sample.
_COUNTED_US = 900 * US_PER_S


class SoundCoder:
    """Codes the samples of a range; the first lies where the clip begins, or where sound does."""

    way = CODED

    def __init__(
        self,
        stream: AudioStream,
        source: Path,
        channels: int,
        start_us: int,
        end_us: int,
        *,
        seeks: bool,
    ) -> None:
        self._stream = stream
        self._seeks = seeks
        self._source = source
        self._channels = channels
        self._start_us = start_us
        self._rate_hz = stream.codec_context.sample_rate
        self._count = round((end_us - start_us) * self._rate_hz / US_PER_S)

    def packets(self) -> Generator[TimedPacket, None, None]:
        """The coded sound in order, in blocks as the encoder wants them."""
        context = self._stream.codec_context
        block = context.frame_size or _BLOCK_SAMPLES
        resampler = AudioResampler(context.format, context.layout, self._rate_hz)
        first: int | None = None
        for position, piece in _blocks(self._cut(), block):
            if not len(piece):
                yield TimedPacket(position / self._rate_hz, None)
                continue
            first = position if first is None else first
            frame = AudioFrame.from_ndarray(
                np.ascontiguousarray(piece.T), format="fltp", layout=context.layout.name
            )
            frame.sample_rate = self._rate_hz
            frame.pts, frame.time_base = position, Fraction(1, self._rate_hz)
            for converted in resampler.resample(frame):
                converted.pts, converted.time_base = position, Fraction(1, self._rate_hz)
                for packet in self._stream.encode(converted):
                    yield TimedPacket(position / self._rate_hz, packet)
            yield TimedPacket(position / self._rate_hz, None)
        if first is not None:
            for packet in self._stream.encode(None):
                yield TimedPacket(self._count / self._rate_hz, packet)

    def _cut(self) -> Iterator[tuple[int, np.ndarray]]:
        """(place in the clip in samples, float32 (n, channels)) without what lies outside."""
        from_us = self._start_us if self._seeks else None
        for chunk in _all_channels(self._source, from_us, self._rate_hz, self._channels):
            place = round((chunk.pts_us - self._start_us) * self._rate_hz / US_PER_S)
            kept = chunk.samples[max(0, -place) : max(0, self._count - place)]
            # Without samples it only tells that the work goes on.
            yield max(0, place), kept
            if place + len(chunk.samples) >= self._count:
                return


def sound_writer(
    out: OutputContainer,
    kind: ClipFormat,
    source: Path,
    info: AudioInfo,
    start_us: int,
    end_us: int,
) -> Writer | None:
    """Add a stream of sound to a clip; None where the source has none within the range."""
    if info.end_us <= start_us or info.start_us >= end_us:
        return None
    parts = parts_with_audio(source)
    piece = source if parts is None else parts.heard_from(start_us)[0].piece
    with open_media(piece) as container:
        sound = audio_stream(piece, container)
        index, tick = sound.index, time_base_of(sound)
    whole = parts is None and start_us <= info.start_us and info.end_us <= end_us
    if whole and is_copied_whole(out, kind, source, index):
        return CopyWriter(out, source, index, None, start_us)
    codec = audio_codec(kind, _is_deep(piece))
    rate_hz = audio_rate_hz(codec, info.sample_rate_hz)
    channels = _channels_of(codec, info.channels)
    layout = _LAYOUTS[channels]
    stream = out.add_stream(codec, rate=rate_hz, layout=layout)
    assert isinstance(stream, AudioStream)
    stream.time_base = Fraction(1, rate_hz)
    if codec in ("flac", "alac"):
        stream.codec_context.format = av.AudioFormat(_lossless_format(codec, _is_deep(piece)))
    elif codec in ("libopus", "libmp3lame"):
        stream.codec_context.bit_rate = 96_000 * channels if codec == "libopus" else 256_000
    exact = tick * info.sample_rate_hz < 2
    seeks = exact or start_us - info.start_us > _COUNTED_US
    return SoundCoder(stream, source, channels, start_us, end_us, seeks=seeks)


def _lossless_format(codec: str, is_deep: bool) -> str:
    planar = "p" if codec == "alac" else ""
    return f"s32{planar}" if is_deep else f"s16{planar}"


def _channels_of(codec: str, channels: int) -> int:
    if codec == "libmp3lame":
        return min(channels, 2)
    return channels if channels in _LAYOUTS else 2


def _is_deep(source: Source) -> bool:
    """Whether the sound is coded without loss in more than 16 bits."""
    with open_media(source) as container:
        context = audio_stream(source, container).codec_context
        lossless = context.name.startswith(("pcm_", *_LOSSLESS))
        return lossless and context.format.name.startswith(_DEEP_FORMATS)


def _all_channels(
    source: Path, start_us: int | None, rate_hz: int, channels: int
) -> Iterator[AudioChunk]:
    """float32 (n, channels) chunks; more than two channels are read one by one, side by side."""
    if channels <= 2:
        with closing(samples(source, start_us, rate_hz=rate_hz, channels=channels)) as chunks:
            for chunk in chunks:
                yield AudioChunk(chunk.pts_us, chunk.samples.reshape(-1, channels))
        return
    with ExitStack() as stack:
        singles = [
            stack.enter_context(closing(samples(source, start_us, rate_hz=rate_hz, channel=place)))
            for place in range(channels)
        ]
        for parts in zip(*singles, strict=True):
            joined = np.stack([part.samples for part in parts], axis=1)
            yield AudioChunk(parts[0].pts_us, joined)


def _blocks(
    pieces: Iterator[tuple[int, np.ndarray]], size: int
) -> Iterator[tuple[int, np.ndarray]]:
    """The same samples in blocks of one size; only the last may be shorter."""
    begin: int | None = None
    waiting: list[np.ndarray] = []
    count = 0
    for place, piece in pieces:
        if not len(piece):
            yield place, piece
            continue
        begin = place if begin is None else begin
        waiting.append(piece)
        count += len(piece)
        if count < size:
            continue
        joined = np.concatenate(waiting)
        whole = count // size * size
        for at in range(0, whole, size):
            yield begin + at, joined[at : at + size]
        begin += whole
        waiting, count = [joined[whole:]], count - whole
    if begin is not None and count:
        yield begin, np.concatenate(waiting)
