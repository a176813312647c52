import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_model.media import index as index_module
from core_model.media.container import open_media, packets, part_from_next
from core_model.media.decoding import decoded_frames
from core_model.media.errors import MediaError
from core_model.media.index import FrameIndex, count_frames, index_frames
from tests.core_model.media.kinds import VIDEO_KINDS, Kind, written_times_us
from tests.media_factory import Audio, Video, regular_ticks, write_media


@pytest.mark.parametrize("name", VIDEO_KINDS)
def test_agrees_with_the_decoder(kind: Kind, name: str) -> None:
    index = index_frames(kind(name))
    decoded = list(decoded_frames(kind(name)))
    assert index.pts_us.dtype == np.int64
    assert index.pts_us.tolist() == [frame.pts_us for frame in decoded]
    assert index.pts_us.tolist() == written_times_us(name)
    assert index.variable_rate == ("ragged" in name)
    keys = [number for number, frame in enumerate(decoded) if frame.picture.key_frame]
    assert set(index.keyframes.tolist()) <= set(keys) | {0}
    assert index.keyframes[0] == 0


def test_edit_lists_are_honoured(tmp_path: Path) -> None:
    path = write_media(tmp_path / "cut.mp4", Video(regular_ticks(50, 1, -10), options={"bf": "3"}))
    index = index_frames(path)
    assert len(index) == count_frames(path) == 40
    assert index.pts_us.tolist() == [frame.pts_us for frame in decoded_frames(path)]


def test_packets_are_enough_for_usual_files(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> FrameIndex:
        raise AssertionError("decoded everything")

    monkeypatch.setattr(index_module, "_from_decoder", never)
    for name in ("constant.mp4", "open_groups.mkv", "starts_late.ts", "vp8.webm"):
        assert len(index_frames(kind(name))) == len(VIDEO_KINDS[name].ticks)


def test_disagreement_means_decoding_everything(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubled = FrameIndex(np.arange(0, 2_000_000, 20_000), np.zeros(1, np.int64), 1.0)
    monkeypatch.setattr(index_module, "_from_packets", lambda *_: doubled)
    assert len(index_frames(kind("constant.mp4"))) == 50


def test_progress_grows_to_one_and_may_end_the_work(kind: Kind) -> None:
    class EnoughError(Exception):
        pass

    def stop(part: float) -> None:
        raise EnoughError

    for name in ("long_groups.mp4", "without_times.h264"):
        parts: list[float] = []
        index_frames(kind(name), parts.append)
        assert parts == sorted(parts)
        assert 0 <= parts[0] <= parts[-1] == 1
        with pytest.raises(EnoughError):
            index_frames(kind(name), stop)


def test_comparing_the_last_group_of_pictures_may_be_ended(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(part: float) -> None:
        raise ZeroDivisionError

    def never(*_: object) -> FrameIndex:
        raise AssertionError("went on")

    monkeypatch.setattr(index_module, "_agreeing", never)
    with pytest.raises(ZeroDivisionError):
        index_frames(kind("long_groups.mp4"), stop)


def test_counting_by_decoding_may_be_ended_before_every_packet(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    monkeypatch.setattr(index_module, "_from_packets", lambda *_: None)
    assert len(index_frames(kind("constant.mp4"), asked.append)) == 50
    assert len(asked) > 50
    assert asked == sorted(asked)


def test_no_video(tmp_path: Path) -> None:
    path = write_media(tmp_path / "sound.flac", audio=Audio(codec="flac"))
    with pytest.raises(MediaError, match="no video stream"):
        index_frames(path)


@given(
    st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=30, unique=True),
    st.integers(-(2 * 10**9), 2 * 10**9),
    st.data(),
)
def test_numbers_and_times(times_us: list[int], time_us: int, data: st.DataObject) -> None:
    times_us.sort()
    later = sorted(data.draw(st.sets(st.integers(1, len(times_us)))))
    keys = [key for key in [0, *later] if key < len(times_us)]
    index = FrameIndex(np.array(times_us), np.array(keys), 1.0)
    number = index.number_at(time_us)
    assert number == max(0, sum(each <= time_us for each in times_us) - 1)
    assert index.number_at(index.time_us(number)) == number
    assert index.keyframe_before(number) == max(key for key in keys if key <= number)


def test_numbers_out_of_range_mean_the_ends() -> None:
    index = FrameIndex(np.array([10, 20, 30]), np.array([0]), 1.0)
    assert (index.time_us(-5), index.time_us(99)) == (10, 30)


@pytest.mark.parametrize(
    ("gaps_us", "tick_us", "variable"),
    [
        ([33_000, 33_000, 34_000] * 9, 1000.0, False),
        ([33_366, 33_367] * 9, 1e6 / 30_000, False),
        ([40_000, 40_000, 80_000], 40_000.0, True),
        ([40_000] * 20 + [41_500], 1000.0, True),
        ([40_000], 1.0, False),
    ],
)
def test_rounding_to_the_time_base_is_no_variable_rate(
    gaps_us: list[int], tick_us: float, variable: bool
) -> None:
    pts_us = np.concatenate([[0], np.cumsum(gaps_us)])
    assert FrameIndex(pts_us, np.array([0]), tick_us).variable_rate is variable


@pytest.mark.parametrize("joint_us", [-5, 0, 80_000, 90_000, 2_000_000])
def test_joints_beside_the_pictures_are_between_none_of_them(joint_us: int) -> None:
    pts_us = np.arange(3) * 40_000
    assert not FrameIndex(pts_us, np.array([0]), 1.0, (joint_us,)).variable_rate


def test_the_first_picture_of_theora_is_shown_when_it_is_decoded(tmp_path: Path) -> None:
    with open_media(theora(tmp_path / "two.ogv")) as container:
        first, second, _ = packets(container, *container.streams)
        # As FFmpeg says it of files whose first picture goes on from page to page.
        first.pts, first.dts = 1, 0
        for packet in (first, second):
            part_from_next(packet)
        assert (first.pts, second.pts) == (0, 1)


def theora(path: Path) -> Path:
    """The headers of Theora and two packets with nothing in them that could be decoded."""
    size = b"\0\1\0\1" + b"\0\0\x10" * 2 + b"\0\0"
    rate = struct.pack(">II", 25, 1) + b"\0\0\1" * 2 + bytes(4) + b"\1\x80"
    headers = [b"\x80theora\3\2\1" + size + rate]
    more = [b"\x81theora" + bytes(8), b"\x82theora" + bytes(8)]
    pictures = [bytes(20), b"\x40" + bytes(9)]
    pages = ((2, 0, headers), (0, 0, more), (4, (1 << 6) | 1, pictures))
    path.write_bytes(b"".join(ogg_page(number, *page) for number, page in enumerate(pages)))
    return path


def ogg_page(number: int, flags: int, granule: int, parts: list[bytes]) -> bytes:
    """A page (RFC 3533) of packets that are shorter than 255 bytes."""
    head = b"OggS" + struct.pack("<BBqII", 0, flags, granule, 7, number)
    page = head + bytes(4) + bytes([len(parts), *map(len, parts)]) + b"".join(parts)
    check = 0
    for byte in page:
        check ^= byte << 24
        for _ in range(8):
            check = (check << 1 ^ (0x04C11DB7 if check >> 31 else 0)) & 0xFFFFFFFF
    return page[:22] + struct.pack("<I", check) + page[26:]
