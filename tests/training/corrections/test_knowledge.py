"""What corrections say about points, and how detections are judged by them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core_model.detection.run import Features
from core_model.timeline import SnippetGrid, Task
from core_model.uniav.points import level_lengths, make_points
from tests.training.corrections.made_up import S, segment, video
from training.corrections.data import Decision, TrainingVideo
from training.corrections.encoded import EncodedStretch, EncodedVideo
from training.corrections.knowledge import ABSENT_BESIDE_OTHERS, Marks, Vocabulary, knowledge_of
from training.corrections.measure import judged, truth
from training.corrections.split import whole_stretch
from training.corrections.thresholds import best_threshold
from training.metrics import Events, hits

CELLS = 64
VOCABULARY = Vocabulary(Task.SED, ("siren", "kettle"), (0, 2), (False, True))


def stretch_of(made: TrainingVideo) -> EncodedStretch:
    nothing = Features(np.zeros((CELLS, 2), np.float16), np.zeros((CELLS, 2), np.float16))
    encoded = EncodedVideo(made.name, nothing, SnippetGrid(0), CELLS, 17 * S, tuple(Task))
    return EncodedStretch(encoded, whole_stretch(made), 0, CELLS)


def known(*segments, is_done: bool = False, start: int = 0):
    stretch = stretch_of(video("a", *segments, is_done=is_done))
    points = make_points(level_lengths(CELLS, 3))
    return knowledge_of(
        points,
        Marks.of(stretch, VOCABULARY),
        VOCABULARY,
        start,
        CELLS,
        is_done=is_done,
        absent_elsewhere=0.25,
    )


def cell(time_s: float) -> int:
    return round(time_s * 4 - 2)


def test_nobody_looked() -> None:
    found = known()
    assert not found.present.any() and not found.offsets.any()
    assert torch.equal(found.weight.unique(dim=0), torch.tensor([[0.0, 0.25]]))


def test_a_video_that_is_done_is_known_everywhere() -> None:
    found = known(segment("kettle", 2, 3, Decision.OPEN), is_done=True)
    assert found.weight[cell(10)].tolist() == [1, 1]
    assert found.weight[cell(2.5)].tolist() == [1, 0]


def test_around_an_event() -> None:
    found = known(segment("kettle", 5, 7))
    inside, beside, far = cell(6), cell(8), cell(12)
    assert found.snippet_present[inside].tolist() == [0, 1]
    assert found.snippet_weight[inside].tolist() == [ABSENT_BESIDE_OTHERS, 1]
    assert found.snippet_weight[beside].tolist() == [0, 1]
    assert found.snippet_weight[far].tolist() == [0, 0.25]
    answering = found.present[:, 1] > 0
    assert answering.any() and not found.present[:, 0].any()
    assert (found.weight[answering, 1] == 1).all()
    assert torch.equal((found.offsets > 0).all(dim=1), answering)


def test_a_rejected_segment_is_absent_and_an_open_one_is_unknown() -> None:
    found = known(
        segment("siren", 2, 4, Decision.REJECTED),
        segment("siren", 8, 10, Decision.OPEN),
        segment("kettle", 12, 14, Decision.OPEN),
    )
    assert not found.present.any()
    assert found.weight[cell(3)].tolist() == [1, 0.25]
    assert found.weight[cell(9)].tolist() == [0, 0.25]
    assert found.weight[cell(13)].tolist() == [0, 0]


def test_an_event_wins_over_a_rejection_of_its_label() -> None:
    found = known(segment("siren", 2, 6, Decision.REJECTED), segment("siren", 3, 5))
    assert found.snippet_present[cell(4)].tolist() == [1, 0]
    assert found.snippet_weight[cell(4), 0] == 1


def test_windows_move_the_events_and_cut_them() -> None:
    whole, moved = known(segment("siren", 5, 9)), known(segment("siren", 5, 9), start=8)
    assert torch.equal(moved.snippet_present[:-8], whole.snippet_present[8:])
    assert not known(segment("siren", 5, 9), start=40).present.any()


def test_very_short_events_still_have_a_point() -> None:
    for start_s in (4.0, 4.05, 4.1, 4.2):
        assert known(segment("siren", start_s, start_s + 0.05)).present.any()


def found_events(*rows: tuple[float, float, str, float]) -> Events:
    return Events(
        np.zeros(len(rows), int),
        np.array([row[:2] for row in rows], float).reshape(-1, 2),
        np.array([row[2] for row in rows], str),
        np.array([row[3] for row in rows], float),
    )


def test_only_what_was_looked_at_is_judged() -> None:
    made = video(
        "a", segment("siren", 5, 7), segment("kettle", 12, 14, Decision.REJECTED), is_done=False
    )
    found = found_events(
        (5, 7, "siren", 0.9),  # an event
        (8, 9, "siren", 0.8),  # beside it
        (5, 7, "kettle", 0.7),  # another label inside it
        (12, 14, "kettle", 0.6),  # rejected
        (12, 14, "siren", 0.5),  # nobody said anything of sirens here
        (0, 1, "siren", 0.4),  # nor here
    )
    kept = judged(found, [stretch_of(made)], Task.SED)
    assert kept.scores is not None
    assert kept.scores.tolist() == [0.9, 0.8, 0.7, 0.6]
    done = video("a", *made.segments, is_done=True)
    assert len(judged(found, [stretch_of(done)], Task.SED)) == 6
    assert truth([stretch_of(made)], Task.SED).labels.tolist() == ["siren"]


@pytest.mark.parametrize(
    ("scores", "right", "events", "threshold"),
    [
        ([0.9, 0.8, 0.3, 0.1], [1, 1, 0, 0], 2, 0.55),
        ([0.9, 0.8, 0.3, 0.1], [1, 0, 1, 0], 2, 0.2),
        ([0.9, 0.8], [0, 0], 2, 1.0),
        ([], [], 2, 1.0),
        ([0.4], [1], 1, 0.2),
    ],
)
def test_thresholds_by_f1(scores, right, events, threshold) -> None:
    found = best_threshold(np.array(scores, float), np.array(right, bool), events)
    assert found == pytest.approx(threshold)


def test_hits_take_each_truth_once_and_the_best_first() -> None:
    real = found_events((0, 2, "a", 0), (4, 6, "a", 0))
    found = found_events((0, 2, "a", 0.5), (0, 2, "a", 0.9), (4, 9, "a", 0.8), (4, 6, "a", 0.1))
    assert hits(found, real, 0.5).tolist() == [False, True, False, True]
