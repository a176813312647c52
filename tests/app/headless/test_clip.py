"""``main.py clip``."""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path

import pytest

from app.headless import clip
from core_model.media.video import frames
from tests.media_factory import Audio, Video, read_number, regular_ticks, write_media


def run(*arguments: str | Path) -> int:
    parser = argparse.ArgumentParser()
    clip.add_arguments(parser.add_subparsers(dest="command"))
    return clip.run(parser.parse_args(["clip", *map(str, arguments)]))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    options = {"g": "10", "sc_threshold": "0"}
    return write_media(tmp_path / "a.mp4", Video(regular_ticks(50), options=options), Audio())


def test_the_clip_begins_and_ends_where_it_was_asked_to(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out.mp4"
    assert run(source, "--from", "0.4", "--to", "00:00:00.800", "--out", target) == 0
    with closing(frames(target)) as shown:
        assert [read_number(frame.image) for frame in shown] == list(range(10, 20))
    said = capsys.readouterr()
    assert said.out == f"{target}  0.400 s to 0.800 s  video copied, sound coded anew\n"
    assert said.err == ""


def test_nothing_is_overwritten_unasked(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out.wav"
    target.write_bytes(b"precious")
    arguments = (source, "--from", "0", "--to", "1", "--out", target)
    assert run(*arguments) == 1
    assert capsys.readouterr().err == "out.wav: file: exists already; --force replaces it\n"
    assert run(*arguments, "--force") == 0
    assert target.read_bytes()[:4] == b"RIFF"
    before = source.read_bytes()
    assert run(source, "--from", "0", "--to", "1", "--out", source, "--force") == 1
    assert source.read_bytes() == before


@pytest.mark.parametrize(
    ("begin", "end", "name", "code", "reason"),
    [
        ("1", "1", "out.mp4", 2, "--to must be later than --from"),
        ("0", "1", "out.xyz", 2, "out.xyz: file: a clip's name must end in one of: .mp4"),
        ("7", "8", "out.mp4", 1, "nothing lies from 7.000 s to 8.000 s; the file goes from 0.000"),
        ("0", "1", "no/out.mp4", 1, "out.mp4: file: there is no folder"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    source: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    begin: str,
    end: str,
    name: str,
    code: int,
    reason: str,
) -> None:
    assert run(source, "--from", begin, "--to", end, "--out", tmp_path / name) == code
    said = capsys.readouterr().err
    assert reason in said and said.count("\n") == 1
    assert not (tmp_path / name).exists()


def test_a_missing_file_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "out.mp4"
    assert run(tmp_path / "no.mp4", "--from", "0", "--to", "1", "--out", target) == 1
    assert capsys.readouterr().err == "no.mp4: file: no such file\n"
