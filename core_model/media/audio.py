"""Sound of a file by presentation time, resampled and mixed down by a filter graph."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet

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
from core_model.media.mixing import GATHERED_SAMPLES, PIECE_SAMPLES, mixing_graph
from core_model.media.parts import parts_with_audio
from core_model.media.piece import Source, file_of
from core_model.media.sample_line import AudioChunk, SampleLine, silence
from core_model.timeline import US_PER_S

SAMPLE_RATE_HZ = 16_000
_LAYOUTS = {1: "mono", 2: "stereo"}
# Time stamps in coarse time bases jitter by less than this; a longer gap is a real one.
_JITTER_US = 20_000
# Time stamps further than this behind the stated end are damage, not silence to be filled.
_BEYOND_END_US = 60 * US_PER_S
_LONGEST_GAP_WITHOUT_END_US = 600 * US_PER_S
# Decoders need some packets before what they give is right (Opus: 80 ms).
_PREROLL_US = 200_000
# So many frames at most wait in a filter graph: their samples are not turned down yet.
_MOST_WAITING_FRAMES = 256
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
    with _decoded_from(source, None) as (frames, latest_us):
        first_us = end_us = None
        for frame in frames:
            pts_us = _pts_us(frame)
            length_us = round(frame.samples * US_PER_S / frame.sample_rate)
            if pts_us is None or (end_us is not None and pts_us > max(end_us, latest_us)):
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
        stretch: _Stretch | None = None
        for frame in frames:
            if stretch is None or not stretch.continues_with(frame, latest_us):
                if stretch is not None:
                    yield from line.place(stretch.finish())
                stretch = _Stretch(file_of(source), frame, line, channel)
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


class _Stretch:
    """Sound of one format without gaps, and the filter graph that it goes through."""

    def __init__(
        self, path: Path, first: AudioFrame, line: SampleLine, channel: int | None
    ) -> None:
        self.start_us = _pts_us(first) or 0
        # Asking each frame for its time base takes longer than all that is done with it.
        self._time_base = first.time_base
        self._format = _format_of(first)
        self._count = self._pulled = self._waiting = 0
        self._rate_hz, self._channels = line.rate_hz, line.channels
        self._own_rate_hz = first.sample_rate
        self._next_pts = first.pts
        self._ticks = _ticks_per_sample(self._time_base, self._own_rate_hz)
        self._due = self._next_due()
        layout = _LAYOUTS[line.channels]
        try:
            self._graph = mixing_graph(first, line.rate_hz, layout, channel)
        except (av.error.FFmpegError, ValueError) as error:
            reason = f"its {first.layout.nb_channels} channels cannot be mixed to {layout}"
            raise MediaError(path, "audio", reason) from error

    def continues_with(self, frame: AudioFrame, latest_us: int) -> bool:
        """Whether a frame has the same format and begins where the sound so far ends."""
        if _format_of(frame) != self._format:
            return False
        pts = frame.pts
        if pts is None or pts == self._next_pts or self._time_base is None:
            return True
        pts_us = to_us(pts, self._time_base)
        expected_us = self.start_us + round(self._count * US_PER_S / self._own_rate_hz)
        if pts_us > max(latest_us, expected_us + _JITTER_US):
            return True
        return abs(pts_us - expected_us) <= _JITTER_US

    def push(self, frame: AudioFrame) -> bool:
        """Put a frame into the graph; says whether it is worth while to pull.

        The graph gives large pieces, and being told that none is ready costs as much as a frame.
        """
        count = frame.samples
        self._count += count
        if self._next_pts is not None:
            self._next_pts = self._next_pts + count * self._ticks if self._ticks else None
        self._waiting += 1
        frame.pts = None
        self._graph.push(frame)
        return self._count >= self._due or self._waiting >= _MOST_WAITING_FRAMES

    def finish(self) -> Iterator[np.ndarray]:
        """What is still in the graph."""
        self._graph.push(None)
        return self.pull()

    def pull(self) -> Iterator[np.ndarray]:
        """What is ready in the graph: float32 (n,) or (n, channels) each."""
        self._waiting = 0
        while True:
            try:
                frame = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                self._due = max(self._next_due(), self._count + GATHERED_SAMPLES)
                return
            piece = frame.to_ndarray()
            self._pulled += piece.size // self._channels
            yield piece[0] if self._channels == 1 else piece.reshape(-1, self._channels)


    def _next_due(self) -> int:
        """So many samples of the file make the next piece, and a little more: filters hold some
        back."""
        needed = (self._pulled + PIECE_SAMPLES) * self._own_rate_hz // self._rate_hz
        return (needed // GATHERED_SAMPLES + 1) * GATHERED_SAMPLES


def _ticks_per_sample(time_base: Fraction | None, rate_hz: int) -> int | None:
    """How far time stamps go on by a sample, where that is a whole number."""
    if time_base is None:
        return None
    ticks = 1 / (time_base * rate_hz)
    return ticks.numerator if ticks.denominator == 1 else None


def _format_of(frame: AudioFrame) -> tuple[int, str, str]:
    return frame.sample_rate, frame.format.name, frame.layout.name


def _pts_us(frame: AudioFrame) -> int | None:
    if frame.pts is None or frame.time_base is None:
        return None
    return to_us(frame.pts, frame.time_base)


@contextmanager
def _decoded_from(
    source: Source, start_us: int | None
) -> Iterator[tuple[Iterator[AudioFrame], int]]:
    """Frames from some way before ``start_us`` on, and the latest time stamp to be believed."""
    if start_us is not None:
        with open_media(source) as container:
            frames = _after_seek(container, audio_stream(source, container), start_us)
            if frames is not None:
                yield frames, _latest_us(container)
                return
    with open_media(source) as container:
        stream = audio_stream(source, container)
        yield _decode_on(container, stream, start_us), _latest_us(container)


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
        if first is not None and (_pts_us(first) or 0) <= max(0, start_us - _PREROLL_US // 2):
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


def _latest_us(container: InputContainer) -> int:
    """No sound is later than this."""
    if not container.duration:
        return _LONGEST_GAP_WITHOUT_END_US
    return (container.start_time or 0) + container.duration + _BEYOND_END_US
