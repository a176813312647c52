"""Frame numbers: the presentation times of all frames of a video, and which are key frames.

Read from packets, which is some hundred times faster than decoding, and checked against what the
decoder gives for the beginning; where packets cannot be trusted, everything is decoded.
"""

from __future__ import annotations

import itertools
from array import array
from collections import deque
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from av.container import InputContainer
from av.format import Flags
from av.video.stream import VideoStream

from core_model.media.clock import to_us, to_us_array
from core_model.media.container import (
    codec_name,
    has_time_stamps,
    open_media,
    packets,
    seeks_exactly,
    time_base_of,
    video_stream,
)
from core_model.media.decoding import decoded_frames
from core_model.media.errors import MediaError
from core_model.media.headers import read_headers
from core_model.media.mp4_index import PacketTimes, packet_times
from core_model.media.parts import Parts, parts_of
from core_model.media.piece import Piece, Source, file_of, size_of
from core_model.media.positions import KeyPositions, remember
from core_model.timeline import US_PER_S

Progress = Callable[[float], None]
"""Called with the part that is done, in [0, 1], now and then; what it raises ends the work."""

# Codecs of which a packet holds exactly one picture that is shown (VP8 says so in a bit).
_ONE_PICTURE_PER_PACKET = {
    "av1", "dnxhd", "ffv1", "h263", "h264", "hevc", "huffyuv", "mjpeg", "mpeg1video", "mpeg2video",
    "mpeg4", "png", "prores", "rawvideo", "theora", "vc1", "vp8", "vp9", "vvc", "wmv3",
}  # fmt: skip
_VP8_IS_SHOWN = 0x10
_CHECKED_FRAMES = 40
_PACKETS_PER_REPORT = 2048
_PACKETS_BEFORE = 3
# Pictures that are reordered step back by less; a camera pauses for less.
_LEAST_BACK_US, _MOST_AHEAD_US = US_PER_S, 600 * US_PER_S


class _TimeLeapsError(Exception):
    """Time stamps leap back or far ahead, as where recordings were put together."""


@dataclass(frozen=True, slots=True, eq=False)
class FrameIndex:
    """Times of all frames. Frame numbers count from 0 in presentation order.

    ``pts_us``: int64 (n,), strictly increasing, n >= 1. ``keyframes``: int64 (k,), numbers of the
    frames at which decoding can begin, increasing. ``tick_us``: the time base in microseconds.
    ``joints_us``: where recordings meet that were put together into the file.
    """

    pts_us: np.ndarray
    keyframes: np.ndarray
    tick_us: float
    joints_us: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.pts_us)

    def number_at(self, time_us: int) -> int:
        """The frame shown at a moment: the last one that begins by then, the first before it."""
        return max(0, int(np.searchsorted(self.pts_us, time_us, side="right")) - 1)

    def time_us(self, number: int) -> int:
        """When a frame is shown; numbers out of range mean the first and the last one."""
        return int(self.pts_us[min(max(number, 0), len(self) - 1)])

    def keyframe_before(self, number: int) -> int:
        """The last key frame at or before a frame (0 where none is known)."""
        place = int(np.searchsorted(self.keyframes, number, side="right")) - 1
        return int(self.keyframes[place]) if place >= 0 else 0

    @property
    def variable_rate(self) -> bool:
        """Whether gaps between frames, but for those where recordings meet, differ by more than the
        rounding to the time base."""
        gaps_us = np.diff(self.pts_us)
        # A joint before the first frame or after the last one lies in no gap between frames.
        across = np.searchsorted(self.pts_us, self.joints_us) - 1
        gaps_us = np.delete(gaps_us, across[(across >= 0) & (across < len(gaps_us))])
        if len(gaps_us) < 2:
            return False
        median_us = float(np.median(gaps_us))
        # A tick that is no small part of a gap is no rounding: an AVI counts whole frames.
        rounding_us = self.tick_us + 2 if self.tick_us < 0.3 * median_us else 0.0
        return float(np.ptp(gaps_us)) > max(rounding_us, 0.01 * median_us)


def index_frames(path: Path, on_progress: Progress | None = None) -> FrameIndex:
    """The times of all frames that :func:`core_model.media.video.frames` gives.

    Reads the file's own index, or else the whole file once; where a file can't be sought in by
    time, what is learnt makes later seeks exact without reading from its start. A damaged packet
    in the middle of a file that the decoder gives no picture for may still be counted. Where the
    packets tell that the file is put together from several, and nobody knew, all that read it
    from now on know. Raises MediaError when there is no video.
    """
    report = on_progress or _no_report
    parts = parts_of(path, lambda: report(0.0))
    index: FrameIndex | None = None
    if parts is None:
        try:
            index = _index_of(path, report, is_wary=True)
        except _TimeLeapsError:
            parts = parts_of(path, lambda: report(0.0), thorough=True)
    if parts is not None and parts.with_video:
        index = _joined(parts, report)
    elif index is None:
        index = _index_of(path, report)
    report(1.0)
    return index


def count_frames(path: Path, on_progress: Progress | None = None) -> int:
    """How many frames a video has, counted."""
    return len(index_frames(path, on_progress))


def _no_report(part: float) -> None:
    del part


def _joined(parts: Parts, report: Progress) -> FrameIndex:
    """The frames of all parts on one time line."""
    total = sum(size_of(part.piece) for part in parts.with_video)
    done = count = 0
    times_us, keyframes, tick_us = [], [], 0.0
    for part in parts.with_video:
        size = size_of(part.piece)
        index = _index_of(
            part.piece,
            lambda share, done=done, size=size: report((done + share * size) / total),
        )
        shown_us = index.pts_us + part.offset_us
        if part.limit_us is not None:
            shown_us = shown_us[: np.searchsorted(shown_us, part.limit_us)]
        times_us.append(shown_us)
        keyframes.append(index.keyframes[index.keyframes < len(shown_us)] + count)
        tick_us = max(tick_us, index.tick_us)
        count += len(shown_us)
        done += size
    return FrameIndex(np.concatenate(times_us), np.concatenate(keyframes), tick_us, parts.joints_us)


def _index_of(source: Source, report: Progress, *, is_wary: bool = False) -> FrameIndex:
    """The frames of one recording by its own clock. One that is wary raises _TimeLeapsError when
    it seems to be several."""
    found = _from_packets(source, report, is_wary)
    index = _agreeing(source, found, report) if found is not None else None
    if index is None:
        index = _from_decoder(source, report)
    _remember_positions(source, index, report)
    return index


def _from_packets(source: Source, report: Progress, is_wary: bool) -> FrameIndex | None:
    """None where packets do not tell: unknown codecs, missing time stamps, damage."""
    with open_media(source) as container:
        stream = video_stream(source, container)
        time_base = time_base_of(stream)
        if codec_name(stream) not in _ONE_PICTURE_PER_PACKET:
            return None
        is_wary = is_wary and bool(container.format.flags & Flags.ts_discont.value)
        read = None
        if not isinstance(source, Piece):
            read = packet_times(source, container, stream, lambda: report(0.0))
        if read is None:
            with open_media(source) as unread:
                read = _read_packets(source, unread, video_stream(source, unread), report)
        tick_us = float(time_base * US_PER_S)
    times_us = to_us_array(read.pts, time_base) if read is not None else None
    # Where one recording meets the next, the demuxer also takes what it reads for damage.
    if is_wary and (times_us is None or _leaps(times_us)):
        raise _TimeLeapsError
    if read is None or times_us is None:
        return None
    pts_us, first_places = np.unique(times_us, return_index=True)
    return FrameIndex(pts_us, np.flatnonzero(read.is_key[first_places]), tick_us)


def _leaps(times_us: np.ndarray) -> bool:
    """Whether times in the order of decoding step further than those of one recording do."""
    steps_us = np.diff(times_us)
    return bool(((steps_us < -_LEAST_BACK_US) | (steps_us > _MOST_AHEAD_US)).any())


def _read_packets(
    source: Source, container: InputContainer, stream: VideoStream, report: Progress
) -> PacketTimes | None:
    size = max(1, container.size)
    is_vp8 = codec_name(stream) == "vp8"
    # Eight bytes for a packet: a video of hours has a million.
    pts, is_key = array("q"), bytearray()
    for count, packet in enumerate(packets(container, stream)):
        if not packet.size:
            continue
        if packet.is_corrupt or packet.pts is None:
            return None
        if count % _PACKETS_PER_REPORT == 0 and packet.pos is not None:
            report(min(1.0, packet.pos / size))
        if packet.is_discard or (is_vp8 and not memoryview(packet)[0] & _VP8_IS_SHOWN):
            continue
        pts.append(packet.pts)
        is_key.append(packet.is_keyframe)
    if not pts:
        return None
    return PacketTimes(np.array(pts, np.int64), np.array(is_key, bool))


def _agreeing(source: Source, found: FrameIndex, report: Progress) -> FrameIndex | None:
    """The index without leading frames that cannot be decoded; None where the decoder disagrees."""
    with closing(decoded_frames(source, on_packet=lambda: report(1.0))) as frames:
        shown = [frame.pts_us for frame in itertools.islice(frames, _CHECKED_FRAMES)]
    if not shown:
        raise MediaError(file_of(source), "video", "holds nothing that can be decoded")
    leading = int(np.searchsorted(found.pts_us, shown[0]))
    pts_us = found.pts_us[leading:]
    compared = pts_us if len(shown) < _CHECKED_FRAMES else pts_us[:_CHECKED_FRAMES]
    if not np.array_equal(compared, shown):
        return None
    keyframes = found.keyframes[found.keyframes >= leading] - leading
    return FrameIndex(pts_us, keyframes, found.tick_us)


def _from_decoder(source: Source, report: Progress) -> FrameIndex:
    path = file_of(source)
    video = read_headers(source, lambda: report(0.0)).video
    if video is None:
        raise MediaError(path, "video", "cannot be decoded")
    pts_us, keyframes = array("q"), array("q")
    part = 0.0

    def go_on() -> None:
        report(part)

    for number, frame in enumerate(decoded_frames(source, on_packet=go_on)):
        done_us = frame.pts_us - video.start_us
        part = min(1.0, max(0.0, done_us / max(1, video.end_us - video.start_us)))
        if frame.picture.key_frame:
            keyframes.append(number)
        pts_us.append(frame.pts_us)
    if not pts_us:
        raise MediaError(path, "video", "holds nothing that can be decoded")
    with open_media(source) as container:
        tick_us = float(time_base_of(video_stream(source, container)) * US_PER_S)
    return FrameIndex(np.array(pts_us, np.int64), np.array(keyframes, np.int64), tick_us)


def _remember_positions(source: Source, index: FrameIndex, report: Progress) -> None:
    """Note where key frames begin in recordings that cannot be sought in by time."""
    places, times_us = array("q"), array("q")
    with open_media(source) as container:
        stream = video_stream(source, container)
        if seeks_exactly(container):
            return
        time_base = time_base_of(stream)
        # Packets of a program stream begin in the middle of a picture, to which the demuxer
        # then gives the time stamp of the next: it must begin some packets before the key frame.
        before: deque[int] = deque(maxlen=_PACKETS_BEFORE if has_time_stamps(container) else 1)
        for count, packet in enumerate(packets(container, stream)):
            if count % _PACKETS_PER_REPORT == 0:
                report(1.0)
            if packet.pos is None or packet.pos < 0:
                continue
            before.append(packet.pos)
            if packet.is_keyframe and packet.size:
                places.append(before[0])
                if packet.pts is not None:
                    times_us.append(to_us(packet.pts, time_base))
    known_us = np.array(times_us, np.int64)
    if not times_us and len(places) == len(index.keyframes):
        # Without time stamps key frames are told by their order, which is that of showing.
        known_us = index.pts_us[index.keyframes]
    where = np.array(places, np.int64)
    if (
        len(known_us) == len(where)
        and (np.diff(known_us) > 0).all()
        and (np.diff(where) >= 0).all()
    ):
        remember(source, KeyPositions(known_us, where))
