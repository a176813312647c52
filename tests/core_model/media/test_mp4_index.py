"""The index of an MP4 says what its packets say, or is not used."""

from pathlib import Path

import numpy as np
import pytest

from core_model.media import index as index_module
from core_model.media.container import open_media, packets, video_stream
from core_model.media.index import index_frames
from core_model.media.mp4_index import packet_times
from tests.core_model.media.kinds import VIDEO_KINDS, Kind, written_times_us
from tests.core_model.media.oddities import ODDITIES
from tests.media_factory import Audio, Video, regular_ticks, write_media

RAGGED = (0, 1, 3, 4, 8, 9, 20, 21, 22, 30, 40, 41, 60, 61, 62, 90, 91, 95)
INDEXED = {
    "constant.mp4": Video(regular_ticks(120), options={"bf": "3", "g": "12"}),
    "no_b_frames.mp4": Video(regular_ticks(120), options={"bf": "0", "g": "12"}),
    "ragged.mp4": Video(RAGGED, options={"bf": "3", "g": "6"}),
    "ragged_no_b_frames.mov": Video(RAGGED, options={"bf": "0"}),
    "late.mp4": Video(regular_ticks(60, 1, 125), options={"bf": "3", "g": "12"}),
    "one.mp4": Video((0,)),
    "hevc.mp4": Video(
        regular_ticks(60),
        codec="libx265",
        options={"x265-params": "keyint=20:open-gop=1:bframes=4:log-level=none"},
    ),
}


@pytest.mark.parametrize("name", INDEXED)
@pytest.mark.parametrize("options", [{}, {"movflags": "faststart+negative_cts_offsets"}])
def test_is_what_the_packets_say(tmp_path: Path, name: str, options: dict[str, str]) -> None:
    path = write_media(tmp_path / name, INDEXED[name], Audio(), options=options)
    with open_media(path) as container:
        read = packet_times(path, container, video_stream(path, container))
    assert read is not None
    with open_media(path) as container:
        stream = video_stream(path, container)
        demuxed = [
            (packet.pts, packet.is_keyframe)
            for packet in packets(container, stream)
            if packet.size and not packet.is_discard
        ]
    assert list(zip(read.pts.tolist(), read.is_key.tolist(), strict=True)) == demuxed


def test_packets_are_not_read(kind: Kind, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def never(*_: object) -> None:
        raise AssertionError("read all packets")

    monkeypatch.setattr(index_module, "_read_packets", never)
    for name in ("constant.mp4", "open_groups.mp4", "ragged.mp4", "hevc.mp4", "starts_late.mp4"):
        assert index_frames(kind(name)).pts_us.tolist() == written_times_us(name)
        assert len(index_frames(kind(name))) == len(VIDEO_KINDS[name].ticks)


@pytest.mark.parametrize(
    "name",
    ["fragments.mp4", "fragments_behind_an_index.mp4", "cut_fragments.mp4", "live.mkv", "disc.vob"],
)
def test_an_index_that_is_not_all_is_not_used(tmp_path: Path, name: str) -> None:
    ODDITIES[name](tmp_path / name)
    with open_media(tmp_path / name) as container:
        stream = video_stream(tmp_path / name, container)
        assert packet_times(tmp_path / name, container, stream) is None


@pytest.mark.parametrize("how", ["rows", "offsets", "missing"])
def test_a_damaged_table_is_not_believed(tmp_path: Path, how: str) -> None:
    path = write_media(tmp_path / "film.mp4", INDEXED["ragged.mp4"])
    data = bytearray(path.read_bytes())
    place = data.index(b"ctts")
    if how == "rows":
        data[place + 8 : place + 12] = (9).to_bytes(4, "big")
    elif how == "offsets":
        data[place + 16 : place + 20] = (77).to_bytes(4, "big")
    path.write_bytes(data)
    whole = path.read_bytes()
    with open_media(path) as container:
        stream = video_stream(path, container)
        if how == "missing":
            # The demuxer has read it; the file loses it afterwards.
            path.write_bytes(whole.replace(b"ctts", b"free"))
            assert packet_times(path, container, stream) is None
            return
        read = packet_times(path, container, stream)
    with open_media(path) as container:
        stream = video_stream(path, container)
        pts = [
            packet.pts
            for packet in packets(container, stream)
            if packet.size and not packet.is_discard
        ]
    assert read is None or np.array_equal(read.pts, pts)


def test_an_index_without_key_frames_is_not_used(tmp_path: Path) -> None:
    path = write_media(tmp_path / "film.mp4", INDEXED["no_b_frames.mp4"])
    data = bytearray(path.read_bytes())
    place = data.index(b"stss") + 8
    for number in range(int.from_bytes(data[place : place + 4], "big")):
        entry = place + 4 + 4 * number
        data[entry : entry + 4] = (9_999).to_bytes(4, "big")
    path.write_bytes(data)
    assert len(index_frames(path)) == 120


def test_a_file_that_is_gone_has_no_index(tmp_path: Path) -> None:
    path = write_media(tmp_path / "film.mp4", INDEXED["constant.mp4"])
    with open_media(path) as container:
        stream = video_stream(path, container)
        assert packet_times(tmp_path / "gone.mp4", container, stream) is None
