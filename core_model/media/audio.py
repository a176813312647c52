"""Sound of a file by presentation time, resampled and mixed down by a filter graph."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet

from core_model.media.bulk import in_bulk
from core_model.media.clock import to_us
from core_model.media.container import (
    audio_stream,
    decode,
    open_media,
    packets,
    seek,
    seeks_exactly,
    time_base_of,
)
from core_model.media.errors import MediaError
from core_model.media.mixing import PIECE_SAMPLES
from core_model.media.order import pts_us_of
from core_model.media.parts import parts_with_audio
from core_model.media.piece import Source, file_of
from core_model.media.sample_line import AudioChunk, SampleLine, silence
from core_model.media.stretch import Stretch, latest_us_after
from core_model.timeline import US_PER_S

SAMPLE_RATE_HZ = 16_000
# Time stamps further than this behind the stated end are damage, not silence to be filled.
_BEYOND_END_US = 60 * US_PER_S
# Decoders need some packets before what they give is right (Opus: 80 ms).
_PREROLL_US = 200_000
_STEPS_BACK_US = tuple(_PREROLL_US + seconds * US_PER_S for seconds in (0, 2, 20))


def samples(
    path: Path,
    start_us: int | None = None,
    *,
    rate_hz: int = SAMPLE_RATE_HZ,
    channels: int = 1,
    channel: int | None = None,
) -> Generator[AudioChunk, None, None]:
    """The sound as chunks without gaps: sample k of them all lies at the first pts + k / rate.

    Begins at ``start_us``, or where the stream does when that is later. Silence fills gaps between
    time stamps; what overlaps is cut. Chunks are of different, bounded length, and few of them are
    in memory. One or two channels, mixed from those of the file, or with ``channel`` only that one
    of them, counted from 0 (silence where there is none). The file is closed with the generator.
    Raises MediaError, at the first ``next``, when there is no sound to read.
    """
    line = SampleLine(start_us, rate_hz, channels)
    parts = parts_with_audio(path)
    if parts is None:
        yield from _laid_on(line, path, start_us, channel)
        return
    from_us = start_us
    for part in parts.heard_from(start_us):
        line.take_clock(part.offset_us, part.limit_us)
        own_us = None if from_us is None else from_us - part.offset_us
        from_us = None
        yield from _laid_on(line, part.piece, own_us, channel)


def samples_from(
    path: Path, origin_us: int, rate_hz: int = SAMPLE_RATE_HZ, chunk: int = PIECE_SAMPLES
) -> Generator[np.ndarray, None, None]:
    """One channel from exactly ``origin_us`` on, float32 (chunk,) each: sample k of them all lies
    at ``origin_us + k / rate_hz``. Silence stands before the sound and fills the last chunk.
    """
    filling = np.zeros(chunk, np.float32)
    filled = 0
    with closing(_after_silence(path, origin_us, rate_hz)) as pieces:
        for piece in pieces:
            taken = 0
            while taken < len(piece):
                count = min(chunk - filled, len(piece) - taken)
                filling[filled : filled + count] = piece[taken : taken + count]
                taken += count
                filled += count
                if filled == chunk:
                    yield filling
                    filling = np.zeros(chunk, np.float32)
                    filled = 0
    if filled:
        yield filling


def decoded_span_us(path: Path) -> tuple[int, int]:
    """(first, end) of the sound in microseconds, counted by decoding all of it."""
    parts = parts_with_audio(path)
    if parts is None:
        return _span_of(path)
    first, last = parts.with_audio[0], parts.with_audio[-1]
    first_us, end_us = _span_of(first.piece)
    if last is not first:
        _, end_us = _span_of(last.piece)
    return first_us + first.offset_us, end_us + last.offset_us


def _span_of(source: Source) -> tuple[int, int]:
    """:func:`decoded_span_us` of one recording."""
    with _decoded_from(source, None, as_coded=True) as (frames, latest_us):
        first_us = end_us = None
        for frame in frames:
            pts_us = pts_us_of(frame)
            length_us = round(frame.samples * US_PER_S / frame.sample_rate)
            if end_us is not None and (pts_us or 0) > latest_us_after(end_us, latest_us):
                pts_us = end_us
            elif pts_us is None:
                pts_us = end_us or 0
            first_us = pts_us if first_us is None else first_us
            end_us = max(end_us or pts_us, pts_us + length_us)
    if first_us is None or end_us is None:
        raise MediaError(file_of(source), "audio", "holds nothing that can be decoded")
    return first_us, end_us


def _laid_on(
    line: SampleLine, source: Source, start_us: int | None, channel: int | None
) -> Iterator[AudioChunk]:
    """The sound of one recording from a moment of its own clock on, laid on a line."""
    with _decoded_from(source, start_us) as (frames, latest_us):
        stretch: Stretch | None = None
        for frame in frames:
            if stretch is None or not stretch.continues_with(frame, latest_us):
                if stretch is not None:
                    yield from line.place(stretch.finish())
                stretch = Stretch(file_of(source), frame, line, channel)
                yield from line.go_to(stretch.start_us)
            if stretch.push(frame):
                yield from line.place(stretch.pull())
        if stretch is not None:
            yield from line.place(stretch.finish())


def _after_silence(path: Path, origin_us: int, rate_hz: int) -> Generator[np.ndarray, None, None]:
    started = False
    for part in samples(path, origin_us, rate_hz=rate_hz):
        if not started:
            started = True
            yield from silence(round((part.pts_us - origin_us) * rate_hz / US_PER_S), 1)
        yield part.samples


@contextmanager
def _decoded_from(
    source: Source, start_us: int | None, *, as_coded: bool = False
) -> Iterator[tuple[Iterator[AudioFrame], int | None]]:
    """Frames from some way before ``start_us`` on, and the latest time stamp to be believed, if
    there is one.

    They may be larger than those of the file, unless they are wanted ``as_coded``.
    """
    if start_us is not None:
        with open_media(source) as container:
            stream = audio_stream(source, container)
            frames = _after_seek(container, stream, start_us)
            if frames is not None:
                is_all = _begins_at_first_packet(stream, start_us) and not as_coded
                more = in_bulk(source, container, stream, frames, _decode_on) if is_all else frames
                yield more, _latest_us(container)
                return
    with open_media(source) as container:
        stream = audio_stream(source, container)
        frames = _decode_on(container, stream, start_us)
        is_all = start_us is None and not as_coded
        more = in_bulk(source, container, stream, frames, _decode_on) if is_all else frames
        yield more, _latest_us(container)


def _begins_at_first_packet(stream: AudioStream, start_us: int) -> bool:
    """Whether a seek to some way before a moment led to the first packet that the index lists."""
    entries = stream.index_entries
    if not len(entries):
        return False
    return start_us - _PREROLL_US <= to_us(entries[0].timestamp, time_base_of(stream))


def _after_seek(
    container: InputContainer, stream: AudioStream, start_us: int
) -> Iterator[AudioFrame] | None:
    """Frames from a moment before ``start_us`` on; None where seeking leads nowhere before it."""
    if not seeks_exactly(container):
        return None
    for step_us in _STEPS_BACK_US:
        if not seek(container, stream, start_us - step_us):
            return None
        # Ogg says when a page ends: where the one that is gone to begins is a guess, which for FLAC
        # may be wrong by all of the page.
        skips_page = container.format.name == "ogg"
        frames = _decode_on(container, stream, skips_page=skips_page)
        first = next(frames, None)
        if first is not None and (pts_us_of(first) or 0) <= max(0, start_us - _PREROLL_US // 2):
            return itertools.chain([first], frames)
    return None


def _decode_on(
    container: InputContainer,
    stream: AudioStream,
    start_us: int | None = None,
    *,
    skips_page: bool = False,
) -> Iterator[AudioFrame]:
    """Frames from the present position on; what surely ends some way before ``start_us`` is passed
    over without decoding it, and so is the first page."""
    time_base = time_base_of(stream)
    if time_base.denominator % max(1, stream.codec_context.sample_rate):
        # Ticks that hold no whole number of samples: rounding adds up, only counting is exact.
        start_us = None
    read = packets(container, stream)
    for packet in _after_page(read) if skips_page else read:
        if start_us is not None and packet.pts is not None and packet.duration:
            end_us = to_us(packet.pts + packet.duration, time_base)
            if end_us < start_us - _PREROLL_US:
                continue
            start_us = None
        for frame in decode(packet):
            if frame.samples:
                yield frame


def _after_page(read: Iterator[Packet[Any]]) -> Iterator[Packet[Any]]:
    """The packets behind the first page, of all of whose packets the same place is told."""
    first = next(read, None)
    if first is not None:
        yield from itertools.dropwhile(lambda packet: packet.pos == first.pos, read)


def _latest_us(container: InputContainer) -> int | None:
    """No sound is later than this; None where the file does not say how long it is."""
    if not container.duration:
        return None
    return (container.start_time or 0) + container.duration + _BEYOND_END_US
