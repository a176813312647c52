"""One frame at its full size, and PNG files without loss."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from pathlib import Path

import av
import numpy as np
import pytest

from core_model.media.errors import MediaError
from core_model.media.still import frame_at, png_bytes, write_png
from core_model.media.video import frames
from tests.media_factory import Audio, Video, read_number, regular_ticks, write_media


def read_png(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")


def test_a_png_holds_every_pixel_as_it_is(tmp_path: Path) -> None:
    image = np.random.default_rng(3).integers(0, 256, (37, 53, 3), dtype=np.uint8)
    target = tmp_path / "picture.png"
    write_png(target, image)
    assert target.read_bytes() == png_bytes(image)
    np.testing.assert_array_equal(read_png(target), image)


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"picture\.png: file: cannot be written: no such file"):
        write_png(tmp_path / "missing" / "picture.png", np.zeros((2, 2, 3), np.uint8))


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right of their own there")
def test_a_link_leads_to_the_picture_and_a_pipe_stays(tmp_path: Path) -> None:
    image = np.zeros((2, 2, 3), np.uint8)
    link, target, pipe = (tmp_path / name for name in ("link.png", "picture.png", "pipe.png"))
    link.symlink_to(target)
    write_png(link, image)
    assert link.is_symlink() and target.read_bytes() == png_bytes(image)
    os.mkfifo(pipe)
    with pytest.raises(MediaError, match="is no plain file"):
        write_png(pipe, image)
    assert pipe.is_fifo()


def test_a_picture_that_was_there_stays_where_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "picture.png"
    target.write_text("precious", encoding="utf-8")

    def fill_up(self: Path, data: bytes) -> None:
        with self.open("wb") as file:
            file.write(data[:5])
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", fill_up)
    with pytest.raises(MediaError, match="cannot be written: no space left on device"):
        write_png(target, np.zeros((2, 2, 3), np.uint8))
    assert target.read_text(encoding="utf-8") == "precious"
    assert list(tmp_path.iterdir()) == [target]


def test_the_frame_of_a_moment_is_the_one_on_screen(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.mp4", Video(regular_ticks(50), rotation_deg=90))
    for time_us, number in ((0, 0), (39_999, 0), (40_000, 1), (1_230_000, 30), (9_000_000, 49)):
        frame = frame_at(path, time_us)
        assert frame.pts_us == 40_000 * number
        with closing(frames(path, time_us, pixel_format="bgra")) as shown:
            np.testing.assert_array_equal(frame.image, next(shown).image[:, :, 2::-1])
    assert read_number(np.rot90(frame.image, -1)) == 49


def test_sound_has_no_frame(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.wav", audio=Audio(codec="pcm_s16le"))
    with pytest.raises(MediaError, match="video"):
        frame_at(path, 0)
