"""Full-colour H.264 is decoded after a seek as it is from the start."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core_model.media.container import open_media, video_stream
from core_model.media.decoding import decoded_frames
from core_model.media.priming import prime
from tests.media_factory import Video, regular_ticks, write_media

FRAMES = 40


def film(path: Path, pixel_format: str) -> Path:
    options = {"g": "10", "keyint_min": "10"}
    video = Video(ticks=regular_ticks(FRAMES), pixel_format=pixel_format, options=options)
    return write_media(path, video)


@pytest.mark.parametrize("pixel_format", ["yuv444p", "yuv420p"])
def test_only_full_colour_reads_the_first_packet(tmp_path: Path, pixel_format: str) -> None:
    path = film(tmp_path / "film.mp4", pixel_format)
    with open_media(path) as container:
        stream = video_stream(path, container)
        prime(container, stream)
        assert stream.codec_context.is_open == (pixel_format == "yuv444p")


def test_reading_it_moves_no_frame(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4", "yuv444p")
    straight = {each.pts_us: each.picture.to_ndarray() for each in decoded_frames(path)}
    assert len(straight) == FRAMES
    for start_us in (1_200_000, 480_000, 0):
        first = next(decoded_frames(path, start_us))
        assert first.pts_us == start_us
        assert np.array_equal(first.picture.to_ndarray(), straight[start_us])
