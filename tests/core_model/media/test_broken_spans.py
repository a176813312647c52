"""Broken packets in the middle: what is marked covers every wrong picture, and not much more."""

import random
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_model.media.damage import BrokenSpans
from core_model.media.video import frames
from tests.media_factory import Video, read_number, regular_ticks, write_media

FRAME_US = 40_000
KINDS = {
    "h264.mp4": ("libx264", {"bf": "3", "g": "25"}),
    "h264.mkv": ("libx264", {"bf": "3", "g": "25"}),
    "vp8.mkv": ("libvpx", {"g": "12", "cpu-used": "8"}),
    "vp9.mkv": ("libvpx-vp9", {"g": "12", "cpu-used": "8"}),
    "mpeg4.mkv": ("mpeg4", {"g": "12"}),
    "hevc.mkv": ("libx265", {"x265-params": "keyint=12:bframes=3:log-level=none"}),
    "mpeg2.ts": ("mpeg2video", {"g": "12"}),
}


def _write_broken(folder: Path, name: str, places: tuple[int, ...]) -> tuple[Path, set[int]]:
    """A file whose packets at ``places`` hold noise, and the times of those packets."""
    codec, options = KINDS[name]
    whole = write_media(
        folder / f"whole_{name}", Video(regular_ticks(60), codec=codec, options=options)
    )
    lost_us = set()
    with av.open(str(whole)) as source, av.open(str(folder / name), "w") as target:
        copy = target.add_stream_from_template(source.streams.video[0])
        for place, packet in enumerate(source.demux(video=0)):
            if not packet.size:
                continue
            if place in places:
                noise = av.Packet(random.Random(place).randbytes(packet.size))
                assert packet.pts is not None
                noise.pts, noise.dts, noise.duration = packet.pts, packet.dts, packet.duration
                noise.time_base, noise.is_keyframe = packet.time_base, packet.is_keyframe
                lost_us.add(round(packet.pts * packet.time_base * 1_000_000))
                packet = noise
            packet.stream = copy
            target.mux(packet)
    # A muxer may hold back noise in which it sees a picture that is not to be shown.
    with av.open(str(folder / name)) as written:
        video = written.streams.video[0]
        written_us = {
            round(packet.pts * video.time_base * 1_000_000)
            for packet in written.demux(video)
            if packet.pts is not None and video.time_base is not None
        }
    return folder / name, lost_us & written_us


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("places", [(20,), (20, 30, 31), (58, 59)])
def test_marked_are_all_wrong_pictures(tmp_path: Path, name: str, places: tuple[int, ...]) -> None:
    path, lost_us = _write_broken(tmp_path, name, places)
    spans: list[tuple[int, int]] = []
    shown = [
        (frame.pts_us, read_number(frame.image))
        for frame in frames(path, on_broken=lambda start, end: spans.append((start, end)))
    ]
    first_us = shown[0][0]
    wrong_us = {time_us for time_us, number in shown if time_us - first_us != number * FRAME_US}
    marked = {
        time_us
        for time_us in range(first_us, first_us + 60 * FRAME_US, FRAME_US)
        if any(start <= time_us < end for start, end in spans)
    }
    assert wrong_us | (lost_us - {time_us for time_us, _ in shown}) <= marked
    # Behind the next key frame all is well again.
    assert len(marked) <= 26 * len(places)
    assert all(time_us not in marked for time_us, _ in shown[:15])


@pytest.mark.parametrize("name", KINDS)
def test_a_whole_file_has_none(tmp_path: Path, name: str) -> None:
    path, _ = _write_broken(tmp_path, name, ())
    spans: list[tuple[int, int]] = []
    for start_us in (None, 1_234_567):
        for _ in frames(path, start_us, on_broken=lambda start, end: spans.append((start, end))):
            pass
    assert spans == []


def _run(came_back: list[bool], keys: list[bool]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    watch = BrokenSpans(lambda start, end: spans.append((start, end)))
    for place, (back, key) in enumerate(zip(came_back, keys, strict=True)):
        watch.sent(place, damaged=False)
        if back:
            watch.shown(place, is_key=key, damaged=False)
        else:
            watch.complained()
    watch.ended(len(keys) - 1, 1)
    return spans


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_from_a_loss_to_the_next_key_frame(packets: list[tuple[bool, bool]]) -> None:
    came_back, keys = [list(each) for each in zip(*packets, strict=True)]
    marked = {time for start, end in _run(came_back, keys) for time in range(start, end)}
    lost = False
    for place, (back, key) in enumerate(packets):
        lost = not back or (lost and not key)
        assert (place in marked) == lost


def test_a_complaint_about_nothing_marks_nothing() -> None:
    spans: list[tuple[int, int]] = []
    watch = BrokenSpans(lambda start, end: spans.append((start, end)))
    watch.sent(0, damaged=True)
    watch.complained()
    watch.shown(0, is_key=True, damaged=False)
    watch.ended(0, 1)
    assert spans == []
