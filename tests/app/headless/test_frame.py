"""``main.py frame``."""

from __future__ import annotations

import argparse
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from app.headless import frame
from app.player.time_code import time_code
from tests.media_factory import Audio, Video, read_number, write_media


def run(*arguments: str | Path) -> int:
    parser = argparse.ArgumentParser()
    frame.add_arguments(parser.add_subparsers(dest="command"))
    return frame.run(parser.parse_args(["frame", *map(str, arguments)]))


def number_in(path: Path) -> int:
    with av.open(str(path)) as container:
        return read_number(next(container.decode(video=0)).to_ndarray(format="rgb24"))


@pytest.fixture
def ntsc(tmp_path: Path) -> Path:
    """Frames that begin between milliseconds, the first of them not at zero."""
    ticks = tuple(30_000 + 1001 * number for number in range(40))
    return write_media(tmp_path / "a.mp4", Video(ticks, time_base=Fraction(1, 30_000)))


def test_by_number_by_time_and_by_time_code_it_is_the_same_frame(
    ntsc: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out.png"
    for number in (0, 1, 2, 17, 39):
        time_us = round(Fraction(30_000 + 1001 * number, 30_000) * 1_000_000)
        for option, value in (
            ("--index", str(number)),
            ("--time", f"{time_us / 1e6:.6f}"),
            ("--time", time_code(time_us)),
        ):
            assert run(ntsc, option, value, "--out", target, "--force") == 0
            assert number_in(target) == number
            assert f"at {time_us / 1e6:.6f} s" in capsys.readouterr().out


def test_between_two_frames_the_first_of_them_is_shown(ntsc: Path, tmp_path: Path) -> None:
    assert run(ntsc, "--time", "1.050", "--out", tmp_path / "out.png") == 0
    assert number_in(tmp_path / "out.png") == 1


def test_pixel_aspect_and_rotation_are_those_of_the_window(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    video = Video((0, 1), rotation_deg=90, pixel_aspect=Fraction(2))
    path = write_media(tmp_path / "a.mp4", video)
    assert run(path, "--index", "0", "--out", tmp_path / "out.png") == 0
    with av.open(str(tmp_path / "out.png")) as container:
        picture = container.streams.video[0]
        assert (picture.width, picture.height) == (48, 128)
    assert "48 x 128" in capsys.readouterr().out


def test_nothing_is_overwritten_unasked(ntsc: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.png"
    target.write_bytes(b"precious")
    assert run(ntsc, "--index", "0", "--out", target) == 1
    assert target.read_bytes() == b"precious"
    assert run(ntsc, "--index", "0", "--out", target, "--force") == 0
    assert number_in(target) == 0


def test_the_source_is_never_overwritten(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.mp4", Video((0,))).rename(tmp_path / "a.png")
    before = path.read_bytes()
    assert run(path, "--index", "0", "--out", path, "--force") == 1
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("option", "value", "code", "reason"),
    [
        ("--index", "40", 1, "a.mp4: video: has no frame 40; its frames are 0 to 39"),
        ("--time", "60", 1, "nothing is shown at 60.000 s; the file goes from 1.000 s to 2.3"),
        ("--time", "0.5", 1, "nothing is shown at 0.500 s"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(
    ntsc: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    option: str,
    value: str,
    code: int,
    reason: str,
) -> None:
    assert run(ntsc, option, value, "--out", tmp_path / "out.png") == code
    said = capsys.readouterr().err
    assert reason in said and said.count("\n") == 1
    assert not (tmp_path / "out.png").exists()


def test_only_png_files_are_written(ntsc: Path, tmp_path: Path) -> None:
    assert run(ntsc, "--index", "0", "--out", tmp_path / "out.jpg") == 2


def test_sound_has_no_frame(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_media(tmp_path / "a.wav", audio=Audio(codec="pcm_s16le"))
    for which in (("--time", "0.5"), ("--index", "0")):
        assert run(path, *which, "--out", tmp_path / "out.png") == 1
        assert "a.wav: video: " in capsys.readouterr().err


def test_a_frame_is_named_by_number_or_by_time(ntsc: Path, tmp_path: Path) -> None:
    for wrong in ((), ("--index", "-1"), ("--index", "1", "--time", "1"), ("--time", "x")):
        with pytest.raises(SystemExit) as left:
            run(ntsc, *wrong, "--out", tmp_path / "out.png")
        assert left.value.code == 2


def test_the_picture_holds_the_colours_of_the_file(tmp_path: Path) -> None:
    picture = np.full((48, 64, 3), (200, 60, 30), np.uint8)
    path = write_media(tmp_path / "a.mp4", Video((0,), pictures=[picture]))
    assert run(path, "--index", "0", "--out", tmp_path / "out.png") == 0
    with av.open(str(tmp_path / "out.png")) as container:
        image = next(container.decode(video=0)).to_ndarray(format="rgb24")
    np.testing.assert_allclose(image.astype(int), picture.astype(int), atol=4)
