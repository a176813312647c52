"""Projects written in every format and read again: labels equal, times near, losses true."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.training.annotations.projects import anything, built, random_project
from training.annotations.interchange import FORMATS, WRITABLE, Format, Options, encode, read
from training.annotations.interchange.formats import Reading
from training.annotations.interchange.milliseconds import BEFORE_ZERO, WIDENED
from training.annotations.interchange.report import (
    ANNOTATOR,
    FINE_TIMES,
    KIND,
    NOTE,
    PROVENANCE,
    SCORE,
    STATE,
    VIDEO_NAME,
    Loss,
)
from training.annotations.model import AnnotationSet, Segment, State

FIELDS = {
    KIND: "kind",
    ANNOTATOR: "annotator",
    STATE: "state",
    SCORE: "score",
    NOTE: "note",
    PROVENANCE: "provenance",
    VIDEO_NAME: "video",
}
LABELS_MAY_CHANGE = "labels that look like markup"


def parts(document: AnnotationSet, form: Format) -> list[AnnotationSet]:
    if STATE not in form.keeps:
        live = tuple(each for each in document.segments if each.state is not State.REJECTED)
        document = replace(document, segments=live)
    if not form.single:
        return [document]
    return [document.of_video(video.name) for video in document.videos]


def round_trip(
    document: AnnotationSet, form: Format, folder: Path, options: Options | None = None
) -> tuple[Reading, tuple[Loss, ...]]:
    data, losses = encode(document, form.name)
    path = folder / f"file{form.suffix}"
    path.write_bytes(data)
    return read(path, form.name, options), losses


def check(document: AnnotationSet, form: Format, folder: Path) -> None:
    if not document.segments and encode(document, form.name)[0] == b"":
        return
    reading, losses = round_trip(document, form, folder)
    lost = {loss.what: loss.count for loss in losses}
    again = reading.annotations.segments
    before = Counter(segment.label for segment in document.segments)
    if LABELS_MAY_CHANGE not in lost:
        assert Counter(segment.label for segment in again) == before
    assert len(again) == len(document.segments)
    for what, name in FIELDS.items():
        if what in form.keeps:
            assert what not in lost
            counted = Counter(getattr(segment, name) for segment in document.segments)
            assert Counter(getattr(segment, name) for segment in again) == counted, name
    check_times(document.segments, again, form, lost)


def check_times(
    before: tuple[Segment, ...], after: tuple[Segment, ...], form: Format, lost: dict[str, int]
) -> None:
    exact = {FINE_TIMES, WIDENED, BEFORE_ZERO}.isdisjoint(lost)
    times = Counter((each.onset_us, each.offset_us) for each in before)
    if exact:
        assert Counter((each.onset_us, each.offset_us) for each in after) == times
        return
    # What is too short for the format moves by less than one of its steps, the rest by half of one.
    near_us = form.resolution_us // 2 if WIDENED not in lost else form.resolution_us
    for pick in ("onset_us", "offset_us"):
        ends = sorted(max(getattr(each, pick), 0) for each in before)
        again = sorted(getattr(each, pick) for each in after)
        assert all(abs(one - other) <= near_us for one, other in zip(ends, again, strict=True))


@pytest.mark.parametrize("name", WRITABLE)
@pytest.mark.parametrize("seed", range(3))
def test_project_of_200_segments(name: str, seed: int, tmp_path: Path) -> None:
    form = FORMATS[name]
    for part in parts(random_project(seed), form):
        check(part, form, tmp_path)


@pytest.mark.parametrize("name", WRITABLE)
@settings(max_examples=8)
@given(drawn=anything())
def test_any_project(
    name: str, drawn: tuple[list[str], list[Segment]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    form, document = FORMATS[name], built(drawn)
    folder = tmp_path_factory.mktemp("trip")
    for part in parts(document, form):
        check(part, form, folder)


@settings(max_examples=10)
@given(drawn=anything())
def test_own_format_keeps_everything(
    drawn: tuple[list[str], list[Segment]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    document = built(drawn)
    reading, losses = round_trip(document, FORMATS["avscope"], tmp_path_factory.mktemp("own"))
    assert losses == ()
    assert reading.losses == ()
    assert reading.annotations == document


@pytest.mark.parametrize("name", WRITABLE)
def test_what_is_written_is_recognised(name: str, tmp_path: Path) -> None:
    form = FORMATS[name]
    part = parts(random_project(5, videos=1), form)[0]
    data, _ = encode(part, name)
    path = tmp_path / "unnamed.dat"
    path.write_bytes(data)
    assert read(path).format == name


@pytest.mark.parametrize("name", WRITABLE)
def test_what_is_not_reported_is_kept(name: str, tmp_path: Path) -> None:
    """Each thing that is lost is counted: the report's fields are those that changed."""
    form = FORMATS[name]
    for part in parts(random_project(9), form):
        reading, losses = round_trip(part, form, tmp_path)
        lost = {loss.what for loss in losses}
        for what, field in FIELDS.items():
            before = Counter(getattr(segment, field) for segment in part.segments)
            after = Counter(getattr(segment, field) for segment in reading.annotations.segments)
            assert before == after or what in lost, what


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("name", [name for name in WRITABLE if name != "eaf"])
def test_encodings_and_line_ends(name: str, encoding: str, line_end: str, tmp_path: Path) -> None:
    form = FORMATS[name]
    part = parts(random_project(4, videos=1, segments=30), form)[0]
    data, _ = encode(part, name)
    path = tmp_path / f"file{form.suffix}"
    path.write_bytes(data)
    expected = read(path, name).annotations
    path.write_bytes(data.decode().replace("\n", line_end).encode(encoding))
    assert read(path).annotations == expected
