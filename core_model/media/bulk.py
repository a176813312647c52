"""Sound of an MP4 or MOV from its beginning on, decoded many packets at a time.

Handing one packet after the other through Python takes twice as long as decoding it, and each time
Python's lock is let go and asked for again. FFmpeg's own source filter needs neither. It does not
say, however, whether every packet gave its samples in its place: that is foretold from the index of
the file and compared with what comes out. Where that differs, packets are decoded one by one from
the beginning, and what comes after the part that was right is taken from there.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av.error
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.filter import Graph, filters_available

from core_model.media.clock import to_us
from core_model.media.container import (
    PROTOCOL,
    audio_stream,
    codec_name,
    decode,
    may_be_encrypted,
    open_media,
    packets,
    seek,
    time_base_of,
)
from core_model.media.mp4_index import packet_steps
from core_model.media.piece import Source, file_of

# Packets decoded at a time, how many come one by one before, and how many make it worth while.
_PACKETS = 64
_FIRST_FRAMES = 640
_LEAST_PACKETS = 2_000
# Samples of a packet. Uncompressed sound has an entry for each sample in the index and larger
# packets when it is read; no codec that is sampled at a few hundred kHz has longer ones.
_LEAST_SAMPLES, _MOST_SAMPLES = 64, 16_384
# Entries of the demuxer's index that are compared, besides those at jumps, and the most jumps.
_COMPARED = 256
_MOST_JUMPS = 4_096


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """What the packets decode to, if nothing is broken: ``length`` samples each, a tick long.

    ``begins`` int64 (n,) are their time stamps. A place is counted in samples from the beginning
    of the first packet; ``jumps`` int64 (m,) are those where a time stamp does not go on.
    """

    begins: np.ndarray
    jumps: np.ndarray
    length: int

    @property
    def end(self) -> int:
        """The place behind the last packet."""
        return len(self.begins) * self.length

    def pts_at(self, place: int) -> int | None:
        """The time stamp of a sample; None behind the last."""
        packet, rest = divmod(place, self.length)
        return int(self.begins[packet]) + rest if packet < len(self.begins) else None

    def place_of(self, pts: int) -> int | None:
        """The last place with this time stamp, if there is any."""
        packet = int(np.searchsorted(self.begins, pts, side="right")) - 1
        if packet < 0 or pts - int(self.begins[packet]) >= self.length:
            return None
        return packet * self.length + pts - int(self.begins[packet])

    def parts(self, place: int, frame: AudioFrame) -> Iterator[AudioFrame]:
        """A frame that begins at a place, in parts within which time stamps go on."""
        end = place + frame.samples
        inner = self.jumps[(self.jumps > place) & (self.jumps < end)].tolist()
        if not inner:
            yield frame
            return
        for first, last in itertools.pairwise([place, *inner, end]):
            yield _part(frame, first - place, last - place, self.pts_at(first))


def foretold(source: Source, container: InputContainer, stream: AudioStream) -> Forecast | None:
    """What the sound of a file decodes to; None where the index does not tell, or does not agree
    with the demuxer's, and for short sound. Reads no packet.
    """
    rate_hz = max(1, stream.codec_context.sample_rate)
    if (
        not isinstance(source, Path)
        or "mov" not in container.format.name.split(",")
        or stream.frames < _LEAST_PACKETS
        or time_base_of(stream) * rate_hz != 1
        or may_be_encrypted(stream)
        or not _can_be_cut(stream)
        or not {"amovie", "asetnsamples"} <= filters_available
    ):
        return None
    entries = stream.index_entries
    # A header may claim billions of packets: room is made for those alone that the demuxer knows.
    if len(entries) != stream.frames:
        return None
    steps = packet_steps(source, stream.id, len(entries))
    if steps is None:
        return None
    length = int(np.median(steps))
    jumps = np.flatnonzero(steps[:-1] != length) + 1
    if not _LEAST_SAMPLES <= length <= _MOST_SAMPLES or len(jumps) > _MOST_JUMPS:
        return None
    # Opus gives fewer samples where a packet is damaged and as many more from the next, which a gap
    # between both would hide.
    if len(jumps) and codec_name(stream) == "opus":
        return None
    begins = entries[0].timestamp + np.cumsum(steps) - steps
    compared = np.linspace(0, len(steps) - 1, _COMPARED).astype(np.int64)
    for number in {*compared.tolist(), *jumps.tolist(), *(jumps - 1).tolist()}:
        if entries[number].timestamp != begins[number]:
            return None
    return Forecast(begins, jumps * length, length)


def in_bulk(
    source: Source,
    container: InputContainer,
    stream: AudioStream,
    one_by_one: Iterator[AudioFrame],
    anew: Callable[[InputContainer, AudioStream], Iterator[AudioFrame]],
) -> Generator[AudioFrame, None, None]:
    """The same samples with the same time stamps as ``one_by_one``, which decodes a file from its
    beginning on, in frames of many packets each. So does ``anew``, where that has to be done again.

    The first seconds come one by one: to look at the index and open the file again takes a moment.
    The container is closed as soon as it is not needed any more.
    """
    given = 0
    for frame in itertools.islice(one_by_one, _FIRST_FRAMES):
        given += frame.samples
        yield frame
    forecast = foretold(source, container, stream)
    if forecast is None:
        yield from one_by_one
        return
    reading = _Reading(file_of(source), stream, forecast, given)
    # The index of some hours takes 50 MB, and the filter has one of its own.
    container.close()
    yield from reading.frames()
    if not reading.is_whole:
        with open_media(source) as again:
            yield from _after(anew(again, audio_stream(source, again)), reading.given)


class _Reading:
    """Sound that was read in bulk as far as it was as foretold, behind what was given before.

    Afterwards ``given`` are the samples from the beginning on, ``is_whole`` whether they are all.
    """

    def __init__(self, path: Path, stream: AudioStream, forecast: Forecast, given: int) -> None:
        self._path, self._forecast = path, forecast
        self._index, self._time_base = stream.index, stream.time_base
        self._form = _form_of(stream.codec_context)
        self.given = given
        self.is_whole = False
        self._passed = 0

    def frames(self) -> Generator[AudioFrame, None, None]:
        """Frames of the file up to its end, or to the last before one that is not as foretold."""
        forecast = self._forecast
        samples = forecast.length * _PACKETS
        held: tuple[int, AudioFrame] | None = None
        place: int | None = None
        with closing(_gathered(self._path, self._index, samples)) as gathered:
            for frame in gathered:
                if place is None and frame.pts is not None:
                    place = forecast.place_of(frame.pts)
                if place is None or not self._lies_at(frame, place):
                    return
                if held is not None:
                    # The next one lies where it should, so that nothing is missing in this one.
                    yield from self._given_now(*held)
                held = place, frame
                place += frame.samples
        if held is None or place is None:
            return
        if place == forecast.end or _ends_there(self._path, forecast, held[0], place):
            yield from self._given_now(*held)
            self.is_whole = True

    def _lies_at(self, frame: AudioFrame, place: int) -> bool:
        time_base = frame.time_base
        if time_base != self._time_base or time_base is None or time_base * frame.sample_rate != 1:
            return False
        # Where the file does not say which channels they are, the filter guesses.
        return _form_of(frame) == self._form and frame.pts == self._forecast.pts_at(place)

    def _given_now(self, place: int, frame: AudioFrame) -> Iterator[AudioFrame]:
        """What of a frame was not given before."""
        for part in self._forecast.parts(place, frame):
            known = min(max(self.given - self._passed, 0), part.samples)
            self._passed += part.samples
            self.given = max(self.given, self._passed)
            if known < part.samples:
                yield _without(part, known)


def _form_of(sound: AudioFrame | AudioCodecContext) -> tuple[str, str]:
    return sound.format.name, sound.layout.name


def _can_be_cut(stream: AudioStream) -> bool:
    """Whether samples of this form can be taken out of a frame."""
    try:
        AudioFrame(*_form_of(stream.codec_context), samples=1).to_ndarray()
    except ValueError:
        return False
    return True


def _gathered(path: Path, stream: int, samples: int) -> Generator[AudioFrame, None, None]:
    """Decoded by FFmpeg alone, in frames of so many samples, up to the end or to an error."""
    graph = Graph()
    try:
        source = graph.add(
            "amovie", filename=f"{PROTOCOL}{path}", stream_index=str(stream), dec_threads="1"
        )
        gather = graph.add("asetnsamples", f"n={samples}:p=0")
        graph.link_nodes(source, gather, graph.add("abuffersink")).configure()
        while True:
            frame = graph.pull()
            assert isinstance(frame, AudioFrame)
            yield frame
    except (av.error.FFmpegError, ValueError):
        return


def _ends_there(path: Path, forecast: Forecast, begin: int, end: int) -> bool:
    """Whether the last packets, decoded one by one, give sound from one place to another without
    a gap: files may say that the end of the last packets is not to be heard.
    """
    with open_media(path) as container:
        stream = audio_stream(path, container)
        time_base = time_base_of(stream)
        before = int(forecast.begins[max(0, begin // forecast.length - _PACKETS)])
        if not seek(container, stream, to_us(before, time_base)):
            return False
        place = begin
        for packet in packets(container, stream):
            for frame in decode(packet):
                first = None if frame.pts is None else forecast.place_of(frame.pts)
                if first is None or first > place:
                    return False
                place = max(place, first + frame.samples)
    return place == end


def _after(frames: Iterator[AudioFrame], passed: int) -> Iterator[AudioFrame]:
    """Frames without so many samples at their beginning."""
    for frame in frames:
        known = min(passed, frame.samples)
        passed -= known
        if known < frame.samples:
            yield _without(frame, known)


def _without(frame: AudioFrame, count: int) -> AudioFrame:
    """A frame without its first samples; a tick is a sample."""
    if not count:
        return frame
    pts = None if frame.pts is None else frame.pts + count
    return _part(frame, count, frame.samples, pts)


def _part(frame: AudioFrame, first: int, end: int, pts: int | None) -> AudioFrame:
    """Samples ``first .. end - 1`` of a frame, as a frame of their own."""
    width = 1 if frame.format.is_planar else frame.layout.nb_channels
    samples: Any = np.ascontiguousarray(frame.to_ndarray()[:, first * width : end * width])
    part = AudioFrame.from_ndarray(samples, frame.format.name, frame.layout.name)
    part.sample_rate, part.pts, part.time_base = frame.sample_rate, pts, frame.time_base
    return part
