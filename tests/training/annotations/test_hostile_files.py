"""Files that are broken, made to harm, or nonsense: one clear line, or a result."""

from __future__ import annotations

import gzip
import json
import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.annotations.projects import random_project
from training.annotations.errors import AnnotationError
from training.annotations.interchange import READABLE, WRITABLE, encode, read, source

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE z [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {y} "{f"&{x};" * 10}">' for x, y in pairwise("abcdefghi"))
    + "]><ANNOTATION_DOCUMENT>&i;</ANNOTATION_DOCUMENT>"
)
ENTITY = (
    '<?xml version="1.0"?><!DOCTYPE z [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    "<ANNOTATION_DOCUMENT>&x;</ANNOTATION_DOCUMENT>"
)


def outcome(path: Path, name: str | None = None) -> str:
    """The error's line, or "" for a result."""
    try:
        read(path, name)
    except AnnotationError as error:
        assert "\n" not in str(error)
        assert str(error).startswith(path.name)
        return str(error)
    return ""


@pytest.mark.parametrize("name", [None, *READABLE])
@settings(max_examples=20)
@given(data=st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_any_bytes(name: str | None, data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "file.dat"
    path.write_bytes(data)
    outcome(path, name)


@pytest.mark.parametrize("name", WRITABLE)
def test_mutated_files(name: str, tmp_path: Path) -> None:
    chance = random.Random(name)
    good, _ = encode(random_project(1, videos=1, segments=12), name)
    path = tmp_path / "file.dat"
    for _ in range(60):
        data = bytearray(good)
        for _ in range(chance.randrange(1, 6)):
            place = chance.randrange(len(data))
            match chance.randrange(4):
                case 0:
                    data[place] = chance.randrange(256)
                case 1:
                    del data[place : place + chance.randrange(1, 40)]
                case 2:
                    data[place:place] = data[: chance.randrange(60)]
                case _:
                    data[place:place] = chance.choice((b"1e999", b"-", b'"', b"\t", b"9" * 400))
            if not data:
                break
        path.write_bytes(bytes(data))
        outcome(path)
        outcome(path, name)


@pytest.mark.parametrize("text", [BOMB, ENTITY])
def test_entities_are_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb.eaf"
    path.write_text(text, encoding="utf-8")
    assert "entities" in outcome(path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("deep.json", "[" * 200_000),
        ("deep.json", '{"a":' * 200_000),
        ("digits.json", '{"database": ' + "9" * 5_000 + "}"),
        ("cut.json", '{"database": {"a": {"annotations": ['),
        ("long.tsv", "filename\tonset\toffset\tevent_label\na.wav\t0\t1000000000\tdog\n"),
        ("nan.tsv", "filename\tonset\toffset\tevent_label\na.wav\tinf\t1\tdog\n"),
        ("wide.csv", "filename,onset,offset,label\n" + "x," * 600_000),
        ("quote.csv", 'filename,onset,offset,label\na,0,1,"' + "x" * 200_000),
        ("huge.rttm", "SPEAKER a 1 1e300 1 <NA> <NA> b <NA> <NA>"),
        ("late.txt", "0.0\t99999999999999\tdog\n"),
        ("none.TextGrid", 'File type = "ooTextFile"\nObject class = "TextGrid"\n0 1 <exists> 9 "'),
        (
            "counts.TextGrid",
            '"ooTextFile" "TextGrid" 0 1 <exists> 99999999 "IntervalTier" "a" 0 1 5',
        ),
        (
            "quoted.csv",
            '"Observation id,Media file name,Behavior,Start (s),Stop (s)"\n"o,a.mp4,run,1,2"\n',
        ),
        (
            "origin.eaf",
            "<ANNOTATION_DOCUMENT><HEADER><MEDIA_DESCRIPTOR MEDIA_URL='a.mp4' TIME_ORIGIN='--5'/>"
            "</HEADER></ANNOTATION_DOCUMENT>",
        ),
        ("only.vtt", "WEBVTT\n\n99:99:99.000 --> x\ndog\n"),
        ("nul.srt", "1\n00:00:01,000 --> 00:00:02,000\n\0dog\n"),
        (
            "big.json",
            json.dumps(
                {"database": {"a": {"annotations": [{"segment": [0, 10**400], "label": "b"}]}}}
            ),
        ),
        (
            "flat.json",
            json.dumps({"database": {"a": {"annotations": [{"segment": 3, "label": "b"}]}}}),
        ),
    ],
)
def test_absurd_files_are_refused(name: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert outcome(path) != ""


def test_error_names_file_line_and_reason(tmp_path: Path) -> None:
    path = tmp_path / "desed.tsv"
    path.write_text(
        "filename\tonset\toffset\tevent_label\na.wav\t0\t1\tdog\na.wav\tx\t1\tdog\n",
        encoding="utf-8",
    )
    assert outcome(path) == "desed.tsv: line 3: 'x' is no time in seconds"


def test_missing_folder_and_empty_file(tmp_path: Path) -> None:
    assert outcome(tmp_path / "missing.csv").endswith("No such file or directory")
    assert outcome(tmp_path).startswith(tmp_path.name)
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b" \n")
    assert outcome(empty) == "empty.csv: the file is empty"


def test_large_files_are_refused_packed_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "LARGEST_BYTES", 1024**2)
    plain, packed = tmp_path / "plain.txt", tmp_path / "packed.txt.gz"
    plain.write_bytes(b"dog " * 300_000)
    packed.write_bytes(gzip.compress(b"\0" * 5_000_000))
    assert outcome(plain) == "plain.txt: larger than 1 MiB"
    assert outcome(packed) == "packed.txt.gz: larger than 1 MiB"
    packed.write_bytes(gzip.compress(b"dog")[:-6])
    assert "cannot be read" in outcome(packed)


@pytest.mark.parametrize(
    "named",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "C:\\Users\\me\\passwd",
        "file:///C:/Users/passwd",
        "a/../../passwd",
        "\\\\server\\share\\passwd",
    ],
)
def test_no_video_leads_out_of_the_folder(named: str, tmp_path: Path) -> None:
    path = tmp_path / "escape.json"
    entry = {"file": named, "annotations": [{"segment": [0, 1], "label": "dog"}]}
    path.write_text(json.dumps({"database": {"x": entry}}), encoding="utf-8")
    reading = read(path)
    assert reading.annotations.videos[0].name == "passwd"
    assert [loss.what for loss in reading.losses] == ["folders of videos outside the project"]


def test_files_of_one_name_in_two_folders_stay_two(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    path.write_text("filename,onset,offset,label\n/a/x.mp4,0,1,dog\n/b/x.mp4,0,1,cat\n", "utf-8")
    assert [video.name for video in read(path).annotations.videos] == ["x.mp4", "x_2.mp4"]
