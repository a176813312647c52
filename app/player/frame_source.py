"""A file kept open for decoding, so that going to another place in it costs no opening."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import av.error
from av.container import InputContainer
from av.video.frame import VideoFrame as DecodedFrame
from av.video.stream import VideoStream

from core_model.media.clock import to_us
from core_model.media.container import (
    open_media,
    packets,
    seek,
    seeks_exactly,
    time_base_of,
    video_stream,
)
from core_model.media.damage import OnBroken
from core_model.media.decoding import OnPassed, TimedFrame, decoded_frames, sought_frames
from core_model.media.joined import joined_frames
from core_model.media.parts import Part, parts_with_video
from core_model.media.piece import Source
from core_model.media.video import PaintedFrame, Painter, VideoFrame

PIXEL_FORMAT = "bgra"
# A machine that is too slow shows late frames this often rather than none.
LONGEST_STILL_S = 0.25
# A stream whose key frames lie further apart than this many packets gets no preview.
_PACKETS_TO_KEY = 64

OnPacket = Callable[[], None]
"""Called before every packet; what it raises ends the search, and the next one begins anew."""

IsLate = Callable[[int], bool]
"""Whether a frame whose time ends at a moment would come too late to be of use."""


class FrameSource:
    """Frames of one file at a time. Belongs to one thread; one run of frames is alive at a time.

    ``threads`` limits the decoder's threads, and with them the pictures that it holds; None
    leaves it to FFmpeg. ``on_decoded`` is called with every frame that comes out of the decoder,
    even when only one after it is wanted. ``left_out`` says whether frames that were late have
    been left out just before the last one that came.
    """

    def __init__(
        self,
        on_packet: OnPacket,
        on_broken: OnBroken | None = None,
        *,
        threads: int | None = None,
        is_late: IsLate | None = None,
        on_decoded: OnPassed | None = None,
    ) -> None:
        self.left_out = False
        # When frames are shown that have been left out and would come next or later.
        self._left_out_us: set[int] = set()
        self._on_packet = on_packet
        self._on_broken = on_broken
        self._is_late = is_late or _never_late
        self._on_decoded = on_decoded
        self._threads = threads
        self._files = ExitStack()
        self._source: Source | None = None
        self._opened: tuple[InputContainer, VideoStream] | None = None

    def close(self) -> None:
        """Close the file; runs of frames handed out before must not be read on."""
        self._opened = None
        self._source = None
        self._files.close()

    def frames(
        self, path: Path, start_us: int, size_px: tuple[int, int], margin_us: int
    ) -> Generator[PaintedFrame]:
        """Pictures from the last one at or before ``start_us`` on, BGRA of (width, height).

        Frames that no other refers to are not decoded while they lie more than ``margin_us``
        before ``start_us``; the answer is the same for any margin. Raises MediaError at the
        first ``next`` when there is no video to read.
        """
        painter: Painter | None = None
        self._left_out_us.clear()
        came_s = time.monotonic()
        for frame in self._decoded(path, start_us, margin_us):
            now_s = time.monotonic()
            if self._is_late(frame.pts_us) and now_s - came_s < LONGEST_STILL_S:
                self._left_out_us.add(frame.pts_us)
                continue
            came_s = now_s
            earlier_us = {left_us for left_us in self._left_out_us if left_us <= frame.pts_us}
            self.left_out = bool(earlier_us - {frame.pts_us})
            self._left_out_us -= earlier_us
            painter = painter or Painter(path, frame, size_px, PIXEL_FORMAT)
            painted = painter.paint_compactly(frame)
            if self._on_decoded is not None:
                self._on_decoded(frame)
            yield painted

    def key_frame(self, path: Path, time_us: int, size_px: tuple[int, int]) -> VideoFrame | None:
        """The picture at which decoding would begin for a moment; None where that is unknown.

        Only one packet is decoded, and the decoder is emptied at once instead of being fed on.
        """
        source: Source = path
        offset_us = 0
        parts = parts_with_video(path)
        if parts is not None:
            part = parts.shown_from(time_us)[0]
            source, offset_us = part.piece, part.offset_us
        container, stream = self._open(source)
        if not seeks_exactly(container) or not seek(container, stream, time_us - offset_us):
            return None
        picture = _first_key_picture(container, stream)
        if picture is None or picture.pts is None:
            return None
        pts_us = to_us(picture.pts, time_base_of(stream)) + offset_us
        timed = TimedFrame(pts_us, 0, picture, stream.sample_aspect_ratio)
        return VideoFrame(pts_us, Painter(path, timed, size_px, PIXEL_FORMAT).paint(picture))

    def _decoded(self, path: Path, start_us: int, margin_us: int) -> Iterator[TimedFrame]:
        parts = parts_with_video(path)
        if parts is None:
            return self._decoded_of(path, start_us, margin_us)

        def decode(part: Part, from_us: int | None) -> Generator[TimedFrame, None, None]:
            if from_us is None:
                assert part.info.video is not None
                from_us = part.info.video.start_us
            yield from self._decoded_of(part.piece, from_us, margin_us, part.offset_us)

        return joined_frames(parts, start_us, decode)

    def _decoded_of(
        self, source: Source, start_us: int, margin_us: int, told_later_us: int = 0
    ) -> Iterator[TimedFrame]:
        """Frames of one recording by its own clock, which is set on for who is told of them."""
        container, stream = self._open(source)
        sought = sought_frames(
            source,
            container,
            stream,
            start_us,
            hurry_margin_us=margin_us,
            needed=self._is_needed,
            on_packet=self._on_packet,
            on_broken=self._on_broken,
            on_passed=self._on_decoded,
            told_later_us=told_later_us,
        )
        if sought is not None:
            return sought
        # What cannot be sought in is read from its beginning, by a container of its own.
        self.close()
        return decoded_frames(
            source,
            start_us,
            on_packet=self._on_packet,
            on_broken=self._on_broken,
            told_later_us=told_later_us,
        )

    def _is_needed(self, begin_us: int, end_us: int) -> bool:
        if not self._is_late(end_us):
            return True
        self._left_out_us.add(begin_us)
        return False

    def _open(self, source: Source) -> tuple[InputContainer, VideoStream]:
        if self._opened is None or source != self._source:
            self.close()
            container = self._files.enter_context(open_media(source))
            stream = video_stream(source, container)
            if self._threads is not None:
                stream.codec_context.thread_count = self._threads
            self._opened = container, stream
            self._source = source
        return self._opened


def _never_late(end_us: int) -> bool:
    del end_us
    return False


def _first_key_picture(container: InputContainer, stream: VideoStream) -> DecodedFrame | None:
    context = stream.codec_context
    if not context.is_open:
        stream.thread_type = "AUTO"
    context.skip_frame = "DEFAULT"
    for count, packet in enumerate(packets(container, stream)):
        if packet.size and packet.is_keyframe:
            try:
                pictures = [*packet.decode(), *context.decode(None)]
            except (av.error.FFmpegError, ValueError):
                return None
            return cast("DecodedFrame", pictures[0]) if pictures else None
        if count > _PACKETS_TO_KEY:
            break
    return None
