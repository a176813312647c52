import argparse
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.headless import info
from tests.joined_media import three_parts
from tests.media_factory import Audio, Video, regular_ticks, write_media

ROOT = Path(__file__).resolve().parents[3]


def _run(*arguments: str | Path) -> int:
    parser = argparse.ArgumentParser()
    info.add_arguments(parser.add_subparsers(dest="command"))
    return info.run(parser.parse_args(["info", *map(str, arguments)]))


@pytest.fixture
def both(tmp_path: Path) -> Path:
    video = Video(regular_ticks(50, 1, 100), options={"bf": "3"})
    return write_media(tmp_path / "both.ts", video, Audio(((4.0, 2.0),), channels=2))


@pytest.fixture
def turned(tmp_path: Path) -> Path:
    video = Video((0, 1, 2, 5, 9), rotation_deg=-90)
    return write_media(tmp_path / "turned.mp4", video)


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return write_media(tmp_path / "sound.wav", audio=Audio(codec="pcm_s16le"))


def test_one_json_object_per_file(
    both: Path, turned: Path, sound: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("--format", "json", both, turned, sound) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    first, second, third = map(json.loads, printed.out.splitlines())
    assert first["path"] == str(both)
    assert first["video"] == {
        "codec": "h264",
        "width": 64,
        "height": 48,
        "rotation_deg": 0,
        "frames": 50,
        "variable_rate": False,
        "first_s": 4.0,
        "last_s": 5.96,
    }
    assert (first["audio"].pop("first_s"), first["audio"].pop("duration_s")) == (
        pytest.approx(4.0, abs=0.03),
        pytest.approx(2.0, abs=0.03),
    )
    assert first["audio"] == {"codec": "aac", "sample_rate_hz": 44100, "channels": 2}
    assert first["duration_s"] == pytest.approx(2.0, abs=0.05)
    assert second["audio"] is None
    assert second["video"] == {
        "codec": "h264",
        "width": 48,
        "height": 64,
        "rotation_deg": 90,
        "frames": 5,
        "variable_rate": True,
        "first_s": 0.0,
        "last_s": 0.36,
    }
    assert third == {
        "path": str(sound),
        "duration_s": 2.0,
        "video": None,
        "audio": {
            "codec": "pcm_s16le",
            "sample_rate_hz": 44100,
            "channels": 1,
            "first_s": 0.0,
            "duration_s": 2.0,
        },
    }


def test_a_bad_file_is_said_and_the_rest_done(
    both: Path, sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.mp4").write_text("no media", encoding="utf-8")
    assert _run("--format", "json", tmp_path / "text.mp4", both, tmp_path / "gone.avi", sound) == 1
    printed = capsys.readouterr()
    assert printed.err.splitlines() == [
        "text.mp4: file: is text, not media",
        "gone.avi: file: no such file",
    ]
    assert [json.loads(line)["path"] for line in printed.out.splitlines()] == [
        str(both),
        str(sound),
    ]


def test_what_does_not_play_is_noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_media(tmp_path / "odd.mkv", Video(), Audio())
    path.write_bytes(path.read_bytes().replace(b"A_AAC", b"A_XYZ"))
    assert _run(path) == 0
    assert capsys.readouterr().err == (
        "odd.mkv: audio stream 1 is in a codec for which there is no decoder\n"
    )


def test_table(both: Path, turned: Path, sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(both, turned, sound) == 0
    header, rule, *rows = capsys.readouterr().out.splitlines()
    columns = [place for place in range(len(rule)) if rule[place] == "-" and rule[place - 1] == " "]
    assert header.split() == list(info._HEADERS)
    for row in rows:
        assert all(row[place - 1] == " " for place in columns if place < len(row))
    assert "50, constant rate  4.000 to 5.960 s" in rows[0]
    assert "48 x 64, turned 90°  5, variable rate" in rows[1]
    assert "44100 Hz, mono    0.000 to 2.000 s" in rows[2]


def test_nothing_is_printed_when_every_file_is_bad(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(tmp_path) == 1
    assert capsys.readouterr().out == ""


@given(st.lists(st.lists(st.text("ab ", max_size=6), min_size=3, max_size=3), max_size=4))
def test_columns_are_aligned(rows: list[list[str]]) -> None:
    lines = info.table(("one", "two", "three"), rows).split("\n")
    assert len(lines) == len(rows) + 2
    widths = [len(part) for part in lines[1].split("  ")]
    starts = [0, widths[0] + 2, widths[0] + widths[1] + 4]
    for row, line in zip(rows, lines[2:], strict=True):
        for start, width, cell in zip(starts, widths, row, strict=True):
            assert line[start : start + width].rstrip() == cell.rstrip()


@pytest.mark.parametrize(
    ("duration_s", "clock"),
    [(0.0, "0:00.000"), (59.9996, "1:00.000"), (61.25, "1:01.250"), (3723.5, "1:02:03.500")],
)
def test_clock(duration_s: float, clock: str) -> None:
    assert info._clock(duration_s) == clock


def test_through_the_front_door_without_qt_or_torch(sound: Path) -> None:
    program = (
        "import sys, main\n"
        f"code = main.main(['info', '--format', 'json', {str(sound)!r}])\n"
        "assert not {'PySide6', 'torch'} & set(sys.modules)\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["duration_s"] == 2.0


def test_a_joined_file_is_as_long_as_all_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = three_parts(tmp_path / "three.mpg")
    assert _run("--format", "json", path) == 0
    out, err = capsys.readouterr()
    report = json.loads(out)
    assert report["duration_s"] == pytest.approx(6, abs=0.2)
    assert report["video"]["frames"] == 150
    assert not report["video"]["variable_rate"]
    assert report["video"]["last_s"] - report["video"]["first_s"] == pytest.approx(5.96, abs=0.2)
    assert report["audio"]["duration_s"] == pytest.approx(6, abs=0.2)
    assert err == "three.mpg: 3 recordings put together, which play one after the other\n"
