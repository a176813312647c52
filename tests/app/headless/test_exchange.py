"""The commands about annotations, from the files of others to a project and out again."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

import main
from app.headless.import_annotations import with_names_of
from core_model.timeline import Task
from training.annotations.interchange import read
from training.annotations.model import AnnotationSet, Segment, Video

DESED = (
    "filename\tonset\toffset\tevent_label\n"
    "a.wav\t0.500\t1.250\tDog\n"
    "a.wav\t1.000\t3.000\tSpeech\n"
    "b.wav\t\t\t\n"
)


def run(*arguments: str | Path) -> int:
    return main.main([str(argument) for argument in arguments])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one imported file."""
    (tmp_path / "desed.tsv").write_text(DESED, encoding="utf-8")
    path = tmp_path / "work.avscope"
    assert run("import", tmp_path / "desed.tsv", "--project", path) == 0
    return path


def test_import_makes_a_project_and_lists_missing_videos(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = project.parent / "desed.tsv"
    assert run("import", again, "--project", project.parent / "other.avscope") == 0
    assert "2 events on 2 videos" in capsys.readouterr().out
    assert run("status", "--project", project, "--format", "json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["events"] == 2
    assert [(each["video"], each["missing"], each["events"]) for each in report["videos"]] == [
        ("a.wav", True, 2),
        ("b.wav", True, 0),
    ]
    assert {each["label"]: each["kind"] for each in report["labels"]} == {
        "Dog": "sed",
        "Speech": "sed",
    }
    assert run("status", "--project", project) == 0
    assert "missing" in capsys.readouterr().out


def test_video_that_is_there_is_found(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project.parent / "a.wav").write_bytes(b"sound")
    run("status", "--project", project, "--format", "json")
    videos = json.loads(capsys.readouterr().out.splitlines()[-1])["videos"]
    assert [each["missing"] for each in videos] == [False, True]


def test_export_tsv_has_the_columns_of_desed(project: Path) -> None:
    out = project.parent / "out.tsv"
    assert run("export", "--project", project, "--format", "tsv", "--out", out) == 0
    assert out.read_text(encoding="utf-8") == (
        "filename\tonset\toffset\tevent_label\n"
        "a.wav\t0.500000\t1.250000\tDog\n"
        "a.wav\t1.000000\t3.000000\tSpeech\n"
        "b.wav\t\t\t\n"
    )


def test_export_of_one_video_and_of_one_file_per_video(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = project.parent / "out"
    assert run("export", "--project", project, "--format", "vtt", "--out", out) == 0
    assert sorted(path.name for path in out.iterdir()) == ["a.vtt", "b.vtt"]
    one = project.parent / "one.vtt"
    arguments = ("--project", project, "--format", "webvtt", "--video", "a.wav", "--out", one)
    assert run("export", *arguments) == 0
    assert one.read_bytes() == (out / "a.vtt").read_bytes()
    assert "not kept: name of the video: 1" in capsys.readouterr().err


def test_videos_of_a_file_are_those_of_the_project(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = project.parent / "unav.json"
    entry = {"annotations": [{"segment": [0, 1], "label": "run", "label_id": 3}]}
    path.write_text(json.dumps({"database": {"a": entry}}), encoding="utf-8")
    labels = project.parent / "b.txt"
    labels.write_text("0.5\t1.5\tcat\n", encoding="utf-8")
    assert run("import", path, labels, "--project", project, "--kind", "avel") == 0
    capsys.readouterr()
    run("status", "--project", project, "--format", "json")
    report = json.loads(capsys.readouterr().out)
    assert [(each["video"], each["events"]) for each in report["videos"]] == [
        ("a.wav", 3),
        ("b.wav", 1),
    ]
    assert {"kind": "avel", "label": "cat", "events": 1} in report["labels"]


def test_a_bad_file_fails_and_the_others_are_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, good, project = tmp_path / "bad.tsv", tmp_path / "good.tsv", tmp_path / "p.avscope"
    bad.write_text(DESED.replace("1.250", "soon"), encoding="utf-8")
    good.write_text(DESED, encoding="utf-8")
    assert run("import", bad, "--project", project) == 1
    assert not project.exists()
    assert run("import", bad, good, "--project", project) == 1
    said = capsys.readouterr()
    assert said.err.splitlines()[-1] == "bad.tsv: line 2: 'soon' is no time in seconds"
    assert "good.tsv: 2 events" in said.out


@pytest.mark.parametrize("command", ["status", "export"])
def test_missing_project_is_one_line(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rest = () if command == "status" else ("--format", "csv", "--out", tmp_path / "x.csv")
    assert run(command, "--project", tmp_path / "no.avscope", *rest) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "no.avscope" in said


def test_a_user_whom_the_system_does_not_know_may_work(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr("getpass.getuser", unknown)
    assert run("import", project.parent / "desed.tsv", "--project", project) == 0
    assert run("status", "--project", project) == 0
    assert "a.wav" in capsys.readouterr().out


def test_names_that_are_too_long_are_one_line(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    long = tmp_path / f"{'x' * 300}.csv"
    for arguments in (
        ("status", "--project", long),
        ("import", tmp_path / "desed.tsv", "--project", long),
        ("convert", tmp_path / "desed.tsv", "--to", "csv", "--out", long),
    ):
        capsys.readouterr()
        assert run(*arguments) == 1
        said = capsys.readouterr().err
        assert said.count("\n") == 1 and "too long" in said


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and links of POSIX")
def test_what_is_no_plain_file_is_not_replaced(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe, link, place = tmp_path / "pipe", tmp_path / "link.csv", tmp_path / "place.csv"
    os.mkfifo(pipe)
    link.symlink_to(place)
    assert run("export", "--project", project, "--format", "csv", "--out", pipe) == 1
    assert capsys.readouterr().err == "pipe: is no plain file\n" and pipe.is_fifo()
    assert run("export", "--project", project, "--format", "csv", "--out", link) == 0
    assert link.is_symlink() and "Speech" in place.read_text(encoding="utf-8")


def test_convert(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given, out = tmp_path / "given.tsv", tmp_path / "out.eaf"
    given.write_text(DESED, encoding="utf-8")
    assert run("convert", given, "--to", "elan", "--out", out, "--video", "a.wav") == 0
    assert "2 events" in capsys.readouterr().out
    found = read(out)
    assert found.format == "eaf"
    assert [each.label for each in found.annotations.segments] == ["Dog", "Speech"]
    assert run("convert", tmp_path / "no.tsv", "--to", "csv", "--out", out) == 1
    assert run("convert", given, "--to", "csv", "--out", tmp_path) == 1
    with pytest.raises(SystemExit):
        run("convert", given, "--to", "docx", "--out", out)


def test_agreement_of_two_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, times in (("a", (155.105, 169.855)), ("b", (156.405, 170.852))):
        lines = "".join(f"{time}\t{time}\tp\n" for time in times)
        (tmp_path / f"{name}.txt").write_text(lines, encoding="utf-8")
    files = (tmp_path / "a.txt", tmp_path / "b.txt")
    assert run("agreement", *files, "--collar", "1.1", "--format", "json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["overall"]["matched"] == 1
    assert [each["what"] for each in report["disagreements"]] == ["only first", "only second"]
    assert run("agreement", *files, "--collar", "2") == 0
    assert "1.000" in capsys.readouterr().out


def test_agreement_of_two_annotators_of_a_project(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ("a.mp4,0,1,dog,anna", "a.mp4,0.1,1,dog,bo", "a.mp4,5,6,cat,bo", "c.mp4,0,1,dog,anna")
    path, project = tmp_path / "two.csv", tmp_path / "p.avscope"
    text = "filename,onset,offset,label,annotator\n" + "\n".join(rows)
    path.write_text(text, encoding="utf-8")
    run("import", path, "--project", project)
    capsys.readouterr()
    named = ("agreement", "--project", project, "--annotators")
    assert run(*named, "anna", "bo", "--format", "json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["overall"]["first"], report["overall"]["second"]) == (1, 2)
    assert report["overall"]["matched"] == 1
    assert run(*named, "anna", "cleo") == 1
    assert capsys.readouterr().err == "p.avscope: nothing by 'cleo'; there are anna, bo\n"
    assert run("agreement", path) == 1


def test_accents_that_stand_alone_are_the_same_name() -> None:
    apart, composed = "sub/cafe\u0301.mp4", "caf\u00e9.mp4"
    videos = AnnotationSet((Video(composed),), (), (Segment(composed, Task.SED, "bark", 0, 1),))
    (segment,) = with_names_of(videos, [apart, "other.mp4"]).segments
    assert segment.video == apart
    both = [f"sub/{composed}", apart]
    assert with_names_of(videos, both) == videos
