"""Frames and clips written in the background."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.window.exporter import Exporter, ExportResult, FrameRequest
from core_model.media.export.clip import ClipRequest
from core_model.media.still import frame_at
from core_model.media.video import frames
from tests.media_factory import Audio, Video, read_number, regular_ticks, write_media


@pytest.fixture
def exporter() -> Iterator[Exporter]:
    made = Exporter()
    yield made
    made.shutdown()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_media(tmp_path / "a.mp4", Video(regular_ticks(100)), Audio())


def result_of(
    qtbot: QtBot, exporter: Exporter, request: FrameRequest | ClipRequest
) -> ExportResult:
    with qtbot.waitSignal(exporter.finished) as told:
        exporter.start(request)
        assert exporter.is_busy
    assert not exporter.is_busy
    assert told.args is not None
    return told.args[0]


def test_a_frame_is_handed_out_or_written(
    qtbot: QtBot, exporter: Exporter, source: Path, tmp_path: Path
) -> None:
    handed = result_of(qtbot, exporter, FrameRequest(source, 400_000, None))
    assert handed.image is not None
    np.testing.assert_array_equal(handed.image, frame_at(source, 400_000).image)
    target = tmp_path / "a.png"
    written = result_of(qtbot, exporter, FrameRequest(source, 400_000, target))
    assert not written.problem and written.image is None
    assert target.read_bytes().startswith(b"\x89PNG")


def test_a_clip_is_written_with_progress(
    qtbot: QtBot, exporter: Exporter, source: Path, tmp_path: Path
) -> None:
    target = tmp_path / "clip.mp4"
    request = ClipRequest(source, 400_000, 800_000, target)
    done = result_of(qtbot, exporter, request)
    assert (done.request, done.problem, done.video) == (request, "", "coded anew")
    with closing(frames(target)) as shown:
        assert [read_number(frame.image) for frame in shown] == list(range(10, 20))


def test_what_went_wrong_is_one_line(
    qtbot: QtBot, exporter: Exporter, source: Path, tmp_path: Path
) -> None:
    failed = result_of(qtbot, exporter, ClipRequest(source, 0, 400_000, tmp_path / "a.xyz"))
    assert failed.problem.startswith("a.xyz: file: a clip's name must end in")
    failed = result_of(qtbot, exporter, FrameRequest(source, 0, tmp_path / "no" / "a.png"))
    assert failed.problem == "a.png: file: cannot be written: no such file or directory"


def test_cancelled_work_says_nothing_more_and_leaves_nothing(
    qtbot: QtBot, exporter: Exporter, source: Path, tmp_path: Path
) -> None:
    said: list[object] = []
    exporter.finished.connect(said.append)
    exporter.start(ClipRequest(source, 0, 4_000_000, tmp_path / "clip.mp4"))
    exporter.cancel()
    assert not exporter.is_busy
    exporter.shutdown()
    qtbot.wait(20)
    assert said == []
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]
