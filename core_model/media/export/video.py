"""The pictures of a clip: copied where packets make up the range exactly, else coded anew."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Any

from av.container import OutputContainer
from av.filter import Graph
from av.packet import Packet
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from av.video.stream import VideoStream

from core_model.media.container import open_media, time_base_of, video_stream
from core_model.media.decoding import OnPacket, TimedFrame, decoded_frames
from core_model.media.errors import MediaError
from core_model.media.export.copying import CopyWriter, exact_run
from core_model.media.export.formats import ClipFormat, pixel_format, video_options
from core_model.media.export.track import CODED, TimedPacket, Writer
from core_model.media.orientation import Orientation, orientation_of
from core_model.media.parts import parts_with_video
from core_model.timeline import US_PER_S

_BT709_MATRIX = 1
# Coarser time bases count frames; a clip may begin in the middle of one.
_COARSE_TICK = Fraction(1, 1000)
_FINE_TICK = Fraction(1, 90_000)
_FINEST_TICK = Fraction(1, US_PER_S)
_INTERLACED_FLAGS = "+ildct+ilme"


def video_writer(
    out: OutputContainer,
    kind: ClipFormat,
    source: Path,
    start_us: int,
    end_us: int,
    on_packet: OnPacket | None = None,
) -> Writer | None:
    """Add a stream of pictures to a clip; None where none is shown within the range."""
    parts = parts_with_video(source)
    piece = source if parts is None else parts.shown_from(start_us)[0].piece
    with open_media(piece) as container:
        stream = video_stream(piece, container)
        index, tick = stream.index, time_base_of(stream)
        rate_hz = stream.average_rate or stream.guessed_rate or Fraction(25)
    if on_packet is not None:
        # Opening a file of large pictures takes as long as decoding one of them.
        on_packet()
    with closing(decoded_frames(source, start_us, on_packet=on_packet)) as frames:
        first = next(frames, None)
    if first is None:
        raise MediaError(source, "video", "holds nothing that can be decoded")
    if first.pts_us >= end_us:
        return None
    run = None
    if parts is None:
        run = exact_run(out, source, index, first, start_us, end_us, on_packet)
    if run is not None:
        return CopyWriter(out, source, index, run, start_us)
    if first.pts_us != start_us and tick > _COARSE_TICK:
        tick = _FINE_TICK
    stream = _add_stream(out, kind, first, rate_hz, max(tick, _FINEST_TICK))
    return VideoCoder(stream, source, start_us, end_us, on_packet)


def _add_stream(
    out: OutputContainer, kind: ClipFormat, first: TimedFrame, rate_hz: Fraction, tick: Fraction
) -> VideoStream:
    picture = first.picture
    orientation = orientation_of(picture)
    options = video_options(kind, picture.width * picture.height)
    if picture.interlaced_frame and kind.video == "libx264":
        options["flags"] = _INTERLACED_FLAGS
    stream = out.add_stream(kind.video, rate=rate_hz, options=options)
    assert isinstance(stream, VideoStream)
    context = stream.codec_context
    width, height = picture.width, picture.height
    aspect = first.pixel_aspect
    if orientation.swaps_sides:
        width, height = height, width
        aspect = 1 / aspect if aspect else None
    context.width, context.height = width, height
    context.pix_fmt = pixel_format(kind.video, picture)
    context.time_base = stream.time_base = tick
    context.thread_count = 0
    if aspect:
        context.sample_aspect_ratio = aspect
    if picture.format.is_rgb:
        context.colorspace, context.color_range = _BT709_MATRIX, ColorRange.MPEG
    else:
        context.colorspace, context.color_range = picture.colorspace, picture.color_range
    context.color_trc, context.color_primaries = picture.color_trc, picture.color_primaries
    return stream


class VideoCoder:
    """Codes the frames of a range anew; the first is the one shown where the clip begins."""

    way = CODED

    def __init__(
        self,
        stream: VideoStream,
        source: Path,
        start_us: int,
        end_us: int,
        on_packet: OnPacket | None,
    ) -> None:
        self._on_packet = on_packet
        self._stream = stream
        self._source = source
        self._span_us = (start_us, end_us)
        tick = stream.codec_context.time_base
        assert tick is not None
        self._tick = tick
        self._reformatter = VideoReformatter()
        self._turner: _Turner | None = None
        self._durations: dict[int, int] = {}

    def packets(self) -> Generator[TimedPacket, None, None]:
        """The coded pictures in decoding order."""
        start_us, end_us = self._span_us
        decoded = decoded_frames(self._source, start_us, on_packet=self._on_packet)
        with closing(decoded) as frames:
            shown = itertools.takewhile(lambda frame: frame.pts_us < end_us, frames)
            for frame, until_us in _with_ends(shown, end_us):
                begin = self._ticks(max(frame.pts_us, start_us))
                self._durations[begin] = max(1, self._ticks(until_us) - begin)
                coded = self._prepared(frame.picture)
                coded.pts, coded.time_base = begin, self._tick
                coded.duration = self._durations[begin]
                time_s = float(begin * self._tick)
                if self._on_packet is not None:
                    # Coding a large picture takes as long as many packets.
                    self._on_packet()
                for packet in self._stream.encode_lazy(coded):
                    yield self._timed(packet, time_s)
                yield TimedPacket(time_s, None)
        for packet in self._stream.encode_lazy(None):
            yield self._timed(packet, (end_us - start_us) / US_PER_S)

    def _ticks(self, time_us: int) -> int:
        return round(Fraction(time_us - self._span_us[0], US_PER_S) / self._tick)

    def _timed(self, packet: Packet[Any], time_s: float) -> TimedPacket:
        if packet.pts is not None and packet.pts in self._durations:
            packet.duration = self._durations.pop(packet.pts)
        return TimedPacket(time_s, packet)

    def _prepared(self, picture: VideoFrame) -> VideoFrame:
        """Upright, in the encoder's pixel format."""
        if self._turner is None:
            self._turner = _Turner(picture)
        context = self._stream.codec_context
        turned = self._turner.turn(picture)
        rgb = turned.format.is_rgb
        converted = self._reformatter.reformat(
            turned,
            width=context.width,
            height=context.height,
            format=context.pix_fmt,
            dst_colorspace=Colorspace.ITU709 if rgb else None,
            dst_color_range=ColorRange.MPEG if rgb else turned.color_range,
        )
        # Else the encoder would make key frames where the source has them.
        converted.pict_type = PictureType.NONE
        return converted


class _Turner:
    """Mirrors and turns stored pictures, since not every container can ask players to do it."""

    def __init__(self, first: VideoFrame) -> None:
        self._graph: Graph | None = None
        steps = _steps(orientation_of(first))
        if not steps:
            return
        self._graph = Graph()
        self._reformatter = VideoReformatter()
        self._form = first.width, first.height, first.format.name
        self._source = self._graph.add(
            "buffer",
            f"video_size={first.width}x{first.height}:pix_fmt={first.format.name}"
            ":time_base=1/1000000:pixel_aspect=1/1",
        )
        self._count = 0
        last = self._source
        for name, arguments in steps:
            step = self._graph.add(name, arguments)
            last.link_to(step)
            last = step
        self._sink = self._graph.add("buffersink")
        last.link_to(self._sink)
        self._graph.configure()

    def turn(self, picture: VideoFrame) -> VideoFrame:
        if self._graph is None:
            return picture
        # Filters read as many pixels as the first picture has, also where one is smaller.
        picture = self._reformatter.reformat(picture, *self._form)
        picture.pts, picture.time_base = self._count, _FINEST_TICK
        self._count += 1
        self._source.push(picture)
        turned = self._sink.pull()
        assert isinstance(turned, VideoFrame)
        return turned


def _steps(orientation: Orientation) -> list[tuple[str, str]]:
    mirror = [("hflip", "")] if orientation.mirrored else []
    turns = {
        1: [("transpose", "clock")],
        2: [("hflip", ""), ("vflip", "")],
        3: [("transpose", "cclock")],
    }
    return [*mirror, *turns.get(orientation.quarter_turns, [])]


def _with_ends(frames: Iterator[TimedFrame], end_us: int) -> Iterator[tuple[TimedFrame, int]]:
    """Each frame with the moment at which the next one replaces it."""
    shown = next(frames, None)
    while shown is not None:
        following = next(frames, None)
        yield shown, end_us if following is None else following.pts_us
        shown = following
