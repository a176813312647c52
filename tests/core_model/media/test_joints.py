"""Several files put into one: what does not play is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from core_model.media.joints import BEGINS_AGAIN
from core_model.media.probe import probe
from tests.media_factory import Audio, Video, regular_ticks, write_media

FRAMES = 250
PICTURES = Video(regular_ticks(FRAMES), codec="mpeg2video", options={"bf": "2", "g": "12"})
SOUND = Audio(((0.0, 10.0),), codec="libopus", rate_hz=48_000)


def write_part(path: Path) -> Path:
    if path.suffix == ".ogg":
        return write_media(path, None, SOUND)
    return write_media(path, PICTURES)


@pytest.mark.parametrize("suffix", [".ts", ".mpg", ".ogg"])
def test_time_stamps_that_begin_again_are_noted(tmp_path: Path, suffix: str) -> None:
    part = write_part(tmp_path / f"part{suffix}")
    joined = tmp_path / f"joined{suffix}"
    joined.write_bytes(part.read_bytes() * 2)
    assert probe(part).notes == ()
    assert probe(joined).notes == (BEGINS_AGAIN,)


def test_parts_whose_time_goes_on_are_one_file(tmp_path: Path) -> None:
    parts = [
        write_media(
            tmp_path / f"{first}.ts", Video(regular_ticks(125, 1, first), codec="mpeg2video")
        )
        for first in (0, 125)
    ]
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert probe(joined).notes == ()
