"""Every clip of the folder of real media opens, and its streams decode to their ends."""

from pathlib import Path

import numpy as np
import pytest

from core_model.media.audio import samples
from core_model.media.decoding import decoded_frames
from core_model.media.index import index_frames
from core_model.media.probe import probe

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data" / "clips"
CLIPS = sorted(FOLDER.iterdir()) if FOLDER.is_dir() else []

pytestmark = pytest.mark.skipif(not CLIPS, reason="no folder of real media beside the project")


@pytest.mark.parametrize("path", CLIPS, ids=lambda path: path.name)
def test_clip(path: Path) -> None:
    info = probe(path)
    assert info.video is not None
    assert info.notes == ()
    times_us = [frame.pts_us for frame in decoded_frames(path)]
    assert times_us == index_frames(path).pts_us.tolist()
    assert times_us[0] == info.video.start_us
    assert times_us[-1] < info.video.end_us <= times_us[-1] + 200_000
    if info.audio is not None:
        chunks = list(samples(path))
        end_us = chunks[0].pts_us + sum(len(chunk.samples) for chunk in chunks) * 62.5
        assert chunks[0].pts_us == info.audio.start_us
        assert end_us == pytest.approx(info.audio.end_us, abs=50_000)


@pytest.mark.parametrize("path", CLIPS, ids=lambda path: path.name)
def test_after_a_seek_pictures_are_those_of_reading_on(path: Path) -> None:
    straight = {
        frame.pts_us: frame.picture.to_ndarray()
        for number, frame in enumerate(decoded_frames(path))
        if number % 75 == 40
    }
    for pts_us, pixels in straight.items():
        sought = next(decoded_frames(path, pts_us))
        assert sought.pts_us == pts_us
        assert np.array_equal(sought.picture.to_ndarray(), pixels)
