"""Reordered pictures whose packets say only when they are decoded are shown in their order."""

from __future__ import annotations

from pathlib import Path

import av

from core_model.media.index import index_frames
from core_model.media.stamps import is_stamped_as_decoded
from core_model.media.still import frame_at
from core_model.media.video import frames
from tests.media_factory import Video, read_number, regular_ticks, write_media

COUNT = 60


def stamped_as_decoded(folder: Path, b_frames: int) -> Path:
    """A video of numbered pictures in which each packet is shown when it is decoded."""
    video = Video(regular_ticks(COUNT, 1), options={"bf": str(b_frames)})
    right, wrong = write_media(folder / "right.mp4", video), folder / "wrong.mp4"
    with av.open(str(right)) as source, av.open(str(wrong), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        first = None
        for packet in source.demux(video=0):
            if packet.dts is None:
                continue
            first = packet.dts if first is None else first
            packet.pts = packet.dts = packet.dts - first
            packet.stream = stream
            target.mux(packet)
    return wrong


def test_every_picture_has_its_place(tmp_path: Path) -> None:
    path = stamped_as_decoded(tmp_path, 3)
    shown = list(frames(path))
    assert [read_number(each.image) for each in shown] == list(range(COUNT))
    index = index_frames(path)
    assert index.pts_us.tolist() == [each.pts_us for each in shown]
    assert not index.variable_rate
    for number in (0, 1, 17, 31, 58, 59):
        assert read_number(frame_at(path, index.time_us(number)).image) == number


def test_files_that_reorder_nothing_are_not_looked_at(tmp_path: Path) -> None:
    path = stamped_as_decoded(tmp_path, 0)
    with av.open(str(path)) as container:
        assert not is_stamped_as_decoded(container.streams.video[0])
    assert [read_number(each.image) for each in frames(path)] == list(range(COUNT))
