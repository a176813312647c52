"""Triage in the real window: one key per decision."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.bootstrap import make_window
from app.jobs import engine
from app.jobs.requests import ReviewOrder
from app.main_window import MainWindow
from app.project.edits import ApplyRun, Decide, DeleteLabel, Reshape
from app.project.project import Project
from app.project.values import STATES, VideoStatus
from app.window import detection
from app.window.teaching_order import ASKED, EXPLAINED, UNKNOWN
from app.window.triage_queue import TriageOrder, next_after
from core_model.timeline import Detection, Task
from tests.media_factory import Audio, Video, regular_ticks, write_media
from tests.tiny_bundle import make_tiny_bundle, tiny_kinds
from training.annotations.model import Origin, State

__all__ = ["tiny_kinds"]

COUNT = 100


def finds(count: int) -> tuple[Detection, ...]:
    """Short ones all over four seconds, no two alike."""
    labels = ("dog bark", "speech", "door")
    return tuple(
        Detection(
            Task.SED, labels[n % 3], n * 30_000, n * 30_000 + 25_000, ((n * 37) % 100 + 0.5) / 100
        )
        for n in range(count)
    )


@pytest.fixture
def window(
    qapp: QApplication,
    qtbot: QtBot,
    tmp_path: Path,
    tiny_kinds: None,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[MainWindow]:
    """The real window with a project of two videos, one open, a hundred finds in it."""
    bundle = make_tiny_bundle(tmp_path / "bundle")
    for module in (engine, detection):
        monkeypatch.setattr(module, "starter_folder", lambda: bundle)
    paths = [tmp_path / "clip.mp4", tmp_path / "other.mp4"]
    for number, path in enumerate(paths):
        write_media(path, Video(ticks=regular_ticks(100 + number)), Audio(((0.0, 4.0),)))
    project = Project.create(tmp_path / "study.avscope", "anna")
    for path in paths:
        video, _ = project.add_video(path, duration_us=4_000_000)
        project.perform(ApplyRun(video.id, "starter", "1", finds(COUNT)))
    project.close()
    made = make_window(qapp)
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    with qtbot.waitSignal(made.player.media_opened):
        made.open_path(paths[0])
    made.detection.cancel()
    for kind in Task:
        made.session.set_threshold(kind, 0.0)
    made.annotation.projects.open(tmp_path / "study.avscope")
    qtbot.waitUntil(lambda: made.annotation.projects.project is not None)
    made.annotation.set_video(1)
    yield made
    made.close()
    made.shutdown()
    qapp.setStyleSheet("")


def press(window: MainWindow, qtbot: QtBot, key: Qt.Key, shift: bool = False) -> None:
    modifiers = Qt.KeyboardModifier
    held = modifiers.ShiftModifier if shift else modifiers.NoModifier
    qtbot.keyClick(window.timeline, key, held)


def counts(window: MainWindow) -> dict[State, int]:
    columns = window.annotation.columns
    assert columns is not None
    return {state: int((columns.states == n).sum()) for n, state in enumerate(STATES)}


def current(window: MainWindow) -> int:
    found = window.review.triage.current
    assert found is not None
    return found.id


def states(window: MainWindow, *ids: int) -> list[State]:
    columns = window.annotation.columns
    assert columns is not None
    return [columns.segment(int(columns.rows_of((each,))[0])).state for each in ids]


def test_a_hundred_keys_decide_a_hundred_finds(window: MainWindow, qtbot: QtBot) -> None:
    press(window, qtbot, Qt.Key.Key_N)
    keys = (Qt.Key.Key_Y, Qt.Key.Key_X, Qt.Key.Key_U, Qt.Key.Key_Y)
    seen = set()
    for number in range(COUNT):
        assert window.player.is_playing
        seen.add(current(window))
        press(window, qtbot, keys[number % 4])
    assert len(seen) == COUNT
    assert counts(window) == {
        State.UNDECIDED: 0,
        State.ACCEPTED: 50,
        State.REJECTED: 25,
        State.UNSURE: 25,
    }
    assert window.review.triage.current is None
    assert not window.player.is_playing
    before = counts(window)
    press(window, qtbot, Qt.Key.Key_X)
    assert counts(window) == before
    label = window.review.bar.findChild(QLabel, "triageLabel")
    assert label is not None and label.text() == "Everything is decided"


def test_the_find_plays_with_a_little_before_and_is_selected(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected_us: list[int | None] = []
    monkeypatch.setattr(window.player, "expect_range", expected_us.append)
    window.review.triage.set_order(TriageOrder.TIME)
    window.annotation.perform(Decide(tuple(range(1, 41)), State.REJECTED))
    press(window, qtbot, Qt.Key.Key_N)
    assert window.annotation.selection == {41}
    # The next one is decoded meanwhile.
    assert expected_us == [41 * 30_000 - 500_000]
    assert 700_000 <= window.view_state.playhead_us < 1_200_000
    assert window.review.bar.isVisible()
    qtbot.waitUntil(lambda: not window.player.is_playing)
    assert 1_600_000 <= window.view_state.playhead_us <= 1_725_000


def test_the_most_uncertain_comes_first(window: MainWindow, qtbot: QtBot) -> None:
    press(window, qtbot, Qt.Key.Key_N)
    columns = window.annotation.columns
    assert columns is not None
    threshold = window.session.suggested_threshold(Task.SED)
    doubt = np.abs(columns.scores - threshold)
    assert current(window) == columns.ids[int(np.argmin(doubt))]


def test_next_and_back_decide_nothing(window: MainWindow, qtbot: QtBot) -> None:
    window.review.triage.set_order(TriageOrder.TIME)
    for _ in range(3):
        press(window, qtbot, Qt.Key.Key_N)
    assert current(window) == 3
    press(window, qtbot, Qt.Key.Key_N, shift=True)
    assert current(window) == 2
    press(window, qtbot, Qt.Key.Key_Y)
    assert current(window) == 3
    press(window, qtbot, Qt.Key.Key_N, shift=True)
    assert (current(window), states(window, 2)) == (2, [State.ACCEPTED])
    press(window, qtbot, Qt.Key.Key_X)
    assert states(window, 1, 2, 3) == [State.UNDECIDED, State.REJECTED, State.UNDECIDED]


def test_what_was_skipped_comes_again_at_the_end(window: MainWindow, qtbot: QtBot) -> None:
    window.review.triage.set_order(TriageOrder.TIME)
    window.annotation.perform(Decide(tuple(range(4, COUNT + 1)), State.REJECTED))
    press(window, qtbot, Qt.Key.Key_N)
    press(window, qtbot, Qt.Key.Key_N)
    press(window, qtbot, Qt.Key.Key_Y)
    press(window, qtbot, Qt.Key.Key_Y)
    assert current(window) == 1
    press(window, qtbot, Qt.Key.Key_N)
    assert current(window) == 1
    press(window, qtbot, Qt.Key.Key_Y)
    assert window.review.triage.current is None


def test_undo_goes_back_to_what_it_opens_again(window: MainWindow, qtbot: QtBot) -> None:
    window.review.triage.set_order(TriageOrder.TIME)
    press(window, qtbot, Qt.Key.Key_N)
    press(window, qtbot, Qt.Key.Key_X)
    window.annotation.projects.undo()
    assert (current(window), states(window, 1)) == (1, [State.UNDECIDED])


def test_a_drag_fixes_plays_again_and_one_key_goes_on(window: MainWindow, qtbot: QtBot) -> None:
    window.review.triage.set_order(TriageOrder.TIME)
    press(window, qtbot, Qt.Key.Key_N)
    window.player.pause()
    window.annotation.perform(Reshape(1, 10_000, 40_000))
    assert window.player.is_playing
    found = window.review.triage.current
    assert found is not None
    assert (found.id, found.onset_us, found.state) == (1, 10_000, State.ACCEPTED)
    assert found.origin is Origin.EDITED
    press(window, qtbot, Qt.Key.Key_Y)
    assert current(window) == 2


def test_keys_decide_on_what_is_selected_without_triage(window: MainWindow, qtbot: QtBot) -> None:
    window.annotation.select((5, 6))
    press(window, qtbot, Qt.Key.Key_X)
    assert states(window, 4, 5, 6) == [State.UNDECIDED, State.REJECTED, State.REJECTED]
    assert not window.review.bar.isVisible()


def test_one_label_is_gone_through_alone(window: MainWindow, qtbot: QtBot) -> None:
    speech = next(each for each in window.annotation.labels() if each.name == "speech")
    window.review.triage.set_label(speech.id)
    press(window, qtbot, Qt.Key.Key_N)
    assert window.review.triage.progress.total == 33
    found = window.review.triage.current
    assert found is not None and found.label_id == speech.id
    for _ in range(33):
        press(window, qtbot, Qt.Key.Key_Y)
    label = window.review.bar.findChild(QLabel, "triageLabel")
    assert label is not None and label.text() == "No speech is left to decide"
    assert counts(window)[State.UNDECIDED] == 67


def test_a_label_that_goes_takes_triage_to_all(window: MainWindow, qtbot: QtBot) -> None:
    ids = {each.name: each.id for each in window.annotation.labels()}
    window.review.triage.set_label(ids["speech"])
    press(window, qtbot, Qt.Key.Key_N)
    window.annotation.perform(DeleteLabel(ids["speech"], into_id=ids["door"]))
    qtbot.waitUntil(lambda: ids["speech"] not in window.review.triage.labels)
    assert window.review.triage.label_id is None
    assert window.review.triage.progress.total == 100
    assert window.review.triage.current is not None


def test_finds_below_the_threshold_are_left_out(window: MainWindow, qtbot: QtBot) -> None:
    window.session.set_threshold(Task.SED, 0.9)
    press(window, qtbot, Qt.Key.Key_N)
    progress = window.review.triage.progress
    assert (progress.left, progress.total, progress.below) == (10, 10, 90)
    for _ in range(10):
        press(window, qtbot, Qt.Key.Key_Y)
    assert counts(window)[State.ACCEPTED] == 10
    assert window.review.triage.current is None


def test_escape_ends_it(window: MainWindow, qtbot: QtBot) -> None:
    press(window, qtbot, Qt.Key.Key_N)
    press(window, qtbot, Qt.Key.Key_Escape)
    assert not window.review.triage.is_on
    assert not window.review.bar.isVisible()
    assert counts(window)[State.UNDECIDED] == COUNT


def test_the_bar_decides_by_score(window: MainWindow, qtbot: QtBot) -> None:
    press(window, qtbot, Qt.Key.Key_N)
    popup = window.review.bar._popup
    popup.open_for(None)
    accept, reject = popup.findChildren(QPushButton)
    assert (accept.text(), reject.text()) == ("Accept 10", "Reject 20")
    accept.click()
    qtbot.waitUntil(lambda: counts(window)[State.ACCEPTED] == 10)
    door = next(each for each in window.annotation.labels() if each.name == "door")
    popup.open_for(door)
    reject.click()
    qtbot.waitUntil(lambda: counts(window)[State.REJECTED] > 0)
    columns = window.annotation.columns
    assert columns is not None
    rejected = columns.states == STATES.index(State.REJECTED)
    assert (columns.label_ids[rejected] == door.id).all()
    assert (columns.scores[rejected] < 0.2).all()


def test_the_next_video_follows_when_all_is_decided(window: MainWindow, qtbot: QtBot) -> None:
    press(window, qtbot, Qt.Key.Key_N)
    window.annotation.perform(Decide(tuple(range(1, COUNT + 1)), State.ACCEPTED))
    qtbot.waitUntil(lambda: counts(window)[State.UNDECIDED] == 0)
    press(window, qtbot, Qt.Key.Key_N)
    done = next(b for b in window.review.bar.findChildren(QPushButton) if "next video" in b.text())
    assert done.isVisible()
    with qtbot.waitSignal(window.player.media_opened):
        done.click()
    window.detection.cancel()
    document = window.annotation.projects.document
    assert document is not None and document.videos[1].status is VideoStatus.DONE
    window.annotation.set_video(2)
    qtbot.waitUntil(lambda: window.player.is_playing)
    found = window.review.triage.current
    assert found is not None and found.video_id == 2


def test_the_queue_turns_round() -> None:
    queue = np.array([5, 3, 9, 7])
    assert next_after(np.array([3, 5, 7]), queue, 3) == 7
    assert next_after(np.array([3, 5]), queue, 9) == 5
    assert next_after(np.array([9]), queue, 9) is None
    assert next_after(np.array([7]), queue, None) == 7


def asked_order(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """What is asked of the worker, which does not answer by itself."""
    asked: list[dict[str, object]] = []
    names = ("path", "ids", "kinds", "label_ids", "spans_us", "doubts")

    def ask(*values: object) -> int:
        asked.append(dict(zip(names, values, strict=True)))
        return len(asked)

    monkeypatch.setattr(window.runner, "ask_review_order", ask)
    return asked


def test_what_teaches_most_comes_first_once_it_is_known(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    triage, asked = window.review.triage, asked_order(window, monkeypatch)
    triage.set_order(TriageOrder.UNCERTAINTY)
    triage.go_on()
    uncertain = triage.current
    triage.set_order(TriageOrder.LEARNING)
    # Nobody waits for the answer: until then the most uncertain comes.
    assert triage.current is not None and triage.current == uncertain
    assert triage.about_learning == ASKED
    assert len(asked) == 1
    ids = asked[0]["ids"]
    assert isinstance(ids, np.ndarray) and len(ids) == COUNT
    assert asked[0]["path"] == window.session.media.path
    wanted = ids[::-1].copy()
    window.runner.review_ordered.emit(ReviewOrder(1, wanted))
    assert triage.about_learning == EXPLAINED
    assert triage.current == uncertain
    triage.reject()
    left = [each for each in wanted.tolist() if each != uncertain.id]
    assert triage.current.id == left[0]
    triage.accept()
    assert triage.current.id == left[1]
    # What was decided needs no new answer.
    assert len(asked) == 1


def test_without_encodings_doubt_decides_and_the_bar_says_so(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    triage, asked = window.review.triage, asked_order(window, monkeypatch)
    triage.set_order(TriageOrder.LEARNING)
    triage.go_on()
    window.runner.review_ordered.emit(ReviewOrder(len(asked), None))
    assert triage.about_learning == UNKNOWN
    combo = next(
        each
        for each in window.review.bar.findChildren(QComboBox)
        if each.accessibleName() == "Order of triage"
    )
    assert combo.currentText() == "Most to learn first"
    assert combo.toolTip() == UNKNOWN
    first = triage.current
    triage.accept()
    assert triage.current is not None and triage.current != first
    # An answer to an older question changes nothing.
    window.runner.review_ordered.emit(ReviewOrder(-5, np.array([1])))
    triage.set_order(TriageOrder.TIME)
    assert combo.toolTip() == "In the order of time"


def test_the_real_worker_orders_the_finds(window: MainWindow, qtbot: QtBot) -> None:
    triage = window.review.triage
    projects = window.annotation.projects
    window.detection.start()
    # What is found replaces the finds of before, which takes the project a moment longer.
    qtbot.waitUntil(lambda: not (window.runner.is_busy or projects.is_busy), timeout=60_000)
    triage.set_order(TriageOrder.LEARNING)
    with qtbot.waitSignal(window.runner.review_ordered, timeout=30_000) as answered:
        triage.go_on()
    answer = answered.args[0]
    assert isinstance(answer, ReviewOrder) and answer.ids is not None
    columns = window.annotation.columns
    assert columns is not None
    assert set(answer.ids.tolist()) <= set(columns.ids.tolist())
    assert triage.about_learning == EXPLAINED
