"""Detections, thresholds and who may move them."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.session import DEFAULT_THRESHOLD, Session
from core_model.timeline import Detection, Task


def found(task: Task, score: float, onset_us: int = 0) -> Detection:
    return Detection(task, "clapping", onset_us, onset_us + 1_000_000, score)


FOUND = (found(Task.SED, 0.2), found(Task.TAL, 0.6), found(Task.SED, 0.9, 5), found(Task.AVEL, 0.5))


@pytest.fixture
def session() -> Session:
    made = Session()
    made.set_detections(FOUND)
    return made


def test_thresholds_choose_what_is_shown_and_lose_nothing(session: Session, qtbot: QtBot) -> None:
    assert session.shown_detections() == (FOUND[1], FOUND[2], FOUND[3])
    with qtbot.waitSignal(session.thresholds_changed):
        session.set_threshold(Task.SED, 0.1)
    assert session.shown_detections() == FOUND
    session.set_threshold(Task.AVEL, 0.51)
    assert session.shown_detections() == FOUND[:3]
    assert session.detections == FOUND


def test_a_hidden_kind_shows_nothing_and_keeps_its_threshold(session: Session) -> None:
    session.set_threshold(Task.SED, 0.1)
    session.set_hidden(Task.SED, True)
    assert all(event.task is not Task.SED for event in session.shown_detections())
    assert session.threshold(Task.SED) == 0.1
    session.set_hidden(Task.SED, False)
    assert session.shown_detections() == FOUND


def test_the_model_suggests_thresholds_until_somebody_chooses(session: Session) -> None:
    session.suggest_thresholds({Task.TAL: 0.7})
    assert session.threshold(Task.TAL) == 0.7
    assert session.threshold(Task.SED) == DEFAULT_THRESHOLD
    session.set_threshold(Task.SED, 0.3)
    session.suggest_thresholds({Task.SED: 0.8, Task.TAL: 0.6})
    assert session.threshold(Task.SED) == 0.3
    assert session.threshold(Task.TAL) == 0.6
    assert session.suggested_threshold(Task.SED) == 0.8


def test_a_threshold_goes_back_to_what_the_model_suggests(session: Session) -> None:
    session.suggest_thresholds({Task.SED: 0.8})
    session.set_threshold(Task.SED, 0.1)
    session.reset_threshold(Task.SED)
    assert session.threshold(Task.SED) == 0.8
    assert session.shown_detections() == (FOUND[1], FOUND[2], FOUND[3])
    session.suggest_thresholds({Task.SED: 0.7})
    assert session.threshold(Task.SED) == 0.7


@pytest.mark.parametrize("threshold", [-0.1, 1.1])
def test_thresholds_lie_between_0_and_1(session: Session, threshold: float) -> None:
    with pytest.raises(ValueError, match="threshold"):
        session.set_threshold(Task.TAL, threshold)


def test_new_media_begin_without_events(session: Session, qtbot: QtBot) -> None:
    with qtbot.waitSignals([session.media_changed, session.detections_changed]):
        session.set_media(None)
    assert session.detections == ()
    assert session.shown_detections() == ()


def test_the_same_detections_are_no_news(session: Session, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(session.detections_changed):
        session.set_detections(FOUND)


DOG, BELL = (Task.SED, "dog"), (Task.SED, "bell")


def labelled(session: Session) -> list[str]:
    return [event.label for event in session.shown_detections()]


@pytest.fixture
def animals(session: Session) -> Session:
    session.set_detections(
        (
            Detection(Task.SED, "dog", 0, 5, 0.4),
            Detection(Task.SED, "bell", 1, 5, 0.4),
            Detection(Task.SED, "bell", 2, 7, 0.7),
        )
    )
    return session


def test_a_label_has_its_own_threshold(animals: Session) -> None:
    animals.set_label_threshold(DOG, 0.3)
    assert labelled(animals) == ["dog", "bell"]
    assert animals.has_own_threshold(DOG) and not animals.has_own_threshold(BELL)
    animals.set_threshold(Task.SED, 0.9)
    assert labelled(animals) == ["dog"]
    animals.set_hidden(Task.SED, True)
    assert labelled(animals) == []
    animals.set_hidden(Task.SED, False)
    animals.reset_label_threshold(DOG)
    assert labelled(animals) == []


def test_the_models_own_thresholds_of_labels_count_until_the_kind_is_moved(
    animals: Session,
) -> None:
    animals.suggest_thresholds({Task.SED: 0.5}, {BELL: 0.8, DOG: 0.2})
    assert labelled(animals) == ["dog"]
    assert animals.suggested_label_threshold(BELL) == 0.8
    animals.set_threshold(Task.SED, 0.6)
    assert labelled(animals) == ["bell"]
    animals.set_label_threshold(BELL, 0.9)
    assert labelled(animals) == []
    animals.reset_all_thresholds()
    assert labelled(animals) == ["dog"]


def test_edges_of_what_is_shown_are_told_once_and_in_order(animals: Session) -> None:
    animals.set_threshold(Task.SED, 0.1)
    assert animals.shown_edges_us() == (0, 1, 2, 5, 7)


def test_what_goes_on_at_a_moment_is_told_over_the_picture(animals: Session) -> None:
    hit = Detection(Task.SED, "kettle", 1, 3, 0.9)
    animals.set_hits((hit,))
    animals.set_threshold(Task.SED, 0.1)
    first, second, third = animals.detections
    assert animals.over_picture_at(0) == [first]
    assert animals.over_picture_at(2) == [first, second, hit, third]
    assert animals.over_picture_at(3) == [first, second, third]
    animals.set_threshold(Task.SED, 0.5)
    assert animals.over_picture_at(5) == [third] and animals.over_picture_at(7) == []
    assert animals.shown_count == 1


def test_a_label_without_detections_can_be_asked_for(animals: Session) -> None:
    assert animals.table.scores_of(BELL).tolist() == [0.4, 0.7]
    assert animals.table.scores_of((Task.TAL, "bell")).tolist() == []


@pytest.mark.parametrize("threshold", [-0.1, 1.1])
def test_thresholds_of_labels_lie_between_0_and_1(session: Session, threshold: float) -> None:
    with pytest.raises(ValueError, match="threshold"):
        session.set_label_threshold(DOG, threshold)


def test_the_same_threshold_is_no_news(session: Session, qtbot: QtBot) -> None:
    session.set_threshold(Task.SED, 0.3)
    with qtbot.assertNotEmitted(session.thresholds_changed):
        session.set_threshold(Task.SED, 0.3)
